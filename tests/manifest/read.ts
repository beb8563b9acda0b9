/** Helpers for tests of manifests: read a text, see its jobs or its mistakes. */
import { readManifests, type ReadOptions } from "../../src/manifest/manifest.ts";

export function source(text: string, path = "jobs/a.yaml") {
  return { path, folder: "/home/ada/jobs", text };
}

export function read(text: string, options: ReadOptions = {}) {
  return readManifests([source(text)], options);
}

/** `line:column code message | hint` of every mistake. */
export function mistakes(text: string, options: ReadOptions = {}): string[] {
  return read(text, options).diagnostics.map(({ place, code, message, hint }) =>
    `${place?.line}:${place?.column} ${code} ${message}${hint === undefined ? "" : ` | ${hint}`}`
  );
}

/** The only job of a manifest without mistakes. */
export function onlyJob(text: string) {
  const { jobs, diagnostics } = read(text);
  const [job] = jobs;
  if (diagnostics.length > 0 || jobs.length !== 1 || job === undefined) {
    throw new Error(`expected one job: ${mistakes(text).join("; ")}`);
  }
  return job;
}

/** A job with the required keys and these lines more. */
export function jobWith(lines: string): string {
  return `id: a\nmodel: m.ts\nsteps: 10\n${lines}\n`;
}

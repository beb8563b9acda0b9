/** Manifests named on the command line to checked jobs; all mistakes are shown at once, with their places. */
import type { Job } from "../job/job.ts";
import type { Diagnostic } from "../manifest/diagnostic.ts";
import { type ManifestReading, readManifests } from "../manifest/manifest.ts";
import { renderDiagnostics } from "../manifest/render.ts";
import type { ManifestSource } from "../manifest/source.ts";
import { formatNumberOf } from "../report/format.ts";
import type { CliContext, GlobalFlags } from "./context.ts";
import { collectSources } from "./sources.ts";

export interface JobsRead {
  readonly sources: readonly ManifestSource[];
  readonly jobs: readonly Job[];
  readonly locate: ManifestReading["locate"];
  readonly diagnostics: readonly Diagnostic[];
}

export async function readJobs(
  context: CliContext,
  flags: { readonly maxPoints?: number | undefined },
  args: readonly string[],
): Promise<JobsRead> {
  const sources = await collectSources(args, context.cwd);
  const { maxPoints } = flags;
  const reading = readManifests(sources, maxPoints === undefined ? {} : { maxPoints });
  const { jobs, diagnostics } = reading;
  return { sources, jobs, diagnostics, locate: reading.locate };
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some(({ severity }) => severity === "error");
}

/** Shows them where talk goes; warnings are left out when quiet. */
export function showDiagnostics(
  context: CliContext,
  flags: GlobalFlags,
  diagnostics: readonly Diagnostic[],
  sources: readonly ManifestSource[],
): void {
  const shown = flags.quiet
    ? diagnostics.filter(({ severity }) => severity === "error")
    : diagnostics;
  if (shown.length === 0) return;
  const { stderr } = context;
  stderr.write(renderDiagnostics(shown, sources, { color: stderr.color }));
  const errors = shown.filter(({ severity }) => severity === "error").length;
  if (errors > 1) stderr.write(`\n${formatNumberOf(errors, "mistake")}; nothing was run.\n`);
}

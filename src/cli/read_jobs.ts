/** Manifests named on the command line to checked jobs; all mistakes are shown at once, with their places. */
import type { Job } from "../job/job.ts";
import { absolutePath } from "../job/path.ts";
import type { Diagnostic, Place } from "../manifest/diagnostic.ts";
import { type ManifestReading, readManifests } from "../manifest/manifest.ts";
import { renderDiagnostics } from "../manifest/render.ts";
import type { ManifestSource } from "../manifest/source.ts";
import { formatNumberOf } from "../report/format.ts";
import { JobProblems, prepareJobs } from "../runner/prepare.ts";
import type { SlotHandle } from "../worker/slot_process.ts";
import type { CliContext, GlobalFlags } from "./context.ts";
import { collectSources } from "./sources.ts";

export interface JobsRead {
  readonly sources: readonly ManifestSource[];
  readonly jobs: readonly Job[];
  readonly sinks: ManifestReading["sinks"];
  readonly slurm: ManifestReading["slurm"];
  readonly locate: ManifestReading["locate"];
  readonly diagnostics: readonly Diagnostic[];
}

export async function readJobs(
  context: CliContext,
  flags: { readonly maxPoints?: number | undefined; readonly watch?: boolean },
  args: readonly string[],
): Promise<JobsRead> {
  const sources = await collectSources(args, context.cwd).catch((error) => {
    // What is watched may be empty as yet.
    if (flags.watch && args.some((arg) => isFolder(absolutePath(context.cwd, arg)))) return [];
    throw error;
  });
  const { maxPoints } = flags;
  const reading = readManifests(sources, maxPoints === undefined ? {} : { maxPoints });
  return { sources, ...reading };
}

/** What the models say of the jobs that could be read: all that a run would find before it runs. */
export async function modelDiagnostics(
  { jobs, locate }: JobsRead,
  slot: SlotHandle,
): Promise<readonly Diagnostic[]> {
  try {
    await prepareJobs(jobs, { slot: () => slot, locate });
    return [];
  } catch (error) {
    if (error instanceof JobProblems) return error.diagnostics;
    throw error;
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
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
  const paths = sources.map(({ path }) => path);
  const inOrder = [...shown].sort((a, b) => byPlace(a.place, b.place, paths));
  stderr.write(renderDiagnostics(inOrder, sources, { color: stderr.color }));
  const errors = shown.filter(({ severity }) => severity === "error").length;
  if (errors > 1) stderr.write(`\n${formatNumberOf(errors, "mistake")}; nothing was run.\n`);
}

/** File by file from top to bottom; what has no place comes last. */
function byPlace(a: Place | undefined, b: Place | undefined, paths: readonly string[]): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return paths.indexOf(a.path) - paths.indexOf(b.path) || a.line - b.line || a.column - b.column;
}

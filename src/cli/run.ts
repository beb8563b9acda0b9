/** `simrun run`, or no word at all: manifests to results. */
import { EXIT } from "../job/fault.ts";
import type { CliContext, GlobalFlags } from "./context.ts";
import { execute } from "./execute.ts";
import { hasErrors, readJobs, showDiagnostics } from "./read_jobs.ts";
import type { RunFlags } from "./run_flags.ts";

export async function run(
  context: CliContext,
  flags: RunFlags & GlobalFlags,
  args: readonly string[],
): Promise<number> {
  const { sources, jobs, diagnostics, locate } = await readJobs(context, flags, args);
  showDiagnostics(context, flags, diagnostics, sources);
  if (hasErrors(diagnostics)) return EXIT.usage.status;
  return await execute(context, flags, { jobs, sources, locate });
}

/** `simrun validate`: checks manifests and shows every mistake at once. Runs nothing, loads no model. */
import { EXIT } from "../job/fault.ts";
import { countPoints } from "../plan/sweep.ts";
import { formatNumberOf } from "../report/format.ts";
import { type CliContext, type GlobalFlags, paintOf, printJson, say } from "./context.ts";
import { hasErrors, readJobs, showDiagnostics } from "./read_jobs.ts";

interface ValidateFlags extends GlobalFlags {
  readonly maxPoints?: number | undefined;
}

export async function validate(
  context: CliContext,
  flags: ValidateFlags,
  args: readonly string[],
): Promise<number> {
  const { sources, jobs, diagnostics } = await readJobs(context, flags, args);
  const valid = !hasErrors(diagnostics);
  const runs = jobs.reduce((sum, job) => sum + countPoints(job.sweep), 0);
  if (flags.json) {
    printJson(context.stdout, {
      valid,
      files: sources.map(({ path }) => path),
      jobs: jobs.map((job) => ({ job: job.id, runs: countPoints(job.sweep), steps: job.steps })),
      diagnostics,
    });
  } else {
    showDiagnostics(context, flags, diagnostics, sources);
    if (valid) {
      const what = `${formatNumberOf(jobs.length, "job")} with ${formatNumberOf(runs, "run")}`;
      const good = paintOf(context.stderr).good("Valid");
      say(context, flags, `${good}: ${what} in ${formatNumberOf(sources.length, "file")}.`);
    }
  }
  return valid ? EXIT.completed.status : EXIT.usage.status;
}

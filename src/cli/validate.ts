/** `simrun validate`: all that `run` checks before it runs, every mistake at once. Computes no step, writes nothing. */
import { EXIT } from "../job/fault.ts";
import type { Diagnostic } from "../manifest/diagnostic.ts";
import { countPoints } from "../plan/sweep.ts";
import { formatNumberOf } from "../report/format.ts";
import { memoryBudget } from "../runner/limits.ts";
import { checkMemory } from "../runner/needed_memory.ts";
import { JobProblems } from "../runner/prepare.ts";
import { startSlot } from "../runner/slot_processes.ts";
import { type CliContext, type GlobalFlags, paintOf, printJson, say } from "./context.ts";
import {
  hasErrors,
  type JobsRead,
  modelDiagnostics,
  readJobs,
  showDiagnostics,
} from "./read_jobs.ts";

interface ValidateFlags extends GlobalFlags {
  readonly maxPoints?: number | undefined;
  /** The text of the manifests only. */
  readonly syntax: boolean;
}

export async function validate(
  context: CliContext,
  flags: ValidateFlags,
  args: readonly string[],
): Promise<number> {
  // It takes as long to start as the manifests to be read: both at once.
  const slot = flags.syntax ? undefined : startSlot({ slots: 1 });
  try {
    const reading = await readJobs(context, flags, args);
    const { sources, jobs } = reading;
    const found = slot === undefined
      ? []
      : [...await modelDiagnostics(reading, slot), ...memoryDiagnostics(reading)];
    const diagnostics = [...reading.diagnostics, ...found];
    const valid = !hasErrors(diagnostics);
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
        const runs = jobs.reduce((sum, job) => sum + countPoints(job.sweep), 0);
        const what = `${formatNumberOf(jobs.length, "job")} with ${formatNumberOf(runs, "run")}`;
        const unchecked = flags.syntax ? "; models and parameters were not looked at" : "";
        const good = paintOf(context.stderr).good("Valid");
        const files = formatNumberOf(sources.length, "file");
        say(context, flags, `${good}: ${what} in ${files}${unchecked}.`);
      }
    }
    return valid ? EXIT.completed.status : EXIT.usage.status;
  } finally {
    slot?.kill();
  }
}

/** What runs ask for beyond all that slots have on this machine, when nothing else is said. */
function memoryDiagnostics({ jobs, locate }: JobsRead): readonly Diagnostic[] {
  try {
    checkMemory(jobs, memoryBudget({ slots: 1 }), locate);
    return [];
  } catch (error) {
    if (error instanceof JobProblems) return error.diagnostics;
    throw error;
  }
}

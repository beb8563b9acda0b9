/** The runs of a job's plan by their ids: those that have not begun, and those that are its own. Pure. */
import type { Job } from "../job/job.ts";
import { runId } from "../plan/digest.ts";
import { countPoints, pointAt } from "../plan/sweep.ts";
import type { JobHistory } from "../queue/history.ts";

/** A plan with more runs is counted without being looked at. */
const PLAN_MAX = 1_000_000;

/** Runs of the plan that have no row yet. */
export function* unbegunRuns(job: JobHistory): IterableIterator<string> {
  if (job.job === undefined || job.count > PLAN_MAX) return;
  // Rows of earlier plans say nothing of how many of this one have begun.
  if (job.generations < 2 && job.size >= job.count) return;
  if (job.stopped !== undefined) return;
  for (let index = 0; index < job.count; index++) {
    const run = runId(job.job, pointAt(job.job.sweep, index));
    if (job.row(run) === undefined) yield run;
  }
}

/** By the plan: whoever looks at a tree again and again asks again and again. */
const known = new WeakMap<Job, ReadonlySet<string>>();

/** The runs of a job's last plan, when it has had others before; undefined when all rows are its own. */
export function plannedRuns(
  { job, count, generations }: JobHistory,
): ReadonlySet<string> | undefined {
  if (job === undefined || generations < 2 || count > PLAN_MAX) return undefined;
  const before = known.get(job);
  if (before !== undefined) return before;
  const runs = new Set<string>();
  for (let index = 0; index < countPoints(job.sweep); index++) {
    runs.add(runId(job, pointAt(job.sweep, index)));
  }
  known.set(job, runs);
  return runs;
}

/** Which jobs of a tree still have something to do: what `simrun resume` takes up. Pure. */
import type { Job } from "../job/job.ts";
import type { History, JobHistory } from "../queue/history.ts";
import { runId } from "./digest.ts";
import { countPoints, pointAt } from "./sweep.ts";

/** The jobs as they were last planned, without those that are all completed. */
export function unfinishedJobs(history: History): Job[] {
  const jobs: Job[] = [];
  for (const past of history.jobs.values()) {
    if (past.job !== undefined && !isFinished(past.job, past)) jobs.push(past.job);
  }
  return jobs;
}

function isFinished(job: Job, past: JobHistory): boolean {
  // With one plan only, every row belongs to it: counting is enough.
  if (past.generations === 1) return past.counts.completed === past.count;
  const count = countPoints(job.sweep);
  for (let index = 0; index < count; index++) {
    const before = past.find(runId(job, pointAt(job.sweep, index)));
    if (before === undefined || before.state !== "completed") return false;
    if (before.steps < job.steps && past.rare(before.run).ending === undefined) return false;
  }
  return true;
}

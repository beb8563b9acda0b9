/** When the campaign will be done: work left in milliseconds, by what runs of each job took so far. Pure. */
import type { Live, LiveRun } from "../job/live.ts";
import type { PlannedJob } from "../plan/plan.ts";

/** What a forecast needs to know of each job. */
export interface JobProgress {
  readonly job: PlannedJob;
  /** Runs not ended yet, those under way included. */
  readonly left: number;
  readonly ended: number;
  /** Milliseconds that a run takes in a slot, once one has ended. */
  readonly runMs: number | undefined;
}

/**
 * Steps of different models cannot be added up: a step may take a nanosecond or an hour. So work is
 * counted in time. A job that nothing is known of yet is taken to be like the others, by step.
 */
export function forecast(
  jobs: readonly JobProgress[],
  running: readonly LiveRun[],
  slots: number,
): Live["work"] {
  const known = jobs.map((job) => job.runMs ?? runMsUnderWay(job.job, running));
  const stepMs = known.flatMap((ms, i) => ms === undefined ? [] : [ms / jobs[i]!.job.job.steps]);
  if (stepMs.length === 0) return undefined;
  const typicalStepMs = stepMs.reduce((sum, ms) => sum + ms, 0) / stepMs.length;
  let doneMs = 0;
  let leftMs = 0;
  let longestMs = 0;
  jobs.forEach(({ job, left, ended }, i) => {
    const runMs = known[i] ?? typicalStepMs * job.job.steps;
    doneMs += ended * runMs;
    leftMs += left * runMs;
    for (const run of running) {
      if (run.job !== job.job.id) continue;
      const done = runMs * (run.step / run.steps);
      doneMs += done;
      leftMs -= done;
      longestMs = Math.max(longestMs, runMs - done);
    }
  });
  leftMs = Math.max(0, leftMs);
  return {
    fraction: doneMs + leftMs > 0 ? doneMs / (doneMs + leftMs) : 0,
    etaMs: Math.max(leftMs / slots, longestMs),
  };
}

/** Before the first run of a job ends, its own speed tells how long it will take. */
function runMsUnderWay(job: PlannedJob, running: readonly LiveRun[]): number | undefined {
  for (const { job: id, step, fromStep, steps, elapsedMs } of running) {
    if (id === job.job.id && step > fromStep && elapsedMs > 0) {
      return elapsedMs * (steps / (step - fromStep));
    }
  }
  return undefined;
}

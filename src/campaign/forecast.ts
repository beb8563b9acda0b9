/** When the campaign will be done: the range in which that is, by what runs took and how far those under way are. Pure. */
import type { Live, LiveRun } from "../job/live.ts";
import type { PlannedJob } from "../plan/plan.ts";
import { playOut, type UnderWay, type Waiting } from "./playout.ts";
import type { Belief, RunTimes } from "./run_times.ts";

/** What a forecast needs to know of each job. */
export interface JobProgress {
  readonly job: PlannedJob;
  /** Runs not ended yet, those under way included. */
  readonly left: number;
  readonly ended: number;
}

/** By its own speed a run that is half done may be off by so much, one that has just begun by more. */
const OWN_SIGMA = 0.2;

/**
 * Steps of different models cannot be added up: a step may take a nanosecond or an hour. So work is
 * counted in time. A job that nothing is known of yet is taken to be like the others, by step.
 */
export function forecast(
  jobs: readonly JobProgress[],
  running: readonly LiveRun[],
  slots: number,
  times: Pick<RunTimes, "belief">,
): Live["work"] {
  const byJob = Map.groupBy(running, ({ job }) => job);
  const known = jobs.map(({ job }) =>
    times.belief(
      job,
      byJob.get(job.job.id)?.filter(isMoving).map((run) => run.steps * stepMsOf(run)),
    )
  );
  const logStepMs = known.flatMap((belief, i) =>
    belief === undefined ? [] : [belief.logMs - Math.log(jobs[i]!.job.job.steps)]
  );
  if (logStepMs.length === 0) return undefined;
  const typical = logStepMs.reduce((sum, log) => sum + log, 0) / logStepMs.length;

  let doneMs = 0;
  let leftMs = 0;
  const waiting: Waiting[] = [];
  const underWay: UnderWay[] = [];
  // How much a model that was never run differs from the others nobody knows: there is no range then.
  const isRange = jobs.every(({ left }, i) => left === 0 || known[i] !== undefined);
  jobs.forEach(({ job, left, ended }, i) => {
    const belief = known[i] ?? {
      logMs: typical + Math.log(job.job.steps),
      sigma: 0,
      doubt: 0,
      overheadMs: 0,
    };
    const runMs = meanMs(belief);
    const begun = left === 0 ? [] : byJob.get(job.job.id) ?? [];
    const runs = Math.max(0, left - begun.length);
    doneMs += ended * runMs;
    leftMs += runs * runMs;
    const { cores = 1 } = job.job;
    waiting.push({ ...belief, runs, cores });
    for (const run of begun) {
      underWay.push({ ...restOf(run, belief), cores });
      doneMs += runMs * (run.step / run.steps);
      leftMs += runMs * (1 - run.step / run.steps);
    }
  });
  const { lowMs, middleMs, highMs } = playOut({ waiting, underWay, slots });
  return {
    fraction: doneMs + leftMs > 0 ? doneMs / (doneMs + leftMs) : 0,
    etaMs: middleMs,
    ...(isRange && { lowMs, highMs }),
  };
}

function meanMs({ logMs, sigma, overheadMs }: Belief): number {
  return Math.exp(logMs + sigma * sigma / 2) + overheadMs;
}

/** Before its speed is known it says nothing of how long it will take. */
function isMoving({ step, fromStep, stepsPerSecond }: LiveRun): boolean {
  return step > fromStep && stepsPerSecond > 0;
}

function stepMsOf({ stepsPerSecond }: LiveRun): number {
  return 1000 / stepsPerSecond;
}

/** What is left of a run: by its own speed, the surer the further it is, and by what others of its job took. */
function restOf(run: LiveRun, belief: Belief): UnderWay {
  const { step, steps, fromStep, elapsedMs } = run;
  const prior = belief.sigma ** 2 + belief.doubt ** 2;
  const left = Math.log(Math.max(steps - step, 1e-3));
  const byOthers = belief.logMs - Math.log(steps);
  if (!isMoving(run)) {
    // It takes as long as it has taken already, at least: the longer that is, the more may be left.
    const soFar = Math.log(Math.max(elapsedMs, 1e-3)) - left;
    return { logMs: Math.max(byOthers, soFar) + left, sigma: Math.sqrt(prior) };
  }
  const done = (step - fromStep) / (steps - fromStep);
  const own = OWN_SIGMA ** 2 * (1 - done) / done;
  const share = own + prior === 0 ? 1 : prior / (own + prior);
  return {
    logMs: byOthers + share * (Math.log(stepMsOf(run)) - byOthers) + left,
    sigma: Math.sqrt(share * own),
  };
}

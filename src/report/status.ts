/** The state of a whole tree at one moment: history and live picture put together. Never reads a file or a clock. */
import type { Live, LiveCores, LiveDisk, LiveMemory, LiveRun } from "../job/live.ts";
import { fractionDone } from "../job/progress.ts";
import type { History, JobHistory } from "../queue/history.ts";
import { liveStatus, neverBegun, remainingMs, type RunStatus, runStatus } from "./run_status.ts";

import { type Activity, activityOf } from "./activity.ts";
import { plannedRuns, unbegunRuns } from "./planned_runs.ts";
import { withPoints } from "./points.ts";
import type { LedJob } from "./led_job.ts";
import type { ShardStatus } from "./shards_text.ts";
import type { SlurmState } from "./slurm_state.ts";
import { type FailureGroup, FailureGroups } from "./failure_groups.ts";
import {
  filterRuns,
  mayChoose,
  OPEN,
  VISIBLE_STATES,
  type VisibleState,
  zeroCounts,
} from "./selector.ts";

export type { Activity } from "./activity.ts";
export type { RunStatus } from "./run_status.ts";

export interface JobStatus {
  readonly id: string;
  readonly runs: number;
  readonly counts: Readonly<Record<VisibleState, number>>;
  readonly stepsDone: number;
  readonly stepsTotal: number;
  /** Runs of earlier versions of the job, which the present one does not have. */
  readonly earlierRuns: number;
  /** Not counted among `runs`: its job has come to its end without them. */
  readonly unneeded?: number;
  /** Of those that wait: they are not tried again before their time. */
  readonly delayed?: number;
}

export interface TreeStatus {
  readonly tree: string;
  readonly at: string;
  readonly activity: Activity;
  readonly jobs: readonly JobStatus[];
  readonly totals: Omit<JobStatus, "id">;
  /** How much of all is done, 0 to 1: steps, weighed by how long those of each job take. */
  readonly fraction: number;
  readonly stepsPerSecond: number;
  readonly etaMs: number | undefined;
  /** Where the disk is full, or soon will be. */
  readonly disk?: LiveDisk | undefined;
  readonly memory?: LiveMemory | undefined;
  readonly cores?: LiveCores | undefined;
  /** Nine times in ten between these two; undefined where nobody knows how much runs differ. */
  readonly lowMs?: number | undefined;
  readonly highMs?: number | undefined;
  /** Runs worth a line: all but those completed and those that wait for their turn; or what the selectors chose. */
  readonly runs: readonly RunStatus[];
  /** The failed runs that were chosen, those that failed the same way together. */
  readonly failures: readonly FailureGroup[];
  /** How many more there are of each state than `runs` holds. */
  readonly unlisted: Readonly<Partial<Record<VisibleState, number>>>;
  /** Jobs whose runs are led by results, as they stand. */
  readonly led?: readonly LedJob[];
  /** Those that have begun, where the tree is cut. */
  readonly shards?: readonly ShardStatus[];
  /** Where the campaign was submitted to Slurm. */
  readonly slurm?: SlurmState;
}

export interface StatusOptions {
  readonly tree: string;
  readonly nowMs: number;
  /** The live picture, when there is one; of no account unless `working`. */
  readonly live: Live | undefined;
  /** Whether the tree's lock is held now. */
  readonly working: boolean;
  readonly selectors?: readonly string[];
  /** At most so many runs of each state are listed; running ones always all. */
  readonly listMax?: number;
  readonly led?: readonly LedJob[];
  readonly shards?: readonly ShardStatus[];
  readonly slurm?: SlurmState;
}

const LIST_MAX = 20;
/** Sweeps with more points are not searched for those of the runs that are listed: a tenth of a second, or half a one. */
const POINTS_MAX = 20_000;
const ALL_POINTS_MAX = 100_000;

/**
 * Whether the picture is of before the run ended: the journal was read up to a later moment, and a run that had begun
 * anew by then would not be over in it.
 */
function isBehind(live: Live, run: LiveRun, job: JobHistory, history: History): boolean {
  const state = job.find(run.run)?.state;
  const isOver = state === "completed" || state === "failed" || state === "cancelled";
  return isOver && (run.at ?? live.at) <= history.lastAtOf(run.job, run.run);
}

export function treeStatus(history: History, options: StatusOptions): TreeStatus {
  const { nowMs, working } = options;
  const live = working ? options.live : undefined;
  const selectors = options.selectors ?? [];
  const chosen = filterRuns(selectors);
  const listMax = options.listMax ?? LIST_MAX;
  const runs: RunStatus[] = [];
  const unlisted: Partial<Record<VisibleState, number>> = {};
  const listed: Partial<Record<VisibleState, number>> = {};
  const failures = new FailureGroups();

  const list = (run: RunStatus): void => {
    if (selectors.length === 0 && !isWorthALine(run)) return;
    if (!chosen(run.job, run.run, run.state)) return;
    if (run.state === "failed" && run.failure !== undefined) {
      failures.add(run.job, run.run, run.failure);
    }
    const count = listed[run.state] ?? 0;
    if (run.state !== "running" && count >= listMax) {
      unlisted[run.state] = (unlisted[run.state] ?? 0) + 1;
      return;
    }
    listed[run.state] = count + 1;
    runs.push(run);
  };

  const jobs: JobStatus[] = [];
  for (const [id, job] of history.jobs) {
    const liveRuns = new Map(
      live?.running.filter((run) => run.job === id && !isBehind(live, run, job, history))
        .map((run) => [run.run, run]),
    );
    const scan = selectors.length > 0 || liveRuns.size > 0 || needsScan(job);
    jobs.push(scan ? scanJob(id, job, liveRuns, options, list) : countJob(id, job));
  }

  const totals = sumJobs(jobs);
  const fraction = fractionDone(jobs.map(({ id, stepsDone, stepsTotal }) => ({
    done: stepsDone,
    total: stepsTotal,
    // Of a single job steps need no weight.
    stepMs: jobs.length === 1 ? undefined : live?.progress?.stepMs?.[id] ??
      history.jobs.get(id)!.stepMs,
  })));
  const stepsPerSecond = live?.running.reduce((sum, run) => sum + run.stepsPerSecond, 0) ?? 0;
  return {
    tree: options.tree,
    at: new Date(nowMs).toISOString(),
    activity: activityOf(history, options),
    jobs,
    totals,
    fraction,
    stepsPerSecond,
    etaMs: live === undefined
      ? undefined
      : live.work?.etaMs ?? remainingMs(live.steps.total - live.steps.done, stepsPerSecond),
    ...(live?.disk && { disk: live.disk }),
    ...(live?.memory && { memory: live.memory }),
    ...(live?.cores && { cores: live.cores }),
    ...(live?.work !== undefined && { lowMs: live.work.lowMs, highMs: live.work.highMs }),
    runs: withPoints(
      runs,
      (id) => history.jobs.get(id)?.job,
      listMax === Infinity ? ALL_POINTS_MAX : POINTS_MAX,
      (job, run) => history.jobs.get(job)?.proposed.get(run)?.values,
    ),
    failures: failures.list(),
    unlisted,
    ...(options.led !== undefined && options.led.length > 0 && { led: options.led }),
    ...(options.shards !== undefined && { shards: options.shards }),
    ...(options.slurm !== undefined && options.slurm.tasks.length > 0 && { slurm: options.slurm }),
  };
}

/** Of those that wait only who is not tried again before its time. */
function isWorthALine(run: RunStatus): boolean {
  if (run.state === "waiting") return run.next?.at !== undefined;
  return run.state !== "completed";
}

/** Whether counts alone do not tell the story of a job. */
function needsScan(job: JobHistory): boolean {
  const { completed } = job.counts;
  return completed < job.size || job.generations > 1;
}

/** A job whose runs are all completed or never begun: no look at its rows. */
function countJob(id: string, job: JobHistory): JobStatus {
  const planned = Math.max(job.count, job.size);
  const steps = job.job?.steps ?? 0;
  const { completed } = job.counts;
  const unneeded = job.stopped === undefined ? 0 : planned - completed;
  const runs = planned - unneeded;
  return {
    id,
    runs,
    counts: { ...zeroCounts(), waiting: runs - completed, completed },
    stepsDone: completed * steps,
    stepsTotal: runs * steps,
    earlierRuns: 0,
    ...(unneeded > 0 && { unneeded }),
  };
}

function scanJob(
  id: string,
  job: JobHistory,
  liveRuns: ReadonlyMap<string, LiveRun>,
  options: StatusOptions,
  list: (run: RunStatus) => void,
): JobStatus {
  const counts = zeroCounts();
  const stepsAsked = job.job?.steps ?? 0;
  const plan = plannedRuns(job);
  const isNamed = options.selectors?.some((selector) => selector.includes("/")) ?? false;
  let stepsDone = 0;
  let left = 0;
  let delayed = 0;
  const mayBeListed = (options.selectors ?? []).length > 0;
  const liveRows = new Set(liveRuns.keys().map((run) => job.row(run)));
  for (let row = 0; row < job.size; row++) {
    // Most rows of a large job are these: they are counted, and nothing is made of them.
    const isPlain = job.stateAt(row) === "completed" && job.stepsAt(row) >= stepsAsked &&
      !mayBeListed && !liveRows.has(row);
    if (isPlain && (plan === undefined || plan.has(job.runAt(row)))) {
      counts.completed++;
      stepsDone += stepsAsked === 0 ? job.stepsAt(row) : stepsAsked;
      continue;
    }
    const past = job.at(row);
    const run = runStatus(id, job, past, liveRuns.get(past.run), stepsAsked, options);
    if (plan !== undefined && !plan.has(past.run)) {
      // Nobody waits for it: it is told of when it is named, and never counted.
      left++;
      if (isNamed) list(run);
      continue;
    }
    if (job.stopped !== undefined && OPEN.includes(run.state)) continue;
    counts[run.state]++;
    if (run.state === "waiting" && run.next?.at !== undefined) delayed++;
    stepsDone += run.state === "completed"
      ? run.stepsTotal
      : Math.min(run.stepsDone, run.stepsTotal);
    list(run);
  }
  // A live run that the journal read a moment earlier does not show yet.
  for (const live of liveRuns.values()) {
    if (job.find(live.run) !== undefined) continue;
    counts.running++;
    stepsDone += live.step;
    list(liveStatus(live, options.nowMs));
  }
  if (isListed(options)) {
    for (const run of unbegunRuns(job)) {
      if (!liveRuns.has(run)) list(neverBegun(id, run, stepsAsked));
    }
  }
  const seen = VISIBLE_STATES.reduce((sum, state) => sum + counts[state], 0);
  const planned = job.count === 0 ? seen : job.count;
  const beyond = job.generations > 1 ? Math.max(0, seen - planned) : 0;
  // What had not begun when the job came to its end never will, and what was given back neither.
  const unneeded = job.stopped === undefined ? 0 : Math.max(0, planned - seen);
  counts.waiting += Math.max(0, planned - seen - unneeded);
  // Of a plan too large to look at it is not known which rows are earlier; the finished ones most likely.
  const finishedEarlier = Math.min(beyond, counts.completed);
  counts.completed -= finishedEarlier;
  const runs = Math.max(planned, seen - beyond) - unneeded;
  const stepsTotal = runs * stepsAsked;
  return {
    id,
    runs,
    counts,
    stepsDone: Math.min(stepsTotal, stepsDone - finishedEarlier * stepsAsked),
    stepsTotal,
    earlierRuns: left + beyond,
    ...(unneeded > 0 && { unneeded }),
    ...(delayed > 0 && { delayed }),
  };
}

/** Whether somebody asked for runs that wait. */
function isListed({ selectors = [] }: StatusOptions): boolean {
  return selectors.length > 0 && mayChoose(selectors, "waiting");
}

function sumJobs(jobs: readonly JobStatus[]): Omit<JobStatus, "id"> {
  const counts = zeroCounts();
  let runs = 0, stepsDone = 0, stepsTotal = 0, earlierRuns = 0, unneeded = 0;
  for (const job of jobs) {
    runs += job.runs;
    stepsDone += job.stepsDone;
    stepsTotal += job.stepsTotal;
    earlierRuns += job.earlierRuns;
    unneeded += job.unneeded ?? 0;
    for (const state of VISIBLE_STATES) counts[state] += job.counts[state];
  }
  const spared = unneeded > 0 ? { unneeded } : {};
  return { runs, counts, stepsDone, stepsTotal, earlierRuns, ...spared };
}

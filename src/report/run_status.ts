/** The state of one run at one moment: its past and its live picture put together. Pure. */
import type { RequeueCause } from "../job/event.ts";
import { assertNever } from "../job/fault.ts";
import type { LiveRun } from "../job/live.ts";
import type { Failure } from "../job/run.ts";
import type { Point } from "../plan/sweep.ts";
import type { JobHistory, PastRun, RareFacts } from "../queue/history.ts";
import type { VisibleState } from "./selector.ts";

interface RunBase {
  readonly job: string;
  readonly run: string;
  /** What it stands for in its sweep, where that was looked for and found. */
  readonly point?: Point;
  readonly attempt: number;
  readonly stepsDone: number;
  readonly stepsTotal: number;
  /** The last saved checkpoint; a step of 0 means none. */
  readonly savedStep: number;
  readonly savedAgeMs: number | undefined;
  readonly savedAt: string | undefined;
  readonly degraded: string | undefined;
  /** What somebody should know of the last attempt, though it went on. */
  readonly warning: string | undefined;
}

/** Of a run that came back to the queue: why, and when it is computed again. */
export interface NextAttempt {
  readonly cause: RequeueCause;
  readonly message: string | undefined;
  /** Not before then; undefined when it waits for a slot only. */
  readonly at: string | undefined;
  /** Number of the attempt that comes, from 1. */
  readonly attempt: number;
  /** How many there may be, as far as the job says. */
  readonly attemptsMax: number | undefined;
}

export type RunStatus = RunBase & RunCondition;

export type RunCondition =
  | {
    readonly state: "running";
    readonly slot: number;
    readonly stepsPerSecond: number;
    readonly etaMs: number | undefined;
    readonly memoryBytes: number;
    readonly memoryBytesMax: number | undefined;
  }
  /** Somebody paused it: it goes on when somebody says so. */
  | { readonly state: "paused" }
  | { readonly state: "interrupted" }
  | { readonly state: "cancelled" }
  /** `next` only for one that has come back to the queue under this simrun. */
  | { readonly state: "waiting"; readonly next: NextAttempt | undefined }
  | { readonly state: "failed"; readonly failure: Failure | undefined }
  | { readonly state: "completed"; readonly ms: number; readonly ending: string | undefined };

/** Of the moment: the clock, and whether a simrun holds the tree. */
export interface Moment {
  readonly nowMs: number;
  readonly working: boolean;
}

/** What the journal knows of a run, and the live picture if there is one. */
export function runStatus(
  id: string,
  job: JobHistory,
  past: PastRun,
  live: LiveRun | undefined,
  stepsAsked: number,
  options: Moment,
): RunStatus {
  if (live !== undefined) return liveStatus(live, options.nowMs);
  const rare = job.rare(past.run);
  const stepsTotal = stepsAsked === 0 ? past.steps : stepsAsked;
  const savedAgeMs = rare.savedAt === undefined
    ? undefined
    : options.nowMs - Date.parse(rare.savedAt);
  const base: RunBase = {
    job: id,
    run: past.run,
    attempt: past.attempt,
    stepsDone: past.savedStep,
    stepsTotal,
    savedStep: past.savedStep,
    savedAt: rare.savedAt,
    savedAgeMs,
    degraded: rare.degraded,
    warning: rare.warning,
  };
  switch (past.state) {
    case "completed": {
      const { ending } = rare;
      // The job was given more steps since: the run waits to be extended.
      if (past.steps < stepsTotal && ending === undefined) {
        return { ...base, state: "waiting", stepsDone: past.steps, next: undefined };
      }
      return { ...base, state: "completed", stepsDone: past.steps, ms: past.ms, ending };
    }
    case "failed":
      return {
        ...base,
        state: "failed",
        // An attempt that died before it had gone on knows less than what was saved.
        stepsDone: Math.max(rare.failure?.step ?? 0, past.savedStep),
        failure: rare.failure,
      };
    case "cancelled":
      return { ...base, state: "cancelled" };
    case "held":
      return { ...base, state: "paused" };
    case "running":
    case "queued":
      return options.working
        ? { ...base, state: "waiting", next: nextAttempt(job, past, rare, options.nowMs) }
        : leftBehind(base, past);
    default:
      return assertNever(past.state);
  }
}

/** The state alone, of one that is not in the live picture: what {@linkcode runStatus} says, without making the rest. */
export function visibleState(
  job: JobHistory,
  past: PastRun,
  stepsAsked: number,
  working: boolean,
): VisibleState {
  switch (past.state) {
    case "completed":
      return past.steps < stepsAsked && job.rare(past.run).ending === undefined
        ? "waiting"
        : "completed";
    case "held":
      return "paused";
    case "running":
    case "queued":
      if (working) return "waiting";
      return hasNeverBegun(past) ? "waiting" : "interrupted";
    default:
      return past.state;
  }
}

/** Without a digest it never began: somebody only let it go on. */
function hasNeverBegun({ state, digest, savedStep }: PastRun): boolean {
  return state !== "running" && digest === "" && savedStep === 0;
}

/** By a simrun that works no more. */
function leftBehind(base: RunBase, past: PastRun): RunStatus {
  return hasNeverBegun(past)
    ? { ...base, state: "waiting", next: undefined }
    : { ...base, state: "interrupted" };
}

function nextAttempt(
  { job }: JobHistory,
  past: PastRun,
  { requeued }: RareFacts,
  nowMs: number,
): NextAttempt | undefined {
  // Of an earlier simrun that was stopped: it waits for its turn, like any other.
  if (past.state !== "queued" || requeued === undefined || requeued.cause === "stopped") {
    return undefined;
  }
  const { cause, message, dueAt } = requeued;
  return {
    cause,
    message,
    at: dueAt !== undefined && Date.parse(dueAt) > nowMs ? dueAt : undefined,
    attempt: past.attempt + 1,
    attemptsMax: job === undefined ? undefined : job.retries + 1,
  };
}

export function liveStatus(live: LiveRun, nowMs: number): RunStatus {
  return {
    job: live.job,
    run: live.run,
    attempt: live.attempt,
    state: "running",
    slot: live.slot,
    stepsDone: live.step,
    stepsTotal: live.steps,
    stepsPerSecond: live.stepsPerSecond,
    etaMs: remainingMs(live.steps - live.step, live.stepsPerSecond),
    memoryBytes: live.memoryBytes,
    memoryBytesMax: live.memoryBytesMax,
    savedStep: live.checkpoint?.step ?? 0,
    savedAt: live.checkpoint?.at,
    savedAgeMs: live.checkpoint === undefined ? undefined : nowMs - Date.parse(live.checkpoint.at),
    degraded: undefined,
    warning: undefined,
  };
}

/** What is left at the present rate, or undefined where no rate is known. */
export function remainingMs(steps: number, stepsPerSecond: number): number | undefined {
  return stepsPerSecond > 0 ? (Math.max(0, steps) / stepsPerSecond) * 1000 : undefined;
}

/** One of the plan that the journal knows nothing of yet. */
export function neverBegun(job: string, run: string, steps: number): RunStatus {
  return {
    job,
    run,
    state: "waiting",
    attempt: 0,
    stepsDone: 0,
    stepsTotal: steps,
    savedStep: 0,
    savedAt: undefined,
    savedAgeMs: undefined,
    degraded: undefined,
    warning: undefined,
    next: undefined,
  };
}

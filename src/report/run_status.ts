/** The state of one run at one moment: its past and its live picture put together. Pure. */
import type { LiveRun } from "../job/live.ts";
import type { Failure } from "../job/run.ts";
import type { JobHistory, PastRun } from "../queue/history.ts";

interface RunBase {
  readonly job: string;
  readonly run: string;
  readonly attempt: number;
  readonly stepsDone: number;
  readonly stepsTotal: number;
  /** The last saved checkpoint; a step of 0 means none. */
  readonly savedStep: number;
  readonly savedAgeMs: number | undefined;
  readonly savedAt: string | undefined;
  readonly degraded: string | undefined;
}

export type RunStatus = RunBase & RunCondition;

export type RunCondition =
  | {
    readonly state: "running";
    readonly slot: number;
    readonly stepsPerSecond: number;
    readonly etaMs: number | undefined;
    readonly memoryBytes: number;
  }
  | { readonly state: "interrupted" }
  | { readonly state: "waiting" }
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
  const rare = past.savedStep > 0 || past.state !== "queued" ? job.rare(past.run) : {};
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
  };
  switch (past.state) {
    case "completed": {
      const { ending } = rare;
      // The job was given more steps since: the run waits to be extended.
      if (past.steps < stepsTotal && ending === undefined) {
        return { ...base, state: "waiting", stepsDone: past.steps };
      }
      return { ...base, state: "completed", stepsDone: past.steps, ms: past.ms, ending };
    }
    case "failed":
      return {
        ...base,
        state: "failed",
        stepsDone: rare.failure?.step ?? past.savedStep,
        failure: rare.failure,
      };
    case "running":
    case "queued":
      return { ...base, state: options.working ? "waiting" : "interrupted" };
  }
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
    savedStep: live.checkpoint?.step ?? 0,
    savedAt: live.checkpoint?.at,
    savedAgeMs: live.checkpoint === undefined ? undefined : nowMs - Date.parse(live.checkpoint.at),
    degraded: undefined,
  };
}

/** What is left at the present rate, or undefined where no rate is known. */
export function remainingMs(steps: number, stepsPerSecond: number): number | undefined {
  return stepsPerSecond > 0 ? (Math.max(0, steps) / stepsPerSecond) * 1000 : undefined;
}

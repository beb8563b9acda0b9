/** The numbers of how runs ended, and of what their attempts failed of. */
import type { RequeueCause } from "../job/event.ts";
import type { FailureClass } from "../job/run.ts";

/**
 * Runs by how they ended. One that is computed again after it had completed (more steps, a changed model, on request)
 * is another one; one that failed and is taken up again is the same.
 */
export interface StatisticsCounts {
  readonly firstAttempt: number;
  /** Completed, and an attempt had failed before. */
  readonly afterRetry: number;
  readonly failed: number;
  /** By a person, and not taken up again. */
  readonly cancelled: number;
  /** Begun and not ended; what was never begun is not counted. */
  readonly unfinished: number;
  /** Took the result of an equal run: never computed, and in none of the numbers above. */
  readonly reused: number;
  /** Attempts after one that had failed, of the runs that completed after a retry or failed. */
  readonly retries: number;
}

/** What attempts failed of. A run that failed of two things is counted with both. */
export interface FailureCause {
  readonly cause: FailureClass | RequeueCause;
  /** Attempts that failed of it. */
  readonly attempts: number;
  /** Runs with such an attempt. */
  readonly runs: number;
  /** Of them those that completed, and those that failed in the end; the others are neither yet. */
  readonly recovered: number;
  readonly failed: number;
}

/** The numbers, to be counted up. */
export type Counts = { -readonly [name in keyof StatisticsCounts]: StatisticsCounts[name] };
export type Cause = { -readonly [name in keyof FailureCause]: FailureCause[name] };

/** Of nothing. */
export function zeroCounts(): Counts {
  return {
    firstAttempt: 0,
    afterRetry: 0,
    failed: 0,
    cancelled: 0,
    unfinished: 0,
    reused: 0,
    retries: 0,
  };
}

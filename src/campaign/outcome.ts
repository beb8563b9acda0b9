/** How a campaign ended, and why it stopped where it did. Pure. */
import type { RunTable } from "./run_table.ts";
import type { Tally } from "./tally.ts";

export type StopReason = "asked" | "time-limit" | "max-fails" | "no-space" | "broken" | "paused";

export interface Outcome {
  readonly stopped: StopReason | undefined;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly remaining: number;
  /** Of those that remain: somebody paused them; absent when none is. */
  readonly paused?: number;
  /** Runs that turned out to be not needed; absent when all were. */
  readonly unneeded?: number;
  /** What broke, for `broken` and `no-space`. */
  readonly cause?: unknown;
}

export function outcomeOf(
  tally: Tally,
  table: RunTable,
  stop: StopReason | undefined,
  cause: unknown,
): Outcome {
  const { held, "paused-before": before, unneeded } = table.counts;
  return {
    // What was paused before it began is no reason to wait, and not done either.
    stopped: stop ?? (table.open > 0 ? "paused" : undefined),
    completed: tally.completed,
    failed: tally.failed,
    cancelled: tally.cancelled,
    remaining: table.open,
    ...(held + before > 0 && { paused: held + before }),
    ...(unneeded > 0 && { unneeded }),
    ...(cause === undefined ? {} : { cause }),
  };
}

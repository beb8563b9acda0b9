/**
 * When `checkpoint_every: auto` saves: often enough for what fails, seldom enough for what a checkpoint costs.
 * Pure, and no part of any result.
 */

/** What earlier runs have taught of checkpoints of a model. */
export interface CheckpointLesson {
  /** Mean time between two losses of a run's work. */
  readonly mtbfMs: number;
  /** The mean of those that were written, and of how large a state. */
  readonly cost?: { readonly ms: number; readonly rawBytes: number };
}

/** A tree that knows nothing is taken to lose its work once a day. */
export const PRIOR_MTBF_MS = 86_400_000;
const OVERHEAD_MAX = 0.01;
const EVERY_MS_MIN = 1_000;
const EVERY_MS_MAX = 1_800_000;

/** Folders, syncs and renames, whatever the size. */
const FIXED_MS = 5;
/** Compressed, written and synced on a small machine; see `docs/performance.md`. */
const BYTES_PER_MS = 250_000;
/** A smaller state says nothing of what a byte costs. */
const TELLING_BYTES = 1 << 20;

/** Which rule made the interval what it is. */
export type IntervalRule = "balance" | "overhead" | "shortest" | "longest";

/**
 * √(2·C·M), for which the time spent on checkpoints and the time lost to failures are least together (Young 1974).
 * It is never so short that checkpoints take more than 1 %, and else between 1 s and 30 min.
 */
export function checkpointInterval(
  costMs: number,
  mtbfMs: number,
): { readonly everyMs: number; readonly rule: IntervalRule } {
  const balanceMs = Math.sqrt(2 * costMs * mtbfMs);
  const leastMs = costMs / OVERHEAD_MAX;
  const everyMs = Math.max(Math.min(Math.max(balanceMs, EVERY_MS_MIN), EVERY_MS_MAX), leastMs);
  const rule = everyMs === balanceMs
    ? "balance"
    : everyMs === leastMs
    ? "overhead"
    : everyMs === EVERY_MS_MIN
    ? "shortest"
    : "longest";
  return { everyMs, rule };
}

/** What a checkpoint of so many bytes will cost, before the run has written one. */
export function expectedCostMs(bytes: number, known?: CheckpointLesson["cost"]): number {
  if (known === undefined) return FIXED_MS + bytes / BYTES_PER_MS;
  if (known.rawBytes < TELLING_BYTES) return known.ms + bytes / BYTES_PER_MS;
  return FIXED_MS + Math.max(0, known.ms - FIXED_MS) * bytes / known.rawBytes;
}

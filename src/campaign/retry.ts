/** How long a run that failed for a passing reason waits before it is tried again. Pure. */
import { type Backoff, DEFAULT_BACKOFF } from "../job/job.ts";

/** A tenth more or less, so that what failed together does not come back together. */
const JITTER = 0.1;

/**
 * Before the second attempt `firstMs`, then twice as long each time, up to `mostMs`. The jitter is taken from the
 * run's digest and its attempt: the same campaign waits the same.
 */
export function retryWaitMs(
  attempt: number,
  digest: string,
  { firstMs, mostMs }: Backoff = DEFAULT_BACKOFF,
): number {
  const wait = Math.min(mostMs, firstMs * 2 ** Math.min(attempt - 1, 50));
  return Math.round(wait * (1 + JITTER * (2 * chance(digest, attempt) - 1)));
}

/** From 0 to 1, by the digest's own hexadecimal digits: they are as good as chance. */
function chance(digest: string, attempt: number): number {
  const bits = Number.parseInt(digest.slice(0, 8), 16) || 0;
  // Another number for each attempt (Knuth's multiplicative hash).
  return (Math.imul(bits ^ attempt, 2_654_435_761) >>> 0) / 2 ** 32;
}

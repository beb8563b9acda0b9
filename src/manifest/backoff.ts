/** How long to wait between attempts, when only a part of it is said. Pure. */
import { type Backoff, DEFAULT_BACKOFF } from "../job/job.ts";

/** What is not said gives way to what is: a first wait of 10 min is not cut to the default of at most 5. */
export function backoffOf(firstMs: number | undefined, mostMs: number | undefined): Backoff {
  const most = mostMs ?? Math.max(DEFAULT_BACKOFF.mostMs, firstMs ?? 0);
  return { firstMs: firstMs ?? Math.min(DEFAULT_BACKOFF.firstMs, most), mostMs: most };
}

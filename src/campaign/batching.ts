/** How many runs go to a slot at once: enough that nobody waits for a round trip, few enough that nobody waits long. */
import type { PlannedJob } from "../plan/plan.ts";
import type { RunTable } from "./run_table.ts";

const BATCH_TARGET_MS = 100;
const BATCH_RUNS_MAX = 1000;
/** A batch is at most so many times as large as the last one of its job: the first guess is one run. */
const GROWTH = 8;
/** A second batch waits in the slot already when the first one takes less than this. */
const AHEAD_BELOW_MS = 1000;

/** Learns from each finished batch how long a run of a job takes in a slot, overhead included. */
export class BatchSizes {
  readonly #jobs = new Map<number, { runMs: number; largest: number }>();

  learn(job: PlannedJob, runs: number, elapsedMs: number): void {
    const runMs = elapsedMs / runs;
    const known = this.#jobs.get(job.number);
    if (known === undefined) this.#jobs.set(job.number, { runMs, largest: runs });
    else {
      known.runMs += 0.3 * (runMs - known.runMs);
      known.largest = Math.max(known.largest, runs);
    }
  }

  /** Milliseconds that a run of this job takes, when known. */
  runMs(job: PlannedJob): number | undefined {
    return this.#jobs.get(job.number)?.runMs;
  }

  /** The largest batch to make now; shared out so that no slot is idle at the end. */
  size(job: PlannedJob, ready: number, slots: number): number {
    const known = this.#jobs.get(job.number);
    if (known === undefined) return 1;
    const wanted = Math.floor(BATCH_TARGET_MS / Math.max(known.runMs, 1e-6));
    const limit = Math.min(
      wanted,
      known.largest * GROWTH,
      BATCH_RUNS_MAX,
      Math.ceil(ready / slots),
    );
    return Math.max(1, limit);
  }

  /** How many batches a slot may hold: one computing, and one ahead where runs are short. */
  ahead(job: PlannedJob): number {
    const known = this.#jobs.get(job.number);
    if (known === undefined) return 1;
    return known.runMs * this.size(job, Infinity, 1) < AHEAD_BELOW_MS ? 2 : 1;
  }
}

interface Taken {
  readonly job: PlannedJob;
  readonly attempt: number;
  readonly numbers: readonly number[];
}

/** Takes the most urgent run that needs a large slot. It is alone. */
export function takeLarge(table: RunTable): Taken | undefined {
  const number = table.readyForLarge.pop();
  if (number === undefined) return undefined;
  table.assign(number);
  return { job: table.jobOf(number), attempt: table.attempt(number), numbers: [number] };
}

/** Takes the most urgent runs that may share a batch: same job, same attempt, none that must be alone. */
export function takeBatch(
  table: RunTable,
  sizes: BatchSizes,
  slots: number,
  mustBeAlone: (job: PlannedJob, number: number) => boolean,
): Taken | undefined {
  const first = table.ready.pop();
  if (first === undefined) return undefined;
  const job = table.jobOf(first);
  const attempt = table.attempt(first);
  const numbers = [first];
  table.assign(first);
  if (mustBeAlone(job, first)) return { job, attempt, numbers };
  const limit = sizes.size(job, table.ready.size + 1, slots);
  while (numbers.length < limit) {
    const next = table.ready.peek();
    if (next === undefined || next < job.offset || next >= job.offset + job.count) break;
    if (table.attempt(next) !== attempt || mustBeAlone(job, next)) break;
    table.ready.pop();
    table.assign(next);
    numbers.push(next);
  }
  return { job, attempt, numbers };
}

/** How many runs go to a slot at once: enough that nobody waits for a round trip, few enough that nobody waits long. */
import type { Priority } from "../job/job.ts";
import type { PlannedJob } from "../plan/plan.ts";
import type { Rates } from "../queue/rates.ts";
import type { RunTable } from "./run_table.ts";
import type { Slot } from "./slot.ts";

/** What is handed to a slot together takes about so long. */
const BATCH_TARGET_MS = 100;
/** A slot is given more as long as it has less than this before it, the new ones included. */
const AHEAD_MS = 250;
export const BATCH_RUNS_MAX = 1000;
/** A batch is at most so many times as large as the last one of its job: the first guess is one run. */
const GROWTH = 8;
/** Of one job: one that is computed, and one that waits. */
const BATCHES_OF_JOB_MAX = 2;
/** As many when they are as large as they may be: each is done within a sync of the disk, which the next waits for. */
const FULL_BATCHES_MAX = 4;
/** How much the last batch weighs in what is known, at least. */
const NEW = 0.3;

interface Known {
  /** Milliseconds a run, or a step. */
  readonly ms: number;
  /** How many runs it is known from. */
  readonly runs: number;
  readonly largest: number;
}

/** The first runs pay for what is loaded and compiled: they count for no more than they are. */
function learnt(before: Known | undefined, runs: number, ms: number): Known {
  if (before === undefined) return { ms, runs, largest: runs };
  const weight = Math.max(NEW, runs / (before.runs + runs));
  return {
    ms: before.ms + weight * (ms - before.ms),
    runs: before.runs + runs,
    largest: Math.max(before.largest, runs),
  };
}

/** Learns from each finished batch how long a run of a job takes in a slot, overhead included. */
export class BatchSizes {
  readonly #jobs = new Map<number, Known>();
  /** By model, milliseconds a step: what is known of a job before the first of its runs has ended. */
  readonly #models = new Map<string, Known>();
  readonly #runsMax: number;

  readonly #rates: Rates | undefined;

  /** `rates` tells what earlier campaigns have taught. */
  constructor(runsMax = BATCH_RUNS_MAX, rates?: Rates) {
    this.#runsMax = Math.min(runsMax, BATCH_RUNS_MAX);
    this.#rates = rates;
  }

  learn(job: PlannedJob, runs: number, elapsedMs: number): void {
    this.#jobs.set(job.number, learnt(this.#jobs.get(job.number), runs, elapsedMs / runs));
    const { path } = job.job.model;
    this.#models.set(path, learnt(this.#models.get(path), runs, elapsedMs / runs / job.job.steps));
  }

  /** Milliseconds that a run of this job takes, once one has ended. */
  runMs(job: PlannedJob): number | undefined {
    return this.#jobs.get(job.number)?.ms;
  }

  /** The same, from what the model's other jobs took if need be, or what it took in earlier campaigns. */
  expectedMs(job: PlannedJob): number | undefined {
    return this.#known(job)?.ms;
  }

  /** The largest batch to make now; shared out so that no slot is idle at the end. */
  size(job: PlannedJob, ready: number, slots: number): number {
    const { model } = job.job;
    // PLECS computes them on all cores by itself, and what comes in segments one after the other.
    if (model.kind === "plecs") {
      return model.segments > 1 ? 1 : Math.min(model.batch, this.#runsMax);
    }
    const known = this.#known(job);
    if (known === undefined) return 1;
    const wanted = Math.floor(BATCH_TARGET_MS / Math.max(known.ms, 1e-6));
    const limit = Math.min(
      wanted,
      known.largest * GROWTH,
      this.#runsMax,
      Math.ceil(ready / slots),
    );
    return Math.max(1, limit);
  }

  #known(job: PlannedJob): Pick<Known, "ms" | "largest"> | undefined {
    const known = this.#jobs.get(job.number);
    if (known !== undefined) return known;
    const { steps } = job.job;
    const model = this.#models.get(job.job.model.path);
    if (model !== undefined) return { ms: model.ms * steps, largest: model.largest };
    const stepMs = this.#rates?.stepMs(job.model);
    return stepMs === undefined ? undefined : { ms: stepMs * steps, largest: 1 };
  }
}

/** Runs taken out of the queue to go to a slot together. */
export interface Taken {
  readonly job: PlannedJob;
  readonly attempt: number;
  readonly numbers: readonly number[];
  /** Levels by which it came earlier than its priority says, because that was passed over for long. */
  readonly raise: number;
}

/** What a slot has before it already: batches of one model, priorities at most one apart. */
export interface Ahead {
  readonly job: PlannedJob;
  readonly priority: Priority;
  /** Milliseconds of work; infinite where nobody knows. */
  readonly ms: number;
  readonly runs: number;
  /** Batches of each job, by its number. */
  readonly batches: ReadonlyMap<number, number>;
}

export function aheadOf(slot: Slot, sizes: BatchSizes): Ahead | undefined {
  const { working } = slot;
  if (working === undefined) return undefined;
  let ms = 0;
  let runs = 0;
  const batches = new Map<number, number>();
  for (const { job, open } of slot.batches.values()) {
    batches.set(job.number, (batches.get(job.number) ?? 0) + 1);
    ms += open.size * (sizes.expectedMs(job) ?? Infinity);
    runs += open.size;
  }
  return { job: working.job, priority: working.priority, ms, runs, batches };
}

export interface Taking {
  readonly now: number;
  /** Of the slot that it is for. */
  readonly size: number;
  readonly slots: number;
  /** What the slot has before it; undefined for an empty one. */
  readonly ahead: Ahead | undefined;
  /** Runs that may be started now, at most. */
  readonly most: number;
  readonly mustBeAlone: (job: PlannedJob, number: number) => boolean;
}

/**
 * Takes the most urgent runs that may share a batch: same job, same attempt, none that must be alone. For a slot that
 * is at work only what goes with it: the same model, a priority at most one apart, and done before long.
 */
export function takeBatch(
  table: RunTable,
  sizes: BatchSizes,
  { now, size, slots, ahead, most, mustBeAlone }: Taking,
): Taken | undefined {
  const queue = table.nextQueue(size, now);
  const first = queue.peek(now);
  if (first === undefined) return undefined;
  const job = table.jobOf(first);
  const priority = table.priorityOf(first);
  if (ahead !== undefined && !goesWith(job, priority, ahead)) return undefined;
  const attempt = table.attempt(first);
  const raise = priority - queue.levelOfNext(now)!;
  const alone = mustBeAlone(job, first);
  let limit = alone ? 1 : Math.min(most, sizes.size(job, table.readyIn(size), slots));
  if (ahead !== undefined) {
    const expectedMs = sizes.expectedMs(job);
    // A batch that grows with what is learned is worth more than many small ones.
    const batches = limit >= BATCH_RUNS_MAX ? FULL_BATCHES_MAX : BATCHES_OF_JOB_MAX;
    if ((ahead.batches.get(job.number) ?? 0) >= batches) return undefined;
    if (alone || expectedMs === undefined || ahead.runs >= batches * BATCH_RUNS_MAX) {
      return undefined;
    }
    limit = Math.min(limit, Math.floor((AHEAD_MS - ahead.ms) / expectedMs));
    if (limit < 1) return undefined;
  }
  const numbers = [first];
  queue.pop(now);
  table.become(first, "assigned");
  while (numbers.length < limit) {
    const next = queue.peekOf(priority);
    if (next === undefined || next < job.offset || next >= job.offset + job.count) break;
    if (table.attempt(next) !== attempt || mustBeAlone(job, next)) break;
    queue.popOf(priority);
    table.become(next, "assigned");
    numbers.push(next);
  }
  return { job, attempt, numbers, raise };
}

function goesWith(job: PlannedJob, priority: Priority, ahead: Ahead): boolean {
  return job.job.model.path === ahead.job.job.model.path &&
    JSON.stringify(job.job.allow) === JSON.stringify(ahead.job.job.allow) &&
    Math.abs(priority - ahead.priority) <= 1;
}

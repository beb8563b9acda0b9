/**
 * What becomes of the runs of a batch: completed, failed, tried again, given back; and what follows for others that need
 * them. Each is written before it is acted on: see the loop.
 */
import type { CompletedRun, RequeueCause, RunEvent } from "../job/event.ts";
import type { Failure } from "../job/run.ts";
import type { PlannedJob } from "../plan/plan.ts";
import { classifyExit, retryCause, withAdvice } from "./causes.ts";
import type { Delays } from "./delays.ts";
import type { Dependencies } from "./dependencies.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { Guidance } from "./guidance.ts";
import { completedRun } from "./journal_lines.ts";
import type { Peaks } from "./peaks.ts";
import type { Progress } from "./progress.ts";
import { retryWaitMs } from "./retry.ts";
import type { Requeue, RunTable } from "./run_table.ts";
import type { RunTimes } from "./run_times.ts";
import type { Slot, SlotBatch } from "./slot.ts";
import { EXIT_GAVE_UP, type RunResult } from "./slot_messages.ts";
import type { Steering } from "./steering.ts";
import type { Tally } from "./tally.ts";
import type { SlotExit, World } from "./world.ts";

export interface RunEndsParts {
  readonly world: World;
  readonly table: RunTable;
  readonly tally: Tally;
  readonly steering: Steering;
  readonly dispatcher: Dispatcher;
  readonly delays: Delays;
  readonly dependencies: Dependencies;
  readonly guidance: Guidance;
  readonly progress: Progress;
  readonly times: RunTimes;
  readonly peaks: Peaks;
  /** Stop when so many runs failed. */
  readonly maxFails: number | undefined;
  /** A failure as it is told, where more is known of it. */
  placed(job: string, failure: Failure): Failure;
  /** True: somebody sees to it that there is room, and lets runs start when there is. */
  noRoom(reason: string): boolean;
  /** `then` is called when it is durable. */
  append(event: RunEvent, then?: () => void): void;
  endIfDone(): void;
  stop(reason: "max-fails" | "no-space" | "broken", cause?: unknown): void;
  isStopping(): boolean;
  hasEnded(): boolean;
}

/** Why runs go back to the queue, and what it means for them. */
interface GivenBack extends Requeue {
  readonly cause: RequeueCause;
  readonly message?: string;
  readonly waitMs?: number;
  readonly memoryBytes?: number | undefined;
}

/** A slot that dies so often with no run to blame for it will not live the next time either. */
const DEATHS_MAX = 5;

export class RunEnds {
  readonly #parts: RunEndsParts;

  constructor(parts: RunEndsParts) {
    this.#parts = parts;
  }

  completed(slot: Slot, batch: SlotBatch, results: readonly RunResult[]): void {
    const { job } = batch;
    const runs: CompletedRun[] = [];
    for (const result of results) {
      const number = job.offset + result.index;
      if (!batch.open.delete(number)) continue;
      this.#parts.table.become(number, "settled");
      this.#parts.steering.ended(number);
      this.#parts.progress.completed(number);
      this.#parts.times.computed(job, result.ms);
      runs.push(completedRun(batch, number, result, this.#parts.peaks.take(number)));
    }
    slot.deaths = 0;
    this.#endBatchIfEmpty(slot, batch);
    if (runs.length === 0) return;
    const model = job.model.digest;
    this.#parts.append({ type: "runs.completed", job: job.job.id, model, runs }, () => {
      this.#parts.tally.complete(job, runs.length);
      this.#parts.guidance.completed(job, results);
      this.#endedFor(job);
      this.#parts.endIfDone();
    });
    this.#parts.dispatcher.feed(slot);
  }

  /** Tried again where that may help, and where it was not tried too often. */
  failed(
    slot: Slot,
    batch: SlotBatch,
    index: number,
    failure: Failure,
    more: { readonly noSpace?: boolean; readonly mayPass?: boolean; readonly log?: string },
  ): void {
    const number = batch.job.offset + index;
    if (!batch.open.has(number)) return;
    // How long it hung is no measure for the others.
    this.#parts.peaks.take(number);
    if (more.noSpace) {
      const isWaited = more.mayPass === true && this.#parts.noRoom(failure.message);
      const { message } = failure;
      this.giveBack(slot, batch, [number], { cause: "disk", counted: false, message });
      if (!isWaited) this.#parts.stop("no-space", message);
      return;
    }
    const { memory } = this.#parts.dispatcher.pool;
    // Once: what needs more than that needs a person to say so.
    const larger = this.#parts.table.isRaised(number) ? undefined : memory.above(slot.size);
    const cause = retryCause(failure.class, larger !== undefined);
    if (cause !== undefined && batch.attempt <= batch.job.job.retries) {
      const { message } = failure;
      const size = cause === "out-of-memory" ? larger : undefined;
      // More memory is there at once; what else has passed by itself needs its time.
      const { digest } = batch.identities.get(number)!;
      const waitMs = size !== undefined
        ? 0
        : retryWaitMs(batch.attempt, digest, batch.job.job.backoff);
      const why = {
        cause,
        counted: true,
        alone: true,
        message,
        waitMs,
        ...(size !== undefined && { size }),
        memoryBytes: failure.memoryBytes,
      };
      return this.giveBack(slot, batch, [number], why);
    }
    batch.open.delete(number);
    this.#parts.table.become(number, "failed");
    this.#parts.progress.reached(number, failure.step);
    this.#parts.steering.ended(number);
    const { run } = batch.identities.get(number)!;
    const job = batch.job.job.id;
    this.#endBatchIfEmpty(slot, batch);
    const log = more.log === undefined ? {} : { log: more.log };
    const told = withAdvice(
      failure,
      slot.memoryBytesMax < memory.totalBytes ? slot.memoryBytesMax : undefined,
    );
    const { attempt } = batch;
    const placed = this.#parts.placed(job, told);
    this.#parts.append({ type: "run.failed", job, run, attempt, failure: placed, ...log }, () => {
      this.#parts.tally.fail(batch.job);
      this.#endedFor(batch.job);
      const { maxFails } = this.#parts;
      if (maxFails !== undefined && this.#parts.tally.failed >= maxFails) {
        this.#parts.stop("max-fails");
      }
      this.#parts.endIfDone();
    });
    this.#parts.dispatcher.feed(slot);
  }

  /** Runs of a job have ended: others may have waited for them. */
  #endedFor(job: PlannedJob): void {
    if (!this.#parts.dependencies.isNeeded(job)) return;
    this.review();
    this.#parts.dispatcher.fill();
  }

  /** Lets start what has all it needs, and fails what will never have it. */
  review(): void {
    if (this.#parts.isStopping()) return;
    this.#parts.guidance.review();
    if (this.#parts.table.counts.blocked === 0) return;
    for (const { number, verdict } of this.#parts.dependencies.review()) {
      if (verdict.kind === "hopeless") this.giveUp(number, verdict.why);
      else this.#parts.table.become(number, "ready");
    }
  }

  giveUp(number: number, why: string): void {
    const job = this.#parts.table.jobOf(number);
    const { run } = job.identify(number - job.offset);
    this.#parts.table.become(number, "failed");
    const failure = this.#parts.placed(job.job.id, { class: "needs", message: why, step: 0 });
    const attempt = this.#parts.table.attempt(number);
    this.#parts.append({ type: "run.failed", job: job.job.id, run, attempt, failure }, () => {
      this.#parts.tally.fail(job);
      this.#endedFor(job);
    });
  }

  /** All that it still has. */
  giveBackAll(slot: Slot, batch: SlotBatch, cause: RequeueCause): void {
    this.giveBack(slot, batch, [...batch.open], { cause, counted: false });
    this.#parts.endIfDone();
  }

  /**
   * Runs of a batch go back to the queue, or are what somebody wished them to be meanwhile. Journalled, so that
   * `status` knows them as waiting.
   */
  giveBack(slot: Slot, batch: SlotBatch, numbers: readonly number[], why: GivenBack): void {
    const open = numbers.filter((number) => batch.open.delete(number));
    batch.whole = false;
    const { cause, counted, message, waitMs = 0, memoryBytes } = why;
    for (const number of open) {
      this.#parts.table.mark(number, why);
      // What it needs may have been submitted again meanwhile.
      const waiting = batch.job.mayHaveToWait(number - batch.job.offset) ? "blocked" : "ready";
      const state = this.#parts.steering.wishedState(number) ?? (waitMs > 0 ? "delayed" : waiting);
      this.#parts.table.become(number, state);
      if (state === "delayed") this.#parts.delays.add(number, waitMs);
    }
    this.review();
    this.#endBatchIfEmpty(slot, batch);
    if (open.length === 0) return;
    this.#parts.append({
      type: "runs.requeued",
      job: batch.job.job.id,
      runs: open.map((number) => batch.identities.get(number)!.run),
      cause,
      counted,
      ...(message === undefined ? {} : { message }),
      ...(waitMs > 0 && { waitMs }),
      ...(memoryBytes !== undefined && { memoryBytes }),
    }, () => {
      this.#parts.dispatcher.fill();
      this.#parts.endIfDone();
    });
    this.#parts.steering.gaveBack(open);
  }

  #endBatchIfEmpty(slot: Slot, batch: SlotBatch): void {
    if (batch.open.size > 0) return;
    slot.batches.delete(batch.id);
    if (slot.current?.batch === batch) slot.current = undefined;
    const now = this.#parts.world.now();
    if (batch.sent && batch.whole) {
      const elapsedMs = Math.max(now - slot.busySince, 1e-3);
      this.#parts.dispatcher.sizes.learn(batch.job, batch.runs, elapsedMs);
      this.#parts.times.occupied(batch.job, batch.runs, elapsedMs);
    }
    slot.busySince = now;
    if (slot.batches.size > 0) return;
    slot.yielding = undefined;
    if (slot.isRetiring) this.#parts.dispatcher.pool.retire(slot);
  }

  /**
   * A slot's process ended. The run it was at is known when it was alone in its batch; of a larger batch
   * nobody is blamed: its runs are run again one at a time, and the guilty one will be found then.
   * A slot that gave up has named the guilty one already, and who never heard of a batch did not die of it.
   */
  lost(slot: Slot, exit: SlotExit): void {
    const step = slot.current?.step ?? 0;
    const peak = slot.memoryBytes;
    slot.memoryBytes = 0;
    slot.port = undefined;
    slot.ready = false;
    slot.current = undefined;
    if (this.#parts.hasEnded()) return;
    // It was told to go: whatever it had is not to blame.
    const isCondemned = slot.isCondemned || slot.isLeaving;
    const gaveUp = exit.status === EXIT_GAVE_UP && exit.signal === null;
    const suspect = !gaveUp && !isCondemned && slot.working?.sent ? slot.working : undefined;
    slot.deaths = gaveUp || isCondemned || slot.isRetiring || suspect !== undefined
      ? 0
      : slot.deaths + 1;
    const cause = isCondemned ? "control" : "slot-lost";
    const why = { cause, counted: false } as const;
    for (const batch of [...slot.batches.values()]) {
      const open = [...batch.open];
      if (batch !== suspect || this.#parts.isStopping()) this.giveBack(slot, batch, open, why);
      else if (open.length > 1) this.giveBack(slot, batch, open, { ...why, alone: true });
      else {this.failed(
          slot,
          batch,
          open[0]! - batch.job.offset,
          classifyExit(exit, step, peak),
          {},
        );}
    }
    if (!this.#parts.isStopping() && slot.deaths > DEATHS_MAX) {
      const words = classifyExit(exit, 0).message;
      return this.#parts.stop("broken", new Error(`slots cannot be kept running: ${words}`));
    }
    this.#parts.dispatcher.lost(slot);
    this.#parts.endIfDone();
  }
}

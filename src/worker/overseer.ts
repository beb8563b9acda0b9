/** What an agent makes of its simulation thread at each look: it goes on, or why it must end. Asks no clock. */
import { MEMORY_SHARES } from "../campaign/memory_budget.ts";
import type { FromSlot } from "../campaign/slot_messages.ts";
import type { Job } from "../job/job.ts";
import { type Life, LifeWatch, LivedTime } from "./life_watch.ts";
import { CONTROL, type FromSimulation } from "./protocol.ts";
import { endlessStepWords, graceMs } from "./run_failure.ts";
import { Standstill } from "./standstill.ts";

/** A thread that has run before takes up its next batch within milliseconds. */
const STANDSTILL_MS = 10_000;
/** Runs that end sooner are not told of. */
const PROGRESS_AFTER_MS = 200;
/** Shorter steps are not told of: no limit for them is anywhere near. */
const LONG_STEP_MS = 1_000;

export type Sight =
  /** All is well; the message is a sign of life of a run that has lived a while. */
  | { readonly kind: "well"; readonly isComputing: boolean; readonly message?: FromSlot }
  /** Its last message; then the process must end, for nothing else stops a thread. */
  | { readonly kind: "give-up"; readonly message: FromSlot }
  /** An earlier run left something behind that keeps it busy or fills it: none of now is to blame. */
  | { readonly kind: "haunted" }
  /** A fresh thread came to nothing: its own model is to blame. */
  | { readonly kind: "broken"; readonly words: string };

interface Batches {
  /** Undefined for one that has ended. */
  job(batch: number): Job | undefined;
  /** Run indices of a batch. */
  indices(batch: number): readonly number[];
}

export class Overseer {
  readonly #batches: Batches;
  readonly #standstill = new Standstill();
  readonly #lived = new LivedTime();
  #life: LifeWatch;
  #progress: Float64Array;
  /** What a run had computed before, by batch: one that goes on from a checkpoint has a batch to itself. */
  readonly #msBefore = new Map<number, number>();
  memoryBytesMax = Infinity;

  constructor(batches: Batches, control: SharedArrayBuffer) {
    this.#batches = batches;
    this.#life = this.#watchOver(control);
    this.#progress = new Float64Array(control);
  }

  /** Another thread begins, with shared memory of its own. */
  begin(control: SharedArrayBuffer): void {
    const livedMs = this.#progress[CONTROL.livedMs]!;
    this.#life = this.#watchOver(control);
    this.#progress = new Float64Array(control);
    this.#progress[CONTROL.livedMs] = livedMs;
    this.#progress[CONTROL.snapshotBytesMax] = this.memoryBytesMax * MEMORY_SHARES.checkpoints;
    this.#progress[CONTROL.seriesBytesMax] = this.memoryBytesMax * MEMORY_SHARES.measurements;
    this.#standstill.begin();
  }

  /** The thread is gone, or is no more asked for anything. */
  forget(): void {
    this.#standstill.begin();
  }

  /** `msBefore`: of the checkpoint that its run goes on from. */
  ordered(batch: number, msBefore = 0): void {
    this.#standstill.ordered(batch);
    if (msBefore > 0) this.#msBefore.set(batch, msBefore);
  }

  heard(message: FromSimulation): void {
    this.#standstill.heard(message);
    if (message.type === "ended") this.#msBefore.delete(message.batch);
  }

  /** The run the thread is at, if any. `now` from a clock that never goes back. */
  life(now: number): Life | undefined {
    return this.#life.look(this.#lived.at(now));
  }

  /** To be called a few times a second. `mustYield`: somebody wants the runs back. */
  look(now: number, memoryBytes: number, mustYield: boolean): Sight {
    const lived = this.#lived.at(now);
    this.#progress[CONTROL.livedMs] = lived;
    const life = this.#life.look(lived);
    if (life === undefined) return this.#lookAtIdle(lived, memoryBytes);
    this.#standstill.moved(lived);
    const { batch, index, step } = life;
    if (memoryBytes > this.memoryBytesMax) {
      const message = memoryText(memoryBytes, this.memoryBytesMax);
      const failure = {
        class: "out-of-memory",
        message,
        step,
        memoryBytes: this.memoryBytesMax,
      } as const;
      return {
        kind: "give-up",
        message: { type: "failed", batch, index, failure, isLast: true },
      };
    }
    if (life.stillMs > life.limitMs) {
      return {
        kind: "give-up",
        message: { type: "hung", batch, index, step, afterMs: life.stillMs },
      };
    }
    const late = this.#timeoutOf(life);
    if (late !== undefined) {
      const failure = { class: "timeout", message: late, step } as const;
      return {
        kind: "give-up",
        message: { type: "failed", batch, index, failure, isLast: true },
      };
    }
    if (life.isPreparing && mustYield) {
      // An init may take for ever, and nothing is lost with it: whoever asks is not kept waiting.
      const indices = this.#batches.indices(batch);
      return { kind: "give-up", message: { type: "yielded", batch, indices, isLast: true } };
    }
    const isTold = life.begunMs > PROGRESS_AFTER_MS;
    const longestMs = Math.round(life.longestMs);
    const message = {
      type: "progress",
      batch,
      index,
      step,
      memoryBytes,
      ...(longestMs >= LONG_STEP_MS && { longestMs }),
    } as const;
    return { kind: "well", isComputing: true, ...(isTold && { message }) };
  }

  /** Of a run that says so itself: its last message, with what it was given. */
  outOfMemory(
    message: Extract<FromSimulation, { type: "failed" }>,
    memoryBytes: number,
  ): FromSlot {
    const text = memoryText(memoryBytes, this.memoryBytesMax);
    const failure = {
      ...message.failure,
      message: `${message.failure.message} (${text})`,
      memoryBytes: this.memoryBytesMax,
    };
    return { ...message, failure, isLast: true };
  }

  /** Between two runs: a thread that does not take up what it was given, or that grows. */
  #lookAtIdle(lived: number, memoryBytes: number): Sight {
    const waiting = this.#standstill.look(lived);
    const tooMuch = memoryBytes > this.memoryBytesMax;
    if (waiting === undefined && !tooMuch) return { kind: "well", isComputing: false };
    const { batch, stillMs } = waiting ?? { batch: 0, stillMs: 0 };
    const { isFresh } = this.#standstill;
    const limitMs = Math.min(this.#hangMs(batch), isFresh ? Infinity : STANDSTILL_MS);
    if (stillMs <= limitMs && !tooMuch) return { kind: "well", isComputing: false };
    if (!isFresh) return { kind: "haunted" };
    const words = tooMuch
      ? `out of memory: ${memoryText(memoryBytes, this.memoryBytesMax)}`
      : `no run was begun for ${Math.round(stillMs / 1000)} s: its model keeps the thread ` +
        "busy at its top level, or in a timer";
    return { kind: "broken", words };
  }

  /** A run whose thread has not looked since its time was over, in words. */
  #timeoutOf({ batch, step, computedMs }: Life): string | undefined {
    const job = this.#batches.job(batch);
    if (job?.timeoutMs === undefined) return undefined;
    const ms = (this.#msBefore.get(batch) ?? 0) + computedMs;
    if (ms <= job.timeoutMs + graceMs(job.timeoutMs)) return undefined;
    return endlessStepWords(job, step, ms);
  }

  /** The floor of a batch's hang limit. */
  #hangMs(batch: number): number {
    return this.#batches.job(batch)?.hangMs ?? Infinity;
  }

  #watchOver(control: SharedArrayBuffer): LifeWatch {
    return new LifeWatch(control, (batch) => this.#hangMs(batch));
  }
}

function memoryText(bytes: number, bytesMax: number): string {
  return `it uses ${mebibytes(bytes)}; its slot has ${mebibytes(bytesMax)}`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

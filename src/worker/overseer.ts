/** What an agent makes of its simulation thread at each look: it goes on, or why it must end. Asks no clock. */
import type { FromSlot } from "../campaign/slot_messages.ts";
import { type Life, LifeWatch, LivedTime } from "./life_watch.ts";
import type { FromSimulation } from "./protocol.ts";
import { Standstill } from "./standstill.ts";

/** A thread that has run before takes up its next batch within milliseconds. */
const STANDSTILL_MS = 10_000;
/** Runs that end sooner are not told of. */
const PROGRESS_AFTER_MS = 200;

export type Sight =
  /** All is well; the message is a sign of life of a run that has lived a while. */
  | { readonly kind: "well"; readonly isComputing: boolean; readonly message?: FromSlot }
  /** Its last message; then the process must end, for nothing else stops a thread. */
  | { readonly kind: "give-up"; readonly message: FromSlot }
  /** An earlier run left something behind that keeps it busy or fills it: none of now is to blame. */
  | { readonly kind: "haunted" }
  /** A fresh thread came to nothing: its own model is to blame. */
  | { readonly kind: "broken"; readonly words: string };

interface Limits {
  /** The floor of a batch's hang limit. */
  hangMs(batch: number): number;
  /** Run indices of a batch. */
  indices(batch: number): readonly number[];
}

export class Overseer {
  readonly #limits: Limits;
  readonly #standstill = new Standstill();
  readonly #lived = new LivedTime();
  #life: LifeWatch;
  memoryBytesMax = Infinity;

  constructor(limits: Limits, control: SharedArrayBuffer) {
    this.#limits = limits;
    this.#life = this.#watchOver(control);
  }

  /** Another thread begins, with shared memory of its own. */
  begin(control: SharedArrayBuffer): void {
    this.#life = this.#watchOver(control);
    this.#standstill.begin();
  }

  /** The thread is gone, or is no more asked for anything. */
  forget(): void {
    this.#standstill.begin();
  }

  ordered(batch: number): void {
    this.#standstill.ordered(batch);
  }

  heard(message: FromSimulation): void {
    this.#standstill.heard(message);
  }

  /** The run the thread is at, if any. `now` from a clock that never goes back. */
  life(now: number): Life | undefined {
    return this.#life.look(this.#lived.at(now));
  }

  /** To be called a few times a second. `mustYield`: somebody wants the runs back. */
  look(now: number, memoryBytes: number, mustYield: boolean): Sight {
    const lived = this.#lived.at(now);
    const life = this.#life.look(lived);
    if (life === undefined) return this.#lookAtIdle(lived, memoryBytes);
    this.#standstill.moved(lived);
    const { batch, index, step } = life;
    if (memoryBytes > this.memoryBytesMax) {
      const message = memoryText(memoryBytes, this.memoryBytesMax);
      const failure = { class: "out-of-memory", message, step } as const;
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
    if (life.isPreparing && mustYield) {
      // An init may take for ever, and nothing is lost with it: whoever asks is not kept waiting.
      const indices = this.#limits.indices(batch);
      return { kind: "give-up", message: { type: "yielded", batch, indices } };
    }
    const isTold = life.begunMs > PROGRESS_AFTER_MS;
    const message = { type: "progress", batch, index, step, memoryBytes } as const;
    return { kind: "well", isComputing: true, ...(isTold && { message }) };
  }

  /** Between two runs: a thread that does not take up what it was given, or that grows. */
  #lookAtIdle(lived: number, memoryBytes: number): Sight {
    const waiting = this.#standstill.look(lived);
    const tooMuch = memoryBytes > this.memoryBytesMax;
    if (waiting === undefined && !tooMuch) return { kind: "well", isComputing: false };
    const { batch, stillMs } = waiting ?? { batch: 0, stillMs: 0 };
    const { isFresh } = this.#standstill;
    const limitMs = Math.min(this.#limits.hangMs(batch), isFresh ? Infinity : STANDSTILL_MS);
    if (stillMs <= limitMs && !tooMuch) return { kind: "well", isComputing: false };
    if (!isFresh) return { kind: "haunted" };
    const words = tooMuch
      ? `out of memory: ${memoryText(memoryBytes, this.memoryBytesMax)}`
      : `no run was begun for ${Math.round(stillMs / 1000)} s: its model keeps the thread ` +
        "busy at its top level, or in a timer";
    return { kind: "broken", words };
  }

  #watchOver(control: SharedArrayBuffer): LifeWatch {
    return new LifeWatch(control, (batch) => this.#limits.hangMs(batch));
  }
}

export function memoryText(bytes: number, bytesMax: number): string {
  return `it uses ${mebibytes(bytes)}; its slot has ${mebibytes(bytesMax)}`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** When one run hands its state over to be saved, and whether it keeps its last one. */
import { isKeptState, type Job, nextKept } from "../job/job.ts";
import { AutoInterval } from "./auto_interval.ts";
import { nextMultiple } from "./stepping.ts";
import { takeApart } from "./state.ts";

/** A run that took longer keeps its final state, even if no checkpoint was due. */
const FINAL_STATE_AFTER_MS = 5000;

export class Saving {
  readonly #checkpoint: Job["checkpoint"];
  readonly #startedMs: number;
  #step = -1;
  #atMs: number;
  /** The step of the state that it began with in this slot, of another run; −1 for others. */
  #begunAt = -1;
  #auto: AutoInterval | undefined;

  constructor({ checkpoint }: Job, startedMs: number) {
    this.#checkpoint = checkpoint;
    this.#startedMs = this.#atMs = startedMs;
  }

  get isOff(): boolean {
    return this.#checkpoint.every.kind === "off";
  }

  /** Of the last state that was saved; −1 before. */
  get step(): number {
    return this.#step;
  }

  /** A state that cannot be saved is told here: before the first step, not at the first checkpoint hours later. */
  plan(state: object): void {
    if (!this.isOff) this.#planFor(takeApart(state).bytes);
  }

  /** It goes on from a checkpoint of so many bytes. */
  resumeAt(step: number, bytes: number): void {
    this.#step = step;
    this.#planFor(bytes);
  }

  beginAt(step: number): void {
    this.#begunAt = step;
  }

  /** The step before which somebody must look whether it is time. */
  nextLook(step: number): number {
    const { every } = this.#checkpoint;
    const next = nextKept(this.#checkpoint, step);
    return every.kind === "steps" ? Math.min(next, nextMultiple(step, every.steps)) : next;
  }

  isDue(step: number, nowMs: number, progress: Float64Array): boolean {
    const { every } = this.#checkpoint;
    if (this.mustStay(step)) return true;
    switch (every.kind) {
      case "off":
        return false;
      case "steps":
        // A checkpoint that found both buffers busy is made up for at the next look.
        return step - Math.max(this.#step, 0) >= every.steps ||
          step % every.steps === 0 && step !== this.#step;
      case "time":
        return nowMs - this.#atMs >= every.everyMs;
      case "auto":
        return this.#auto!.isDue(nowMs - this.#atMs, progress);
    }
  }

  /**
   * A run that lived to its first checkpoint, or for a while, keeps its last state, so that more steps can go
   * on from it. What took less is as soon computed again, and leaves no file.
   */
  keepsFinalState(step: number, nowMs: number): boolean {
    const { every, wanted } = this.#checkpoint;
    if (every.kind === "off" || step === this.#step) return false;
    if (wanted?.last || this.mustStay(step)) return true;
    if (every.kind === "steps") return step >= every.steps;
    const longMs = Math.min(every.kind === "time" ? every.everyMs : Infinity, FINAL_STATE_AFTER_MS);
    // What it has begun with was saved for it, and says nothing of how long it takes.
    return this.#step > this.#begunAt || nowMs - this.#startedMs >= longMs;
  }

  /** Somebody counts on the state of just this step. */
  mustStay(step: number): boolean {
    return step !== this.#step && !this.isOff && isKeptState(this.#checkpoint, step);
  }

  saved(step: number, nowMs: number): void {
    this.#step = step;
    this.#atMs = nowMs;
  }

  /** What the last one cost. */
  stalled(step: number, stallMs: number): void {
    this.#auto?.saved(step, stallMs);
  }

  #planFor(bytes: number): void {
    const { every } = this.#checkpoint;
    if (every.kind === "auto") this.#auto = new AutoInterval(bytes, every.learned);
  }
}

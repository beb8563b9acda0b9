/** When to stop so that everything is saved before a moment that is set from outside: a time limit, a batch job's end. */
import type { LiveRun } from "../job/live.ts";

/** For the stop itself: the last lines, the packing, the processes that end. */
const CLOSING_MS = 1_000;
/** A checkpoint may take longer than any before: the disk is asked by all slots at once then. */
const SAVING_FACTOR = 3;
/** However slow it is, half of the time is for computing. */
const SHARE_MAX = 0.5;

export class Deadline {
  #limitMs = Infinity;
  #endMs = Infinity;
  #slowestSaveMs = 0;

  /** In so many milliseconds from now on it must be over. Of two limits the earlier one counts. */
  set(limitMs: number, now: number): void {
    if (now + limitMs >= this.#endMs) return;
    this.#limitMs = limitMs;
    this.#endMs = now + limitMs;
  }

  /** How long it may work altogether; infinite without a limit. */
  get limitMs(): number {
    return this.#limitMs;
  }

  /** A checkpoint took so long to save. */
  saved(ms: number): void {
    this.#slowestSaveMs = Math.max(this.#slowestSaveMs, ms);
  }

  /** Whether it is time to stop, by the cost of a checkpoint and of the slowest step under way. */
  isDue(now: number, running: readonly LiveRun[]): boolean {
    return now >= this.#endMs - this.marginMs(running);
  }

  /** How long before the end it begins to stop. */
  marginMs(running: readonly LiveRun[]): number {
    const stepMs = Math.max(
      0,
      // Before its first step has ended, that takes as long as it has taken so far.
      ...running.map(({ stepsPerSecond, elapsedMs }) =>
        stepsPerSecond > 0 ? 1000 / stepsPerSecond : elapsedMs
      ),
    );
    const wanted = CLOSING_MS + SAVING_FACTOR * this.#slowestSaveMs + 2 * stepMs;
    return Math.min(wanted, SHARE_MAX * this.#limitMs);
  }
}

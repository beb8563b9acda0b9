/** The most that signs of life have told of runs under way, kept until their records are written. Pure. */
import type { CompletedRun } from "../job/event.ts";
import type { FromSlot } from "./slot_messages.ts";

export type Peak = Pick<CompletedRun, "memoryBytes" | "longestStepMs">;

const NOTHING_SEEN: Peak = {};

export class Peaks {
  readonly #peaks = new Map<number, { memoryBytes: number; longestMs: number }>();

  /** `number`: of the run among all runs. */
  saw(
    number: number,
    { memoryBytes, longestMs = 0 }: Extract<FromSlot, { type: "progress" }>,
  ): void {
    const peak = this.#peaks.get(number);
    if (peak === undefined) this.#peaks.set(number, { memoryBytes, longestMs });
    else {
      peak.memoryBytes = Math.max(peak.memoryBytes, memoryBytes);
      peak.longestMs = Math.max(peak.longestMs, longestMs);
    }
  }

  /** Of a run that ended; nothing more is known of it then. Empty for one that was too short to be looked at. */
  take(number: number): Peak {
    const peak = this.#peaks.get(number);
    if (peak === undefined) return NOTHING_SEEN;
    this.#peaks.delete(number);
    const { memoryBytes, longestMs } = peak;
    return { memoryBytes, ...(longestMs > 0 && { longestStepMs: longestMs }) };
  }
}

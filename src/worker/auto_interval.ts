/**
 * The interval of `checkpoint_every: auto` in a run: from what its own checkpoints cost, as soon as one is written.
 *
 * The cost is what a run loses by one on a machine without a core to spare: the stall of the simulation thread, and
 * all the time that the agent takes to compress, write and sync. Where a core is idle, only the stall is lost.
 */
import {
  checkpointInterval,
  type CheckpointLesson,
  expectedCostMs,
  PRIOR_MTBF_MS,
} from "../job/checkpoint_interval.ts";
import { CONTROL } from "./protocol.ts";

/** How much the last checkpoint weighs in what is known: a disk has better and worse moments. */
const NEW = 0.3;

export class AutoInterval {
  readonly #mtbfMs: number;
  #costMs: number;
  #everyMs: number;
  #isMeasured = false;
  /** The last one handed to the agent, until it is known to be written. */
  #waiting: { readonly step: number; readonly stallMs: number } | undefined;

  /** `bytes`: of the state as it is now. */
  constructor(bytes: number, { mtbfMs, cost }: CheckpointLesson = { mtbfMs: PRIOR_MTBF_MS }) {
    this.#mtbfMs = mtbfMs;
    this.#costMs = expectedCostMs(bytes, cost);
    this.#everyMs = checkpointInterval(this.#costMs, mtbfMs).everyMs;
  }

  /** The state of a step was handed to the agent. */
  saved(step: number, stallMs: number): void {
    this.#waiting = { step, stallMs };
  }

  /** Asked at every look: a comparison, unless the agent has written one since. */
  isDue(sinceMs: number, progress: Float64Array): boolean {
    if (this.#waiting !== undefined && progress[CONTROL.writtenStep] === this.#waiting.step) {
      this.#learn(this.#waiting.stallMs + progress[CONTROL.writtenMs]!);
      this.#waiting = undefined;
    }
    return sinceMs >= this.#everyMs;
  }

  #learn(costMs: number): void {
    this.#costMs += (this.#isMeasured ? NEW : 1) * (costMs - this.#costMs);
    this.#isMeasured = true;
    this.#everyMs = checkpointInterval(this.#costMs, this.#mtbfMs).everyMs;
  }
}

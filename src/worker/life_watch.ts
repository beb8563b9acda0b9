/**
 * Tells from the shared progress whether the simulation thread lives: a step, a new run, a batch.
 * The limit is learned from the run's own rate and never less than the job's floor.
 */
import { ACTIVITY, CONTROL, GAP_MS_MAX } from "./protocol.ts";

/** A run is hung when it stands still this many times as long as it ever did between two steps. */
const PATIENCE = 20;

export interface Life {
  readonly batch: number;
  readonly index: number;
  readonly step: number;
  /** Since this run was first seen. */
  readonly begunMs: number;
  /** Since the last sign of life. */
  readonly stillMs: number;
  readonly limitMs: number;
  /** The longest time between two signs of life, the present one included. */
  readonly longestMs: number;
  /** It has not begun its first step. */
  readonly isPreparing: boolean;
  /** What it was seen to compute since its first step in this slot, neither preparing nor saving. */
  readonly computedMs: number;
}

export class LifeWatch {
  readonly #orders: Int32Array;
  readonly #progress: Float64Array;
  #begun = -1;
  #begunAt = 0;
  #step = -1;
  #movedAt = 0;
  #longestMs = 0;
  #lookedAt = 0;
  #computedMs = 0;
  readonly #floorMs: (batch: number) => number;

  /** `floorMs` tells what no limit of a batch is below. */
  constructor(control: SharedArrayBuffer, floorMs: (batch: number) => number) {
    this.#floorMs = floorMs;
    this.#orders = new Int32Array(control);
    this.#progress = new Float64Array(control);
  }

  /** Undefined while no run is being computed. Who waits for the disk or a server does not stand still. */
  look(now: number): Life | undefined {
    const activity = Atomics.load(this.#orders, CONTROL.activity);
    const begun = this.#progress[CONTROL.begun]!;
    const step = this.#progress[CONTROL.step]!;
    if (begun !== this.#begun) {
      this.#begun = begun;
      this.#begunAt = now;
      this.#longestMs = 0;
      this.#computedMs = 0;
      this.#moved(step, now);
    } else {
      if (activity === ACTIVITY.computing) this.#computedMs += now - this.#lookedAt;
      if (step !== this.#step) {
        this.#longestMs = Math.max(this.#longestMs, now - this.#movedAt);
        this.#moved(step, now);
      }
    }
    this.#lookedAt = now;
    const isNormal = activity === ACTIVITY.waitingForDisk || activity === ACTIVITY.elsewhere;
    if (isNormal) this.#movedAt = now;
    if (activity === ACTIVITY.idle) return undefined;
    const batch = Atomics.load(this.#orders, CONTROL.batch);
    const stillMs = now - this.#movedAt;
    return {
      batch,
      index: this.#progress[CONTROL.index]!,
      step,
      begunMs: now - this.#begunAt,
      stillMs,
      limitMs: Math.max(this.#floorMs(batch), PATIENCE * this.#longestMs),
      longestMs: Math.max(stillMs, this.#longestMs),
      isPreparing: activity === ACTIVITY.preparing,
      computedMs: this.#computedMs,
    };
  }

  #moved(step: number, now: number): void {
    this.#step = step;
    this.#movedAt = now;
  }
}

/**
 * A clock that stands still while its process does: a suspended batch job, a frozen container. It has to be
 * read again and again; of a long time between two readings only a second counts.
 */
export class LivedTime {
  #livedMs = 0;
  #readMs: number | undefined;

  /** `now` from a clock that never goes back. */
  at(now: number): number {
    this.#livedMs += Math.min(now - (this.#readMs ?? now), GAP_MS_MAX);
    this.#readMs = now;
    return this.#livedMs;
  }
}

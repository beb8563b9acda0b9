/** How fast a campaign goes, smoothed over its last seconds. The clock comes in with every picture; pure. */
import type { Live, LiveRun } from "../job/live.ts";
import { isAllPaused } from "./live_text.ts";

export interface Speed {
  readonly runsPerSecond: number;
  readonly stepsPerSecond: number;
  /** Until all is done at this speed; undefined while that cannot be said. */
  readonly etaMs: number | undefined;
  /** Nine times in ten between these two; undefined where nobody knows how much runs differ. */
  readonly lowMs?: number | undefined;
  readonly highMs?: number | undefined;
}

const SMOOTHING_MS = 8_000;
/** Pictures closer together than this say more of their rounding than of the speed. */
const INTERVAL_MIN_MS = 400;

export class Pace {
  #last: {
    readonly atMs: number;
    readonly runs: number;
    readonly steps: number;
    readonly running: ReadonlySet<string>;
  } | undefined;
  #runsPerSecond: number | undefined;
  #stepsPerSecond: number | undefined;

  /** `nowMs` from a clock that never goes back. */
  observe(live: Live, nowMs: number): Speed {
    const runs = live.counts.completed + live.counts.failed;
    const steps = live.steps.done;
    const running = new Set(live.running.map(nameOf));
    this.#last ??= { atMs: nowMs, runs, steps, running };
    const spanMs = nowMs - this.#last.atMs;
    if (spanMs >= INTERVAL_MIN_MS) {
      const share = 1 - Math.exp(-spanMs / SMOOTHING_MS);
      const mix = (old: number | undefined, gained: number): number => {
        // A run that went back to its checkpoint makes steps undone: no speed, not a negative one.
        const speed = Math.max(0, gained) / spanMs * 1000;
        return old === undefined ? speed : old + (speed - old) * share;
      };
      this.#runsPerSecond = mix(this.#runsPerSecond, runs - this.#last.runs);
      // What a run brings with it from its checkpoint was not computed just now.
      const { running: before } = this.#last;
      const brought = live.running
        .reduce((sum, run) => sum + (before.has(nameOf(run)) ? 0 : run.fromStep), 0);
      this.#stepsPerSecond = mix(this.#stepsPerSecond, steps - this.#last.steps - brought);
      this.#last = { atMs: nowMs, runs, steps, running };
    }
    if (isAllPaused(live)) return { runsPerSecond: 0, stepsPerSecond: 0, etaMs: undefined };
    const stepsPerSecond = this.#stepsPerSecond ??
      live.running.reduce((sum, run) => sum + run.stepsPerSecond, 0);
    const left = Math.max(0, live.steps.total - steps);
    return {
      runsPerSecond: this.#runsPerSecond ?? 0,
      stepsPerSecond,
      // Steps of different models differ by orders of magnitude: the campaign's own forecast counts time.
      etaMs: live.work !== undefined
        ? live.work.etaMs
        : left === 0
        ? 0
        : stepsPerSecond > 0
        ? left / stepsPerSecond * 1000
        : undefined,
      ...(live.work !== undefined && { lowMs: live.work.lowMs, highMs: live.work.highMs }),
    };
  }
}

function nameOf({ job, run, attempt }: LiveRun): string {
  return `${job}/${run} ${attempt}`;
}

/** Whether more runs are needed, judged run after run in their order. Pure. */
import type { Until } from "../job/job.ts";
import type { Search } from "../job/sweep.ts";

export interface StopRuleParts {
  readonly until: Until | undefined;
  /** Absent where nothing is searched. */
  readonly goal?: Search["goal"];
  /** So many runs are one value of the mean: the repeats of a sampled point tell the same of its place. */
  readonly together: number;
}

export class StopRule {
  readonly #parts: StopRuleParts;
  #ended = 0;
  #least = Infinity;
  #most = -Infinity;
  /** Runs since the best one. */
  #sinceBest = 0;
  readonly #mean = new RunningMean();
  /** Of the runs that are one value. */
  #sum = 0;
  #counted = 0;
  #why: string | undefined;

  constructor(parts: StopRuleParts) {
    this.#parts = parts;
  }

  /** Why no more runs are needed; undefined as long as they are. */
  get why(): string | undefined {
    return this.#why;
  }

  /** How well the mean is known, where that is what it goes by. */
  get standing(): string | undefined {
    const { until } = this.#parts;
    const { mean, standardError } = this.#mean;
    if (until?.standardError === undefined || Number.isNaN(standardError)) return undefined;
    return `the mean of ${until.metric} is ${figure(mean)}, its standard error ${
      figure(standardError)
    }`;
  }

  /** What the next run has come to; not a finite number where it failed, or has none. */
  tell(value: number): void {
    const { until, goal, together } = this.#parts;
    this.#ended++;
    if (until === undefined || this.#why !== undefined) return;
    this.#sinceBest++;
    if (Number.isFinite(value)) {
      this.#sum += value;
      this.#counted++;
      if (goal === "maximize" ? value > this.#most : value < this.#least) this.#sinceBest = 0;
      this.#least = Math.min(this.#least, value);
      this.#most = Math.max(this.#most, value);
    }
    if (this.#ended % together === 0) {
      if (this.#counted > 0) this.#mean.add(this.#sum / this.#counted);
      this.#sum = this.#counted = 0;
    }
    if (this.#ended >= until.atLeast) this.#why = this.#judge(until);
  }

  #judge({ metric, below, above, noImprovement, standardError }: Until): string | undefined {
    if (below !== undefined && this.#least < below) {
      return `${metric} ${figure(this.#least)} is below ${below}`;
    }
    if (above !== undefined && this.#most > above) {
      return `${metric} ${figure(this.#most)} is above ${above}`;
    }
    if (noImprovement !== undefined && this.#sinceBest >= noImprovement) {
      const best = this.#parts.goal === "maximize" ? this.#most : this.#least;
      if (Number.isFinite(best)) {
        return `no better ${metric} than ${figure(best)} in ${noImprovement} runs`;
      }
    }
    if (standardError === undefined) return undefined;
    const { mean, standardError: error } = this.#mean;
    const most = standardError.value * (standardError.isRelative ? Math.abs(mean) : 1);
    if (!(error <= most)) return undefined;
    const wanted = standardError.isRelative
      ? `${figure(standardError.value * 100)} %`
      : String(standardError.value);
    return `${this.standing}, which is at most ${wanted}`;
  }
}

/** B. P. Welford (1962) Technometrics 4, 419. */
class RunningMean {
  mean = 0;
  #count = 0;
  #squares = 0;

  add(value: number): void {
    this.#count++;
    const before = value - this.mean;
    this.mean += before / this.#count;
    this.#squares += before * (value - this.mean);
  }

  /** NaN before the second value. */
  get standardError(): number {
    return this.#count < 2 ? NaN : Math.sqrt(this.#squares / (this.#count - 1) / this.#count);
  }
}

/** To four digits. */
function figure(value: number): string {
  return String(Number(value.toPrecision(4)));
}

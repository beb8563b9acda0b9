/** What history teaches about time: how long a step of each model takes, and how much that differs from run to run. Pure. */
import type { ModelIdentity } from "../job/event.ts";
import type { History } from "./history.ts";
import { LogTimes } from "./log_times.ts";

class Sum {
  ms = 0;
  steps = 0;
  readonly times = new LogTimes();
}

export class Rates {
  readonly #byDigest = new Map<string, Sum>();
  /** Of earlier versions of a model, when the present one was never run. */
  readonly #byName = new Map<string, Sum>();
  readonly #all = new Sum();

  /** One look at every run that completed: about 50 ns each. */
  static of(history: History): Rates {
    const rates = new Rates();
    for (const job of history.jobs.values()) {
      let last: string | undefined;
      let sum = rates.#all;
      job.forEachCompleted((digest, ms, steps) => {
        if (ms <= 0 || steps <= 0) return;
        if (digest !== last) sum = sumOf(rates.#byDigest, last = digest);
        sum.ms += ms;
        sum.steps += steps;
        sum.times.add(ms / steps);
      });
    }
    for (const [digest, sum] of rates.#byDigest) {
      const name = history.experience.nameOf(digest);
      for (
        const into of [rates.#all, ...(name === undefined ? [] : [sumOf(rates.#byName, name)])]
      ) {
        into.ms += sum.ms;
        into.steps += sum.steps;
        into.times.include(sum.times);
      }
    }
    return rates;
  }

  /** Milliseconds a step of this model takes; of an earlier version of it when this one was never run. */
  stepMs(model: ModelIdentity): number | undefined {
    return meanOf(this.#sumOf(model));
  }

  /** For models of which nothing is known: like the others. */
  get typicalStepMs(): number | undefined {
    return meanOf(this.#all);
  }

  /** Milliseconds a step, from run to run. */
  stepTimes(model: ModelIdentity): LogTimes | undefined {
    return this.#sumOf(model)?.times;
  }

  /** Milliseconds of computing behind all that. */
  computedMs(model: ModelIdentity): number {
    return this.#sumOf(model)?.ms ?? 0;
  }

  #sumOf({ digest, name }: ModelIdentity): Sum | undefined {
    return this.#byDigest.get(digest) ?? this.#byName.get(name);
  }
}

function sumOf(sums: Map<string, Sum>, key: string): Sum {
  let sum = sums.get(key);
  if (sum === undefined) sums.set(key, sum = new Sum());
  return sum;
}

function meanOf(sum: Sum | undefined): number | undefined {
  return sum === undefined || sum.steps === 0 ? undefined : sum.ms / sum.steps;
}

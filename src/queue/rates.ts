/** What history teaches about time: how long a step of each model takes. Pure. */
import type { ModelIdentity } from "../job/event.ts";
import type { History } from "./history.ts";

interface Sum {
  ms: number;
  steps: number;
}

export class Rates {
  readonly #byDigest = new Map<string, Sum>();
  /** Of earlier versions of a model, when the present one was never run. */
  readonly #byName = new Map<string, Sum>();
  readonly #all: Sum = { ms: 0, steps: 0 };

  /** One look at every run that completed: about 50 ns each. */
  static of(history: History): Rates {
    const rates = new Rates();
    for (const job of history.jobs.values()) {
      for (const { state, model, ms, steps } of job.rows()) {
        if (state !== "completed" || ms <= 0 || steps <= 0) continue;
        rates.#learn(model, job.modelName(model), ms, steps);
      }
    }
    return rates;
  }

  #learn(digest: string, name: string | undefined, ms: number, steps: number): void {
    const sums = [this.#all, sumOf(this.#byDigest, digest)];
    if (name !== undefined) sums.push(sumOf(this.#byName, name));
    for (const sum of sums) {
      sum.ms += ms;
      sum.steps += steps;
    }
  }

  /** Milliseconds a step of this model takes; of an earlier version of it when this one was never run. */
  stepMs({ digest, name }: ModelIdentity): number | undefined {
    return meanOf(this.#byDigest.get(digest)) ?? meanOf(this.#byName.get(name));
  }

  /** For models of which nothing is known: like the others. */
  get typicalStepMs(): number | undefined {
    return meanOf(this.#all);
  }
}

function sumOf(sums: Map<string, Sum>, key: string): Sum {
  let sum = sums.get(key);
  if (sum === undefined) sums.set(key, sum = { ms: 0, steps: 0 });
  return sum;
}

function meanOf(sum: Sum | undefined): number | undefined {
  return sum === undefined || sum.steps === 0 ? undefined : sum.ms / sum.steps;
}

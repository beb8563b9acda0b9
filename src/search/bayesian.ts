/**
 * Bayesian optimisation: looks where a Gaussian process of the results so far expects most to be gained. D. R. Jones,
 * M. Schonlau, W. J. Welch (1998) J. Glob. Optim. 13, 455. Points under way count with the mean that is expected of
 * them, the "Kriging believer" of D. Ginsbourger, R. Le Riche, L. Carraro (2010). The logarithm of the gain is compared,
 * as S. Ament et al. (2023) arXiv:2310.20708 advise. Pure.
 */
import { log } from "../plan/elementary.ts";
import { SobolSequence } from "../plan/sobol.ts";
import { Chance } from "./chance.ts";
import { logGain } from "./expected_gain.ts";
import { GaussianProcess, type Hyperparameters, type Unordered } from "./gaussian_process.ts";
import { fitHyperparameters } from "./fit_process.ts";
import type { Place, Searcher } from "./searcher.ts";
import type { Space } from "./space.ts";

interface Told {
  readonly place: Place;
  /** Infinite where it failed. */
  readonly loss: number;
}

/** Lengths and noise are fitted anew when there are so many times as many results. */
const FIT_AGAIN = 1.1;
/** About so many multiplications go into one proposal. */
const WORK = 8e6;
/** Two places nearer than this are one. */
const SAME = 1e-6;

export class Bayesian implements Searcher {
  readonly #space: Space;
  readonly #chance: Chance;
  readonly #first: SobolSequence;
  readonly #firstCount: number;
  readonly #unordered: Unordered;
  readonly #told: Told[] = [];
  #kept: { readonly parameters: Hyperparameters; readonly surrogate: GaussianProcess } | undefined;
  #fit: { readonly count: number; readonly parameters: Hyperparameters } | undefined;

  constructor(space: Space, seed: number) {
    this.#space = space;
    this.#chance = new Chance(seed);
    this.#first = new SobolSequence(space.dimensions, seed);
    this.#firstCount = 2 * (space.dimensions + 1);
    this.#unordered = Array.from({ length: space.dimensions }, (_, d) => space.isChoice(d));
  }

  waitsFor(): number {
    return 0;
  }

  tell(place: Place, loss: number): void {
    this.#told.push({ place: this.#space.middle(place), loss });
  }

  propose(number: number, pending: readonly Place[]): Place {
    const told = this.#told;
    const good = told.filter(({ loss }) => loss < Infinity).length;
    if (number < this.#firstCount || good < 2) return this.#firstAt(number);
    const values = levelled(told.map(({ loss }) => loss));
    const surrogate = this.#surrogateOf(values);
    // Where there is noise the least value is luck: the least mean is what is known.
    const means = surrogate.meansOf(values);
    const taken = [...told.map(({ place }) => place), ...pending.map((p) => this.#space.middle(p))];
    for (const place of taken.slice(told.length)) surrogate.add(place, surrogate.at(place).mean);
    const order = means.map((mean, i) => ({ mean, place: told[i]!.place }))
      .sort((a, b) => a.mean - b.mean);
    const place = this.#best(number, surrogate, order, taken);
    surrogate.cutTo(told.length);
    return place;
  }

  #firstAt(number: number): Place {
    return Array.from({ length: this.#space.dimensions }, (_, d) => this.#first.at(number, d));
  }

  /** What all results tell. Its factor is kept from one proposal to the next: a result more is a row more. */
  #surrogateOf(values: readonly number[]): GaussianProcess {
    const parameters = this.#parameters(values);
    if (this.#kept?.parameters !== parameters) {
      this.#kept = { parameters, surrogate: new GaussianProcess(parameters, this.#unordered) };
    }
    const { surrogate } = this.#kept;
    while (surrogate.size < values.length) surrogate.add(this.#told[surrogate.size]!.place, 0);
    surrogate.setValues(values);
    return surrogate;
  }

  /** Fitted to the first results only, so that it does not depend on when it was asked for before. */
  #parameters(values: readonly number[]): Hyperparameters {
    let count = this.#firstCount;
    while (Math.ceil(count * FIT_AGAIN) <= values.length) count = Math.ceil(count * FIT_AGAIN);
    count = Math.min(count, values.length);
    if (this.#fit?.count !== count) {
      const places = this.#told.slice(0, count).map(({ place }) => place);
      const losses = levelled(this.#told.slice(0, count).map(({ loss }) => loss));
      const parameters = fitHyperparameters(places, losses, this.#unordered);
      this.#fit = { count, parameters };
    }
    return this.#fit.parameters;
  }

  /** The place of most gain: many are tried, near the best results and anywhere, and the best of them improved. */
  #best(
    number: number,
    surrogate: GaussianProcess,
    order: readonly { readonly mean: number; readonly place: Place }[],
    taken: readonly Place[],
  ): Place {
    const { dimensions } = this.#space;
    const least = order[0]!.mean;
    const gainAt = (place: Place): number => {
      const { mean, deviation } = surrogate.at(place);
      return logGain((least - mean) / deviation) + log(deviation);
    };
    const tries = Math.max(60, Math.min(400, Math.floor(WORK / (surrogate.size + 10) ** 2)));
    const found: { place: Place; gain: number }[] = [];
    let draws = 0;
    const draw = () => this.#chance.uniform(number, TRY | draws++);
    const look = (raw: Place) => {
      const place = this.#space.middle(raw);
      if (!isTaken(place, taken)) found.push({ place, gain: gainAt(place) });
    };
    for (let i = 0; i < tries; i++) {
      const near = order[Math.floor(i / 2) % Math.min(NEAR, order.length)]!.place;
      const spread = SPREADS[Math.floor(i / 2 / NEAR) % SPREADS.length]!;
      look(Array.from({ length: dimensions }, (_, d) => {
        const share = draw();
        return i % 2 === 0 ? share : this.#nudged(d, near[d]!, share, spread, draw);
      }));
    }
    found.sort((a, b) => b.gain - a.gain);
    if (found.length === 0) return this.#firstAt(number);
    let { place, gain } = found[0]!;
    for (const start of found.slice(0, 3)) {
      const better = this.#climb(start, gainAt, taken, tries >> 2);
      if (better.gain > gain) ({ place, gain } = better);
    }
    return place;
  }

  /** A little aside; of values without an order now and then another one. */
  #nudged(d: number, near: number, share: number, spread: number, draw: () => number): number {
    if (this.#space.isChoice(d)) return share < 0.2 ? draw() : near;
    // The sum of two is a triangle: mostly near, and nothing far out.
    const x = near + spread * (share + draw() - 1) * 2;
    return Math.min(1, Math.max(0, x));
  }

  /** Along each axis by steps that halve where nothing is gained. */
  #climb(
    start: { readonly place: Place; readonly gain: number },
    gainAt: (place: Place) => number,
    taken: readonly Place[],
    looks: number,
  ): { readonly place: Place; readonly gain: number } {
    let best = start;
    let left = looks;
    for (let step = 0.05; step > 1e-5 && left > 0; step /= 2) {
      for (let isBetter = true; isBetter && left > 0;) {
        isBetter = false;
        for (let d = 0; d < best.place.length; d++) {
          for (const by of [step, -step]) {
            if (this.#space.isChoice(d)) continue;
            const x = Math.min(1, Math.max(0, best.place[d]! + by));
            const place = this.#space.middle(best.place.map((old, i) => i === d ? x : old));
            if (isTaken(place, taken)) continue;
            left--;
            const gain = gainAt(place);
            if (gain > best.gain) [best, isBetter] = [{ place, gain }, true];
          }
        }
      }
    }
    return best;
  }
}

const TRY = 1 << 28;
/** The best results whose neighbourhood is looked at, and how far. */
const NEAR = 3;
const SPREADS = [0.1, 0.01, 0.3, 0.001];

function isTaken(place: Place, taken: readonly Place[]): boolean {
  return taken.some((other) => place.every((x, d) => Math.abs(x - other[d]!) < SAME));
}

/**
 * Losses as a process can explain them: near the best one they count as they are, far above it by their logarithm.
 * What failed counts like the worst. Centred, in units of their deviation.
 */
function levelled(losses: readonly number[]): number[] {
  const good = losses.filter((loss) => loss < Infinity).sort((a, b) => a - b);
  const [least, most] = [good[0]!, good.at(-1)!];
  const unit = good[Math.floor(good.length / 4)]! - least || most - least || 1;
  const values = losses.map((loss) => log(1 + (Math.min(loss, most) - least) / unit));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const deviation = Math.sqrt(square) || 1;
  return values.map((value) => (value - mean) / deviation);
}

/**
 * Evolution by generations whose spread follows the landscape: N. Hansen (2016) The CMA Evolution Strategy: A Tutorial,
 * arXiv:1604.00772, with its default parameters. Begun again with twice as many points where it has arrived: A. Auger,
 * N. Hansen (2005) CEC, 1769. The cube's walls are mirrors. Pure.
 */
import { exp, log } from "../plan/elementary.ts";
import { Chance } from "./chance.ts";
import { eigenOf } from "./eigen.ts";
import type { Place, Searcher } from "./searcher.ts";

type Vector = readonly number[];

/** Standard deviation of the first generation. */
const SIGMA = 0.3;
/** Spread below this, and differences of results: it has arrived. */
const SPREAD_MIN = 1e-9;
/** Beyond this one direction is so much longer than another that digits are lost. */
const CONDITION_MAX = 1e14;

export class CmaEs implements Searcher {
  readonly #dimensions: number;
  readonly #chance: Chance;
  #strategy: Strategy;
  /** Number of the first point of this generation. */
  #from = 0;
  #found: { readonly step: Vector; readonly loss: number }[] = [];

  constructor(dimensions: number, seed: number, parallel: number) {
    this.#dimensions = dimensions;
    this.#chance = new Chance(seed);
    const size = Math.max(4 + Math.floor(3 * log(dimensions)), parallel);
    this.#strategy = new Strategy(new Array(dimensions).fill(0.5), size);
  }

  /** A generation follows from the one before as a whole. */
  waitsFor(number: number): number {
    const next = this.#from + this.#strategy.size;
    return number < next ? this.#from : next;
  }

  tell(place: Place, loss: number): void {
    const { size } = this.#strategy;
    const inner = this.#innerAt(this.#from + this.#found.length);
    // Where it was computed is what counts, should another version have drawn it.
    const isOwn = inner.every((x, d) => Math.abs(mirrored(x) - place[d]!) < 1e-9);
    this.#found.push({ step: this.#strategy.stepTo(isOwn ? inner : place), loss });
    if (this.#found.length < size) return;
    this.#from += size;
    this.#strategy.learn(this.#found);
    const losses = this.#found.map((one) => one.loss);
    this.#found = [];
    const isFlat = losses.every((one) => one === losses[0]);
    if (!isFlat && !this.#strategy.hasArrived) return;
    const start = Array.from(
      { length: this.#dimensions },
      (_, d) => this.#chance.uniform(this.#from, START | d),
    );
    this.#strategy = new Strategy(start, isFlat ? size : 2 * size);
  }

  propose(number: number): Place {
    return this.#innerAt(number).map(mirrored);
  }

  /** Before it is mirrored into the cube. */
  #innerAt(number: number): Vector {
    const normal = Array.from(
      { length: this.#dimensions },
      (_, d) => this.#chance.normal(number, d),
    );
    return this.#strategy.at(normal);
  }
}

/** What a random number is for, beside the steps. */
const START = 1 << 28;

/** Mean, step size and shape of a generation, and how they change with it. */
class Strategy {
  readonly size: number;
  readonly #weights: Vector;
  readonly #effective: number;
  readonly #rates: { sigma: number; damping: number; path: number; one: number; many: number };
  readonly #expected: number;
  #mean: Vector;
  #sigma = SIGMA;
  #covariance: number[][];
  #vectors: readonly Vector[];
  #lengths: Vector;
  #sigmaPath: Vector;
  #path: Vector;
  #generation = 0;

  constructor(mean: Vector, size: number) {
    const n = mean.length;
    this.size = size;
    this.#mean = mean;
    const parents = Math.floor(size / 2);
    const raw = Array.from({ length: parents }, (_, i) => log((size + 1) / 2) - log(i + 1));
    const sum = raw.reduce((total, weight) => total + weight, 0);
    this.#weights = raw.map((weight) => weight / sum);
    const effective = 1 / this.#weights.reduce((total, weight) => total + weight * weight, 0);
    this.#effective = effective;
    const sigma = (effective + 2) / (n + effective + 5);
    const one = 2 / ((n + 1.3) ** 2 + effective);
    this.#rates = {
      sigma,
      damping: 1 + 2 * Math.max(0, Math.sqrt((effective - 1) / (n + 1)) - 1) + sigma,
      path: (4 + effective / n) / (n + 4 + 2 * effective / n),
      one,
      many: Math.min(1 - one, 2 * (effective - 2 + 1 / effective) / ((n + 2) ** 2 + effective)),
    };
    this.#expected = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
    this.#covariance = mean.map((_, i) => mean.map((_, j) => i === j ? 1 : 0));
    this.#vectors = this.#covariance;
    this.#lengths = mean.map(() => 1);
    this.#sigmaPath = mean.map(() => 0);
    this.#path = mean.map(() => 0);
  }

  get hasArrived(): boolean {
    const most = Math.max(...this.#lengths);
    const least = Math.min(...this.#lengths);
    return this.#sigma * most < SPREAD_MIN || most > Math.sqrt(CONDITION_MAX) * least;
  }

  at(normal: Vector): Vector {
    const scaled = normal.map((z, i) => z * this.#lengths[i]!);
    return this.#mean.map((m, i) => m + this.#sigma * dot(this.#vectors[i]!, scaled));
  }

  /** In units of the step size. */
  stepTo(inner: Vector): Vector {
    return inner.map((x, i) => (x - this.#mean[i]!) / this.#sigma);
  }

  learn(found: readonly { readonly step: Vector; readonly loss: number }[]): void {
    // Of equal ones the earlier: the sort is stable.
    const best = found.toSorted((a, b) => a.loss === b.loss ? 0 : a.loss - b.loss)
      .slice(0, this.#weights.length);
    const n = this.#mean.length;
    const mean = this.#mean.map((_, i) =>
      best.reduce((sum, { step }, k) => sum + this.#weights[k]! * step[i]!, 0)
    );
    this.#generation++;
    this.#mean = this.#mean.map((m, i) => m + this.#sigma * mean[i]!);
    const { sigma, damping, path, one, many } = this.#rates;
    const white = this.#whiten(mean);
    const sigmaGain = Math.sqrt(sigma * (2 - sigma) * this.#effective);
    this.#sigmaPath = this.#sigmaPath.map((p, i) => (1 - sigma) * p + sigmaGain * white[i]!);
    const length = Math.sqrt(dot(this.#sigmaPath, this.#sigmaPath));
    const usual = Math.sqrt(1 - power(1 - sigma, 2 * this.#generation));
    const isSteady = length / usual < (1.4 + 2 / (n + 1)) * this.#expected;
    const pathGain = isSteady ? Math.sqrt(path * (2 - path) * this.#effective) : 0;
    this.#path = this.#path.map((p, i) => (1 - path) * p + pathGain * mean[i]!);
    const kept = 1 - one - many + (isSteady ? 0 : one * path * (2 - path));
    this.#covariance = this.#covariance.map((row, i) =>
      row.map((c, j) => {
        const rank = best.reduce(
          (sum, { step }, k) => sum + this.#weights[k]! * step[i]! * step[j]!,
          0,
        );
        return kept * c + one * this.#path[i]! * this.#path[j]! + many * rank;
      })
    );
    this.#sigma *= exp(Math.min(1, (sigma / damping) * (length / this.#expected - 1)));
    const { values, vectors } = eigenOf(this.#covariance);
    this.#vectors = vectors;
    this.#lengths = values.map((value) => Math.sqrt(Math.max(value, 1e-30)));
  }

  /** Multiplied by the inverse root of the covariance. */
  #whiten(step: Vector): Vector {
    const along = step.map((_, k) =>
      step.reduce((sum, y, i) => sum + this.#vectors[i]![k]! * y, 0) / this.#lengths[k]!
    );
    return this.#vectors.map((row) => dot(row, along));
  }
}

function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Math.pow may differ from machine to machine. */
function power(base: number, exponent: number): number {
  return base <= 0 ? 0 : exp(exponent * log(base));
}

/** Into the cube, as often as it takes. */
function mirrored(x: number): number {
  const folded = Math.abs(x) % 2;
  return folded > 1 ? 2 - folded : folded;
}

/**
 * What some results tell of all other points: a Gaussian process with a Matérn 5/2 kernel, a length for each dimension
 * and noise; C. E. Rasmussen, C. K. I. Williams (2006) Gaussian Processes for Machine Learning, algorithm 2.1. Its
 * Cholesky factor grows by a row for each point more. Pure.
 */
import { log } from "../plan/elementary.ts";
import type { Place } from "./searcher.ts";

/** What is fitted. */
export interface Hyperparameters {
  /** By dimension: how far from a point it still tells much. */
  readonly lengths: readonly number[];
  /** Variance of the noise, as a share of that of the function. */
  readonly noise: number;
}

/** By dimension: whether its values have no order, so that two of them are the same or simply not. */
export type Unordered = readonly boolean[];

/** Lest the factor lose its last digits. */
const JITTER = 1e-10;
const ROOT5 = Math.sqrt(5);

export class GaussianProcess {
  /** By dimension: one over the square of its length. */
  readonly #scales: Float64Array;
  readonly #diagonal: number;
  readonly #unordered: Unordered;
  #places: Place[] = [];
  /** The lower triangle, row after row. */
  #factor = new Float64Array(64);
  /** The factor's inverse times the values, and times ones. */
  #values: number[] = [];
  #ones: number[] = [];
  #valuesOnes = 0;
  #onesOnes = 0;
  #logDeterminant = 0;
  #squares = 0;
  #scratch = new Float64Array(64);

  constructor(parameters: Hyperparameters, unordered: Unordered) {
    this.#scales = Float64Array.from(parameters.lengths, (length) => 1 / (length * length));
    this.#diagonal = 1 + parameters.noise + JITTER;
    this.#unordered = unordered;
  }

  get size(): number {
    return this.#places.length;
  }

  add(place: Place, value: number): void {
    const n = this.size;
    const from = n * (n + 1) / 2;
    this.#reserve(from + n + 1);
    const row = this.#solve(place);
    let rest = this.#diagonal;
    let v = value;
    let one = 1;
    for (let i = 0; i < n; i++) {
      const l = row[i]!;
      this.#factor[from + i] = l;
      rest -= l * l;
      v -= l * this.#values[i]!;
      one -= l * this.#ones[i]!;
    }
    const pivot = Math.sqrt(Math.max(rest, JITTER));
    this.#factor[from + n] = pivot;
    this.#places.push(place);
    v /= pivot;
    one /= pivot;
    this.#values.push(v);
    this.#ones.push(one);
    this.#squares += v * v;
    this.#valuesOnes += v * one;
    this.#onesOnes += one * one;
    this.#logDeterminant += 2 * log(pivot);
  }

  /** Other values at the same points: their factor stays. */
  setValues(values: readonly number[]): void {
    const factor = this.#factor;
    this.#squares = this.#valuesOnes = this.#onesOnes = 0;
    for (let i = 0, at = 0; i < this.size; i++) {
      let v = values[i]!;
      let one = 1;
      for (let j = 0; j < i; j++, at++) {
        v -= factor[at]! * this.#values[j]!;
        one -= factor[at]! * this.#ones[j]!;
      }
      const pivot = factor[at++]!;
      this.#values[i] = v /= pivot;
      this.#ones[i] = one /= pivot;
      this.#squares += v * v;
      this.#valuesOnes += v * one;
      this.#onesOnes += one * one;
    }
  }

  /** The means at its own points, where the values were `values`: without the noise that is in these. */
  meansOf(values: readonly number[]): number[] {
    const factor = this.#factor;
    const middle = this.mean;
    const weights = this.#values.map((v, i) => v - middle * this.#ones[i]!);
    for (let i = this.size - 1; i >= 0; i--) {
      const from = i * (i + 1) / 2;
      const weight = weights[i]! / factor[from + i]!;
      weights[i] = weight;
      for (let j = 0; j < i; j++) weights[j] = weights[j]! - factor[from + j]! * weight;
    }
    const noise = this.#diagonal - 1;
    return weights.map((weight, i) => values[i]! - noise * weight);
  }

  /** As it was when it had so many points. */
  cutTo(size: number): void {
    while (this.size > size) {
      const n = this.size - 1;
      const v = this.#values.pop()!;
      const one = this.#ones.pop()!;
      this.#squares -= v * v;
      this.#valuesOnes -= v * one;
      this.#onesOnes -= one * one;
      this.#logDeterminant -= 2 * log(this.#factor[n * (n + 1) / 2 + n]!);
      this.#places.pop();
    }
  }

  /** The constant that it comes back to far from all points. */
  get mean(): number {
    return this.#valuesOnes / this.#onesOnes;
  }

  /** Variance of the function, as the values tell it. */
  get variance(): number {
    const n = this.size;
    const rest = this.#squares - this.#valuesOnes * this.#valuesOnes / this.#onesOnes;
    return Math.max(rest / n, 1e-12);
  }

  /** How well it explains the values, but for a constant; mean and variance at their best. */
  get logLikelihood(): number {
    return -0.5 * (this.size * log(this.variance) + this.#logDeterminant);
  }

  /** Mean and standard deviation of the function at a place; noise is no part of it. */
  at(place: Place): { readonly mean: number; readonly deviation: number } {
    const row = this.#solve(place);
    const n = this.size;
    let mean = this.mean;
    const middle = mean;
    let rest = 1;
    for (let i = 0; i < n; i++) {
      const l = row[i]!;
      rest -= l * l;
      mean += l * (this.#values[i]! - middle * this.#ones[i]!);
    }
    return { mean, deviation: Math.sqrt(this.variance * Math.max(rest, 1e-14)) };
  }

  /** The factor's inverse times the covariances with all points. */
  #solve(place: Place): Float64Array {
    const row = this.#scratch;
    const factor = this.#factor;
    for (let i = 0, at = 0; i < this.size; i++) {
      let sum = this.#kernel(place, this.#places[i]!);
      for (let j = 0; j < i; j++) sum -= factor[at++]! * row[j]!;
      row[i] = sum / factor[at++]!;
    }
    return row;
  }

  #kernel(a: Place, b: Place): number {
    let square = 0;
    for (let d = 0; d < a.length; d++) {
      const far = a[d]! - b[d]!;
      square += this.#scales[d]! * (this.#unordered[d] ? Number(far !== 0) : far * far);
    }
    const root = ROOT5 * Math.sqrt(square);
    return (1 + root + root * root / 3) * decay(root);
  }

  #reserve(size: number): void {
    if (this.size >= this.#scratch.length) this.#scratch = new Float64Array(2 * this.size);
    if (size <= this.#factor.length) return;
    const grown = new Float64Array(Math.max(size, 2 * this.#factor.length));
    grown.set(this.#factor);
    this.#factor = grown;
  }
}

const LN2 = 0.693147180559945309417;
/** 1/13!, 1/12!, … 1: with constants only it takes a third of what `exp` takes, and this is asked for most of all. */
const TERMS = Array.from({ length: 14 }, (_, i) => {
  let factorial = 1;
  for (let n = 2; n <= 13 - i; n++) factorial *= n;
  return 1 / factorial;
});
const HALVES = Array.from({ length: 64 }, (_, twos) => 1 / 2 ** twos);

/** The exponential of −x, for x at least 0, to 15 digits; nothing beyond 2⁻⁶³. */
function decay(x: number): number {
  const twos = Math.floor(x / LN2 + 0.5);
  if (twos > 63) return 0;
  const rest = twos * LN2 - x;
  let sum = TERMS[0]!;
  for (let i = 1; i < 14; i++) sum = sum * rest + TERMS[i]!;
  return sum * HALVES[twos]!;
}

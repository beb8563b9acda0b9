/** Halton's sequence, plain and scrambled. Pure. */
import { shuffle } from "./permutation.ts";
import { PURPOSE, type Sequence } from "./sequence.ts";
import { Threefry } from "./threefry.ts";

/** Prime bases up to 541: beyond that the first thousands of points are nothing but a grid of digits. */
export const HALTON_DIMENSIONS = 100;

/** Points are numbered with so many bits. */
const INDICES = 2 ** 32;

/**
 * Scrambled by a random permutation of the digits, another one for each dimension and each place: A. B. Owen (2017)
 * A randomized Halton algorithm in R, arXiv:1706.02808.
 */
export class HaltonSequence implements Sequence {
  readonly #dimensions: readonly Digits[];

  /** Without a seed it is not scrambled, and its first point is 0. */
  constructor(dimensions: number, seed?: number) {
    const words = seed === undefined ? undefined : Threefry.fromSeed(seed);
    this.#dimensions = primes(dimensions).map((base, dimension) =>
      words === undefined ? plainDigits(base) : scrambledDigits(base, dimension, words)
    );
  }

  at(index: number, dimension: number): number {
    const { base, places, permutations, zeros, rest, all } = this.#dimensions[dimension]!;
    // In whole numbers, which are exact below 2⁵³: the digits reversed, the first of them the highest.
    let numerator = 0;
    let place = 0;
    let left = index;
    for (; left > 0; place++) {
      const next = Math.floor(left / base);
      numerator = numerator * base + permutations[place * base + left - next * base]!;
      left = next;
    }
    return Math.min((numerator * places[place]! + zeros[place]! + rest) / all, 1 - 2 ** -53);
  }
}

/** How the digits of one dimension are turned. Of each place there is a permutation of the digits. */
interface Digits {
  readonly base: number;
  /** What remains of all places from that one on, as a factor: the base to the power of their number. */
  readonly places: readonly number[];
  readonly permutations: Uint16Array;
  /** What zeros from that place on to the last come to. */
  readonly zeros: readonly number[];
  /** Below 1: what all places beyond the last come to. */
  readonly rest: number;
  readonly all: number;
}

function plainDigits(base: number): Digits {
  const count = placesOf(base);
  const permutations = new Uint16Array(count * base).map((_, i) => i % base);
  return digits(base, count, permutations, 0);
}

function scrambledDigits(base: number, dimension: number, words: Threefry): Digits {
  const count = placesOf(base);
  const permutations = new Uint16Array(count * base);
  const purpose = PURPOSE.digits | dimension;
  for (let place = 0; place < count; place++) {
    const own = permutations.subarray(place * base, (place + 1) * base);
    shuffle(own, words, place * base, purpose);
  }
  const rest = words.word(count * base, purpose) >>> 0;
  return digits(base, count, permutations, (rest + 0.5) / 2 ** 32);
}

function digits(base: number, count: number, permutations: Uint16Array, rest: number): Digits {
  const places = [1];
  const zeros = [0];
  for (let place = count - 1; place >= 0; place--) {
    zeros.unshift(permutations[place * base]! * places[0]! + zeros[0]!);
    places.unshift(places[0]! * base);
  }
  return { base, places, permutations, zeros, rest, all: places[0]! };
}

/** So many that every point is another one. */
function placesOf(base: number): number {
  let places = 0;
  for (let reach = 1; reach < INDICES; reach *= base) places++;
  return places;
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let number = 2; found.length < count; number++) {
    if (found.every((prime) => number % prime !== 0)) found.push(number);
  }
  return found;
}

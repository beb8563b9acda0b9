/** Latin hypercubes that contain each other: twice as many points keep those that were there. Pure. */
import { mix, Permutation } from "./permutation.ts";
import { PURPOSE, type Sequence } from "./sequence.ts";
import { Threefry } from "./threefry.ts";

/**
 * In every dimension each of n equal strata holds one of the n points: M. D. McKay, R. J. Beckman, W. J. Conover (1979)
 * Technometrics 21, 239. The strata of 2n points halve those of n, and the new points take, in random order, the halves
 * that are empty: C. J. Sallaberry, J. C. Helton, S. C. Hora (2008) Reliab. Eng. Syst. Saf. 93, 1047. It begins with
 * the odd part of n, so that n, 2n, 4n … are one sequence, whichever of them was asked for first.
 */
export class LatinHypercube implements Sequence {
  /** The odd part of the number of points. */
  readonly #base: number;
  /** How many points there are before each doubling. */
  readonly #before: readonly number[];
  readonly #dimensions: readonly Dimension[];

  constructor(count: number, dimensions: number, seed: number) {
    let base = count;
    let doublings = 0;
    for (; base % 2 === 0; base /= 2) doublings++;
    this.#base = base;
    // The first one is no doubling: the points of the odd part itself are placed.
    this.#before = [base, ...Array.from({ length: doublings }, (_, k) => base * 2 ** k)];
    const words = Threefry.fromSeed(seed);
    this.#dimensions = Array.from({ length: dimensions }, (_, dimension) => {
      const purpose = PURPOSE.strata | dimension;
      const orders = this.#before.map((size, level) =>
        new Permutation(size, words, level * Permutation.WORDS, purpose)
      );
      const key = words.word(0, PURPOSE.within | dimension);
      return { orders, key, otherKey: words.second };
    });
  }

  at(index: number, dimension: number): number {
    const own = this.#dimensions[dimension]!;
    const { orders } = own;
    // Where in its stratum of the odd part a point lies are 32 bits. One that came with doubling number `level` has
    // the highest `level` bits of the point in the other half, the last of them turned, and lower ones of its own.
    let within = 0;
    let settled = 0;
    let point = index;
    for (;;) {
      const level = 32 - Math.clz32(Math.floor(point / this.#base));
      if (level === 0) break;
      within ^= fresh(own, point) & lowest(32 - level) & ~lowest(settled);
      within ^= 1 << (32 - level);
      settled = 32 - level;
      point = orders[level]!.at(point - this.#before[level]!);
    }
    within ^= fresh(own, point) & ~lowest(settled);
    const stratum = orders[0]!.at(point) + ((within >>> 0) + 0.5) / 2 ** 32;
    return Math.min(stratum / this.#base, 1 - 2 ** -53);
  }
}

interface Dimension {
  /** The first one places the points of the odd part; each further one says in which order the halves are filled. */
  readonly orders: readonly Permutation[];
  readonly key: number;
  readonly otherKey: number;
}

/** 32 bits of the point's own. */
function fresh({ key, otherKey }: Dimension, point: number): number {
  return mix(mix(point ^ key) ^ otherKey);
}

/** A mask of the lowest bits, of 31 at most. */
function lowest(bits: number): number {
  return (1 << bits) - 1;
}

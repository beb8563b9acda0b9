/** A random permutation of a range of whole numbers, computed number by number and never held. Pure. */
import type { Threefry } from "./threefry.ts";

const ROUNDS = 6;

/**
 * A Feistel network over the bits that the range needs, walked until it comes back into the range: J. Black,
 * P. Rogaway (2002) Ciphers with arbitrary finite domains, CT-RSA 2002, 114.
 */
export class Permutation {
  /** How many random words one takes for its keys. */
  static readonly WORDS = ROUNDS;

  readonly #size: number;
  readonly #keys = new Int32Array(ROUNDS);
  readonly #lowBits: number;
  readonly #lowMask: number;
  readonly #highMask: number;

  /** Of the numbers below `size`, which is at most 2³²; its keys are the `WORDS` words from `counter` on. */
  constructor(size: number, words: Threefry, counter: number, purpose: number) {
    this.#size = size;
    for (let round = 0; round < ROUNDS; round++) {
      this.#keys[round] = words.word(counter + round, purpose);
    }
    const bits = size <= 1 ? 0 : 32 - Math.clz32(size - 1);
    this.#lowBits = bits >> 1;
    this.#lowMask = 2 ** this.#lowBits - 1;
    this.#highMask = 2 ** (bits - this.#lowBits) - 1;
  }

  at(index: number): number {
    let number = index;
    do number = this.#once(number); while (number >= this.#size);
    return number;
  }

  #once(number: number): number {
    let low = number & this.#lowMask;
    let high = number >>> this.#lowBits;
    for (let round = 0; round < ROUNDS; round += 2) {
      high ^= mix(low ^ this.#keys[round]!) & this.#highMask;
      low ^= mix(high ^ this.#keys[round + 1]!) & this.#lowMask;
    }
    return (high << this.#lowBits | low) >>> 0;
  }
}

/** Every bit of the result depends on every bit: the finalizer "lowbias32" of C. Wellons (2018). */
export function mix(word: number): number {
  let mixed = Math.imul(word ^ word >>> 16, 0x7feb352d);
  mixed = Math.imul(mixed ^ mixed >>> 15, 0x846ca68b);
  return mixed ^ mixed >>> 16;
}

/** A random permutation of a range of whole numbers, computed number by number; only a small one is held. Pure. */
import type { Threefry } from "./threefry.ts";

const ROUNDS = 6;

/** In few bits a network needs many rounds to reach all permutations alike: these are shuffled instead. */
const HELD = 64;

/**
 * A Feistel network over the bits that the range needs, walked until it comes back into the range: J. Black,
 * P. Rogaway (2002) Ciphers with arbitrary finite domains, CT-RSA 2002, 114.
 */
export class Permutation {
  /** How many random words one takes at most. */
  static readonly WORDS = HELD;

  readonly #size: number;
  readonly #held: Int32Array | undefined;
  readonly #keys = new Int32Array(ROUNDS);
  readonly #lowBits: number;
  readonly #lowMask: number;
  readonly #highMask: number;

  /** Of the numbers below `size`, which is at most 2³²; from the `WORDS` words from `counter` on. */
  constructor(size: number, words: Threefry, counter: number, purpose: number) {
    this.#size = size;
    this.#held = size <= HELD ? new Int32Array(size) : undefined;
    if (this.#held !== undefined) shuffle(this.#held, words, counter, purpose);
    for (let round = 0; round < ROUNDS; round++) {
      this.#keys[round] = words.word(counter + round, purpose);
    }
    const bits = 32 - Math.clz32(size - 1);
    this.#lowBits = bits >> 1;
    this.#lowMask = 2 ** this.#lowBits - 1;
    this.#highMask = 2 ** (bits - this.#lowBits) - 1;
  }

  at(index: number): number {
    if (this.#held !== undefined) return this.#held[index]!;
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

/** Fills it with the numbers below its length, in random order: from the inside out, so that none is made twice. */
export function shuffle(
  into: Int32Array | Uint16Array,
  words: Threefry,
  counter: number,
  purpose: number,
): void {
  for (let number = 0; number < into.length; number++) {
    const other = words.below(number + 1, counter + number, purpose);
    into[number] = into[other]!;
    into[other] = number;
  }
}

/** Every bit of the result depends on every bit: the finalizer "lowbias32" of C. Wellons (2018). */
export function mix(word: number): number {
  let mixed = Math.imul(word ^ word >>> 16, 0x7feb352d);
  mixed = Math.imul(mixed ^ mixed >>> 15, 0x846ca68b);
  return mixed ^ mixed >>> 16;
}

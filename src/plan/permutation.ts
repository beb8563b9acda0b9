/** A random permutation of a range of whole numbers, computed number by number; only a small one is held. Pure. */
import type { Threefry } from "./threefry.ts";

const ROUNDS = 4;

/** In few bits many rounds would be needed to reach all permutations alike: these are shuffled instead. */
const HELD = 64;

/**
 * Multiplications by odd numbers and shifts, each of which permutes the numbers of so many bits, walked until they come
 * back into the range: A. Kensler (2013) Correlated multi-jittered sampling, Pixar Technical Memo 13-01; J. Black,
 * P. Rogaway (2002) Ciphers with arbitrary finite domains, CT-RSA 2002, 114. Here all multipliers are random too.
 */
export class Permutation {
  /** How many random words one takes at most. */
  static readonly WORDS = HELD;

  readonly #size: number;
  readonly #held: Int32Array | undefined;
  /** Of each round what is added, and an odd factor. */
  readonly #keys = new Int32Array(2 * ROUNDS);
  readonly #mask: number;
  readonly #shift: number;

  /** Of the numbers below `size`, which is at most 2³²; from the `WORDS` words from `counter` on. */
  constructor(size: number, words: Threefry, counter: number, purpose: number) {
    this.#size = size;
    this.#held = size <= HELD ? new Int32Array(size) : undefined;
    if (this.#held !== undefined) shuffle(this.#held, words, counter, purpose);
    for (let round = 0; round < ROUNDS; round++) {
      this.#keys[2 * round] = words.word(counter + round, purpose);
      this.#keys[2 * round + 1] = words.second | 1;
    }
    const bits = 32 - Math.clz32(size - 1);
    this.#mask = 2 ** bits - 1 | 0;
    this.#shift = bits + 1 >> 1;
  }

  at(index: number): number {
    if (this.#held !== undefined) return this.#held[index]!;
    let number = index;
    do number = this.#once(number); while (number >= this.#size);
    return number;
  }

  #once(number: number): number {
    const keys = this.#keys;
    const mask = this.#mask;
    let word = number | 0;
    for (let key = 0; key < 2 * ROUNDS; key += 2) {
      word = Math.imul(word + keys[key]!, keys[key + 1]!) & mask;
      word ^= word >>> this.#shift;
    }
    return word >>> 0;
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

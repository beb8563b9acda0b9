/** Random words by their number: any of them at once, none before it. Threefry-2x32 with 20 rounds. Pure. */

// J. K. Salmon et al. (2011) Parallel random numbers: as easy as 1, 2, 3, SC '11, doi:10.1145/2063384.2063405.
// It passes BigCrush, and is additions, rotations and xor of 32 bits: the same on every machine.

const PARITY = 0x1bd11bda;

export class Threefry {
  readonly #key0: number;
  readonly #key1: number;
  readonly #key2: number;
  /** The second word of the last call of `word`. */
  second = 0;

  /** Two words of 32 bits. */
  constructor(key0: number, key1: number) {
    this.#key0 = key0 | 0;
    this.#key1 = key1 | 0;
    this.#key2 = PARITY ^ key0 ^ key1;
  }

  /** From a whole number below 2⁵³. */
  static fromSeed(seed: number): Threefry {
    return new Threefry(seed, Math.floor(seed / 2 ** 32));
  }

  /** 32 bits, as a signed integer; 32 more are in `second`. */
  word(counter0: number, counter1: number): number {
    const k0 = this.#key0;
    const k1 = this.#key1;
    const k2 = this.#key2;
    let x = counter0 + k0 | 0;
    let y = counter1 + k1 | 0;
    x = x + y | 0, y = (y << 13 | y >>> 19) ^ x;
    x = x + y | 0, y = (y << 15 | y >>> 17) ^ x;
    x = x + y | 0, y = (y << 26 | y >>> 6) ^ x;
    x = x + y | 0, y = (y << 6 | y >>> 26) ^ x;
    x = x + k1 | 0, y = y + k2 + 1 | 0;
    x = x + y | 0, y = (y << 17 | y >>> 15) ^ x;
    x = x + y | 0, y = (y << 29 | y >>> 3) ^ x;
    x = x + y | 0, y = (y << 16 | y >>> 16) ^ x;
    x = x + y | 0, y = (y << 24 | y >>> 8) ^ x;
    x = x + k2 | 0, y = y + k0 + 2 | 0;
    x = x + y | 0, y = (y << 13 | y >>> 19) ^ x;
    x = x + y | 0, y = (y << 15 | y >>> 17) ^ x;
    x = x + y | 0, y = (y << 26 | y >>> 6) ^ x;
    x = x + y | 0, y = (y << 6 | y >>> 26) ^ x;
    x = x + k0 | 0, y = y + k1 + 3 | 0;
    x = x + y | 0, y = (y << 17 | y >>> 15) ^ x;
    x = x + y | 0, y = (y << 29 | y >>> 3) ^ x;
    x = x + y | 0, y = (y << 16 | y >>> 16) ^ x;
    x = x + y | 0, y = (y << 24 | y >>> 8) ^ x;
    x = x + k1 | 0, y = y + k2 + 4 | 0;
    x = x + y | 0, y = (y << 13 | y >>> 19) ^ x;
    x = x + y | 0, y = (y << 15 | y >>> 17) ^ x;
    x = x + y | 0, y = (y << 26 | y >>> 6) ^ x;
    x = x + y | 0, y = (y << 6 | y >>> 26) ^ x;
    this.second = y + k0 + 5 | 0;
    return x + k2 | 0;
  }

  /** A whole number below `below`, which is at most 2²⁰: the bias is less than 2⁻³². */
  below(below: number, counter0: number, counter1: number): number {
    const high = this.word(counter0, counter1) >>> 0;
    const low = this.second >>> 12;
    return Math.floor((high * 2 ** 20 + low) / 2 ** 52 * below);
  }
}

/** Random numbers by what they are for: any of them at once, so that a search that goes on draws what it would have. Pure. */
import { normalQuantile } from "../plan/normal.ts";
import { Threefry } from "../plan/threefry.ts";

export class Chance {
  readonly #words: Threefry;

  constructor(seed: number) {
    this.#words = Threefry.fromSeed(seed);
  }

  /** Above 0 and below 1. `number` is at most 2³². */
  uniform(number: number, purpose: number): number {
    const high = this.#words.word(number, purpose) >>> 0;
    const low = this.#words.second >>> 12;
    return (high * 2 ** 20 + low + 0.5) / 2 ** 52;
  }

  /** Of the standard normal distribution. */
  normal(number: number, purpose: number): number {
    return normalQuantile(this.uniform(number, purpose));
  }
}

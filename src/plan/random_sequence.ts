/** Independent random points: each coordinate is a word of its own of a counter-based generator. Pure. */
import { PURPOSE, type Sequence } from "./sequence.ts";
import { Threefry } from "./threefry.ts";

export class RandomSequence implements Sequence {
  readonly #words: Threefry;

  constructor(seed: number) {
    this.#words = Threefry.fromSeed(seed);
  }

  at(index: number, dimension: number): number {
    const high = this.#words.word(index, PURPOSE.point | dimension) >>> 0;
    const low = this.#words.second >>> 12;
    // 52 bits and a half of the last one: never 0, never 1.
    return (high * 2 ** 20 + low + 0.5) / 2 ** 52;
  }
}

/** The run's random generator: xoroshiro128+ with its whole state in every checkpoint. */
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { Random } from "../job/model.ts";

/** All that is needed to go on with the same numbers. */
export interface RandomState {
  readonly words: readonly number[];
  /** The second number of the last pair of normals, if it was not asked for yet. */
  readonly spare: number | null;
}

const TWO_POW_MINUS_26 = 2 ** -26;
const TWO_POW_MINUS_27 = 2 ** -27;

export class RunRandom implements Random {
  readonly #generator: ReturnType<typeof xoroshiro128plusFromState>;
  #spare: number | null;

  constructor(state: RandomState) {
    this.#generator = xoroshiro128plusFromState(state.words);
    this.#spare = state.spare;
  }

  /** From 128 bits of seed. All bits zero is the one state the generator cannot leave. */
  static fromSeed(seed: Int32Array): RunRandom {
    const words = [...seed];
    return new RunRandom({
      words: words.some((word) => word !== 0) ? words : [1, 0, 0, 0],
      spare: null,
    });
  }

  int32(): number {
    return this.#generator.next();
  }

  uniform(): number {
    // 26 high bits and 27 high bits make 53: the low bits of xoroshiro128+ are its weakest.
    const high = this.#generator.next() >>> 6;
    const low = this.#generator.next() >>> 5;
    return (high + low * TWO_POW_MINUS_27) * TWO_POW_MINUS_26;
  }

  below(below: number): number {
    if (!(below >= 1 && below <= 0x80000000) || !Number.isInteger(below)) {
      throw new RangeError(`rng.below(${below}): expected an integer from 1 to 2^31`);
    }
    // Values past the last whole multiple of `below` would favour the small results: draw again.
    const limit = 0x100000000 - (0x100000000 % below);
    for (;;) {
      const word = this.#generator.next() >>> 0;
      if (word < limit) return word % below;
    }
  }

  normal(mean = 0, deviation = 1): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return mean + deviation * spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const square = u * u + v * v;
      if (square === 0 || square >= 1) continue;
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spare = v * factor;
      return mean + deviation * u * factor;
    }
  }

  state(): RandomState {
    return { words: [...this.#generator.getState()], spare: this.#spare };
  }
}

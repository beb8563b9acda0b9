/** Searches that do not look at results: independent points, and Sobol's. What the others are to be better than. Pure. */
import { SobolSequence } from "../plan/sobol.ts";
import { Chance } from "./chance.ts";
import type { Place, Searcher } from "./searcher.ts";

export class RandomSearch implements Searcher {
  readonly #dimensions: number;
  readonly #chance: Chance;

  constructor(dimensions: number, seed: number) {
    this.#dimensions = dimensions;
    this.#chance = new Chance(seed);
  }

  waitsFor(): number {
    return 0;
  }

  tell(): void {}

  propose(number: number): Place {
    return Array.from(
      { length: this.#dimensions },
      (_, dimension) => this.#chance.uniform(number, dimension),
    );
  }
}

export class SobolSearch implements Searcher {
  readonly #dimensions: number;
  readonly #sequence: SobolSequence;

  constructor(dimensions: number, seed: number) {
    this.#dimensions = dimensions;
    this.#sequence = new SobolSequence(dimensions, seed);
  }

  waitsFor(): number {
    return 0;
  }

  tell(): void {}

  propose(number: number): Place {
    return Array.from(
      { length: this.#dimensions },
      (_, dimension) => this.#sequence.at(number, dimension),
    );
  }
}

/**
 * As many simplexes as points may be under way, each from another start, taking turns: a simplex looks at one place
 * after the other, so that more than one can only be used by more than one simplex. Pure.
 */
import { SobolSequence } from "../plan/sobol.ts";
import type { Place, Searcher } from "./searcher.ts";
import { Simplex } from "./simplex.ts";

export class NelderMead implements Searcher {
  readonly #dimensions: number;
  readonly #starts: SobolSequence;
  readonly #simplexes: Simplex[];
  #begun: number;
  #told = 0;

  constructor(dimensions: number, seed: number, parallel: number) {
    this.#dimensions = dimensions;
    this.#starts = new SobolSequence(dimensions, seed);
    this.#simplexes = Array.from({ length: parallel }, (_, i) => new Simplex(this.#startOf(i)));
    this.#begun = parallel;
  }

  /** A simplex must know what became of its last point. */
  waitsFor(number: number): number {
    return Math.max(0, number - this.#simplexes.length + 1);
  }

  tell(place: Place, loss: number): void {
    const turn = this.#told++ % this.#simplexes.length;
    const simplex = this.#simplexes[turn]!;
    simplex.tell(place, loss);
    if (simplex.hasArrived) this.#simplexes[turn] = new Simplex(this.#startOf(this.#begun++));
  }

  propose(number: number): Place {
    return this.#simplexes[number % this.#simplexes.length]!.next();
  }

  /** The first one begins in the middle. */
  #startOf(number: number): Place {
    return Array.from(
      { length: this.#dimensions },
      (_, d) => number === 0 ? 0.5 : this.#starts.at(number - 1, d),
    );
  }
}

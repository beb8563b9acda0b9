/** The space that is searched: parameters with their distributions as a unit cube, and back. Pure. */
import type { ParameterValue } from "../job/job.ts";
import type { Distribution, Search } from "../job/sweep.ts";
import { type Quantile, quantileOf } from "../plan/quantile.ts";
import type { Place } from "./searcher.ts";

/** Of a distribution without an end, values beyond these shares are not proposed: ±4.75 standard deviations. */
const TAIL = 1e-6;

interface Axis {
  readonly name: string;
  readonly quantile: Quantile;
  readonly tail: number;
  /** How many values there are; 0 where they are not counted. */
  readonly cells: number;
  readonly isChoice: boolean;
}

export class Space {
  readonly #axes: readonly Axis[];

  constructor(over: Search["over"]) {
    this.#axes = over.map(({ name, distribution }) => ({
      name,
      quantile: quantileOf(distribution),
      tail: distribution.kind === "normal" ? TAIL : 0,
      cells: cellsOf(distribution),
      isChoice: distribution.kind === "choice",
    }));
  }

  get dimensions(): number {
    return this.#axes.length;
  }

  /** Whether values of that parameter have no order, so that no two of them are nearer than others. */
  isChoice(dimension: number): boolean {
    return this.#axes[dimension]!.isChoice;
  }

  valuesAt(place: Place): { readonly [name: string]: ParameterValue } {
    const values: Record<string, ParameterValue> = {};
    for (const [dimension, { name, quantile, tail }] of this.#axes.entries()) {
      const share = place[dimension]!;
      values[name] = quantile(Math.min(1 - tail, Math.max(tail, share)));
    }
    return values;
  }

  /** The middle of all places that have the same values. */
  middle(place: Place): Place {
    return place.map((share, dimension) => {
      const { cells } = this.#axes[dimension]!;
      return cells === 0 ? share : (Math.min(cells - 1, Math.floor(share * cells)) + 0.5) / cells;
    });
  }
}

/** Of more whole numbers than this neighbours are as good as equal. */
const CELLS_MAX = 1e6;

function cellsOf(distribution: Distribution): number {
  if (distribution.kind === "choice") return distribution.values.length;
  if (distribution.kind !== "integer") return 0;
  const count = distribution.max - distribution.min + 1;
  return count <= CELLS_MAX ? count : 0;
}

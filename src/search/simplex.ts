/**
 * One simplex in the unit cube that creeps downhill: J. A. Nelder, R. Mead (1965) Computer J. 7, 308, with the
 * coefficients of F. Gao, L. Han (2012) Comput. Optim. Appl. 51, 259, which are those of 1965 in two dimensions. Pure.
 */
import type { Place } from "./searcher.ts";

interface Vertex {
  readonly place: Place;
  readonly loss: number;
}

type Stage = "build" | "reflect" | "expand" | "outside" | "inside" | "shrink";

/** Of the first simplex, along each axis. */
const STEP = 0.2;
/** A smaller one has arrived: values are rounded to twelve digits. */
const SIZE_MIN = 1e-7;

export class Simplex {
  readonly #dimensions: number;
  readonly #start: Place;
  readonly #step: number;
  readonly #coefficients: { expand: number; contract: number; shrink: number };
  /** The best first, once it is built. */
  #vertices: Vertex[] = [];
  #stage: Stage = "build";
  #reflected: Vertex | undefined;
  /** While it shrinks: vertices that are still to be computed at their new places. */
  #toShrink: Place[] = [];

  constructor(start: Place, step = STEP) {
    this.#start = start;
    this.#step = step;
    const n = this.#dimensions = start.length;
    this.#coefficients = n < 2
      ? { expand: 2, contract: 0.5, shrink: 0.5 }
      : { expand: 1 + 2 / n, contract: 0.75 - 1 / (2 * n), shrink: 1 - 1 / n };
  }

  /** It is so small that it will not find anything better. */
  get hasArrived(): boolean {
    if (this.#stage !== "reflect") return false;
    const [best, ...others] = this.#vertices;
    return others.every(({ place }) =>
      place.every((x, d) => Math.abs(x - best!.place[d]!) < SIZE_MIN)
    );
  }

  /** The lowest place so far. */
  get best(): Place | undefined {
    return this.#vertices.toSorted((a, b) => a.loss - b.loss)[0]?.place;
  }

  /** Where to look next. */
  next(): Place {
    const { expand, contract } = this.#coefficients;
    switch (this.#stage) {
      case "build":
        return this.#corner(this.#vertices.length);
      case "reflect":
        return this.#beyond(1);
      case "expand":
        return this.#beyond(expand);
      case "outside":
        return this.#beyond(contract);
      case "inside":
        return this.#beyond(-contract);
      case "shrink":
        return this.#toShrink[0]!;
    }
  }

  /** What was found there. */
  tell(place: Place, loss: number): void {
    const found = { place, loss };
    const last = this.#dimensions;
    switch (this.#stage) {
      case "build":
        this.#vertices.push(found);
        if (this.#vertices.length > last) this.#begin();
        return;
      case "reflect": {
        this.#reflected = found;
        const [best, worst, second] = [0, last, last - 1].map((i) => this.#vertices[i]!.loss);
        if (loss < best!) this.#stage = "expand";
        // In one dimension the second worst is the best.
        else if (loss < second! || last === 1 && loss < worst!) this.#replace(found);
        else this.#stage = loss < worst! ? "outside" : "inside";
        return;
      }
      case "expand":
        return this.#replace(loss < this.#reflected!.loss ? found : this.#reflected!);
      case "outside":
        return loss <= this.#reflected!.loss ? this.#replace(found) : this.#shrink();
      case "inside":
        return loss < this.#vertices[last]!.loss ? this.#replace(found) : this.#shrink();
      case "shrink":
        this.#vertices.push(found);
        this.#toShrink.shift();
        if (this.#toShrink.length === 0) this.#begin();
        return;
    }
  }

  #corner(number: number): Place {
    return this.#start.map((x, d) => {
      if (d !== number - 1) return x;
      return x + this.#step <= 1 ? x + this.#step : x - this.#step;
    });
  }

  #begin(): void {
    this.#vertices.sort((a, b) => a.loss - b.loss);
    this.#stage = "reflect";
  }

  #replace(found: Vertex): void {
    this.#vertices[this.#dimensions] = found;
    this.#begin();
  }

  #shrink(): void {
    const [best, ...others] = this.#vertices;
    const { shrink } = this.#coefficients;
    this.#toShrink = others.map(({ place }) =>
      place.map((x, d) => best!.place[d]! + shrink * (x - best!.place[d]!))
    );
    this.#vertices = [best!];
    this.#stage = "shrink";
  }

  /** From the worst vertex through the middle of the others and so far beyond it, within the cube. */
  #beyond(factor: number): Place {
    const n = this.#dimensions;
    const worst = this.#vertices[n]!.place;
    return worst.map((x, d) => {
      let middle = 0;
      for (let i = 0; i < n; i++) middle += this.#vertices[i]!.place[d]!;
      middle /= n;
      return Math.min(1, Math.max(0, middle + factor * (middle - x)));
    });
  }
}

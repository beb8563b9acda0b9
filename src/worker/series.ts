/** The measurement series of one run as CSV text: exact floats, one row a measured step. Pure. */
import { BadState } from "./state.ts";

export class Series {
  #columns: readonly string[] | undefined;
  #text = "";

  /** `columns` are known already when a run goes on from a checkpoint that counts rows. */
  constructor(columns?: readonly string[]) {
    this.#columns = columns;
  }

  get columns(): readonly string[] | undefined {
    return this.#columns;
  }

  /** Characters not taken yet. */
  get length(): number {
    return this.#text.length;
  }

  add(step: number, measured: { readonly [name: string]: number }): void {
    if (typeof measured !== "object" || measured === null || measured instanceof Promise) {
      const what = measured instanceof Promise ? "a promise" : JSON.stringify(measured);
      throw new BadState(`measure() returned ${what}; it returns an object of numbers by name`);
    }
    if (this.#columns === undefined) {
      this.#columns = Object.keys(measured);
      this.#text += ["step", ...this.#columns].map(cell).join(",") + "\n";
    }
    let row = String(step);
    let found = 0;
    for (const name in measured) found += this.#columns[found] === name ? 1 : -Infinity;
    if (found !== this.#columns.length) {
      throw new BadState(
        `measure() gave ${Object.keys(measured).join(", ") || "nothing"} at step ${step}, ` +
          `but ${
            this.#columns.join(", ")
          } before: every row needs the same names in the same order`,
      );
    }
    for (const name of this.#columns) row += "," + number(measured[name]);
    this.#text += row + "\n";
  }

  /** Takes the rows since the last call. */
  take(): string {
    const text = this.#text;
    this.#text = "";
    return text;
  }
}

function number(value: unknown): string {
  if (typeof value === "number") {
    if (Number.isNaN(value)) return "nan";
    if (Object.is(value, -0)) return "-0.0";
    return Number.isFinite(value) ? String(value) : value > 0 ? "inf" : "-inf";
  }
  if (typeof value === "bigint" || typeof value === "boolean") return String(Number(value));
  throw new BadState(
    `measure() gave ${typeof value === "string" ? `"${value}"` : String(value)}, not a number`,
  );
}

function cell(name: string): string {
  return /[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

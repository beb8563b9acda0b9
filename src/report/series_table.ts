/** Measurement series as rows of values: one run's as it was measured, or several under one header. Pure. */

/** A run with a series, and what tells it from the others. */
export interface MeasuredRun {
  readonly job: string;
  readonly run: string;
  /** The sweep's values of this run. */
  readonly point: { readonly [name: string]: unknown };
  /** What was measured, without the step. */
  readonly measured: readonly string[];
}

export interface Series {
  readonly measured: readonly string[];
  readonly rows: Iterable<readonly number[]>;
}

/** A series as simrun writes it: a header that begins with `step`, then numbers. A torn last line is left out. */
export function parseSeries(text: string): Series {
  const { columns, end } = parseHeader(text);
  return { measured: columns.slice(1), rows: parseRows(text, end) };
}

/** Several series in long form: each row says whose it is. */
export class LongSeries {
  readonly columns: readonly string[];
  readonly #parameters: readonly string[];
  readonly #measured: readonly string[];

  constructor(runs: readonly MeasuredRun[]) {
    this.#parameters = namesOf(runs.map(({ point }) => Object.keys(point)));
    this.#measured = namesOf(runs.map(({ measured }) => measured));
    const fixed = ["job", "run", "step"];
    const taken = [...fixed, ...this.#parameters];
    this.columns = [
      "job",
      "run",
      ...this.#parameters.map((name) => fixed.includes(name) ? `parameters.${name}` : name),
      "step",
      ...this.#measured.map((name) => taken.includes(name) ? `series.${name}` : name),
    ];
  }

  /** The cells before the step: the same in every row of a run. */
  head(run: MeasuredRun): readonly unknown[] {
    return [run.job, run.run, ...this.#parameters.map((name) => run.point[name])];
  }

  /** A cell a column; undefined where the run has no such value. */
  *rows(run: MeasuredRun, { measured, rows }: Series): IterableIterator<readonly unknown[]> {
    const head = this.head(run);
    // The step stands first in a row.
    const places = this.#measured.map((name) => measured.indexOf(name) + 1);
    for (const row of rows) {
      yield [...head, row[0], ...places.map((place) => place === 0 ? undefined : row[place])];
    }
  }
}

function* parseRows(text: string, begin: number): IterableIterator<readonly number[]> {
  for (let at = begin; at < text.length;) {
    const end = text.indexOf("\n", at);
    if (end < 0) return;
    yield text.slice(at, end).split(",").map(parseNumber);
    at = end + 1;
  }
}

function parseNumber(cell: string): number {
  if (cell === "inf") return Infinity;
  return cell === "-inf" ? -Infinity : Number(cell);
}

/** Names may be quoted, and hold commas, quotes and line breaks then. */
function parseHeader(text: string): { readonly columns: readonly string[]; readonly end: number } {
  const columns: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^,\n]*))(,|\n|$)/y;
  for (;;) {
    const match = cell.exec(text);
    if (match === null) return { columns, end: text.length };
    columns.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] !== ",") return { columns, end: cell.lastIndex };
  }
}

/** All names in the order they first appear. */
function namesOf(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())];
}

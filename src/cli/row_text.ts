/** Rows of cells as text for other programs, row by row: CSV, JSON, JSON lines. */
import { encodePlain } from "../job/plain.ts";
import { csvLine } from "../report/result_table.ts";
import { safeJson } from "../screen/safe_text.ts";

type Row = readonly unknown[];

export interface RowText {
  begin(): string;
  rows(rows: Iterable<Row>): IterableIterator<string>;
  end(): string;
}

export class CsvRows implements RowText {
  readonly #columns: readonly string[];

  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  begin(): string {
    return csvLine(this.#columns);
  }

  *rows(rows: Iterable<Row>): IterableIterator<string> {
    for (const row of rows) yield csvLine(row);
  }

  end(): string {
    return "";
  }
}

/** One array of flat objects; a gap is a name that is not there. */
export class JsonRows implements RowText {
  readonly #columns: readonly string[];
  #isEmpty = true;

  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  begin(): string {
    return "[";
  }

  *rows(rows: Iterable<Row>): IterableIterator<string> {
    for (const row of rows) {
      yield `${this.#isEmpty ? "\n" : ",\n"}  ${safeJson(recordOf(this.#columns, row))}`;
      this.#isEmpty = false;
    }
  }

  end(): string {
    return this.#isEmpty ? "]\n" : "\n]\n";
  }
}

/** The same objects, one a line. */
export class JsonLines implements RowText {
  readonly #columns: readonly string[];

  constructor(columns: readonly string[]) {
    this.#columns = columns;
  }

  begin(): string {
    return "";
  }

  *rows(rows: Iterable<Row>): IterableIterator<string> {
    for (const row of rows) yield `${safeJson(recordOf(this.#columns, row))}\n`;
  }

  end(): string {
    return "";
  }
}

function recordOf(columns: readonly string[], row: Row): unknown {
  const record: Record<string, unknown> = {};
  for (const [i, name] of columns.entries()) {
    if (row[i] !== undefined) record[name] = encodePlain(row[i]);
  }
  return record;
}

/** Results as rows of cells, for eyes and as CSV. Nested results are columns with dotted names. Pure. */
import { encodePlain } from "../job/plain.ts";
import { flatten } from "../job/flat.ts";
import { runName } from "../job/run.ts";
import { namesOf, type ResultColumn, ResultFrame } from "./result_frame.ts";
import type { ResultRow } from "./results.ts";

export interface ResultTable {
  readonly columns: readonly string[];
  /** A cell a column; undefined where a row has no such value. */
  readonly rows: readonly (readonly unknown[])[];
}

export interface ResultTableOptions {
  /** Only the parameters that tell the rows apart, and no column that says nothing. */
  readonly brief: boolean;
}

/** Rows of one or several jobs under one header; names that two sources share are told apart by a prefix. */
export function tabulate(rows: readonly ResultRow[], options: ResultTableOptions): ResultTable {
  const frame = new ResultFrame(rows);
  if (options.brief) return briefTable(frame);
  const { columns, rows: cells } = exactTable(frame.columns, [...rows.keys()]);
  return { columns, rows: [...cells] };
}

/** What a person reads: `took` in words, `model` only where it is an older one. */
export function briefTable(frame: ResultFrame): ResultTable {
  const { rows } = frame;
  const telling = new Set(tellingParameters(rows));
  const needed: { readonly [name: string]: (row: ResultRow) => boolean } = {
    run: (row) => row.run !== row.job,
    ending: (row) => row.ending !== undefined,
    attempts: (row) => row.attempts > 1,
    reused_from: (row) => row.reusedFrom !== undefined,
    model: (row) => row.isOlderModel,
  };
  const columns = frame.columns.filter(({ name, of }) => {
    if (of === "parameter") {
      return telling.has(name.replace(/^parameters\./, "")) || telling.has(name);
    }
    return of === "result" || rows.some(needed[name] ?? (() => true));
  });
  return {
    columns: columns.map(briefName),
    rows: rows.map((row, i) => columns.map((column) => briefCell(column, row, i))),
  };
}

/** The columns that were asked for, as a person reads them. */
export function chosenTable(
  columns: readonly ResultColumn[],
  indices: readonly number[],
): ResultTable {
  return {
    columns: columns.map(briefName),
    rows: indices.map((i) =>
      columns.map(({ cell, brief }) => brief === undefined ? cell(i) : brief(i))
    ),
  };
}

/** The same with every digit; its rows are made as they are asked for. */
export function exactTable(columns: readonly ResultColumn[], indices: readonly number[]): {
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly unknown[]>;
} {
  return {
    columns: columns.map(({ name }) => name),
    rows: {
      *[Symbol.iterator]() {
        for (const i of indices) yield columns.map(({ cell }) => cell(i));
      },
    },
  };
}

function briefName({ name, of, brief }: ResultColumn): string {
  if (brief !== undefined) return "took";
  return name === "took" ? `${of === "parameter" ? "parameters" : "result"}.took` : name;
}

function briefCell(column: ResultColumn, row: ResultRow, index: number): unknown {
  if (column.of === "run" && column.name === "model") return row.isOlderModel ? "older" : undefined;
  return column.brief === undefined ? column.cell(index) : column.brief(index);
}

/** Rows with the same parameters and results together: what can be read in one table. In order of appearance. */
export function groupAlike(rows: readonly ResultRow[]): ResultRow[][] {
  const groups = new Map<string, ResultRow[]>();
  for (const row of rows) {
    const names = [...Object.keys(row.parameters), "", ...Object.keys(flatten(row.result))];
    const key = names.join("\n");
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

/** One record a line as RFC 4180 has it; numbers exact, NaN and infinities as numpy and R read them. */
export function* csvLines(
  table: { readonly columns: readonly string[]; readonly rows: Iterable<readonly unknown[]> },
): IterableIterator<string> {
  yield csvLine(table.columns);
  for (const row of table.rows) yield csvLine(row);
}

export function csvLine(cells: readonly unknown[]): string {
  return cells.map((cell) => csvField(exactText(cell))).join(",") + "\r\n";
}

/** A row as JSON; values that JSON does not have are written as in the journal, e.g. `{"$number":"NaN"}`. */
export function resultJson(row: ResultRow): Readonly<Record<string, unknown>> {
  return {
    job: row.job,
    run: row.run,
    parameters: encodePlain(row.parameters),
    steps: row.steps,
    ...(row.ending === undefined ? {} : { ending: row.ending }),
    ms: row.ms,
    attempts: row.attempts,
    ...(row.reusedFrom === undefined ? {} : { reused_from: row.reusedFrom }),
    model: row.model,
    ...(row.parent === undefined
      ? {}
      : { parent: runName(row.parent.job, row.parent.run), parent_step: row.parent.step }),
    ...(row.isEarlier ? { earlier_plan: true } : {}),
    result: encodePlain(row.result),
  };
}

/** A cell for a person: six significant digits, long arrays by their length. */
export function briefText(cell: unknown): string {
  if (typeof cell === "number") return briefNumber(cell);
  if (cell === undefined) return "";
  if (Array.isArray(cell)) {
    const numbers = cell.every((item) => typeof item === "number");
    if (numbers && cell.length <= 3) return `[${cell.map(briefNumber).join(", ")}]`;
    return `[${cell.length} ${numbers ? "numbers" : "values"}]`;
  }
  if (typeof cell === "object" && cell !== null) return "{}";
  const text = String(cell);
  return text.length > BRIEF_CHARACTERS_MAX ? `${text.slice(0, BRIEF_CHARACTERS_MAX - 1)}…` : text;
}

/** A longer text is for a file, not for eyes. */
const BRIEF_CHARACTERS_MAX = 200;

/** What the sweeps vary, and what differs from job to job. */
function tellingParameters(rows: readonly ResultRow[]): string[] {
  const swept = new Set(rows.flatMap((row) => row.swept));
  return namesOf(rows.map((row) => row.parameters)).filter((name) => {
    if (swept.has(name)) return true;
    const first = exactText(rows[0]?.parameters[name]);
    return rows.some((row) => exactText(row.parameters[name]) !== first);
  });
}

/** Every digit; what is no plain value as JSON. */
export function exactText(cell: unknown): string {
  switch (typeof cell) {
    case "undefined":
      return "";
    case "number":
      if (Number.isNaN(cell)) return "NaN";
      if (!Number.isFinite(cell)) return cell > 0 ? "inf" : "-inf";
      return Object.is(cell, -0) ? "-0" : String(cell);
    case "object":
      return cell === null ? "" : JSON.stringify(encodePlain(cell));
    default:
      return String(cell);
  }
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

function briefNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "inf" : "-inf";
  return String(Number(value.toPrecision(6)));
}

/** Results as columns and cells, and these as CSV. Nested results become columns with dotted names. Pure. */
import { encodePlain } from "../job/plain.ts";
import { formatDuration } from "./format.ts";
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
  const flat = rows.map((row) => flatten(row.result));
  const parameters = options.brief
    ? tellingParameters(rows)
    : namesOf(rows.map((r) => r.parameters));
  const results = namesOf(flat);
  const needed = (used: (row: ResultRow) => boolean): boolean => !options.brief || rows.some(used);

  const columns: Column[] = [{ name: "job", cell: (row) => row.job }];
  if (needed((row) => row.run !== row.job)) {
    columns.push({ name: "run", cell: (row) => row.run });
  }
  const took = options.brief ? "took" : "computed_ms";
  const fixed = new Set(["job", "run", "steps", "ending", took, "reused_from", "model"]);
  const taken = new Set([...fixed, ...parameters]);
  for (const name of parameters) {
    columns.push({
      name: fixed.has(name) ? `parameters.${name}` : name,
      cell: (row) => row.parameters[name],
    });
  }
  columns.push({ name: "steps", cell: (row) => row.steps });
  if (needed((row) => row.ending !== undefined)) {
    columns.push({ name: "ending", cell: (row) => row.ending });
  }
  columns.push({
    name: took,
    cell: (row) => options.brief ? formatDuration(row.ms) : row.ms,
  });
  if (needed((row) => row.reusedFrom !== undefined)) {
    columns.push({ name: "reused_from", cell: (row) => row.reusedFrom });
  }
  if (needed((row) => row.isOlderModel)) {
    columns.push({
      name: "model",
      cell: options.brief ? (row) => row.isOlderModel ? "older" : undefined : (row) => row.model,
    });
  }
  for (const name of results) {
    columns.push({
      name: taken.has(name) ? `result.${name}` : name,
      cell: (_row, result) => result[name],
    });
  }
  return {
    columns: columns.map((column) => column.name),
    rows: rows.map((row, i) => columns.map((column) => column.cell(row, flat[i]!))),
  };
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
export function* csvLines(table: ResultTable): IterableIterator<string> {
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
    ...(row.reusedFrom === undefined ? {} : { reused_from: row.reusedFrom }),
    model: row.model,
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
  return String(cell);
}

interface Column {
  readonly name: string;
  readonly cell: (row: ResultRow, result: Readonly<Record<string, unknown>>) => unknown;
}

type Flat = Readonly<Record<string, unknown>>;

/** `{ a: { b: 1 } }` as `{ "a.b": 1 }`; arrays stay whole; a result that is no object is named `result`. */
function flatten(result: unknown): Flat {
  if (!isRecord(result)) return result === undefined ? {} : { result };
  const flat: Record<string, unknown> = Object.create(null);
  const walk = (record: Readonly<Record<string, unknown>>, prefix: string): void => {
    for (const [key, value] of Object.entries(record)) {
      if (isRecord(value) && Object.keys(value).length > 0) walk(value, `${prefix}${key}.`);
      else flat[prefix + key] = value;
    }
  };
  walk(result, "");
  return flat;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** All keys in the order they first appear. */
function namesOf(records: readonly Flat[]): string[] {
  const names = new Set<string>();
  for (const record of records) for (const name in record) names.add(name);
  return [...names];
}

/** What the sweeps vary, and what differs from job to job. */
function tellingParameters(rows: readonly ResultRow[]): string[] {
  const swept = new Set(rows.flatMap((row) => row.swept));
  return namesOf(rows.map((row) => row.parameters)).filter((name) => {
    if (swept.has(name)) return true;
    const first = exactText(rows[0]?.parameters[name]);
    return rows.some((row) => exactText(row.parameters[name]) !== first);
  });
}

function exactText(cell: unknown): string {
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

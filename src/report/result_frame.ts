/** Results as named columns over rows: what can be asked for, compared, sorted by and written. Pure. */
import { type Flat, flatten } from "../job/flat.ts";
import { runName } from "../job/run.ts";
import { formatDuration } from "./format.ts";
import type { ResultRow } from "./results.ts";

export interface ResultColumn {
  readonly name: string;
  readonly of: "run" | "parameter" | "result" | "search";
  /** Index into the frame's rows. */
  readonly cell: (index: number) => unknown;
  /** How a person reads it, when that is not the cell itself. */
  readonly brief?: (index: number) => string;
}

/** What a run says of itself, beside its parameters and its result. */
const OWN = ["job", "run", "steps", "ending", "computed_ms", "attempts", "reused_from", "model"];

/** Rows of one or several jobs under one header; names that two sources share are told apart by a prefix. */
export class ResultFrame {
  readonly rows: readonly ResultRow[];
  /** Every one that a row has a value for, as CSV has them. */
  readonly columns: readonly ResultColumn[];
  readonly #byName = new Map<string, ResultColumn>();

  /** `more` can be asked for by name where nothing else is called so; with `provenance.`, or `search.`, before it always. */
  constructor(rows: readonly ResultRow[], more: readonly ResultColumn[] = []) {
    this.rows = rows;
    for (const column of more) {
      this.#byName.set(column.name, column);
      const source = column.of === "search" ? "search" : "provenance";
      this.#byName.set(`${source}.${column.name}`, column);
    }
    const flat = rows.map((row) => flatten(row.result));
    const own = (name: string, of: (row: ResultRow) => unknown): ResultColumn => ({
      name,
      of: "run",
      cell: (index) => of(rows[index]!),
    });
    const branches = rows.some(({ parent }) => parent !== undefined)
      ? [
        own("parent", ({ parent }) => parent && runName(parent.job, parent.run)),
        own("parent_step", ({ parent }) => parent?.step),
      ]
      : [];
    const ownNames = [...OWN, ...branches.map(({ name }) => name)];
    const parameters = namesOf(rows.map((row) => row.parameters));
    const taken = new Set([...ownNames, ...parameters]);
    this.columns = [
      own("job", (row) => row.job),
      own("run", (row) => row.run),
      ...parameters.map((name): ResultColumn => ({
        name: ownNames.includes(name) ? `parameters.${name}` : name,
        of: "parameter",
        cell: fieldOf(name, (index) => rows[index]!.parameters),
      })),
      own("steps", (row) => row.steps),
      own("ending", (row) => row.ending),
      {
        ...own("computed_ms", (row) => row.ms),
        brief: (index) => formatDuration(rows[index]!.ms),
      },
      own("attempts", (row) => row.attempts),
      own("reused_from", (row) => row.reusedFrom),
      own("model", (row) => row.model),
      ...branches,
      ...namesOf(flat).map((name): ResultColumn => ({
        name: taken.has(name) ? `result.${name}` : name,
        of: "result",
        cell: fieldOf(name, (index) => flat[index]!),
      })),
    ];
    // A name with its source before it is understood, needed or not; what is called so itself comes first.
    for (const column of this.columns) {
      const prefix = column.of === "parameter" ? "parameters." : "result.";
      if (column.of !== "run" && !column.name.startsWith(prefix)) {
        this.#byName.set(prefix + column.name, column);
      }
      if (column.name === "computed_ms") this.#byName.set("took", column);
    }
    for (const column of this.columns) this.#byName.set(column.name, column);
  }

  find(name: string): ResultColumn | undefined {
    return this.#byName.get(name);
  }

  /** Names that {@linkcode find} knows without a needless prefix. */
  names(): string[] {
    return this.columns.map(({ name }) => name);
  }
}

/** A column may be called as something that every object inherits. */
function fieldOf(name: string, recordOf: (index: number) => Flat): (index: number) => unknown {
  if (!(name in Object.prototype)) return (index) => recordOf(index)[name];
  return (index) => Object.hasOwn(recordOf(index), name) ? recordOf(index)[name] : undefined;
}

/** What a cell is to whoever compares or stores it. */
export type CellKind = "none" | "number" | "text" | "boolean" | "list" | "record";

export function kindOf(cell: unknown): CellKind {
  switch (typeof cell) {
    case "number":
    case "bigint":
      return "number";
    case "boolean":
      return "boolean";
    case "object":
      return cell === null ? "none" : Array.isArray(cell) ? "list" : "record";
    case "undefined":
      return "none";
    default:
      return "text";
  }
}

/** All keys in the order they first appear. */
export function namesOf(records: readonly Flat[]): string[] {
  const names = new Set<string>();
  for (const record of records) for (const name in record) names.add(name);
  return [...names];
}

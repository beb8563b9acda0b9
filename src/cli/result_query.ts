/** What `--columns`, `--where`, `--sort` and `--limit` make of results. Every mistake in them is told with what was meant. */
import { Fault } from "../job/fault.ts";
import { suggest } from "../manifest/suggest.ts";
import { type ResultColumn, ResultFrame } from "../report/result_frame.ts";
import type { ResultRow } from "../report/results.ts";
import { bindCondition } from "../report/row_filter.ts";
import { orderRows, type SortKey } from "../report/row_order.ts";
import { ConditionMistake, parseCondition } from "../report/where.ts";
import { safeText } from "../screen/safe_text.ts";
import { displayWidth } from "../screen/width.ts";

export interface QueryFlags {
  readonly columns?: string | undefined;
  readonly where?: string | undefined;
  readonly sort?: string | undefined;
  readonly limit?: number | undefined;
}

/** Rows that were chosen of all that there are. Names mean the same, whatever was chosen. */
export interface ResultView {
  readonly frame: ResultFrame;
  /** Into the rows of the frame, in the order that was asked for. */
  readonly indices: readonly number[];
  /** Those of `--columns`; undefined when nobody asked for any. */
  readonly columns: readonly ResultColumn[] | undefined;
}

export function viewResults(
  rows: readonly ResultRow[],
  flags: QueryFlags,
  more: readonly ResultColumn[] = [],
): ResultView {
  const frame = new ResultFrame(rows, more);
  // Without a row nobody knows which columns there would be: only the text of a condition can be wrong.
  if (rows.length === 0) {
    if (flags.where !== undefined) filterOf(flags.where, undefined);
    return { frame, indices: [], columns: undefined };
  }
  let indices = [...rows.keys()];
  if (flags.where !== undefined) indices = indices.filter(filterOf(flags.where, frame));
  if (flags.sort !== undefined) indices = orderRows(indices, sortKeys(frame, flags.sort));
  if (flags.limit !== undefined) indices = indices.slice(0, flags.limit);
  const columns = flags.columns === undefined ? undefined : chooseColumns(frame, flags.columns);
  return { frame, indices, columns };
}

function chooseColumns(frame: ResultFrame, columns: string): ResultColumn[] {
  const names = splitNames(frame, columns, "--columns");
  return [...new Set(names.map((name) => columnOf(frame, name, "--columns")))];
}

/** The column of a name, or a fault that says which was meant. */
export function columnOf(frame: ResultFrame, name: string, flag: string): ResultColumn {
  const column = frame.find(name);
  if (column !== undefined) return column;
  throw new Fault("usage", `${flag}: there is no column "${name}".`, {
    hint: hintFor(name, frame),
  });
}

/** Names between commas; one that has a comma in itself is taken where it is known as a whole. */
function splitNames(frame: ResultFrame, text: string, flag: string): string[] {
  if (frame.find(text) !== undefined) return [text];
  const names = text.split(",").map((name) => name.trim()).filter((name) => name !== "");
  if (names.length > 0) return names;
  throw new Fault("usage", `${flag} names no column.`, { hint: hintFor("", frame) });
}

function sortKeys(frame: ResultFrame, sort: string): SortKey[] {
  return splitNames(frame, sort, "--sort").map((name) => {
    const isDescending = name.startsWith("-") && frame.find(name) === undefined;
    const { cell } = columnOf(frame, isDescending ? name.slice(1) : name, "--sort");
    return { cell, isDescending };
  });
}

function filterOf(where: string, frame: ResultFrame | undefined): (index: number) => boolean {
  try {
    const condition = parseCondition(where);
    if (frame === undefined) return () => true;
    return bindCondition(condition, {
      find: (name) => frame.find(name),
      count: frame.rows.length,
    });
  } catch (error) {
    if (!(error instanceof ConditionMistake)) throw error;
    throw conditionFault(where, error, frame ?? new ResultFrame([]));
  }
}

/** Characters of a long condition that are shown before and behind the mistake. */
const AROUND = 50;

function conditionFault(where: string, mistake: ConditionMistake, frame: ResultFrame): Fault {
  const { at, length } = mistake.span;
  const from = Math.max(0, at - AROUND);
  const to = Math.min(where.length, at + length + AROUND);
  const before = (from > 0 ? "…" : "") + safeText(where.slice(from, at));
  const meant = safeText(where.slice(at, at + length));
  const behind = safeText(where.slice(at + length, to)) + (to < where.length ? "…" : "");
  const hint = mistake.unknown === undefined ? mistake.hint : hintFor(mistake.unknown, frame);
  const lines = [
    before + meant + behind,
    " ".repeat(displayWidth(before)) + "^".repeat(Math.max(1, displayWidth(meant))),
    ...(hint === undefined ? [] : [hint]),
  ];
  return new Fault("usage", `--where: ${mistake.message}.`, { hint: lines.join("\n") });
}

const NAMES_MAX = 20;

function hintFor(name: string, frame: ResultFrame): string {
  const names = frame.names();
  const meant = names.find((one) => one.endsWith(`.${name}`)) ?? suggest(name, names);
  if (meant !== undefined) return `Did you mean ${safeText(meant)}?`;
  const listed = names.slice(0, NAMES_MAX).map(safeText).join(", ");
  return `There are ${listed}${names.length > NAMES_MAX ? ", …" : ""}.`;
}

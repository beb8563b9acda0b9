/** `simrun results`: what completed runs handed back, as a table, CSV or JSON. */
import { EXIT } from "../job/fault.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import {
  briefText,
  csvLines,
  groupAlike,
  resultJson,
  type ResultTable,
  tabulate,
} from "../report/result_table.ts";
import { ResultFold, type ResultRow } from "../report/results.ts";
import { safeText } from "../screen/safe_text.ts";
import { type Column, fittingColumns, renderTable } from "../screen/table.ts";
import type { Stream } from "../screen/terminal.ts";
import {
  type CliContext,
  columnsOf,
  type GlobalFlags,
  paintOf,
  printLines,
  say,
} from "./context.ts";
import { readTree } from "./tree_reader.ts";

interface ResultFlags extends GlobalFlags {
  readonly format?: "table" | "csv" | "json" | undefined;
}

/** Bytes gathered before they are written: a hundred thousand rows are not as many system calls. */
const BLOCK_CHARACTERS = 1 << 16;
/** A table longer than this is for a file, not for eyes. */
const TABLE_ROWS_MAX = 1000;

export async function results(
  context: CliContext,
  flags: ResultFlags,
  selectors: readonly string[],
): Promise<number> {
  const fold = new ResultFold(selectors);
  await readTree(context, flags, (entry) => fold.apply(entry));
  const rows = [...fold.rows()];
  const format = flags.format ?? (flags.json ? "json" : "table");
  if (rows.length === 0) {
    say(
      context,
      flags,
      selectors.length > 0
        ? `No completed run matches ${selectors.map(safeText).join(" ")}; simrun status shows all.`
        : "No run has completed yet; simrun status shows how far they are.",
    );
  }
  switch (format) {
    case "json":
      writeBlocks(context.stdout, jsonLines(rows));
      break;
    case "csv":
      writeBlocks(context.stdout, csvLines(tabulate(rows, { brief: false })));
      break;
    case "table":
      // Jobs of different models have nothing in common but their being in one tree.
      for (const [i, group] of groupAlike(rows).entries()) {
        if (i > 0) context.stdout.write("\n");
        printTable(context, flags, group);
      }
  }
  return EXIT.completed.status;
}

function printTable(context: CliContext, flags: ResultFlags, rows: readonly ResultRow[]): void {
  const { stdout } = context;
  const table = tabulate(rows, { brief: true });
  const onTerminal = stdout.isTerminal && rows.length > TABLE_ROWS_MAX;
  const shown = onTerminal ? table.rows.slice(0, TABLE_ROWS_MAX) : table.rows;
  const cells = shown.map((row) => row.map((cell) => safeText(briefText(cell))));
  const columns = tableColumns(table);
  const width = columnsOf(stdout);
  const fit = fittingColumns(columns, cells, width);
  const paint = paintOf(stdout);
  printLines(
    stdout,
    renderTable(columns.slice(0, fit), cells, { columns: width, header: paint.faint }),
  );
  const hidden = columns.slice(fit).map((column) => column.title);
  if (hidden.length > 0) {
    say(
      context,
      flags,
      paint.faint(
        `… and ${formatNumberOf(hidden.length, "column")} more (${hidden.slice(0, 4).join(", ")}${
          hidden.length > 4 ? ", …" : ""
        }): simrun results --format csv`,
      ),
    );
  }
  if (shown.length < rows.length) {
    say(
      context,
      flags,
      paint.faint(
        `… and ${formatCount(rows.length - shown.length)} more rows: simrun results --format csv`,
      ),
    );
  }
}

function tableColumns(table: ResultTable): Column[] {
  return table.columns.map((name, i) => ({
    title: safeText(name),
    align: name === "time" || table.rows.every((row) => isNumeric(row[i])) ? "right" : "left",
  }));
}

function isNumeric(cell: unknown): boolean {
  return cell === undefined || typeof cell === "number" || typeof cell === "bigint";
}

function* jsonLines(rows: readonly ResultRow[]): IterableIterator<string> {
  yield "[";
  for (const [i, row] of rows.entries()) {
    yield `${i === 0 ? "\n" : ",\n"}  ${JSON.stringify(resultJson(row))}`;
  }
  yield rows.length === 0 ? "]\n" : "\n]\n";
}

function writeBlocks(stream: Stream, pieces: Iterable<string>): void {
  let block = "";
  for (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK_CHARACTERS) continue;
    stream.write(block);
    block = "";
  }
  if (block !== "") stream.write(block);
}

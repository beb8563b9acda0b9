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
import { ResultFold, type ResultReading, type ResultRow } from "../report/results.ts";
import { safeJson, safeText } from "../screen/safe_text.ts";
import { type Column, fittingColumns, renderTable } from "../screen/table.ts";
import {
  type CliContext,
  columnsOf,
  dataText,
  type GlobalFlags,
  paintOf,
  printLines,
  say,
} from "./context.ts";
import { refuseUnknown } from "./selectors.ts";
import { readTree } from "./tree_reader.ts";
import { writeBlocks } from "./write_blocks.ts";

interface ResultFlags extends GlobalFlags {
  readonly format?: "table" | "csv" | "json" | undefined;
  /** Results of earlier plans as well. */
  readonly all: boolean;
}

/** A table longer than this is for a file, not for eyes. */
const TABLE_ROWS_MAX = 1000;

export async function results(
  context: CliContext,
  flags: ResultFlags,
  selectors: readonly string[],
): Promise<number> {
  const fold = new ResultFold(selectors);
  const { history } = await readTree(context, flags, (entry) => fold.apply(entry));
  refuseUnknown(history, selectors);
  const reading = fold.read({ earlier: flags.all });
  const { rows } = reading;
  const format = flags.format ?? (flags.json ? "json" : "table");
  switch (format) {
    case "json":
      writeBlocks(context.stdout, jsonLines(rows));
      break;
    case "csv":
      writeBlocks(context.stdout, csvLines(tabulate(rows, { brief: false })), dataText);
      break;
    case "table":
      // Jobs of different models have nothing in common but their being in one tree.
      for (const [i, group] of groupAlike(rows).entries()) {
        if (i > 0) context.stdout.write("\n");
        printTable(context, flags, group);
      }
  }
  say(context, flags, ...notes(context, flags, reading));
  return EXIT.completed.status;
}

/** What the rows do not tell of themselves. */
function notes(
  { stderr }: CliContext,
  flags: ResultFlags,
  { rows, planned, earlier }: ResultReading,
): string[] {
  const lines: string[] = [];
  if (rows.length === 0 && planned === 0) lines.push("No completed run matches.");
  const current = rows.filter((row) => !row.isEarlier);
  if (current.length < planned) {
    const missing = planned - current.length;
    lines.push(
      `${formatCount(current.length)} of ${formatNumberOf(planned, "run")}; ${
        formatCount(missing)
      } ${missing === 1 ? "is" : "are"} not done. simrun status shows how far they are.`,
    );
  }
  const older = current.filter((row) => row.isOlderModel).length;
  if (older > 0) {
    lines.push(
      `${formatCount(older)} of ${formatNumberOf(current.length, "row")} ${
        older === 1 ? "was" : "were"
      } computed by an older version of the model; simrun run --rerun changed computes ${
        older === 1 ? "it" : "them"
      } again.`,
    );
  }
  if (earlier > 0 && !flags.all) {
    lines.push(`${formatNumberOf(earlier, "result")} of earlier plans: simrun results --all.`);
  }
  return lines.map(paintOf(stderr).faint);
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
    align: name === "took" || table.rows.every((row) => isNumeric(row[i])) ? "right" : "left",
  }));
}

function isNumeric(cell: unknown): boolean {
  return cell === undefined || typeof cell === "number" || typeof cell === "bigint";
}

function* jsonLines(rows: readonly ResultRow[]): IterableIterator<string> {
  yield "[";
  for (const [i, row] of rows.entries()) {
    yield `${i === 0 ? "\n" : ",\n"}  ${safeJson(resultJson(row))}`;
  }
  yield rows.length === 0 ? "]\n" : "\n]\n";
}

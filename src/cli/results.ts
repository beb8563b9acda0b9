/** `simrun results`: what completed runs handed back, as a table, CSV or JSON. */
import { load } from "../job/load.ts";
import { assertNever, EXIT, Fault } from "../job/fault.ts";
import { encodePlain } from "../job/plain.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import type { History } from "../queue/history.ts";
import type { ResultColumn } from "../report/result_frame.ts";
import {
  briefText,
  chosenTable,
  csvLines,
  exactTable,
  groupAlike,
  resultJson,
  type ResultTable,
  tabulate,
} from "../report/result_table.ts";
import { ResultFold, type ResultReading, type ResultRow } from "../report/results.ts";
import { storedType } from "../report/stored_type.ts";
import { withResultFiles } from "../runner/result_files.ts";
import { safeJson, safeText } from "../screen/safe_text.ts";
import { type Column, fittingColumns, renderTable } from "../screen/table.ts";
import { type CliContext, columnsOf, dataText, type GlobalFlags, paintOf, say } from "./context.ts";
import type { ResultFormat } from "./result_flags.ts";
import type { ResultSources } from "./result_sources.ts";
import {
  type OutputFlags,
  outputPath,
  resultFormat,
  writePieces,
  writeText,
} from "./result_output.ts";
import { type QueryFlags, type ResultView, viewResults } from "./result_query.ts";
import { refuseUnknown } from "./selectors.ts";
import { readTree } from "./tree_reader.ts";

interface ResultFlags extends GlobalFlags, QueryFlags, OutputFlags {
  /** Results of earlier plans as well. */
  readonly all: boolean;
  /** The measurement series of the chosen runs instead of their results. */
  readonly series: boolean;
  /** Where each result comes from, with the results. */
  readonly provenance: boolean;
  /** What to draw, instead of printing it. */
  readonly plot?: string | undefined;
}

/** A table longer than this is for a file, not for eyes. */
const TABLE_ROWS_MAX = 1000;

export async function results(
  context: CliContext,
  flags: ResultFlags,
  selectors: readonly string[],
): Promise<number> {
  if (flags.plot !== undefined) refuseBoth(flags);
  const { checkPlot, plotResults } = flags.plot === undefined
    ? NO_PLOT
    : await load<typeof import("./plot.ts")>(import.meta.resolve("./plot.ts"));
  const request = await checkPlot?.(context, flags);
  const asked = request === undefined ? resultFormat(flags) : undefined;
  const format = asked ?? (flags.series ? "csv" : flags.provenance ? "json" : "table");
  if (flags.output !== undefined) await outputPath(context, flags);
  const fold = new ResultFold(selectors);
  const sources = asksForSources(flags)
    ? (await load<typeof import("./result_sources.ts")>(import.meta.resolve("./result_sources.ts")))
      .readSources()
    : undefined;
  const { layout, history } = await readTree(context, flags, (entry, location) => {
    fold.apply(entry, location);
    sources?.fold.apply(entry);
  });
  refuseUnknown(history, selectors);
  const reading = fold.read({ earlier: flags.all });
  const lost: string[] = [];
  const rows = await withResultFiles(layout, reading.rows, ({ message, hint }) => {
    lost.push(safeText(`${message} ${hint}`));
  });
  const view = viewResults(
    rows,
    flags.series ? { ...flags, columns: undefined } : flags,
    [...sources?.columns(rows) ?? [], ...await searchColumns(flags, rows, history)],
  );
  const chosen = view.indices.map((index) => rows[index]!);
  if (request !== undefined) {
    await plotResults!(context, flags, request, view, { layout, history });
  } else if (flags.series) {
    const { writeSeries } = await load<typeof import("./result_series.ts")>(
      import.meta.resolve("./result_series.ts"),
    );
    await writeSeries(context, flags, format, { layout, history, rows: chosen });
  } else await write(context, flags, format, view, flags.provenance ? sources : undefined);
  const { planned } = reading;
  const done = rows.filter((row) => !row.isEarlier).length;
  const missing = done < planned
    ? await (await load<typeof import("./missing_results.ts")>(
      import.meta.resolve("./missing_results.ts"),
    )).missingLines(context, flags, { layout, history }, { selectors, planned, done })
    : [];
  say(context, flags, ...lost, ...missing, ...notes(context, flags, { ...reading, rows }, chosen));
  return EXIT.completed.status;
}

/** Where results come from is told to those who ask: it takes another look at the whole journal. */
function asksForSources({ provenance, columns = "", where = "", sort = "" }: ResultFlags): boolean {
  return provenance ||
    /\b(?:provenance|seed|spec|commit|simrun|deno|host|started|ended)\b/.test(
      `${columns} ${where} ${sort}`,
    );
}

/** How far searches had come is told to those who ask. */
async function searchColumns(
  { columns = "", where = "", sort = "", plot = "" }: ResultFlags,
  rows: readonly ResultRow[],
  history: History,
): Promise<readonly ResultColumn[]> {
  if (!/\bbest\b/.test(`${columns} ${where} ${sort} ${plot}`)) return [];
  const { bestSoFar } = await load<typeof import("../report/best_so_far.ts")>(
    import.meta.resolve("../report/best_so_far.ts"),
  );
  return [bestSoFar(rows, (id) => history.jobs.get(id)?.job) ?? []].flat();
}

const NO_PLOT = { checkPlot: undefined, plotResults: undefined };

function refuseBoth(flags: ResultFlags): void {
  const other = flags.format !== undefined ? "--format" : flags.json ? "--json" : "--columns";
  if (flags.format === undefined && !flags.json && flags.columns === undefined) return;
  throw new Fault("usage", `--plot draws; ${other} has no meaning beside it.`, {
    hint: `Leave ${other} out: x= and y= say what is drawn.`,
  });
}

async function write(
  context: CliContext,
  flags: ResultFlags,
  format: ResultFormat,
  view: ResultView,
  sources: ResultSources | undefined,
): Promise<void> {
  const more = view.columns === undefined ? sources?.columns(view.frame.rows) ?? [] : [];
  const columns = [...view.columns ?? view.frame.columns, ...more];
  let what = formatNumberOf(view.indices.length, "row");
  switch (format) {
    case "json":
      await writeText(context, flags, jsonPieces(records(view, sources)));
      break;
    case "jsonl":
      await writeText(context, flags, jsonLines(records(view, sources)));
      break;
    case "csv":
      await writeText(context, flags, csvLines(exactTable(columns, view.indices)), dataText);
      break;
    case "table":
      await writeText(context, flags, tables(context, flags, view));
      break;
    case "parquet": {
      const { parquetPieces } = await load<typeof import("../report/parquet.ts")>(
        import.meta.resolve("../report/parquet.ts"),
      );
      const stored = columns.map(({ name, cell }) => ({
        name,
        type: storedType(cellsOf(cell, view.indices)),
      }));
      const { rows } = exactTable(columns, view.indices);
      await writePieces(context, flags, parquetPieces(stored, rows));
      break;
    }
    case "npy":
    case "safetensors": {
      const { writeArrays } = await load<typeof import("./result_arrays.ts")>(
        import.meta.resolve("./result_arrays.ts"),
      );
      const files = await writeArrays(context, flags, format, view);
      if (files.length > 1) what = `${formatNumberOf(files.length, "file")} of ${what}`;
      break;
    }
    default:
      assertNever(format);
  }
  if (flags.output !== undefined) {
    say(context, flags, safeText(`Wrote ${what} to ${flags.output}.`));
  }
}

/** As often as they are asked for, without keeping them. */
function cellsOf(cell: ResultColumn["cell"], indices: readonly number[]): Iterable<unknown> {
  return {
    *[Symbol.iterator]() {
      for (const index of indices) yield cell(index);
    },
  };
}

/** What the rows do not tell of themselves. */
function notes(
  { stderr }: CliContext,
  flags: ResultFlags,
  { rows, planned, earlier }: ResultReading,
  chosen: readonly ResultRow[],
): string[] {
  const lines: string[] = [];
  if (rows.length === 0 && planned === 0) lines.push("No completed run matches.");
  else if (flags.where !== undefined && chosen.length === 0) lines.push("No row fulfils --where.");
  const shown = chosen.filter((row) => !row.isEarlier);
  const older = shown.filter((row) => row.isOlderModel).length;
  if (older > 0) {
    lines.push(
      `${formatCount(older)} of ${formatNumberOf(shown.length, "row")} ${
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

/** Jobs of different models have nothing in common but their being in one tree: a table each, unless columns were named. */
function* tables(
  context: CliContext,
  flags: ResultFlags,
  { frame, indices, columns }: ResultView,
): IterableIterator<string> {
  if (columns !== undefined) {
    yield* tableLines(context, flags, chosenTable(columns, indices));
    return;
  }
  const groups = groupAlike(indices.map((index) => frame.rows[index]!));
  for (const [i, group] of groups.entries()) {
    if (i > 0) yield "\n";
    yield* tableLines(context, flags, tabulate(group, { brief: true }));
  }
}

function* tableLines(
  context: CliContext,
  flags: ResultFlags,
  table: ResultTable,
): IterableIterator<string> {
  const { stdout } = context;
  const isForEyes = flags.output === undefined && stdout.isTerminal;
  const shown = isForEyes ? table.rows.slice(0, TABLE_ROWS_MAX) : table.rows;
  const cells = shown.map((row) => row.map((cell) => safeText(briefText(cell))));
  const columns = tableColumns(table);
  const width = isForEyes ? columnsOf(stdout) : undefined;
  const fit = fittingColumns(columns, cells, width);
  const paint = paintOf(stdout);
  const header = flags.output === undefined ? { header: paint.faint } : {};
  for (const line of renderTable(columns.slice(0, fit), cells, { columns: width, ...header })) {
    yield `${line}\n`;
  }
  const hidden = columns.slice(fit).map((column) => column.title);
  const more: string[] = [];
  if (hidden.length > 0) {
    more.push(
      `… and ${formatNumberOf(hidden.length, "column")} more (${hidden.slice(0, 4).join(", ")}${
        hidden.length > 4 ? ", …" : ""
      }): simrun results --columns, or --format csv`,
    );
  }
  if (shown.length < table.rows.length) {
    more.push(
      `… and ${formatCount(table.rows.length - shown.length)} more rows: --limit, or --format csv`,
    );
  }
  say(context, flags, ...more.map(paint.faint));
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

/** Whole rows, or of those columns that were asked for: then flat, by the columns' names. */
function* records(
  { frame, indices, columns }: ResultView,
  sources: ResultSources | undefined,
): IterableIterator<unknown> {
  for (const index of indices) {
    const row = frame.rows[index]!;
    const provenance = sources && { provenance: sources.json(row) };
    if (columns === undefined) yield { ...resultJson(row), ...provenance };
    else {
      yield Object.fromEntries(columns.flatMap(({ name, cell }) => {
        const value = cell(index);
        return value === undefined ? [] : [[name, encodePlain(value)]];
      }));
    }
  }
}

function* jsonPieces(records: Iterable<unknown>): IterableIterator<string> {
  let isFirst = true;
  yield "[";
  for (const record of records) {
    yield `${isFirst ? "\n" : ",\n"}  ${safeJson(record)}`;
    isFirst = false;
  }
  yield isFirst ? "]\n" : "\n]\n";
}

function* jsonLines(records: Iterable<unknown>): IterableIterator<string> {
  for (const record of records) yield `${safeJson(record)}\n`;
}

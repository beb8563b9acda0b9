/** `simrun results --series`: what the chosen runs measured, joined with their parameters, in one long table. */
import { load } from "../job/load.ts";
import { Fault } from "../job/fault.ts";
import { suggest } from "../manifest/suggest.ts";
import type { History } from "../queue/history.ts";
import { formatNumberOf } from "../report/format.ts";
import type { ResultRow } from "../report/results.ts";
import { LongSeries, type MeasuredRun, parseSeries } from "../report/series_table.ts";
import { type StoredType, storedType } from "../report/stored_type.ts";
import { safeText } from "../screen/safe_text.ts";
import type { Layout } from "../store/layout.ts";
import { type CliContext, dataText, type GlobalFlags, say } from "./context.ts";
import type { ResultFormat } from "./result_flags.ts";
import { type OutputFlags, writePieces, writeText } from "./result_output.ts";
import { CsvRows, JsonLines, JsonRows, type RowText } from "./row_text.ts";
import { seriesReader } from "./series_reader.ts";
import { gathered } from "./write_blocks.ts";

interface SeriesFlags extends GlobalFlags, OutputFlags {
  readonly columns?: string | undefined;
}

/** What of a tree is asked. */
interface SeriesSource {
  readonly layout: Layout;
  readonly history: History;
  readonly rows: readonly ResultRow[];
}

/** Answers how many rows were written. */
export async function writeSeries(
  context: CliContext,
  flags: SeriesFlags,
  format: ResultFormat,
  { layout, history, rows }: SeriesSource,
): Promise<void> {
  const text = textOf(format);
  const read = seriesReader(layout, history, rows);
  // All of them make the header, and together they may be more than memory holds: each is read twice.
  const found: MeasuredRun[] = [];
  for (const { job, run, parameters } of rows) {
    const series = await read({ job, run });
    if (series === undefined) continue;
    found.push({ job, run, point: parameters, measured: parseSeries(series).measured });
  }
  const silent = rows.length - found.length;
  if (silent > 0) {
    const which = `${formatNumberOf(silent, "run")} of ${rows.length}`;
    say(context, flags, `${which} measured nothing: a model with measure() has a series.`);
  }
  const long = new LongSeries(found);
  const chosen = chooseColumns(long.columns, flags.columns);
  const columns = chosen.map((place) => long.columns[place]!);
  let count = 0;
  async function* tables(): AsyncIterableIterator<Iterable<readonly unknown[]>> {
    for (const run of found) {
      const series = parseSeries(await read(run) ?? "");
      yield function* () {
        for (const row of long.rows(run, series)) {
          count++;
          yield chosen.map((place) => row[place]);
        }
      }();
    }
  }
  if (text === undefined) {
    const { parquetPieces } = await load<typeof import("../report/parquet.ts")>(
      import.meta.resolve("../report/parquet.ts"),
    );
    const types = typesOf(long, found);
    const stored = chosen.map((place) => ({ name: long.columns[place]!, type: types[place]! }));
    await writePieces(context, flags, parquetPieces(stored, joined(tables())));
  } else {
    await writeText(context, flags, textPieces(text(columns), tables()), dataText);
  }
  if (flags.output !== undefined) {
    say(context, flags, safeText(`Wrote ${formatNumberOf(count, "row")} to ${flags.output}.`));
  }
}

/** How rows become text in a format; undefined for Parquet, which is none. */
function textOf(format: ResultFormat): ((columns: readonly string[]) => RowText) | undefined {
  switch (format) {
    case "csv":
    case "table":
      return (columns) => new CsvRows(columns);
    case "json":
      return (columns) => new JsonRows(columns);
    case "jsonl":
      return (columns) => new JsonLines(columns);
    case "parquet":
      return undefined;
    default:
      throw new Fault("usage", `A series cannot be written as ${format}.`, {
        hint: "It is a table: csv, json, jsonl or parquet.",
      });
  }
}

/** Places of the columns of `--columns`, all without. */
function chooseColumns(columns: readonly string[], asked: string | undefined): number[] {
  if (asked === undefined) return [...columns.keys()];
  return asked.split(",").map((word) => word.trim()).filter((word) => word !== "").map((name) => {
    const place = columns.indexOf(name);
    if (place >= 0) return place;
    const meant = suggest(name, columns);
    throw new Fault("usage", `--columns: the series have no column "${name}".`, {
      hint: meant === undefined
        ? `There are ${columns.map(safeText).join(", ")}.`
        : `Did you mean ${safeText(meant)}?`,
    });
  });
}

/** Measurements are floats; what tells the runs apart is of any type. */
function typesOf(long: LongSeries, runs: readonly MeasuredRun[]): StoredType[] {
  const heads = runs.map((run) => long.head(run));
  const step = heads[0]?.length ?? long.columns.indexOf("step");
  return long.columns.map((_, place) =>
    place < step
      ? storedType(heads.map((head) => head[place]))
      : place === step
      ? "INT64"
      : "DOUBLE"
  );
}

async function* textPieces(
  text: RowText,
  tables: AsyncIterable<Iterable<readonly unknown[]>>,
): AsyncIterableIterator<string> {
  yield text.begin();
  for await (const rows of tables) yield* gathered(text.rows(rows));
  yield text.end();
}

async function* joined<T>(lists: AsyncIterable<Iterable<T>>): AsyncIterableIterator<T> {
  for await (const list of lists) yield* list;
}

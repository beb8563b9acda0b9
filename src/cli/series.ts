/** `simrun series`: the measurement series of runs; of one as it is, of several in one long table. */
import { EXIT } from "../job/fault.ts";
import { encodePlain } from "../job/plain.ts";
import { runName } from "../job/run.ts";
import { runId } from "../plan/digest.ts";
import { countPoints, type Point, pointAt } from "../plan/sweep.ts";
import type { History } from "../queue/history.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import { csvLine } from "../report/result_table.ts";
import { filterRuns } from "../report/selector.ts";
import { LongSeries, type MeasuredRun, parseSeries } from "../report/series_table.ts";
import { safeJson } from "../screen/safe_text.ts";
import { readRunFile } from "../store/archive.ts";
import { readJournal } from "../store/journal_read.ts";
import type { Layout } from "../store/layout.ts";
import { type CliContext, dataText, type GlobalFlags, say } from "./context.ts";
import { findRun, readTree } from "./tree_reader.ts";
import { writeBlocks } from "./write_blocks.ts";

interface SeriesFlags extends GlobalFlags {
  readonly format?: "csv" | "json" | undefined;
}

interface ChosenRun {
  readonly job: string;
  readonly run: string;
  readonly point: Point;
}

/** Name of a long series in a run's folder, as `docs/format.md` has it. */
const SERIES_FILE = "series.csv";

export async function series(
  context: CliContext,
  flags: SeriesFlags,
  words: readonly string[],
): Promise<number> {
  const { layout, history } = await readTree(context, flags);
  const chosen = chooseRuns(history, words);
  const read = seriesReader(layout, history, chosen);
  // All of them make the header, and together they may be more than memory holds: each is read twice.
  const found: MeasuredRun[] = [];
  for (const run of chosen) {
    const text = await read(run);
    if (text !== undefined) found.push({ ...run, measured: parseSeries(text).measured });
  }
  const silent = chosen.length - found.length;
  if (silent > 0) say(context, flags, silence(chosen, silent));
  const long = chosen.length === 1 ? undefined : new LongSeries(found);
  const columns = long?.columns ?? ["step", ...found.flatMap(({ measured }) => measured)];
  const asJson = (flags.format ?? (flags.json ? "json" : "csv")) === "json";
  const { stdout } = context;
  let rowsWritten = 0;
  if (asJson) stdout.write("[");
  else if (found.length > 0) stdout.write(dataText(stdout, csvLine(columns)));
  for (const run of found) {
    const parsed = parseSeries(await read(run) ?? "");
    const rows = long?.rows(run, parsed) ?? parsed.rows;
    writeBlocks(
      stdout,
      mapped(rows, (row) => asJson ? jsonRow(columns, row, rowsWritten++ === 0) : csvLine(row)),
      dataText,
    );
  }
  if (asJson) stdout.write(rowsWritten === 0 ? "]\n" : "\n]\n");
  return EXIT.completed.status;
}

/** Runs of the last plans in the order of the manifest; one of an earlier plan when it is named. */
function chooseRuns(history: History, words: readonly string[]): ChosenRun[] {
  const found: ChosenRun[] = [];
  const seen = new Set<string>();
  const add = (run: ChosenRun): void => {
    const name = `${run.job}/${run.run}`;
    if (!seen.has(name)) found.push(run);
    seen.add(name);
  };
  for (const word of words) {
    const chosen = filterRuns([word]);
    let isKnown = false;
    for (const [id, { job }] of history.jobs) {
      if (job === undefined) continue;
      const count = countPoints(job.sweep);
      for (let index = 0; index < count; index++) {
        const point = pointAt(job.sweep, index);
        const run = runId(job, point);
        if (!chosen(id, run, "completed")) continue;
        add({ job: id, run, point });
        isKnown = true;
      }
    }
    if (isKnown) continue;
    const { job, run } = findRun(history, word);
    add({ job, run, point: {} });
  }
  return found;
}

/** Reads what a run measured so far. Short series stand in the journal, long ones are files. */
function seriesReader(
  layout: Layout,
  history: History,
  chosen: readonly ChosenRun[],
): (run: { readonly job: string; readonly run: string }) => Promise<string | undefined> {
  const wanted = new Set(chosen.map(({ job, run }) => `${job}/${run}`));
  const inline = new Map<string, string | undefined>();
  readJournal(layout, (entry) => {
    if (entry.type !== "runs.completed" && entry.type !== "run.reused") return;
    for (const { run, series } of entry.type === "run.reused" ? [entry.run] : entry.runs) {
      const name = `${entry.job}/${run}`;
      if (wanted.has(name)) inline.set(name, series);
    }
  });
  return async ({ job, run }) => {
    const past = history.jobs.get(job)?.find(run);
    // Never begun: there is nothing to look for.
    if (past === undefined) return undefined;
    const short = past.state === "completed" ? inline.get(`${job}/${run}`) : undefined;
    if (short !== undefined) return short;
    const bytes = await readRunFile(layout, job, run, SERIES_FILE);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
}

function silence(chosen: readonly ChosenRun[], silent: number): string {
  const [only] = chosen;
  const hint =
    "a model with measure() has a series, and measure_every in the manifest says how often.";
  if (chosen.length === 1) {
    return `${runName(only!.job, only!.run)} has measured nothing so far; ${hint}`;
  }
  return silent === chosen.length
    ? `None of ${formatNumberOf(silent, "run")} has measured anything so far; ${hint}`
    : `${formatCount(silent)} of ${
      formatNumberOf(chosen.length, "run")
    } have measured nothing so far.`;
}

function jsonRow(columns: readonly string[], row: readonly unknown[], isFirst: boolean): string {
  const record: Record<string, unknown> = {};
  for (const [i, name] of columns.entries()) if (row[i] !== undefined) record[name] = row[i];
  return `${isFirst ? "\n" : ",\n"}  ${safeJson(encodePlain(record))}`;
}

function* mapped<T>(rows: Iterable<T>, text: (row: T) => string): IterableIterator<string> {
  for (const row of rows) yield text(row);
}

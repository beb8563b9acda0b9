/** `simrun series`: the measurement series of runs; of one as it is, of several in one long table. */
import { EXIT } from "../job/fault.ts";
import { runName } from "../job/run.ts";
import { runId } from "../plan/digest.ts";
import { countPoints, type Point, pointAt } from "../plan/sweep.ts";
import type { History } from "../queue/history.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import { filterRuns } from "../report/selector.ts";
import { LongSeries, type MeasuredRun, parseSeries } from "../report/series_table.ts";
import { type CliContext, dataText, type GlobalFlags, say } from "./context.ts";
import { CsvRows, JsonRows } from "./row_text.ts";
import { seriesReader } from "./series_reader.ts";
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
  if (silent > 0) say(context, flags, silence(history, chosen, silent));
  const long = chosen.length === 1 ? undefined : new LongSeries(found);
  const columns = long?.columns ?? ["step", ...found.flatMap(({ measured }) => measured)];
  const asJson = (flags.format ?? (flags.json ? "json" : "csv")) === "json";
  const { stdout } = context;
  const writer = asJson ? new JsonRows(columns) : new CsvRows(columns);
  if (asJson || found.length > 0) stdout.write(dataText(stdout, writer.begin()));
  for (const run of found) {
    const parsed = parseSeries(await read(run) ?? "");
    writeBlocks(stdout, writer.rows(long?.rows(run, parsed) ?? parsed.rows), dataText);
  }
  stdout.write(writer.end());
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

function silence(history: History, chosen: readonly ChosenRun[], silent: number): string {
  const [only] = chosen;
  const kinds = new Set(chosen.map(({ job }) => history.jobs.get(job)?.job?.model.kind));
  const hint = kinds.size === 1 && kinds.has("command")
    ? "a command has one where its model's measure: says what to look for."
    : "a model with measure() has a series, and measure_every in the manifest says how often.";
  if (chosen.length === 1) {
    return `${runName(only!.job, only!.run)} has measured nothing so far; ${hint}`;
  }
  return silent === chosen.length
    ? `None of ${formatNumberOf(silent, "run")} has measured anything so far; ${hint}`
    : `${formatCount(silent)} of ${
      formatNumberOf(chosen.length, "run")
    } have measured nothing so far.`;
}

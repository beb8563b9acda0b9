/**
 * What a command writes while it runs, read as its manifest says: its progress, rows of measurements, lines that tell
 * how it ended, and its log. Rows are kept back until a checkpoint counts them, or the end does.
 */
import { PrintedResults } from "../command/harvest.ts";
import { type Row, rowFinder } from "../command/measure.ts";
import type { LastWords } from "../command/last_words.ts";
import { LineReader, OutputLog } from "../command/output.ts";
import type { RunFolder } from "../command/run_folder.ts";
import type { CommandModel, EndCondition, OutputSource } from "../job/command.ts";
import { DEFAULT_ON_NAN, type Job } from "../job/job.ts";
import type { CommandParts, CommandPlace, Saved, SavedSeries } from "./command_parts.ts";
import { FollowedFiles } from "./followed_files.ts";
import { LOG_INLINE_CHARACTERS_MAX, SERIES_INLINE_CHARACTERS_MAX } from "./inline_limits.ts";
import { LOG_BYTES_MAX } from "./log_limits.ts";
import { CONTROL } from "./protocol.ts";
import { findNotFinite, notFiniteWords } from "./run_failure.ts";
import { Series } from "./series.ts";

/** Where a run goes on. */
export interface GoesOn {
  readonly step: number;
  readonly saved: Saved;
}

interface KeptRow {
  readonly step: number;
  /** The step that a checkpoint must have reached to count it. */
  readonly at: number;
  readonly values: Row["values"];
}

export class CommandOutput {
  readonly printed: PrintedResults;
  readonly #job: Job;
  readonly #model: CommandModel;
  readonly #folder: RunFolder;
  readonly #place: CommandPlace;
  readonly #parts: CommandParts;
  readonly #fromStep: number;
  readonly #log = new OutputLog(LOG_BYTES_MAX);
  readonly #series: Series;
  readonly #files: FollowedFiles;
  /** Conditions whose pattern was found in what it printed. */
  readonly #found = new Set<EndCondition>();
  readonly #readers: readonly [LineReader, LineReader];
  /** Rows behind the last checkpoint: one that is taken now may be of an earlier step. */
  #rows: KeptRow[] = [];
  #lastRowStep: number;
  /** Of the rows that a checkpoint counts. */
  #lastTakenStep: number;
  /** Of the first row: a file has one head. */
  #columns: readonly string[] | undefined;
  #isLogOnDisk: boolean;
  #isSeriesOnDisk: boolean;
  #isWarned = false;
  #hasMoved = false;
  /** What its manifest looks for was found at least once. */
  readonly seen = { progress: false, rows: false };
  /** Of `on_nan: fail`: what was measured that is no number. */
  notFinite: string | undefined;

  constructor(
    job: Job,
    model: CommandModel,
    folder: RunFolder,
    place: CommandPlace,
    parts: CommandParts,
    from?: GoesOn,
  ) {
    this.#job = job;
    this.#model = model;
    this.#folder = folder;
    this.#place = place;
    this.#parts = parts;
    this.#fromStep = from?.step ?? 0;
    this.printed = new PrintedResults(model.results);
    const columns = from?.saved.columns ?? undefined;
    this.#series = new Series(columns);
    this.#isLogOnDisk = from !== undefined || place.attempt > 1;
    this.#isSeriesOnDisk = columns !== undefined;
    this.#lastRowStep = this.#lastTakenStep = from?.saved.lastRowStep ?? -1;
    this.#columns = columns;
    this.#files = new FollowedFiles(folder);
    this.#readers = this.#makeReaders();
  }

  hear(bytes: Uint8Array, isError: boolean): void {
    this.#log.push(this.#readers[isError ? 1 : 0].push(bytes));
  }

  /** The files that it writes, as far as they go. */
  readOn(): void {
    this.#files.readOn();
  }

  end(): void {
    for (const reader of this.#readers) reader.end();
    this.#files.end();
  }

  get words(): LastWords {
    return this.#log.words;
  }

  isFound(condition: EndCondition): boolean {
    const { pattern, file } = condition;
    if (file !== undefined && !this.#folder.has(file)) return false;
    if (pattern === undefined) return true;
    if (file === undefined) return this.#found.has(condition);
    return new RegExp(pattern, "m").test(this.#folder.readText(file));
  }

  /** Rows that a checkpoint of this step counts, and what it must remember of them. */
  seriesUpTo(step: number): SavedSeries {
    const later = this.#rows.findIndex((row) => row.at > step);
    const taken = later === -1 ? this.#rows : this.#rows.slice(0, later);
    this.#rows = later === -1 ? [] : this.#rows.slice(later);
    for (const row of taken) this.#series.add(row.step, row.values);
    const text = this.#series.take();
    if (text !== "") this.#isSeriesOnDisk = true;
    const lastRowStep = this.#lastTakenStep = taken.at(-1)?.step ?? this.#lastTakenStep;
    return { text, columns: this.#series.columns ?? null, lastRowStep, place: this.#place };
  }

  /** The whole series when it is short; a long one is told of as a file. */
  seriesAtEnd(): { series?: string } {
    for (const { step, values } of this.#rows) this.#series.add(step, values);
    this.#rows = [];
    const series = this.#series.take();
    if (!this.#isSeriesOnDisk && series.length <= SERIES_INLINE_CHARACTERS_MAX) {
      return series === "" ? {} : { series };
    }
    const { batch, index } = this.#place;
    this.#parts.tell({ type: "file", batch, index, name: "series.csv", text: series });
    return {};
  }

  logToDisk(): void {
    const text = this.#log.take();
    if (text !== "") this.#tellLog(text);
  }

  /** Of the last attempt a short one goes into the record; when another may follow, all of them into a file. */
  logAtEnd(mayBeTriedAgain = false): { log?: string } {
    const text = this.#log.take();
    if (text === "") return {};
    if (!mayBeTriedAgain && !this.#isLogOnDisk && text.length <= LOG_INLINE_CHARACTERS_MAX) {
      return { log: text };
    }
    this.#tellLog(text);
    return {};
  }

  #tellLog(text: string): void {
    this.#isLogOnDisk = true;
    const { batch, index } = this.#place;
    this.#parts.tell({ type: "log", batch, index, text });
  }

  /** A reader for each output: halves of their lines must not be mixed. */
  #makeReaders(): readonly [LineReader, LineReader] {
    const onLine: ((line: string) => void)[] = [];
    const listen = (source: OutputSource, hear: (line: string) => void) => {
      if (source.file === undefined) onLine.push(hear);
      else this.#files.follow(source.file, hear);
    };
    const { progress, measure, done, transient, failed } = this.#model;
    if (progress !== undefined) {
      const pattern = new RegExp(progress.pattern);
      listen(progress, (line) => {
        const step = Number(pattern.exec(line)?.[1] ?? NaN);
        if (!Number.isFinite(step)) return;
        this.seen.progress = true;
        this.#moved(step);
      });
    }
    if (measure !== undefined) {
      const find = rowFinder(measure);
      listen(measure, (line) => {
        const row = find(line);
        if (row === undefined) return;
        this.seen.rows = true;
        this.#measured(row);
      });
    }
    for (const condition of [done, transient, failed]) {
      if (condition?.pattern === undefined || condition.file !== undefined) continue;
      const pattern = new RegExp(condition.pattern);
      onLine.push((line) => {
        if (pattern.test(line)) this.#found.add(condition);
      });
    }
    if (!this.printed.isEmpty) onLine.push((line) => this.printed.line(line));
    const tellAll = (line: string) => onLine.forEach((hear) => hear(line));
    return [new LineReader(tellAll), new LineReader(tellAll)];
  }

  #moved(step: number): void {
    const from = this.#fromStep;
    // Progress may run ahead of the files of a checkpoint by some steps.
    if (!this.#hasMoved && step < from / 2 && !this.#isWarned) {
      const message = `it begins at step ${step} though its checkpoint is of step ${from}: ` +
        "does restart read the checkpoint?";
      this.#warn(step, message);
    }
    this.#hasMoved = true;
    this.#parts.progress[CONTROL.step] = Math.min(step, this.#job.steps);
  }

  #measured(row: Row): void {
    const step = row.step ?? this.#lastRowStep + 1;
    if (!Number.isFinite(step)) {
      return this.#warnOnce(`a row of its measurements has the step ${step}, and is left out`);
    }
    if (row.step !== undefined) this.#moved(row.step);
    // A program that goes on repeats the row of the step it goes on from.
    if (step <= this.#lastRowStep) return;
    this.#lastRowStep = step;
    // A row that does not tell its step may be one of many steps.
    const isTold = row.step !== undefined || this.#model.progress === undefined;
    const at = isTold ? step : this.#parts.progress[CONTROL.step]!;
    this.#rows.push({ step, at, values: this.#fitted(row.values) });
    const onNan = this.#job.onNan ?? DEFAULT_ON_NAN;
    const found = onNan === "ignore" || this.#isWarned ? undefined : findNotFinite(row.values);
    if (found === undefined) return;
    const message = notFiniteWords(found, step);
    if (onNan === "warn") this.#warn(step, message);
    else this.notFinite ??= message;
  }

  /** A later table may have other columns: a row is not lost over it, nor the run. */
  #fitted(values: Row["values"]): Row["values"] {
    const columns = this.#columns ??= Object.keys(values);
    const names = Object.keys(values);
    if (names.length === columns.length && names.every((name, i) => name === columns[i])) {
      return values;
    }
    const others = names.filter((name) => !columns.includes(name));
    const missing = columns.filter((name) => !Object.hasOwn(values, name));
    const what = [
      ...(others.length > 0 ? [`${others.join(", ")} of later ones is left out`] : []),
      ...(missing.length > 0 ? [`${missing.join(", ")} is nan in later ones`] : []),
    ];
    if (what.length > 0) this.#warnOnce(`its first row measures other things: ${what.join("; ")}`);
    return Object.fromEntries(columns.map((name) => [name, values[name] ?? NaN]));
  }

  #warnOnce(message: string): void {
    if (!this.#isWarned) this.#warn(this.#parts.progress[CONTROL.step]!, message);
  }

  #warn(step: number, message: string): void {
    this.#isWarned = true;
    const { batch, index } = this.#place;
    this.#parts.tell({ type: "warned", batch, index, step, message });
  }
}

/** What becomes of the waveforms of one run that PLECS simulated: numbers for the result, rows for the series, a file. */
import { join } from "node:path";
import { DEFAULT_ON_NAN, type Job } from "../job/job.ts";
import { type PlecsModel, signalName, TIME_COLUMN, WAVEFORMS_FILE } from "../job/plecs.ts";
import { addPiece, EMPTY_SUM, figureOf, type FigureSum, thinned } from "../plecs/figures.ts";
import { type Waveforms, waveformsText } from "../plecs/waveforms.ts";
import { RESULT_INLINE_CHARACTERS_MAX, SERIES_INLINE_CHARACTERS_MAX } from "./inline_limits.ts";
import { plainResult } from "./outcome.ts";
import type { FromSimulation } from "./protocol.ts";
import { findNotFinite, notFiniteWords, RunFailure } from "./run_failure.ts";
import { Series } from "./series.ts";

export interface PlecsPlace {
  readonly index: number;
  readonly run: string;
  readonly batch: number;
  /** Its own, of this attempt; made when something is to be kept. */
  readonly folder: string;
}

/** What of it a checkpoint remembers. */
export interface HarvestSaved {
  readonly sums: { readonly [name: string]: FigureSum };
  readonly columns: readonly string[] | null;
  readonly rows: number;
}

export class PlecsHarvest {
  readonly #job: Job;
  readonly #model: PlecsModel;
  readonly #place: PlecsPlace;
  readonly #tell: (message: FromSimulation) => void;
  readonly #sums = new Map<string, FigureSum>();
  readonly #series: Series;
  #rows: number;
  #isSeriesOnDisk: boolean;
  #isWarned = false;

  constructor(
    job: Job,
    model: PlecsModel,
    place: PlecsPlace,
    tell: (message: FromSimulation) => void,
    saved?: HarvestSaved,
  ) {
    this.#job = job;
    this.#model = model;
    this.#place = place;
    this.#tell = tell;
    for (const [name, sum] of Object.entries(saved?.sums ?? {})) this.#sums.set(name, sum);
    this.#series = new Series(saved?.columns ?? undefined);
    this.#isSeriesOnDisk = saved !== undefined && saved.columns !== null;
    this.#rows = saved?.rows ?? 0;
  }

  /** Throws {@linkcode RunFailure}. */
  async add(waves: Waveforms): Promise<void> {
    for (const [name, result] of Object.entries(this.#resultsOf(waves))) {
      const values = waves.signals[result.signal - 1];
      if (values === undefined) {
        throw new RunFailure("plecs-failed", this.#unknownSignal(name, waves));
      }
      const sum = this.#sums.get(name) ?? EMPTY_SUM;
      this.#sums.set(name, addPiece(sum, result, waves.time, values));
    }
    this.#measure(waves);
    if (this.#model.waveforms) await this.#keepWaveforms(waves);
  }

  /** Rows since the last call, for a checkpoint; and what it remembers. */
  take(): { readonly series: string; readonly saved: HarvestSaved } {
    const series = this.#series.take();
    if (series !== "") this.#isSeriesOnDisk = true;
    const columns = this.#series.columns ?? null;
    return { series, saved: { sums: Object.fromEntries(this.#sums), columns, rows: this.#rows } };
  }

  /** The record of the result as JSON. Throws {@linkcode RunFailure}. */
  record(step: number, ms: number): string {
    const result: Record<string, number> = {};
    for (const [name, sum] of this.#sums) {
      const { of, from, to } = this.#model.results?.[name] ?? { of: "last" as const };
      const figure = figureOf(sum, of);
      if (figure === undefined) {
        const words = `nothing of the simulation lies in the window of the result "${name}" ` +
          `(from ${from ?? "its start"} to ${to ?? "its end"}, in seconds)`;
        throw new RunFailure("plecs-failed", words);
      }
      result[name] = figure;
    }
    this.#refuseNotFinite(result, step);
    const { index, batch } = this.#place;
    const value = plainResult(result);
    const text = JSON.stringify(value);
    const isFile = text.length > RESULT_INLINE_CHARACTERS_MAX;
    if (isFile) this.#tell({ type: "file", batch, index, name: "result.json", text });
    return JSON.stringify({
      index,
      step,
      ms: Math.round(ms * 1000) / 1000,
      result: isFile ? { $file: "result.json" } : value,
      ...this.#seriesAtEnd(),
    });
  }

  #resultsOf({ signals }: Waveforms): NonNullable<PlecsModel["results"]> {
    return this.#model.results ?? Object.fromEntries(
      signals.map((_, at) => [signalName(this.#model, at + 1), { signal: at + 1, of: "last" }]),
    );
  }

  #unknownSignal(name: string, { signals }: Waveforms): string {
    const { signal } = this.#model.results![name]!;
    const named = this.#model.signals[signal - 1];
    const which = named === undefined ? `signal ${signal}` : `signal ${signal} ("${named}")`;
    const has = signals.length === 1 ? "one signal" : `${signals.length} signals`;
    return `the result "${name}" is of ${which}, and the outports at the top level of ` +
      `${this.#model.path} give ${has}: add an Outport block, or correct signal:`;
  }

  #measure({ time, signals }: Waveforms): void {
    const { measureRows, segments } = this.#model;
    if (measureRows === undefined || time.length === 0) return;
    const names = signals.map((_, at) => signalName(this.#model, at + 1));
    // What stands at the border of two segments is measured once.
    const isLater = this.#rows > 0;
    const places = thinned(time, Math.max(2, Math.floor(measureRows / segments) + Number(isLater)));
    for (const at of isLater ? places.slice(1) : places) {
      const row: Record<string, number> = { [TIME_COLUMN]: time[at]! };
      for (const [i, name] of names.entries()) row[name] = signals[i]![at]!;
      this.#series.add(this.#rows++, row);
      this.#refuseNotFinite(row, this.#rows - 1);
    }
  }

  #refuseNotFinite(numbers: { readonly [name: string]: number }, step: number): void {
    const onNan = this.#job.onNan ?? DEFAULT_ON_NAN;
    const found = onNan === "ignore" || this.#isWarned ? undefined : findNotFinite(numbers);
    if (found === undefined) return;
    const message = notFiniteWords(found, step);
    if (onNan === "fail") throw new RunFailure("not-finite", message);
    this.#isWarned = true;
    const { batch, index } = this.#place;
    this.#tell({ type: "warned", batch, index, step, message });
  }

  async #keepWaveforms(waves: Waveforms): Promise<void> {
    const { batch, index, folder } = this.#place;
    const names = waves.signals.map((_, at) => signalName(this.#model, at + 1));
    await Deno.mkdir(folder, { recursive: true });
    const text = waveformsText(waves, [TIME_COLUMN, ...names]);
    await Deno.writeTextFile(join(folder, WAVEFORMS_FILE), text);
    this.#tell({
      type: "keep",
      batch,
      index,
      folder,
      names: [WAVEFORMS_FILE],
      others: 0,
      areResult: true,
    });
  }

  #seriesAtEnd(): { series?: string } {
    const series = this.#series.take();
    if (!this.#isSeriesOnDisk && series.length <= SERIES_INLINE_CHARACTERS_MAX) {
      return series === "" ? {} : { series };
    }
    const { batch, index } = this.#place;
    this.#tell({ type: "file", batch, index, name: "series.csv", text: series });
    return {};
  }
}

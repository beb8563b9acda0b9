/** Results as they come: which columns there are, a metric over an axis, a map over two. */
import { Fault } from "../job/fault.ts";
import { plotOf } from "../report/plot_data.ts";
import { kindOf, ResultFrame } from "../report/result_frame.ts";
import { briefText, exactText } from "../report/result_table.ts";
import { ResultFold, type ResultRow } from "../report/results.ts";
import { compareCells } from "../report/row_order.ts";
import type { Layout } from "../store/layout.ts";
import { SideFold } from "./side_fold.ts";

export interface PlotQuery {
  readonly job: string;
  readonly x: string;
  readonly y: string;
  readonly by: string | undefined;
  readonly kind: "line" | "heat";
}

export type ResultQuestion =
  | { readonly type: "columns"; readonly job: string | undefined }
  | { readonly type: "plot" } & PlotQuery;

/** How the tree stood when it was asked. */
export interface Moment {
  /** With the same one nothing is read again. */
  readonly version: number;
  readonly working: boolean;
}

interface Frames {
  readonly version: number;
  readonly madeMs: number;
  readonly costMs: number;
  readonly jobs: ReadonlyMap<string, ResultFrame>;
}

/** Reading results again takes no more than this part of the time. */
const LOAD_MAX = 0.1;
const ROWS_MAX = 100;
/** More marks nobody can tell apart, and a browser draws them slowly. */
const POINTS_MAX = 4_000;
const CELLS_MAX = 80;
const COLUMNS_MAX = 60;

export class ResultPlots {
  readonly #fold: SideFold<ResultFold>;
  readonly #clockMs: () => number;
  #frames: Frames | undefined;

  constructor(layout: Layout, clockMs: () => number) {
    this.#fold = new SideFold(layout, () => new ResultFold([]));
    this.#clockMs = clockMs;
  }

  /** What is answered, to be written as JSON. */
  async answer(question: ResultQuestion, moment: Moment): Promise<unknown> {
    const frames = await this.#read(moment);
    return question.type === "columns" ? columnsOf(frames, question.job) : plotIn(frames, question);
  }

  async #read({ version, working }: Moment): Promise<Frames["jobs"]> {
    const known = this.#frames;
    if (known !== undefined) {
      // Old ones only as long as more is certain to come: who asks then asks again.
      const isFresh = working && this.#clockMs() - known.madeMs < known.costMs / LOAD_MAX;
      if (known.version === version || isFresh) return known.jobs;
    }
    const fold = await this.#fold.read();
    const readMs = this.#clockMs();
    const byJob = Map.groupBy(fold.rows(), (row: ResultRow) => row.job);
    const jobs = new Map([...byJob].map(([job, rows]) => [job, new ResultFrame(rows)]));
    this.#frames = { version, madeMs: readMs, costMs: this.#clockMs() - readMs, jobs };
    return jobs;
  }
}

/** Which jobs have results, and of one its columns and its first rows. */
function columnsOf(frames: Frames["jobs"], asked: string | undefined): unknown {
  const jobs = [...frames].map(([job, { rows }]) => ({ job, results: rows.length }));
  const job = asked ?? jobs.find(({ results }) => results > 1)?.job ?? jobs[0]?.job;
  const frame = job === undefined ? undefined : frames.get(job);
  if (frame === undefined) return { jobs, job, axes: [], metrics: [], columns: [], rows: [] };
  const swept = new Set(frame.rows.flatMap((row) => row.swept));
  const axes = frame.columns.flatMap(({ name, of, cell }) => {
    if (of !== "parameter" || !swept.has(name.replace(/^parameters\./, ""))) return [];
    const values = new Set(frame.rows.map((_, i) => exactText(cell(i))));
    const isNumber = frame.rows.every((_, i) => ["number", "none"].includes(kindOf(cell(i))));
    return values.size < 2 ? [] : [{ name, values: values.size, is_number: isNumber }];
  });
  const metrics = frame.columns
    .filter(({ of, cell }) => of === "result" && frame.rows.some((_, i) => isNumber(cell(i))))
    .map(({ name }) => name).slice(0, COLUMNS_MAX);
  const shown = frame.columns.filter(({ name, of }) =>
    of === "result" || axes.some((axis) => axis.name === name)
  ).slice(0, COLUMNS_MAX);
  return {
    jobs,
    job,
    axes: axes.slice(0, COLUMNS_MAX),
    metrics,
    columns: shown.map(({ name, of }) => ({ name, of })),
    rows: frame.rows.slice(0, ROWS_MAX).map((row, i) => ({
      run: row.run,
      cells: shown.map(({ cell }) => briefText(cell(i))),
    })),
    results: frame.rows.length,
  };
}

function plotIn(frames: Frames["jobs"], query: PlotQuery): unknown {
  const frame = frames.get(query.job);
  if (frame === undefined) {
    throw new Fault("not-found", `There are no results of ${query.job} yet.`);
  }
  return query.kind === "heat" ? heatOf(frame, query) : linesOf(frame, query);
}

function linesOf(frame: ResultFrame, { x, y, by }: PlotQuery): unknown {
  const [xs, ys] = [columnOf(frame, x), columnOf(frame, y)];
  const bys = by === undefined ? undefined : columnOf(frame, by);
  const plot = plotOf({
    x,
    y: [y],
    by,
    logX: false,
    logY: false,
    error: "sd",
    title: undefined,
    xLabel: undefined,
    yLabel: undefined,
  }, {
    rows: frame.rows.map((_, i) => ({ x: xs.cell(i), y: [ys.cell(i)], by: bys?.cell(i) })),
    unitOf: () => undefined,
    kind: xs.of === "parameter" ? "sweep" : "cloud",
  });
  const points = plot.groups.reduce((sum, group) => sum + group.points.length, 0);
  const every = Math.ceil(points / POINTS_MAX);
  if (every === 1) return plot;
  const groups = plot.groups.map((group) => ({
    ...group,
    points: group.points.filter((_, i) => i % every === 0),
  }));
  return { ...plot, groups, notes: [...plot.notes, `One of ${every} points is drawn.`] };
}

/** The mean of a metric over two axes; axes of very many values are divided into as many stretches as can be seen. */
function heatOf(frame: ResultFrame, { x, y, by }: PlotQuery): unknown {
  if (by === undefined) throw new Fault("usage", "A map needs two axes.");
  const metric = columnOf(frame, y);
  const across = axisOf(frame, x);
  const up = axisOf(frame, by);
  const sums = new Float64Array(across.labels.length * up.labels.length);
  const counts = new Uint32Array(sums.length);
  for (let i = 0; i < frame.rows.length; i++) {
    const value = metric.cell(i);
    const [column, row] = [across.placeOf(i), up.placeOf(i)];
    if (!isNumber(value) || column === undefined || row === undefined) continue;
    const place = row * across.labels.length + column;
    sums[place]! += Number(value);
    counts[place]!++;
  }
  const cells = [...sums].map((sum, i) => counts[i] === 0 ? null : sum / counts[i]!);
  const known = cells.filter((cell) => cell !== null);
  if (known.length === 0) throw new Fault("usage", `No run has a number for ${y} yet.`);
  return {
    x: { label: x, values: across.labels },
    y: { label: by, values: up.labels },
    metric: y,
    cells,
    counts: [...counts],
    min: known.reduce((a, b) => Math.min(a, b), Infinity),
    max: known.reduce((a, b) => Math.max(a, b), -Infinity),
    is_mean: counts.some((count) => count > 1),
  };
}

interface HeatAxis {
  readonly labels: readonly string[];
  readonly placeOf: (index: number) => number | undefined;
}

function axisOf(frame: ResultFrame, name: string): HeatAxis {
  const { cell } = columnOf(frame, name);
  const distinct = new Map<string, unknown>();
  for (let i = 0; i < frame.rows.length; i++) distinct.set(exactText(cell(i)), cell(i));
  const sorted = [...distinct.values()].sort(compareCells);
  if (sorted.length <= CELLS_MAX) {
    const places = new Map(sorted.map((value, place) => [exactText(value), place]));
    return { labels: sorted.map(briefText), placeOf: (i) => places.get(exactText(cell(i))) };
  }
  const numbers = sorted.filter(isNumber).map(Number).filter(Number.isFinite);
  if (numbers.length < sorted.length) {
    throw new Fault("usage", `${name} has too many different values for a map.`);
  }
  const [least, most] = [numbers[0]!, numbers.at(-1)!];
  const width = (most - least) / CELLS_MAX;
  return {
    labels: Array.from({ length: CELLS_MAX }, (_, i) => briefText(least + (i + 0.5) * width)),
    placeOf: (i) => Math.min(CELLS_MAX - 1, Math.floor((Number(cell(i)) - least) / width)),
  };
}

function columnOf(frame: ResultFrame, name: string) {
  const column = frame.find(name);
  if (column !== undefined) return column;
  throw new Fault("usage", `The results have no column "${name}".`);
}

function isNumber(cell: unknown): boolean {
  return kindOf(cell) === "number";
}

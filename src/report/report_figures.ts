/** Which figures of a job's results say most: its metrics over what was swept, heat maps, how a search came on. Pure. */
import { Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import { REPEAT_NUMBER, SAMPLE_NUMBER, searchOf, TRIAL_NUMBER } from "../job/sweep.ts";
import { bestSoFar } from "./best_so_far.ts";
import { formatCount } from "./format.ts";
import { type HeatMap, heatMapOf } from "./heat_map.ts";
import { type Plot, plotOf } from "./plot_data.ts";
import type { PlotRequest } from "./plot_request.ts";
import { kindOf, type ResultColumn, ResultFrame } from "./result_frame.ts";
import type { ResultRow } from "./results.ts";

export interface ReportFigure {
  readonly job: string;
  readonly title: string;
  /** For `simrun results JOB --plot …`; undefined when a name could not be typed there, and of heat maps. */
  readonly plotWords: string | undefined;
  readonly notes: readonly string[];
  readonly drawing:
    | { readonly kind: "plot"; readonly plot: Plot }
    | { readonly kind: "heat"; readonly heat: HeatMap };
}

interface SweptAxis {
  readonly column: ResultColumn;
  /** Different values; counted up to one more than a line may have. */
  readonly values: number;
  readonly isNumber: boolean;
  readonly isLog: boolean;
  /** Points were drawn from a distribution: there is no line from one to the next. */
  readonly isDrawn: boolean;
}

const METRICS_MAX = 3;
/** Parameters that a heat map is drawn over, and more values of which are a cloud. */
const HEAT_VALUES_MIN = 4;
const LINE_VALUES_MAX = 300;
/** Lines that can be told apart at a glance. */
const LINES_MAX = 7;
const CLOUD_MAX = 2_000;
const CATEGORIES_MAX = 30;

/** `rows` are of one job. The most telling figures come first. */
export function reportFigures(job: Job, rows: readonly ResultRow[]): ReportFigure[] {
  if (rows.length < 2) return [];
  const best = bestSoFar(rows, () => job);
  const frame = new ResultFrame(rows, best === undefined ? [] : [best]);
  const axes = sweptAxes(frame, job);
  const search = searchOf(job.sweep);
  const wanted = search === undefined ? undefined : frame.find(search.metric);
  const metrics = wanted !== undefined ? [wanted] : metricsOf(frame);
  const figures: (ReportFigure | undefined)[] = [];
  const draw = new Drawing(job, frame);
  const trial = frame.find(TRIAL_NUMBER);
  if (search !== undefined && trial !== undefined && best !== undefined && wanted !== undefined) {
    figures.push(
      draw.lines(
        trial,
        [wanted, best],
        undefined,
        `How the search for the ${
          search.goal === "minimize" ? "least" : "greatest"
        } ${wanted.name} came on`,
      ),
    );
  }
  const numeric = axes.filter(({ isNumber }) => isNumber).toSorted((a, b) => b.values - a.values);
  const [first, second] = numeric;
  for (const [i, metric] of metrics.entries()) {
    if (first === undefined) {
      const [words] = axes;
      if (words !== undefined) figures.push(draw.over(words, metric, undefined));
      continue;
    }
    const others = axes.filter((one) => one !== first);
    const by = others.filter(({ values }) => values >= 2 && values <= LINES_MAX)
      .toSorted((a, b) => b.values - a.values)[0];
    figures.push(draw.over(first, metric, by));
    const isCloud = first.isDrawn || first.values > LINE_VALUES_MAX;
    if (isCloud && second !== undefined && i === 0) {
      figures.push(draw.over(second, metric, undefined));
    }
    if (second !== undefined && second.values >= HEAT_VALUES_MIN && i < 2) {
      figures.push(draw.heat(first, second, metric));
    }
  }
  return figures.filter((figure) => figure !== undefined);
}

class Drawing {
  readonly #job: Job;
  readonly #frame: ResultFrame;

  constructor(job: Job, frame: ResultFrame) {
    this.#job = job;
    this.#frame = frame;
  }

  over(axis: SweptAxis, metric: ResultColumn, by: SweptAxis | undefined): ReportFigure | undefined {
    const title = `${metric.name} over ${axis.column.name}` +
      (by === undefined ? "" : `, by ${by.column.name}`);
    return this.lines(axis.column, [metric], by?.column, title, axis);
  }

  lines(
    x: ResultColumn,
    ys: readonly ResultColumn[],
    by: ResultColumn | undefined,
    title: string,
    axis?: SweptAxis,
  ): ReportFigure | undefined {
    const count = this.#frame.rows.length;
    const isCloud = axis !== undefined && axis.isNumber &&
      (axis.isDrawn || axis.values > LINE_VALUES_MAX);
    const every = isCloud ? Math.ceil(count / CLOUD_MAX) : 1;
    const indices = Array.from(
      { length: Math.ceil(count / every) },
      (_, i) => spread(i, every, count),
    );
    const request: PlotRequest = {
      x: x.name,
      y: ys.map(({ name }) => name),
      by: by?.name,
      logX: axis?.isLog ?? false,
      logY: false,
      error: "sd",
      title: undefined,
      xLabel: undefined,
      yLabel: undefined,
    };
    try {
      const plot = plotOf(request, {
        rows: indices.map((i) => ({ x: x.cell(i), y: ys.map((y) => y.cell(i)), by: by?.cell(i) })),
        unitOf: () => undefined,
        kind: isCloud ? "cloud" : "sweep",
      });
      const thinned = every === 1 ? [] : [
        `Drawn are ${formatCount(indices.length)} of ${formatCount(count)} runs, evenly chosen.`,
      ];
      const notes = [...plot.notes, ...thinned];
      return {
        job: this.#job.id,
        title,
        plotWords: plotWords(request),
        notes,
        drawing: { kind: "plot", plot },
      };
    } catch (error) {
      // There is nothing to be drawn after all: all of them NaN, too many groups.
      if (error instanceof Fault) return undefined;
      throw error;
    }
  }

  heat(a: SweptAxis, b: SweptAxis, metric: ResultColumn): ReportFigure | undefined {
    const heat = heatMapOf({
      count: this.#frame.rows.length,
      x: a.column.cell,
      y: b.column.cell,
      z: metric.cell,
      labels: { x: a.column.name, y: b.column.name, z: metric.name },
    });
    if (heat === undefined) return undefined;
    const notes = heat.countMax > 1
      ? [`Each cell is the mean of up to ${formatCount(heat.countMax)} runs.`]
      : [];
    return {
      job: this.#job.id,
      title: `${metric.name} over ${a.column.name} and ${b.column.name}`,
      plotWords: undefined,
      notes,
      drawing: { kind: "heat", heat },
    };
  }
}

/** One of every so many, each at another place among them: a grid's period must not show. */
function spread(i: number, every: number, count: number): number {
  return Math.min(count - 1, i * every + Math.floor(i * GOLDEN % 1 * every));
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Names that would need thought at a prompt are not offered to be typed. */
function plotWords({ x, y, by, logX }: PlotRequest): string | undefined {
  const names = [x, ...y, ...by === undefined ? [] : [by]];
  if (!names.every((name) => /^[A-Za-z_][\w.]*$/.test(name))) return undefined;
  const parts = [
    `x=${x}`,
    ...y.map((name) => `y=${name}`),
    ...by === undefined ? [] : [`by=${by}`],
  ];
  return [...parts, ...logX ? ["logx"] : []].join(",");
}

const NUMBERS: readonly string[] = [SAMPLE_NUMBER, REPEAT_NUMBER, TRIAL_NUMBER];

/** Parameters that the sweep varies, and that have several values. */
function sweptAxes(frame: ResultFrame, { sweep }: Job): SweptAxis[] {
  const drawn = (sweep?.parts ?? []).flatMap((part) => "over" in part ? part.over : []);
  const names = new Set<string>();
  for (const { swept } of frame.rows) for (const name of swept) names.add(name);
  return [...names].flatMap((name): SweptAxis[] => {
    const column = frame.find(`parameters.${name}`) ?? frame.find(name);
    if (NUMBERS.includes(name) || column === undefined) return [];
    const values = new Set<unknown>();
    const numbers: number[] = [];
    let isNumber = true;
    for (let i = 0; i < frame.rows.length && values.size <= LINE_VALUES_MAX; i++) {
      const cell = column.cell(i);
      const kind = kindOf(cell);
      if (kind === "list" || kind === "record") return [];
      if (kind !== "none" && !values.has(cell)) {
        values.add(cell);
        numbers.push(Number(cell));
        isNumber &&= kind === "number";
      }
    }
    if (values.size < 2 || !isNumber && values.size > CATEGORIES_MAX) return [];
    const isLog = isNumber && isSpreadByRatios(numbers);
    const isDrawn = drawn.some((one) => one.name === name);
    return [{ column, values: values.size, isNumber, isLog, isDrawn }];
  });
}

function isSpreadByRatios(values: number[]): boolean {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0]!, sorted.at(-1)!];
  return min > 0 && max / min >= 50 && sorted[sorted.length >> 1]! < max / 5;
}

/** The first numbers of the results that are not all the same. */
function metricsOf(frame: ResultFrame): ResultColumn[] {
  const found: ResultColumn[] = [];
  for (const column of frame.columns) {
    if (column.of !== "result" || found.length === METRICS_MAX) continue;
    let seen: unknown;
    for (let i = 0; i < frame.rows.length; i++) {
      const cell = column.cell(i);
      if (kindOf(cell) === "none") continue;
      if (kindOf(cell) !== "number") break;
      seen ??= cell;
      if (cell === seen || Number.isNaN(cell)) continue;
      found.push(column);
      break;
    }
  }
  return found;
}

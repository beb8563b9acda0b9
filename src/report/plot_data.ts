/** Rows to what a plot shows: groups of points, each with the mean and the spread of the rows that share its place. Pure. */
import { Fault } from "../job/fault.ts";
import { formatCount, formatNumberOf } from "./format.ts";
import type { ErrorBars, PlotRequest } from "./plot_request.ts";
import { kindOf } from "./result_frame.ts";
import { exactText } from "./result_table.ts";
import { compareCells } from "./row_order.ts";

export interface PlotPoint {
  /** A place on the axis; of texts the number of the category. */
  readonly x: number;
  readonly y: number;
  /** The error bar; equal to `y` where there is one value. */
  readonly low: number;
  readonly high: number;
  /** Rows behind it. */
  readonly count: number;
}

export interface PlotGroup {
  readonly label: string;
  /** Which column it shows, and which value of `by`. */
  readonly y: number;
  readonly by: number;
  /** From left to right. */
  readonly points: readonly PlotPoint[];
}

export interface PlotAxis {
  readonly label: string;
  readonly isLog: boolean;
  /** Names of the places, when they are no numbers. */
  readonly categories: readonly string[] | undefined;
  readonly min: number;
  readonly max: number;
}

export interface Plot {
  readonly title: string | undefined;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly groups: readonly PlotGroup[];
  /** What tells the groups apart; undefined of a single one. */
  readonly legend: string | undefined;
  /** A line goes through the points of a group; a cloud has none. */
  readonly isLine: boolean;
  /** `mean ± standard deviation of 3 rows`; undefined where every point is one row. */
  readonly spread: string | undefined;
  /** What was left out, for people. */
  readonly notes: readonly string[];
}

/** What is drawn of a table. */
export interface PlotSource {
  readonly rows: Iterable<{
    readonly x: unknown;
    readonly y: readonly unknown[];
    readonly by: unknown;
  }>;
  /** Of the model's parameters that have one. */
  readonly unitOf: (column: string) => string | undefined;
  /**
   * What `x` is. Of a sweep, rows at the same place are repeats, and a line joins the places unless they are many;
   * of a series always; in a cloud each row is a point of its own.
   */
  readonly kind: "sweep" | "series" | "cloud";
}

/** More cannot be told apart, by eye or by colour. */
const GROUPS_MAX = 20;
const CATEGORIES_MAX = 50;
/** A sweep has no more values; more are a cloud. */
const LINE_POINTS_MAX = 300;

/** Throws a Fault when there is nothing to draw, or nothing that could be read. */
export function plotOf(request: PlotRequest, source: PlotSource): Plot {
  const cells = [...source.rows];
  if (cells.length === 0) throw nothing("there are no rows", "simrun results shows them.");
  const bys = request.by === undefined ? [undefined] : valuesOf(cells.map(({ by }) => by));
  if (bys.length * request.y.length > GROUPS_MAX) throw tooMany(request, bys.length);
  const categories = categoriesOf(request.x, cells.map(({ x }) => x));
  for (const [i, name] of request.y.entries()) refuseTexts(name, cells.map(({ y }) => y[i]));

  const left = { missing: 0, log: 0 };
  const places = new Map((categories ?? []).map((name, i) => [name, i]));
  const ranks = new Map(bys.map((by, i) => [exactText(by), i]));
  const buckets = request.y.map(() => bys.map(() => new Map<number, number[]>()));
  for (const cell of cells) {
    const x = categories === undefined ? numberOf(cell.x) : places.get(exactText(cell.x)) ?? NaN;
    const by = request.by === undefined ? 0 : ranks.get(exactText(cell.by));
    for (const [i, value] of cell.y.entries()) {
      const y = numberOf(value);
      if (!Number.isFinite(x) || !Number.isFinite(y) || by === undefined) left.missing++;
      else if (request.logX && categories === undefined && x <= 0 || request.logY && y <= 0) {
        left.log++;
      } else {
        const bucket = buckets[i]![by]!;
        const values = bucket.get(x);
        if (values === undefined) bucket.set(x, [y]);
        else values.push(y);
      }
    }
  }
  const isCloud = source.kind === "cloud" && categories === undefined;
  const groups = buckets.flatMap((byBuckets, y) =>
    byBuckets.flatMap((bucket, by): PlotGroup[] => {
      if (bucket.size === 0) return [];
      const points = [...bucket].flatMap(([x, values]) =>
        isCloud
          ? values.map((y) => ({ x, y, low: y, high: y, count: 1 }))
          : [pointOf(x, values, request)]
      ).sort((a, b) => a.x - b.x);
      return [{ label: labelOf(request, y, bys[by]), y, by, points }];
    })
  );
  const points = groups.flatMap((group) => group.points);
  if (points.length === 0) {
    throw left.log > 0
      ? nothing("no value is above zero, as a logarithmic axis needs", "Leave out logx or logy.")
      : nothing(
        `no row has a number for ${request.y.join(", ")} and ${request.x}`,
        "NaN and what is missing are not drawn.",
      );
  }
  const spreadCount = Math.max(...groups.map(({ points }) => most(points.map((p) => p.count))));
  const { xLabel, yLabel } = request;
  return {
    title: request.title,
    x: {
      label: xLabel ?? withUnit(request.x, source),
      isLog: request.logX && categories === undefined,
      categories,
      ...extent(points.map(({ x }) => x), []),
    },
    y: {
      label: yLabel ?? (request.y.length === 1 ? withUnit(request.y[0]!, source) : ""),
      isLog: request.logY,
      categories: undefined,
      ...extent(points.map(({ low }) => low), points.map(({ high }) => high)),
    },
    groups,
    legend: request.by === undefined
      ? request.y.length > 1 ? "" : undefined
      : withUnit(request.by, source),
    isLine: categories === undefined && !isCloud &&
      (source.kind === "series" || groups.every(({ points }) => points.length <= LINE_POINTS_MAX)),
    spread: spreadText(request.error, groups, spreadCount),
    notes: notesOf(left),
  };
}

function pointOf(x: number, values: readonly number[], { error, logY }: PlotRequest): PlotPoint {
  const count = values.length;
  const y = values.reduce((sum, value) => sum + (value - values[0]!), 0) / count + values[0]!;
  if (count === 1 || error === "none") return { x, y, low: y, high: y, count };
  if (error === "range") return { x, y, low: least(values), high: most(values), count };
  const variance = values.reduce((sum, value) => sum + (value - y) ** 2, 0) / (count - 1);
  const half = Math.sqrt(error === "se" ? variance / count : variance);
  // A bar that would end below zero has no end on a logarithmic axis: it ends at the least value.
  const low = logY && y - half <= 0 ? least(values) : y - half;
  return { x, y, low, high: y + half, count };
}

/** Not with `Math.min(...)`: there may be a hundred thousand. */
function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}

function extent(low: readonly number[], high: readonly number[]): { min: number; max: number } {
  return { min: Math.min(least(low), least(high)), max: Math.max(most(low), most(high)) };
}

function numberOf(cell: unknown): number {
  return kindOf(cell) === "number" ? Number(cell) : NaN;
}

/** Different values, in their order. */
function valuesOf(cells: readonly unknown[]): unknown[] {
  const byText = new Map<string, unknown>();
  for (const cell of cells) if (kindOf(cell) !== "none") byText.set(exactText(cell), cell);
  return [...byText.values()].sort((a, b) => compareCells(a, b));
}

/** Texts stand side by side; numbers have an axis. */
function categoriesOf(name: string, cells: readonly unknown[]): string[] | undefined {
  const kinds = new Set(cells.map(kindOf));
  kinds.delete("none");
  if (kinds.size === 0 || kinds.size === 1 && kinds.has("number")) return undefined;
  if (kinds.has("list") || kinds.has("record")) {
    throw nothing(`${name} holds lists or records`, "Choose a column of numbers or texts for x.");
  }
  const values = valuesOf(cells).map(exactText);
  if (values.length <= CATEGORIES_MAX) return values;
  throw nothing(
    `${name} holds ${formatCount(values.length)} different texts`,
    "Choose another x, or fewer rows with --where or --limit.",
  );
}

function refuseTexts(name: string, cells: readonly unknown[]): void {
  const other = cells.find((cell) => !["none", "number"].includes(kindOf(cell)));
  if (other === undefined || cells.some((cell) => kindOf(cell) === "number")) return;
  const what = { text: "texts", boolean: "true and false", list: "lists", record: "records" };
  const kind = kindOf(other) as keyof typeof what;
  throw nothing(`${name} holds ${what[kind]}, not numbers`, "Choose a column of numbers for y.");
}

function tooMany({ by, y }: PlotRequest, values: number): Fault {
  const what = by === undefined
    ? `${y.length} columns`
    : y.length === 1
    ? `${by} has ${formatCount(values)} values`
    : `${by} has ${formatCount(values)} values, for ${y.length} columns each`;
  return nothing(
    `${what}; more than ${GROUPS_MAX} lines cannot be told apart`,
    "Choose fewer rows with --where, or another by.",
  );
}

function nothing(why: string, hint: string): Fault {
  return new Fault("usage", `Nothing can be drawn: ${why}.`, { hint });
}

function labelOf({ y, by }: PlotRequest, index: number, value: unknown): string {
  if (by === undefined) return y[index]!;
  const text = typeof value === "number" ? String(Number(value.toPrecision(6))) : exactText(value);
  return y.length === 1 ? text : `${y[index]}, ${text}`;
}

function withUnit(name: string, { unitOf }: PlotSource): string {
  const unit = unitOf(name);
  // A number without a dimension has the unit 1, which nobody writes.
  return unit === undefined || unit === "" || unit === "1" ? name : `${name} (${unit})`;
}

const SPREADS: { readonly [error in ErrorBars]: string } = {
  sd: "mean ± standard deviation",
  se: "mean ± standard error",
  range: "mean, least and most",
  none: "mean",
};

function spreadText(
  error: ErrorBars,
  groups: readonly PlotGroup[],
  countMax: number,
): string | undefined {
  if (countMax <= 1) return undefined;
  const isSame = groups.every(({ points }) => points.every(({ count }) => count === countMax));
  return `${SPREADS[error]} of ${isSame ? "" : "up to "}${formatCount(countMax)} runs`;
}

function notesOf({ missing, log }: { readonly missing: number; readonly log: number }): string[] {
  const notes: string[] = [];
  if (missing > 0) {
    notes.push(
      `${formatNumberOf(missing, "value")} that ${missing === 1 ? "is" : "are"} missing or NaN ${
        missing === 1 ? "is" : "are"
      } not drawn.`,
    );
  }
  if (log > 0) {
    notes.push(
      `${formatNumberOf(log, "value")} not above zero ${
        log === 1 ? "is" : "are"
      } not drawn: a logarithmic axis has no place for ${log === 1 ? "it" : "them"}.`,
    );
  }
  return notes;
}

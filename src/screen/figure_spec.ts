/** A plot as a specification for Vega: a figure as papers have them, on white. Pure. */
import type { Plot, PlotAxis, PlotGroup } from "../report/plot_data.ts";
import { PALETTE } from "./palette.ts";
import { scaleOf } from "./plot_axis.ts";
import { safeText } from "./safe_text.ts";

/** Of the drawn area, in pixels; texts stand around it. */
const WIDTH = 440;
const HEIGHT = 300;
export const FONT = "Arimo, Arial, Helvetica, Liberation Sans, sans-serif";
export const INK = "#222222";
export const FAINT = "#666666";

/** More groups than there are colours are in the order of their values, and so are these colours. */
const ORDERED = "viridis";
const SHAPES = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"];
const DASHES = [[1, 0], [5, 3], [1.5, 2], [7, 3, 1.5, 3]];

/** More points are a line with a band around it. */
const MARKS_MAX = 40;
const MINOR_DECADES_MAX = 5;

/** More points of a cloud add nothing to a picture but megabytes. */
export const CLOUD_POINTS_MAX = 20_000;

export function figureSpec(plot: Plot): Record<string, unknown> {
  const groups = plot.groups.map((group) => group.label);
  const byNumbers = plot.groups.map(({ by }) => by);
  const colorCount = Math.max(...byNumbers) + 1;
  const isByOnly = new Set(plot.groups.map(({ y }) => y)).size === 1;
  const colorOf = ({ y, by }: PlotGroup, i: number) => isByOnly ? by : colorCount > 1 ? by : y ?? i;
  const colors = plot.groups.map((group, i) => colorOf(group, i));
  return {
    width: WIDTH,
    height: HEIGHT,
    padding: 12,
    background: "white",
    autosize: { type: "pad", contains: "padding" },
    config: CONFIG,
    ...titleOf(plot),
    scales: [
      scale("x", plot.x, "width"),
      scale("y", plot.y, "height"),
      { name: "label", type: "ordinal", domain: groups, range: groups },
      {
        name: "color",
        type: "ordinal",
        domain: groups,
        range: Math.max(...colors) < PALETTE.length
          ? colors.map((color) => PALETTE[color])
          : { scheme: ORDERED, count: groups.length },
      },
      {
        name: "shape",
        type: "ordinal",
        domain: groups,
        range: colors.map((c) => SHAPES[c % SHAPES.length]),
      },
      {
        name: "dash",
        type: "ordinal",
        domain: groups,
        range: plot.groups.map(({ y }) => DASHES[y % DASHES.length]),
      },
    ],
    axes: [...axes("x", plot.x), ...axes("y", plot.y)],
    ...legendOf(plot),
    data: plot.groups.map(({ points }, i) => ({
      name: `points${i}`,
      values: thin(points, plot.isLine).map((point) => ({ ...point })),
    })),
    // Bars below lines below marks, of all groups.
    marks: ["spread", "line", "mark"].map((layer) => ({
      type: "group",
      encode: { update: { width: { value: WIDTH }, height: { value: HEIGHT } } },
      marks: plot.groups.flatMap((group, i) => layerOf(layer, plot, group, i)),
    })),
  };
}

const CONFIG = {
  font: FONT,
  axis: {
    domainColor: INK,
    tickColor: INK,
    labelColor: INK,
    titleColor: INK,
    labelFont: FONT,
    titleFont: FONT,
    labelFontSize: 12,
    titleFontSize: 13,
    titleFontWeight: "normal",
    titlePadding: 10,
    labelPadding: 4,
    grid: false,
    tickSize: 5,
  },
  legend: {
    labelFont: FONT,
    titleFont: FONT,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: "normal",
    labelColor: INK,
    titleColor: INK,
    labelLimit: 180,
    titleLimit: 180,
    symbolSize: 50,
    rowPadding: 4,
    offset: 16,
  },
  title: { font: FONT, color: INK, fontSize: 14, fontWeight: "bold", offset: 12, anchor: "start" },
};

function titleOf({ title, spread }: Plot): Record<string, unknown> {
  if (title === undefined && spread === undefined) return {};
  const small = { subtitleFont: FONT, subtitleFontSize: 11, subtitleColor: FAINT };
  if (title === undefined) {
    const text = { text: spread, fontSize: 11, fontWeight: "normal", color: FAINT };
    return { title: { ...text, limit: WIDTH } };
  }
  const head = { text: safeText(title), limit: WIDTH + 100 };
  return { title: spread === undefined ? head : { ...head, ...small, subtitle: spread } };
}

function scale(name: "x" | "y", axis: PlotAxis, range: string): Record<string, unknown> {
  if (axis.categories !== undefined) {
    return { name, type: "point", padding: 0.5, range, domain: axis.categories.map((_, i) => i) };
  }
  const { domain } = scaleOf(axis, 7);
  return { name, type: axis.isLog ? "log" : "linear", domain: [...domain], range, zero: false };
}

function axes(name: "x" | "y", axis: PlotAxis): Record<string, unknown>[] {
  const { ticks, domain } = scaleOf(axis, name === "x" ? 8 : 7);
  const texts: Record<string, string> = {};
  for (const { value, text } of ticks) {
    texts[String(value)] = axis.categories === undefined ? numberText(text) : safeText(text);
  }
  const crowded = axis.categories !== undefined &&
    axis.categories.reduce((sum, one) => sum + one.length * 7 + 10, 0) > WIDTH;
  const main = {
    scale: name,
    orient: name === "x" ? "bottom" : "left",
    ...(axis.label === ""
      ? {}
      : { title: safeText(axis.label), titleLimit: name === "x" ? WIDTH : HEIGHT }),
    values: ticks.map(({ value }) => value),
    labelOverlap: axis.categories === undefined ? "greedy" : false,
    labelLimit: 140,
    ...(name === "x" && crowded
      ? { labelAngle: -40, labelAlign: "right", labelBaseline: "top" }
      : {}),
    encode: {
      labels: {
        update: { text: { signal: `(${JSON.stringify(texts)})[datum.value] || datum.label` } },
      },
    },
    zindex: 1,
  };
  if (!axis.isLog) return [main];
  // The parts of a decade, as on ruled paper; of many decades only these.
  const minor: number[] = [];
  const parts = Math.log10(domain[1] / domain[0]) > MINOR_DECADES_MAX ? 1 : 9;
  for (let e = Math.floor(Math.log10(domain[0])); 10 ** e <= domain[1]; e++) {
    for (let part = 1; part <= parts; part++) minor.push(part * 10 ** e);
  }
  const values = minor.filter((value) => value >= domain[0] && value <= domain[1]);
  const bare = { labels: false, domain: false, tickSize: 3 };
  return [main, { scale: name, orient: main.orient, values, ...bare }];
}

/** `2e-5` as it is printed: 2×10⁻⁵. */
function numberText(text: string): string {
  const [mantissa, exponent] = text.replace(/^-/, "−").split("e");
  if (exponent === undefined) return mantissa!;
  const raised = [...exponent].map((char) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(char)] ?? "⁻").join("");
  return mantissa === "1" ? `10${raised}` : `${mantissa}×10${raised}`;
}

function legendOf({ legend, isLine, groups }: Plot): Record<string, unknown> {
  if (legend === undefined) return {};
  const isDashed = new Set(groups.map(({ y }) => y)).size > 1;
  const hasMarks = !isLine || groups.some(({ points }) => points.length <= MARKS_MAX);
  const symbols = hasMarks
    ? { fill: "color", shape: "shape" }
    : { stroke: "color", ...(isDashed ? { strokeDash: "dash" } : {}) };
  return {
    legends: [{
      ...symbols,
      ...(hasMarks ? {} : { symbolType: "stroke", symbolStrokeWidth: 2 }),
      ...(legend === "" ? {} : { title: safeText(legend) }),
      orient: "right",
      columns: groups.length > 14 ? 2 : 1,
      encode: { labels: { update: { text: { signal: "datum.label" } } } },
    }],
  };
}

function layerOf(layer: string, plot: Plot, { label, points }: PlotGroup, i: number): unknown[] {
  const from = { data: `points${i}` };
  const color = { scale: "color", value: label };
  const offset = dodge(plot, i);
  const x = { scale: "x", field: "x", offset };
  const at = (field: string) => ({ scale: "y", field });
  const isDense = points.length > MARKS_MAX;
  if (layer === "spread") {
    const bandOpacity = plot.groups.length > 3 ? 0.1 : 0.18;
    if (points.every(({ low, high }) => low === high)) return [];
    if (isDense && plot.isLine) {
      const band = {
        x,
        y: at("low"),
        y2: at("high"),
        fill: color,
        fillOpacity: { value: bandOpacity },
      };
      return [{ type: "area", from, encode: { update: band } }];
    }
    const stroke = { stroke: color, strokeWidth: { value: 1.2 } };
    const cap = (field: string) => ({
      type: "rule",
      from,
      encode: {
        update: {
          x: { ...x, offset: offset - 3.5 },
          x2: { ...x, offset: offset + 3.5 },
          y: at(field),
          ...stroke,
        },
      },
    });
    const bar = {
      type: "rule",
      from,
      encode: { update: { x, y: at("low"), y2: at("high"), ...stroke } },
    };
    return [bar, cap("low"), cap("high")];
  }
  if (layer === "line") {
    if (!plot.isLine) return [];
    const line = {
      x,
      y: at("y"),
      stroke: color,
      strokeWidth: { value: 1.6 },
      strokeDash: { scale: "dash", value: label },
      strokeJoin: { value: "round" },
    };
    return [{ type: "line", from, encode: { update: line } }];
  }
  if (plot.isLine && isDense) return [];
  const isCloud = points.length > 500;
  const mark = {
    x,
    y: at("y"),
    fill: color,
    shape: { scale: "shape", value: label },
    size: { value: isCloud ? 8 : 42 },
    fillOpacity: { value: isCloud ? 0.4 : 1 },
    ...(isCloud ? {} : { stroke: { value: "white" }, strokeWidth: { value: 0.8 } }),
  };
  return [{ type: "symbol", from, encode: { update: mark } }];
}

/** Groups of one category stand side by side: their bars would hide each other. */
function dodge({ x, groups }: Plot, i: number): number {
  if (x.categories === undefined) return 0;
  const step = Math.min(12, WIDTH / x.categories.length * 0.6 / groups.length);
  return (i - (groups.length - 1) / 2) * step;
}

/** Every so manieth of a cloud that is too dense to be drawn whole. */
function thin<T>(points: readonly T[], isLine: boolean): readonly T[] {
  if (isLine || points.length <= CLOUD_POINTS_MAX) return points;
  const every = Math.ceil(points.length / CLOUD_POINTS_MAX);
  return points.filter((_, i) => i % every === 0);
}

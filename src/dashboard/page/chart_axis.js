// @ts-check
/** Axes of charts: which numbers stand at them, and where. */
import { svg } from "./dom.js";
import { formatValue, shorten } from "./format.js";

/**
 * @typedef {object} Scale
 * @property {number} min
 * @property {number} max
 * @property {number[]} ticks
 * @property {(value: number) => number} at pixels
 * @property {readonly string[] | undefined} names
 */

/**
 * @param {number} min
 * @param {number} max
 * @param {number} from pixels
 * @param {number} to pixels
 * @param {number} count about so many ticks
 * @returns {Scale}
 */
export function scaleOf(min, max, from, to, count) {
  if (!(max > min)) {
    const around = Math.abs(min) > 0 ? Math.abs(min) * 0.1 : 1;
    return scaleOf(min - around, min + around, from, to, count);
  }
  const step = niceStep((max - min) / Math.max(1, count));
  const ticks = [];
  for (let i = Math.ceil(min / step); i * step <= max + step * 1e-9; i++) ticks.push(i * step);
  return {
    min,
    max,
    ticks,
    at: (value) => from + (value - min) / (max - min) * (to - from),
    names: undefined,
  };
}

/**
 * @param {readonly string[]} names
 * @param {number} from
 * @param {number} to
 * @returns {Scale}
 */
export function namedScale(names, from, to) {
  const scale = scaleOf(-0.5, names.length - 0.5, from, to, 1);
  return { ...scale, ticks: names.map((_, i) => i), names };
}

/** @param {number} rough */
function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  const first = rough / power;
  return power * (first <= 1.4 ? 1 : first <= 3.2 ? 2 : first <= 7.1 ? 5 : 10);
}

/**
 * @param {Scale} scale
 * @param {number} value
 */
export function tickText({ ticks, names }, value) {
  if (names !== undefined) return shorten(names[value] ?? "", 14);
  const step = ticks.length > 1 ? Math.abs((ticks[1] ?? 0) - (ticks[0] ?? 0)) : Math.abs(value);
  // Sums of steps are not exact: what is left of them is not shown.
  const rounded = step > 0 ? Math.round(value / step) * step : value;
  return formatValue(Number(rounded.toPrecision(10)));
}

/**
 * @param {{ x: Scale, y: Scale, xLabel: string, yLabel: string }} axes
 * @param {{ left: number, right: number, top: number, bottom: number }} box
 */
export function drawAxes({ x, y, xLabel, yLabel }, box) {
  const { left, right, top, bottom } = box;
  const wide = Math.max(1, Math.ceil(x.ticks.length / Math.max(1, (right - left) / 48)));
  const xTicks = x.ticks.filter((_, i) => i % wide === 0);
  return svg(
    "g.axes",
    {},
    ...y.ticks.map((tick) =>
      svg("line.grid", { x1: left, x2: right, y1: y.at(tick), y2: y.at(tick) })
    ),
    ...y.ticks.map((tick) =>
      svg("text", { x: left - 8, y: y.at(tick) + 4, "text-anchor": "end" }, tickText(y, tick))
    ),
    ...xTicks.map((tick) =>
      svg("line.tick", { x1: x.at(tick), x2: x.at(tick), y1: bottom, y2: bottom + 5 })
    ),
    ...xTicks.map((tick) =>
      svg("text", { x: x.at(tick), y: bottom + 19, "text-anchor": "middle" }, tickText(x, tick))
    ),
    svg("line.axis", { x1: left, x2: right, y1: bottom, y2: bottom }),
    svg("text.label", { x: (left + right) / 2, y: bottom + 38, "text-anchor": "middle" }, xLabel),
    svg("text.label", { x: left, y: top - 10, "text-anchor": "start" }, yLabel),
  );
}

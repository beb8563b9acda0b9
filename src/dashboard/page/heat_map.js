// @ts-check
/** A map of a metric over two axes: cells from dark to bright, each told by pointer and arrow keys. */
import { drawAxes, namedScale } from "./chart_axis.js";
import { el, svg } from "./dom.js";
import { formatValue } from "./format.js";

/** From low to high: viridis, which is even in brightness and safe for colour-blind eyes. */
const RAMP = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
];

/** @param {number} part 0 to 1 */
function colourOf(part) {
  const at = Math.min(0.9999, Math.max(0, part)) * (RAMP.length - 1);
  const low = RAMP[Math.floor(at)] ?? [0, 0, 0];
  const high = RAMP[Math.floor(at) + 1] ?? low;
  const mixed = low.map((value, i) => Math.round(value + ((high[i] ?? value) - value) * (at % 1)));
  return `rgb(${mixed.join(" ")})`;
}

/**
 * @param {HTMLElement} container
 * @param {import("./link.js").Json} map
 */
export function drawHeatMap(container, map) {
  const { x, y, cells, counts, min, max, metric } = map;
  const width = Math.max(280, Math.round(container.clientWidth || 560));
  const height = Math.min(520, Math.max(240, y.values.length * 34 + 90));
  const box = { left: 76, right: width - 14, top: 28, bottom: height - 46 };
  const across = namedScale(x.values, box.left, box.right);
  const up = namedScale(y.values, box.bottom, box.top);
  const [cellWidth, cellHeight] = [
    Math.abs(across.at(1) - across.at(0)),
    Math.abs(up.at(1) - up.at(0)),
  ];
  const range = max - min || 1;
  /** @type {SVGElement[]} */
  const rects = cells.flatMap((/** @type {number | null} */ value, /** @type {number} */ i) => {
    if (value === null) return [];
    const column = i % x.values.length;
    const row = Math.floor(i / x.values.length);
    return [svg("rect", {
      x: across.at(column) - cellWidth / 2,
      y: up.at(row) - cellHeight / 2,
      width: cellWidth + 0.5,
      height: cellHeight + 0.5,
      fill: colourOf((value - min) / range),
    })];
  });
  const title = `${metric}${map.is_mean ? " (mean)" : ""} over ${x.label} and ${y.label}`;
  const picture = svg(
    "svg.chart.heat",
    {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      tabindex: 0,
      "aria-label": `${title}: from ${formatValue(min)} to ${
        formatValue(max)
      }. Arrow keys read the cells.`,
    },
    ...rects,
    drawAxes({ x: across, y: up, xLabel: x.label, yLabel: y.label }, box),
    svg("rect.frame", { width: 0, height: 0 }),
  );
  const note = el("p.readout", { role: "status" });
  container.replaceChildren(picture, note, scaleBar(metric, min, max));
  const tell = (/** @type {number} */ column, /** @type {number} */ row) => {
    const place = row * x.values.length + column;
    const frame = picture.querySelector(".frame");
    for (
      const [name, value] of Object.entries({
        x: across.at(column) - cellWidth / 2,
        y: up.at(row) - cellHeight / 2,
        width: cellWidth,
        height: cellHeight,
      })
    ) frame?.setAttribute(name, String(value));
    const value = cells[place];
    const runs = counts[place] > 1 ? ` (mean of ${counts[place]} runs)` : "";
    note.textContent = `${x.label} ${x.values[column]}, ${y.label} ${y.values[row]}: ` +
      (value === null ? "no result yet" : `${metric} ${formatValue(value)}${runs}`);
  };
  let [column, row] = [0, 0];
  picture.addEventListener("pointermove", (event) => {
    const { left, top, width: shown } = picture.getBoundingClientRect();
    const at = (event.clientX - left) * width / shown;
    const from = (event.clientY - top) * width / shown;
    column = clamp(Math.round((at - across.at(0)) / cellWidth), x.values.length);
    row = clamp(Math.round((up.at(0) - from) / cellHeight), y.values.length);
    tell(column, row);
  });
  picture.addEventListener("keydown", (event) => {
    const by =
      { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    column = clamp(column + (by[0] ?? 0), x.values.length);
    row = clamp(row + (by[1] ?? 0), y.values.length);
    tell(column, row);
  });
}

/**
 * @param {number} place
 * @param {number} count
 */
function clamp(place, count) {
  return Math.min(count - 1, Math.max(0, place));
}

/**
 * @param {string} metric
 * @param {number} min
 * @param {number} max
 */
function scaleBar(metric, min, max) {
  const steps = Array.from(
    { length: 40 },
    (_, i) => svg("rect", { x: i * 5, y: 0, width: 5.5, height: 12, fill: colourOf(i / 39) }),
  );
  return el(
    "p.ramp",
    {},
    el("span", {}, `${metric} ${formatValue(min)}`),
    svg("svg", { viewBox: "0 0 200 12", width: 200, height: 12, "aria-hidden": "true" }, ...steps),
    el("span", {}, formatValue(max)),
  );
}

// @ts-check
/** A chart of lines or points as SVG, with the nearest value under the pointer or by the arrow keys. */
import { drawAxes, namedScale, scaleOf } from "./chart_axis.js";
import { el, setStyles, svg } from "./dom.js";
import { formatValue } from "./format.js";

/**
 * @typedef {{ x: number, y: number, low?: number, high?: number, count?: number }} Point
 * @typedef {{ label: string, points: (Point | null)[] }} Group a null is a gap
 *
 * @typedef {object} Chart
 * @property {string} title for those who do not see it
 * @property {string} xLabel
 * @property {string} yLabel
 * @property {readonly string[] | undefined} [categories]
 * @property {readonly Group[]} groups
 * @property {string | undefined} [legend]
 * @property {boolean} isLine
 * @property {number} [height]
 */

const COLOURS = 8;
const MARKS_MAX = 60;

/**
 * @param {HTMLElement} container
 * @param {Chart} chart
 */
export function drawChart(container, chart) {
  const width = Math.max(280, Math.round(container.clientWidth || 560));
  const height = chart.height ?? 280;
  const box = { left: 64, right: width - 14, top: 28, bottom: height - 46 };
  const points = chart.groups.flatMap(({ points }) => points.filter((one) => one !== null));
  if (points.length === 0) {
    container.replaceChildren(el("p.empty", {}, "Nothing to draw yet."));
    return;
  }
  const lows = points.map(({ y, low = y }) => low);
  const highs = points.map(({ y, high = y }) => high);
  const [least, most] = [smallest(lows), largest(highs)];
  const air = (most - least) * 0.06;
  const xs = points.map(({ x }) => x);
  const x = chart.categories === undefined
    ? scaleOf(smallest(xs), largest(xs), box.left + 4, box.right - 4, (box.right - box.left) / 90)
    : namedScale(chart.categories, box.left, box.right);
  const y = scaleOf(least - air, most + air, box.bottom, box.top, (box.bottom - box.top) / 44);
  const drawn = chart.groups.map((group, i) => drawGroup(group, i % COLOURS, { x, y }, chart));
  const picture = svg(
    "svg.chart",
    {
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: "img",
      tabindex: 0,
      "aria-label": describe(chart, points.length),
    },
    drawAxes({ x, y, xLabel: chart.xLabel, yLabel: chart.yLabel }, box),
    ...drawn,
    svg("g.cursor", {}),
  );
  const note = el("p.readout", { role: "status" });
  container.replaceChildren(picture, note, legendOf(chart) ?? "");
  follow(picture, note, chart, { x, y });
}

/** @typedef {{ x: import("./chart_axis.js").Scale, y: import("./chart_axis.js").Scale }} Scales */

/**
 * @param {Group} group
 * @param {number} colour
 * @param {Scales} scales
 * @param {Chart} chart
 */
function drawGroup({ points }, colour, { x, y }, { isLine }) {
  const node = svg(`g.series.c${colour}`);
  const known = points.filter((one) => one !== null);
  for (const { x: at, low, high } of known) {
    if (low === undefined || high === undefined || low === high) continue;
    node.append(svg("line.spread", { x1: x.at(at), x2: x.at(at), y1: y.at(low), y2: y.at(high) }));
  }
  if (isLine) {
    let path = "";
    let isOpen = false;
    for (const point of points) {
      if (point !== null) {
        path += `${isOpen ? "L" : "M"}${short(x.at(point.x))} ${short(y.at(point.y))}`;
      }
      isOpen = point !== null;
    }
    node.append(svg("path", { d: path }));
  }
  if (!isLine || known.length <= MARKS_MAX) {
    for (const point of known) {
      node.append(
        svg("circle", {
          cx: short(x.at(point.x)),
          cy: short(y.at(point.y)),
          r: isLine ? 3.5 : 2.5,
        }),
      );
    }
  }
  return node;
}

/** @param {number} pixels */
function short(pixels) {
  return Math.round(pixels * 10) / 10;
}

/** @param {Chart} chart */
function legendOf({ groups, legend }) {
  if (groups.length < 2) return undefined;
  return el(
    "ul.keys",
    { "aria-label": "Lines" },
    legend === undefined || legend === "" ? null : el("li.faint", {}, `${legend}:`),
    ...groups.map(({ label }, i) =>
      el("li", {}, el(`span.swatch.c${i % COLOURS}`, { "aria-hidden": "true" }), label)
    ),
  );
}

/**
 * @param {Chart} chart
 * @param {number} count
 */
function describe({ title, groups, xLabel, yLabel }, count) {
  const lines = groups.length === 1 ? "" : ` in ${groups.length} groups`;
  return `${title}: ${yLabel} over ${xLabel}, ${count} points${lines}. Arrow keys read them.`;
}

/**
 * The nearest point is told: under the pointer, or one after the other by keys.
 * @param {SVGElement} picture
 * @param {HTMLElement} note
 * @param {Chart} chart
 * @param {Scales} scales
 */
function follow(picture, note, chart, { x, y }) {
  const all = chart.groups.flatMap(({ label, points }) =>
    points.flatMap((point) => point === null ? [] : [{ label, point }])
  ).sort((a, b) => a.point.x - b.point.x);
  let place = -1;
  const tell = (/** @type {number} */ next) => {
    const found = all[next];
    if (found === undefined) return;
    place = next;
    const { label, point } = found;
    const cursor = picture.querySelector(".cursor");
    cursor?.replaceChildren(svg("circle", { cx: x.at(point.x), cy: y.at(point.y), r: 6 }));
    const name = chart.categories?.[point.x] ?? formatValue(point.x);
    const spread = point.count !== undefined && point.count > 1 && point.high !== undefined
      ? ` ± ${formatValue(point.high - point.y)} (${point.count} runs)`
      : "";
    const whose = chart.groups.length > 1 ? `${label} · ` : "";
    note.textContent = `${whose}${chart.xLabel} ${name}: ${formatValue(point.y)}${spread}`;
  };
  picture.addEventListener("pointermove", (event) => {
    const { left, width } = picture.getBoundingClientRect();
    const shown = Number(picture.getAttribute("width"));
    const at = (event.clientX - left) * shown / width;
    const top = picture.getBoundingClientRect().top;
    const up = (event.clientY - top) * shown / width;
    let best = -1;
    let bestDistance = Infinity;
    all.forEach(({ point }, i) => {
      // How far to the side it is counts most: a chart is read from left to right.
      const distance = Math.abs(x.at(point.x) - at) * 3 + Math.abs(y.at(point.y) - up);
      if (distance < bestDistance) [best, bestDistance] = [i, distance];
    });
    tell(best);
  });
  picture.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, Home: -all.length, End: all.length }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    tell(Math.min(all.length - 1, Math.max(0, place + by)));
  });
}

/** @param {readonly number[]} values not by `Math.min(...)`: there may be very many */
function smallest(values) {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

/** @param {readonly number[]} values */
function largest(values) {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}

/**
 * A place for a chart that keeps its height while it is drawn anew.
 * @param {number} height
 */
export function chartPlace(height) {
  const node = el("div.plot", { "data-own": "" });
  setStyles(node, { "min-height": `${height}px` });
  return node;
}

// @ts-check
/** What the results say so far: a metric over an axis, a map over two, and the rows behind them. */
import { drawChart } from "./chart.js";
import { el, show } from "./dom.js";
import { formatNumberOf } from "./format.js";
import { drawHeatMap } from "./heat_map.js";
import { ask } from "./link.js";
import { headRow, runLink } from "./names.js";
import { Pace } from "./pace.js";

/** @typedef {import("./link.js").Json} Json */
/** @typedef {{ job: string, x: string, y: string, by: string, kind: string }} Choice */

/** While a campaign works results are drawn anew this often. */
const AGAIN_MS = 3_000;
/** Rows in the place of a plot. */
const FEW = 5;

/** @type {HTMLElement | undefined} */
let place;
let values = new URLSearchParams();
const pace = new Pace(AGAIN_MS, draw);

export const results = {
  /**
   * @param {HTMLElement} main
   * @param {URLSearchParams} query
   */
  open(main, query) {
    place = main;
    values = query;
    pace.reset();
  },
  /** @param {Json} picture */
  news(picture) {
    pace.news(picture.version);
  },
  close() {
    pace.stop();
    place = undefined;
  },
};

async function draw() {
  const main = place;
  if (main === undefined) return;
  try {
    const found = await ask("/api/results", { job: values.get("job") ?? undefined });
    if (place !== main) return;
    if (found.results === undefined) {
      show(
        main,
        el(
          "div.page",
          {},
          el(
            "section.card",
            {},
            el("h1", {}, "No results yet."),
            el("p", {}, "They appear here as runs complete."),
          ),
        ),
      );
      return;
    }
    const choice = chosen(found, values);
    show(main, page(found, choice));
    const plot = main.querySelector(".plot");
    if (plot instanceof HTMLElement) await drawPlot(plot, found, choice);
    main.onchange = (event) => change(event, choice);
  } catch (error) {
    if (place === main) show(main, el("p.empty", {}, error instanceof Error ? error.message : ""));
  }
}

/**
 * What is drawn when nothing was asked for: the first metric over the first axis, lines by the second.
 * @param {Json} found
 * @param {URLSearchParams} asked
 * @returns {Choice}
 */
function chosen({ job, axes, metrics }, asked) {
  const names = axes.map((/** @type {Json} */ axis) => axis.name);
  const numbers = axes.filter((/** @type {Json} */ axis) => axis.is_number)
    .toSorted((/** @type {Json} */ a, /** @type {Json} */ b) => b.values - a.values);
  // Of a single metric that nothing varies there is no plot.
  const other = metrics.length > 1 ? metrics[0] : "";
  const x = asked.get("x") ?? numbers[0]?.name ?? names[0] ?? other;
  const second = axes.find((/** @type {Json} */ axis) => axis.name !== x && axis.values <= 12);
  return {
    job,
    x,
    y: asked.get("y") ?? metrics.find((/** @type {string} */ name) => name !== x) ?? "",
    by: asked.get("by") ?? second?.name ?? "",
    kind: asked.get("kind") ?? "line",
  };
}

/**
 * @param {Event} event
 * @param {Choice} choice
 */
function change(event, choice) {
  const { target } = event;
  if (!(target instanceof HTMLSelectElement) || target.name === "") return;
  const next = target.name === "job"
    ? { job: target.value }
    : { ...choice, [target.name]: target.value };
  location.hash = `#/results?${new URLSearchParams(next)}`;
}

/**
 * @param {Json} found
 * @param {Choice} choice
 */
function page({ jobs, axes, metrics, columns, rows, results: count }, choice) {
  const names = axes.map((/** @type {Json} */ axis) => axis.name);
  const numbers = [...names, ...metrics];
  return el(
    "div.page",
    {},
    el(
      "section.card",
      { "data-key": "plot" },
      el("h1", {}, "Results so far ", el("span.faint", {}, formatNumberOf(count, "run"))),
      el(
        "div.choices",
        {},
        select("job", "Job", jobs.map((/** @type {Json} */ one) => one.job), choice.job),
        select("kind", "Show", names.length > 1 ? ["line", "heat"] : ["line"], choice.kind, {
          line: "a line or points",
          heat: "a map over two axes",
        }),
        select("y", "Metric", metrics, choice.y),
        select("x", "Over", numbers.filter((name) => name !== choice.y), choice.x),
        select(
          "by",
          choice.kind === "heat" ? "And" : "By",
          [
            ...choice.kind === "heat" ? [] : [""],
            ...names.filter((/** @type {string} */ name) => name !== choice.x),
          ],
          choice.by,
          { "": "nothing" },
        ),
      ),
      el("div.plot", { "data-own": "" }),
    ),
    el(
      "section.card",
      { "data-key": "rows" },
      el(
        "h2",
        {},
        "Rows ",
        count > rows.length ? el("span.faint", {}, `the first ${rows.length}`) : null,
      ),
      tableOf(choice.job, columns, rows),
    ),
  );
}

/**
 * @param {string} job
 * @param {Json[]} columns
 * @param {Json[]} rows
 */
function tableOf(job, columns, rows) {
  return el(
    "div.scroll",
    { tabindex: 0, role: "region", "aria-label": "Results of runs" },
    el(
      "table",
      {},
      el("thead", {}, headRow(["run", ...columns.map(({ name }) => name)])),
      el(
        "tbody",
        {},
        ...rows.map(({ run, cells }) =>
          el(
            "tr",
            { "data-key": run },
            el("td", {}, el("a", { href: runLink(job, run) }, run)),
            ...cells.map((/** @type {string} */ cell) => el("td.number", {}, cell)),
          )
        ),
      ),
    ),
  );
}

/**
 * @param {string} name
 * @param {string} title
 * @param {readonly string[]} options
 * @param {string} now
 * @param {Record<string, string>} [words]
 */
function select(name, title, options, now, words = {}) {
  return el(
    "label",
    {},
    el("span", {}, title),
    el(
      "select",
      { name },
      ...[...new Set(options)].map((value) =>
        el("option", { value, selected: value === now }, words[value] ?? value)
      ),
    ),
  );
}

/**
 * @param {HTMLElement} node
 * @param {Json} found
 * @param {Choice} choice
 * @param {number} [height]
 */
async function drawPlot(node, { metrics, columns, rows }, choice, height) {
  if (metrics.length === 0) {
    node.replaceChildren(el("p.empty", {}, "The results hold no numbers to draw."));
    return;
  }
  if (choice.x === "" || choice.y === "") {
    // The view of the results has all rows below.
    const few = height === undefined ? "" : tableOf(choice.job, columns, rows.slice(0, FEW));
    return node.replaceChildren(few, el("p.faint", {}, "Nothing varies that could be an axis."));
  }
  try {
    const { job, x, y, by, kind } = choice;
    const plot = await ask("/api/plot", { job, x, y, by, kind });
    if (kind === "heat") return drawHeatMap(node, plot);
    drawChart(node, {
      title: `Results of ${job}`,
      xLabel: plot.x.label,
      yLabel: plot.y.label || y,
      categories: plot.x.categories,
      groups: plot.groups,
      legend: plot.legend,
      isLine: plot.isLine,
      ...(height === undefined ? {} : { height }),
    });
    const notes = [plot.spread, ...plot.notes].filter(Boolean);
    if (notes.length > 0) node.append(el("p.faint", {}, notes.join(" ")));
  } catch (error) {
    node.replaceChildren(el("p.empty", {}, error instanceof Error ? error.message : ""));
  }
}

const previews = new Pace(AGAIN_MS, drawPreview);
/** @type {HTMLElement | undefined} */
let previewPlace;

/**
 * The same, small, for the overview.
 * @param {HTMLElement} node
 * @param {number} version
 */
export function preview(node, version) {
  if (node !== previewPlace) previews.reset();
  previewPlace = node;
  previews.news(version);
}

async function drawPreview() {
  const node = previewPlace;
  if (node === undefined) return;
  try {
    const found = await ask("/api/results");
    if (found.results === undefined) return node.replaceChildren();
    const choice = chosen(found, new URLSearchParams());
    await drawPlot(node, found, choice, 250);
    if (found.jobs.length > 1) node.prepend(el("p.faint", {}, `of ${found.job}`));
  } catch {
    // The view of the results says what is wrong.
  }
}

export function closePreview() {
  previews.stop();
  previewPlace = undefined;
}

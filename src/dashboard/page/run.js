// @ts-check
/** One run: what it is, what became of it and why, what it measured, saved and logged, and what comes next. */
import { actionButton, mayControl, prioritySelect } from "./actions.js";
import { chartPlace, drawChart } from "./chart.js";
import { bar, el, show } from "./dom.js";
import {
  formatAbout,
  formatBytes,
  formatCount,
  formatDuration,
  formatPercent,
  SIGNS,
} from "./format.js";
import { ask } from "./link.js";
import { Pace } from "./pace.js";
import {
  attempts,
  branchCard,
  checkpoints,
  commandCard,
  fieldsCard,
  filesCard,
  log,
  story,
} from "./run_cards.js";

/** @typedef {import("./link.js").Json} Json */

const AGAIN_MS = 1_000;

/** @type {HTMLElement | undefined} */
let place;
let job = "";
let name = "";
const pace = new Pace(AGAIN_MS, draw);

export const run = {
  /**
   * @param {HTMLElement} main
   * @param {URLSearchParams} values
   */
  open(main, values) {
    place = main;
    job = values.get("job") ?? "";
    name = values.get("run") ?? "";
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
    const found = await ask("/api/run", { job, run: name });
    if (place !== main || found.job !== job || found.run !== name) return;
    show(main, page(found));
    drawCurves(main, found);
  } catch (error) {
    if (place === main) {
      show(
        main,
        el(
          "div.page",
          {},
          el(
            "section.card",
            {},
            el("h1", {}, `${job}/${name}`),
            el("p", {}, error instanceof Error ? error.message : ""),
          ),
        ),
      );
    }
  }
}

/** @param {Json} found */
function page(found) {
  return el(
    "div.page",
    { "data-key": found.name },
    hero(found),
    el(
      "div.columns",
      {},
      el(
        "div",
        {},
        curves(found),
        story(found),
        attempts(found),
        commandCard(found),
        log(found),
        filesCard(found),
        checkpoints(found),
      ),
      el(
        "div",
        {},
        fieldsCard("Result", found.result),
        branchCard(found),
        fieldsCard("Parameters", found.parameters),
        fieldsCard("Where it comes from", found.origins),
        fieldsCard("Learned from the runs in this tree", found.lessons),
      ),
    ),
  );
}

/** @param {Json} found */
function hero(found) {
  const { status, failure, next, model, priority, name: title, job: ofJob, run: ofRun } = found;
  const point = found.parameters.filter((/** @type {Json} */ { swept }) => swept)
    .map((/** @type {Json} */ { name: key, value }) => `${key}: ${value}`).join(", ");
  const state = /** @type {keyof typeof SIGNS} */ (status.state);
  const selector = `${ofJob}/${ofRun}`;
  return el(
    "section.card.hero",
    {},
    el(
      "p.state",
      {},
      el("a", { href: `#/runs?job=${encodeURIComponent(ofJob)}` }, `all runs of ${ofJob}`),
    ),
    el(
      "div.headline",
      {},
      el(
        "h1",
        {},
        el(`span.sign.${state}`, { "aria-hidden": "true" }, SIGNS[state]),
        " ",
        title,
        point === "" ? null : el("span.faint", {}, ` ${point}`),
      ),
      el("p.percent", {}, status.state),
    ),
    bar([{ fraction: status.fraction, tone: state }], `${formatPercent(status.fraction)} done`),
    failure === undefined ? null : el(
      "p.reason",
      {},
      el("b", {}, "Failed: "),
      failure.text,
      failure.place === undefined ? null : [" · ", el("code", {}, failure.place)],
    ),
    status.warning === undefined ? null : el("p.warning", {}, status.warning),
    status.checkpoints_degraded === undefined
      ? null
      : el("p.warning", {}, `Without checkpoints: ${status.checkpoints_degraded}`),
    el(
      "p.facts",
      {},
      facts(status).join(" · "),
      model === undefined ? null : [" · ", el("code", {}, model)],
    ),
    el(
      "ul.next",
      {},
      ...next.filter(Boolean).map((/** @type {string} */ line) => el("li", {}, line)),
    ),
    mayControl() ? controls(status.state, selector, title, priority) : null,
  );
}

/** @param {Json} status */
function facts(status) {
  const parts = [
    `${formatCount(status.steps_done)} of ${formatCount(status.steps_total)} steps`,
    status.attempt > 0 ? `attempt ${status.attempt}` : "not begun",
  ];
  if (status.slot !== undefined) parts.push(`slot ${status.slot}`);
  if (status.steps_per_second > 0) {
    parts.push(`${formatCount(Math.round(status.steps_per_second))} steps a second`);
  }
  if (status.eta_seconds !== undefined) {
    parts.push(`done in about ${formatAbout(status.eta_seconds * 1000)}`);
  }
  if (status.memory_bytes > 0) parts.push(`${formatBytes(status.memory_bytes)} of memory`);
  if (status.compute_seconds !== undefined) {
    const ms = status.compute_seconds * 1000;
    parts.push(`computed for ${ms > 0 ? formatDuration(ms) : "less than a millisecond"}`);
  }
  if (status.ending !== undefined) parts.push(status.ending);
  if (status.last_checkpoint_step !== undefined) {
    parts.push(`saved at step ${formatCount(status.last_checkpoint_step)}`);
  }
  return parts;
}

/**
 * @param {string} state
 * @param {string} selector
 * @param {string} title
 * @param {string | undefined} priority
 */
function controls(state, selector, title, priority) {
  const isOpen = ["running", "waiting", "interrupted"].includes(state);
  const isOver = ["failed", "cancelled"].includes(state);
  return el(
    "p.controls",
    {},
    isOpen ? actionButton("pause", selector, title) : null,
    state === "paused" ? actionButton("continue", selector, title) : null,
    isOver ? actionButton("retry", selector, title) : null,
    isOpen || state === "paused" ? actionButton("cancel", selector, title) : null,
    isOpen && state !== "running"
      ? el("label", {}, "Priority ", prioritySelect(selector, title, priority))
      : null,
  );
}

/** @param {Json} found */
function curves({ series }) {
  if (series === undefined || series.rows === 0) return null;
  return el(
    "section.card",
    { "data-key": "curves" },
    el("h2", {}, "Measurements ", el("span.faint", {}, `${formatCount(series.rows)} rows`)),
    ...series.curves.map((/** @type {Json} */ curve) => {
      const node = chartPlace(220);
      node.setAttribute("data-key", curve.name);
      return node;
    }),
  );
}

/**
 * @param {HTMLElement} main
 * @param {Json} found
 */
function drawCurves(main, { series, name: title }) {
  for (const curve of series?.curves ?? []) {
    const node = [...main.querySelectorAll("[data-own]")].find((one) =>
      one.getAttribute("data-key") === curve.name
    );
    if (!(node instanceof HTMLElement)) continue;
    const looks = `${series.rows} ${curve.x.length} ${node.clientWidth}`;
    if (node.dataset.looks === looks && node.childElementCount > 0) continue;
    node.dataset.looks = looks;
    drawChart(node, {
      title: `${curve.name} of ${title}`,
      xLabel: "step",
      yLabel: curve.name,
      groups: [{
        label: curve.name,
        points: curve.x.map((/** @type {number} */ x, /** @type {number} */ i) =>
          curve.y[i] === null ? null : { x, y: curve.y[i] }
        ),
      }],
      isLine: true,
      height: 220,
    });
  }
}

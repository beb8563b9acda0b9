// @ts-check
/** The card of the jobs whose runs are led by results: the best so far, and why no more runs are needed. */
import { el } from "./dom.js";
import { formatCount, formatValue } from "./format.js";
import { nameOf, runLink } from "./names.js";

/** @typedef {import("./link.js").Json} Json */

const JOBS_MAX = 20;

/** @param {Json} picture */
export function ledJobs({ status: { led } }) {
  if (led === undefined) return null;
  const all = Object.entries(led);
  return el(
    "section.card",
    { "data-key": "led" },
    el("h2", {}, "Searches and stopping rules"),
    el("ul.led", {}, ...all.slice(0, JOBS_MAX).map(([job, one]) => entry(job, one))),
    all.length > JOBS_MAX
      ? el("p.faint", {}, `and ${formatCount(all.length - JOBS_MAX)} more`)
      : null,
  );
}

/**
 * @param {string} job
 * @param {Json} one
 */
function entry(job, one) {
  const { metric, best, standing, stopped_because: why } = one;
  const state = why === undefined
    ? standing
    : `stopped after ${formatCount(one.stopped_after)} of ${formatCount(one.stopped_of)}: ${why}`;
  return el(
    "li",
    { "data-key": job },
    el("a", { href: `#/runs?job=${encodeURIComponent(job)}` }, job),
    best === undefined ? null : el(
      "p.best",
      {},
      `best ${metric} `,
      el("b", {}, formatValue(best.value)),
      " in ",
      el("a", { href: runLink(job, best.run) }, nameOf(job, best.run)),
      ": ",
      Object.entries(best.parameters).map(([name, value]) =>
        `${name}: ${typeof value === "number" ? formatValue(value) : value}`
      ).join(", "),
    ),
    state === undefined ? null : el("p.faint", {}, state),
  );
}

// @ts-check
/** What waits, the most urgent first, and why it is not computed yet. */
import { actionButton, mayControl, prioritySelect } from "./actions.js";
import { el, show } from "./dom.js";
import { formatCount, formatNumberOf, formatTime } from "./format.js";
import { runLink } from "./names.js";

/** @typedef {import("./link.js").Json} Json */

/** @type {HTMLElement | undefined} */
let place;

export const queue = {
  /** @param {HTMLElement} main */
  open(main) {
    place = main;
  },
  /** @param {Json} picture */
  news(picture) {
    if (place !== undefined) show(place, page(picture));
  },
  close() {
    place = undefined;
  },
};

/** @param {Json} picture */
function page({ queue: levels, status }) {
  const waiting = levels.flatMap((/** @type {Json} */ level) => level.jobs);
  const delayed = Object.entries(status.runs).filter(([, run]) => run.retry_at !== undefined);
  return el(
    "div.page",
    {},
    el(
      "section.card",
      {},
      el("h1", {}, "Queue ", el("span.faint", {}, formatNumberOf(status.runs_waiting, "run"))),
      el(
        "p.faint",
        {},
        waiting.length === 0
          ? "Nothing waits."
          : "The most urgent first. A critical run takes the slot of a less urgent one.",
      ),
      ...levels.map((/** @type {Json} */ level) => levelOf(level)),
    ),
    delayed.length === 0 ? null : el(
      "section.card",
      { "data-key": "delayed" },
      el("h2", {}, "Tried again later"),
      el(
        "ul.lately",
        {},
        ...delayed.map(([name, run]) => {
          const [job = "", id = job] = name.split("/");
          return el(
            "li.warning",
            { "data-key": name },
            el("time", { datetime: run.retry_at }, formatTime(run.retry_at)),
            " ",
            el("a", { href: runLink(job, id) }, name),
            ` ${run.waiting_because}; attempt ${run.next_attempt}${
              run.attempts_max === undefined ? "" : ` of ${run.attempts_max}`
            }`,
          );
        }),
      ),
    ),
  );
}

/** @param {Json} level */
function levelOf({ name, jobs }) {
  if (jobs.length === 0) return null;
  return el(
    "div.level",
    { "data-key": name },
    el("h2", {}, el(`span.level-mark.${name}`, { "aria-hidden": "true" }), name),
    el(
      "ul",
      {},
      ...jobs.map((/** @type {Json} */ one) =>
        el(
          "li",
          { "data-key": `${one.job}${one.on_request ? " on request" : ""}` },
          el(
            "p.what",
            {},
            el(
              "a",
              { href: `#/runs?job=${encodeURIComponent(one.job)}&states=waiting,paused` },
              one.job,
            ),
            " ",
            counts(one),
          ),
          ...one.why.map((/** @type {string} */ why) => el("p.faint", {}, why)),
          mayControl() ? controls(one, name) : null,
        )
      ),
    ),
  );
}

/** @param {Json} one */
function counts({ waiting, delayed, paused, on_request: onRequest }) {
  const parts = [];
  if (waiting > 0) {
    parts.push(`${formatNumberOf(waiting, "run")} ${waiting === 1 ? "waits" : "wait"}`);
  }
  if (delayed > 0) parts.push(`${formatCount(delayed)} of them for their next attempt`);
  if (paused > 0) parts.push(`${formatCount(paused)} paused`);
  if (onRequest) parts.push("on request");
  return parts.join(", ");
}

/**
 * @param {Json} one
 * @param {string} level
 */
function controls({ job, waiting, paused }, level) {
  const what = `what waits of ${job}`;
  return el(
    "p.controls",
    {},
    waiting > 0 ? actionButton("pause", `waiting ${job}`, what) : null,
    paused > 0 ? actionButton("continue", `paused ${job}`, `what is paused of ${job}`) : null,
    waiting > 0 ? actionButton("cancel", `waiting ${job}`, what) : null,
    el("label", {}, "Priority ", prioritySelect(job, job, level)),
  );
}

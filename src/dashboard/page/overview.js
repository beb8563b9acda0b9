// @ts-check
/** The view that answers, in a minute: what is running, what failed and why, when it is done, what the results say. */
import { actionButton, mayControl } from "./actions.js";
import { bar, el, show } from "./dom.js";
import {
  formatAbout,
  formatAge,
  formatCount,
  formatNumberOf,
  formatPercent,
  formatTime,
  SIGNS,
  stateParts,
  STATES,
} from "./format.js";
import { currentPicture } from "./link.js";
import { nameOf, pointOf, runLink } from "./names.js";
import { budgets, jobs, lately, retrying, running, statistics } from "./overview_cards.js";

/** @typedef {import("./link.js").Json} Json */

/** @type {Record<string, string>} */
const OUTCOMES = {
  completed: "with everything done",
  failed: "with failures",
  stopped: "before everything was done",
};

const PAINT_MS = 100;

/** @type {HTMLElement | undefined} */
let place;
/** @type {Promise<typeof import("./results.js")> | undefined} The plot is drawn behind the figures. */
let results;

export const overview = {
  /** @param {HTMLElement} main */
  open(main) {
    place = main;
    if (currentPicture()?.is_read !== true) show(main, el("p.empty", {}, "Reading the tree …"));
  },
  /** @param {Json} picture */
  news(picture) {
    if (place === undefined) return;
    show(place, page(picture));
    const plot = place.querySelector("[data-key=preview] .plot");
    if (!(plot instanceof HTMLElement)) return;
    results ??= painted().then(() => import("./results.js"));
    void results.then(({ preview }) => {
      if (place !== undefined) preview(plot, picture.version);
    }, () => results = undefined);
  },
  close() {
    place = undefined;
    void results?.then(({ closePreview }) => closePreview(), () => {});
  },
};

/** The figures are seen first. */
function painted() {
  return new Promise((resolve) => setTimeout(resolve, PAINT_MS));
}

/** @param {Json} picture */
function page(picture) {
  const { status, failures } = picture;
  if (status.runs_total === 0 && Object.keys(status.jobs).length === 0) {
    return el(
      "div.page",
      {},
      el(
        "section.card.hero",
        {},
        el("h1", {}, "Nothing was run here yet."),
        el("p", {}, "As soon as a simrun works on this tree, it is shown here."),
      ),
      rare("shards", picture),
    );
  }
  return el(
    "div.page",
    {},
    hero(picture),
    el(
      "div.columns",
      {},
      el(
        "div",
        {},
        failures.length > 0 ? failed(picture) : null,
        rare("shards", picture),
        running(status),
        retrying(status),
        jobs(status),
        lately(picture),
      ),
      el(
        "div",
        {},
        resultsCard(status),
        rare("led", picture),
        statistics(picture.statistics),
        budgets(picture),
      ),
    ),
  );
}

/** @typedef {(picture: Json) => HTMLElement | null} Card */
/** @type {Record<"shards" | "led", () => Promise<Card>>} Few trees have them: fetched when one has. */
const RARE = {
  shards: () => import("./shards.js").then(({ shards }) => shards),
  led: () => import("./led.js").then(({ ledJobs }) => ledJobs),
};
/** @type {Map<string, Card>} */
const cards = new Map();
const asked = new Set();

/**
 * @param {keyof typeof RARE} name
 * @param {Json} picture
 */
function rare(name, picture) {
  const card = cards.get(name);
  if (card !== undefined) return card(picture);
  const isThere = (name === "shards" ? picture.shards : picture.status.led) !== undefined;
  if (!isThere || asked.has(name)) return null;
  asked.add(name);
  void RARE[name]().then((fetched) => {
    cards.set(name, fetched);
    overview.news(currentPicture() ?? picture);
  }, () => asked.delete(name));
  return null;
}

/** @param {Json} status */
function resultsCard(status) {
  return el(
    "section.card",
    { "data-key": "preview", hidden: status.runs_completed === 0 },
    el("h2", {}, "Results so far ", el("a.more", { href: "#/results" }, "all results")),
    el("div.plot", { "data-own": "" }),
  );
}

/** @param {Json} picture */
function hero({ status, fraction, advice, shards: cut }) {
  const counts = STATES.map((state) => ({ state, count: Number(status[`runs_${state}`]) }));
  const total = Math.max(1, status.runs_total);
  const label = counts.filter(({ count }) => count > 0)
    .map(({ state, count }) => `${formatCount(count)} ${state}`).join(", ");
  return el(
    "section.card.hero",
    {},
    // Of a tree that is cut no single simrun is the one at work.
    el(
      "p.state",
      {},
      cut === undefined ? activity(status.simrun) : [
        el(status.simrun.state === "working" ? "span.dot.on" : "span.dot", {}),
        cut.text,
      ],
    ),
    el(
      "div.headline",
      {},
      el("h1", {}, headline(status)),
      // Runs differ in length: half of them may be a tenth of the work.
      el("p.percent", {}, formatPercent(fraction), el("span", {}, " of the work")),
    ),
    bar(stateParts(status, Object.values(status.runs), total), label),
    el(
      "ul.legend",
      { "aria-label": "Runs by state" },
      ...counts.filter(({ count }) => count > 0).map(({ state, count }) =>
        el(
          "li",
          {},
          el(
            "a",
            { href: `#/runs?states=${state}` },
            el(`span.sign.${state}`, { "aria-hidden": "true" }, SIGNS[state]),
            el("b", {}, formatCount(count)),
            ` ${state}`,
          ),
        )
      ),
    ),
    el("p.facts", {}, facts(status, cut !== undefined)),
    advice.length === 0
      ? null
      : el("ul.next", {}, ...advice.map((/** @type {string} */ line) => el("li", {}, line))),
  );
}

/** @param {Json} status */
function headline(status) {
  const { runs_total: total, runs_completed: done, runs_failed: bad } = status;
  if (done === total && total > 0) return `All ${formatNumberOf(total, "run")} completed.`;
  const failing = bad > 0 ? `, ${formatCount(bad)} failed` : "";
  return `${formatCount(done)} of ${formatNumberOf(total, "run")} done${failing}.`;
}

/** @param {Json} status Who is at work, or who was. */
function activity(status) {
  switch (status.state) {
    case "working":
      return [
        el("span.dot.on", {}),
        `simrun is working on ${status.host}`,
        status.slots === undefined ? "" : `, ${formatNumberOf(status.slots, "slot")}`,
        `, since ${formatTime(status.started_at)}`,
        status.heard_seconds > 15
          ? ` – it has not been heard for ${formatAbout(status.heard_seconds * 1000)}`
          : "",
        status.slots_giving_way > 0
          ? ` – ${formatNumberOf(status.slots_giving_way, "slot")} give way to others`
          : "",
      ];
    case "ended":
      return [
        el("span.dot", {}),
        `No simrun is working. The last one ended ${formatAge(status.ended_at)}, ${
          OUTCOMES[status.outcome] ?? status.outcome
        }.`,
      ];
    case "lost":
      return [
        el("span.dot.bad", {}),
        `simrun (process ${status.pid} on ${status.host}) is gone without a word: killed, or the machine went down.`,
      ];
    default:
      return [el("span.dot", {}), "No simrun has worked here yet."];
  }
}

/**
 * When it will be done, and how quick it is.
 * @param {Json} status
 * @param {boolean} isCut
 */
function facts(status, isCut) {
  /** @type {(Node | string)[]} */
  const parts = [];
  const { eta_seconds: eta, eta_low_seconds: low, eta_high_seconds: high } = status;
  const isOpen = status.runs_waiting + status.runs_running > 0;
  if (eta !== undefined && isOpen) {
    // When those are begun that nobody works on, nobody knows.
    const who = isCut ? "The shards at work are done" : "Done";
    parts.push(el("b", {}, `${who} in about ${formatAbout(eta * 1000)}`));
    const at = formatTime(Date.now() + eta * 1000);
    const between = low === undefined || high === undefined ||
        formatAbout(low * 1000) === formatAbout(high * 1000)
      ? ""
      : `, nine times in ten between ${formatAbout(low * 1000)} and ${formatAbout(high * 1000)}`;
    parts.push(` (at ${at.replace(/:\d\d$/, "")}${between}). `);
  } else if (isOpen && status.simrun.state === "working") {
    parts.push("When it will be done is not known yet. ");
  }
  if (status.steps_total > 0) {
    parts.push(`${formatCount(status.steps_done)} of ${formatCount(status.steps_total)} steps`);
    if (status.steps_per_second > 0) {
      parts.push(`, ${formatCount(Math.round(status.steps_per_second))} a second`);
    }
    parts.push(". ");
  }
  if (status.runs_not_needed > 0) {
    parts.push(`${formatNumberOf(status.runs_not_needed, "run")} are not needed any more.`);
  }
  return parts;
}

/** @param {Json} picture */
function failed({ status, failures, failures_more: more }) {
  return el(
    "section.card.bad",
    { "data-key": "failures" },
    el(
      "h2",
      {},
      "What failed and why ",
      mayControl() && status.runs_failed > 0
        ? actionButton("retry", "failed", `all ${formatCount(status.runs_failed)} failed runs`)
        : null,
    ),
    el(
      "ul.failures",
      {},
      ...failures.map((/** @type {Json} */ one) => {
        const point = pointOf(status.runs[nameOf(one.job, one.run)]);
        return el(
          "li",
          { "data-key": `${one.job}/${one.run}` },
          el(
            "p.what",
            {},
            one.count === 1 ? null : [el("b.count", {}, `${formatCount(one.count)}×`), " "],
            one.text,
          ),
          el(
            "p.where",
            {},
            one.count === 1 ? "" : "first in ",
            el("a", { href: runLink(one.job, one.run) }, nameOf(one.job, one.run)),
            point === "" ? "" : ` · ${point} ·`,
            one.step === undefined ? "" : ` at step ${formatCount(one.step)}`,
            one.place === undefined
              ? ""
              : [" · ", el("code", { title: one.place }, one.place.split(/[\\/]/).at(-1))],
          ),
        );
      }),
    ),
    more > 0
      ? el("p", {}, el("a", { href: "#/runs?states=failed" }, `${formatCount(more)} more kinds`))
      : null,
  );
}

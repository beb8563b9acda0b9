// @ts-check
/** The card of the shards: what each says of itself, how far it is, and what Slurm says of it. */
import { bar, el } from "./dom.js";
import { formatAbout, formatCount, formatNumberOf, formatTime } from "./format.js";
import { headRow } from "./names.js";

/** @typedef {import("./link.js").Json} Json */

/** @type {Record<string, { sign: string, tone: string, word: string }>} */
const STATES = {
  working: { sign: "▶", tone: "running", word: "at work" },
  ended: { sign: "■", tone: "cancelled", word: "ended" },
  done: { sign: "✓", tone: "completed", word: "done" },
  lost: { sign: "!", tone: "interrupted", word: "lost" },
  unbegun: { sign: "○", tone: "waiting", word: "not begun" },
};

/** @param {Json} picture */
export function shards({ shards: all }) {
  if (all === undefined) return null;
  const { listed, unlisted, more = 0 } = all;
  const hasTasks = all.slurm !== undefined && listed.some((/** @type {Json} */ one) => one.slurm);
  const heads = ["shard", "state", "runs done", "where", "left"];
  return el(
    "section.card.shards",
    { "data-key": "shards" },
    el("h2", {}, "Shards ", el("span.faint", {}, formatCount(all.count))),
    all.slurm === undefined ? null : el("p.faint", {}, all.slurm),
    all.last === undefined ? null : el("p.faint", {}, `After them: ${all.last}.`),
    listed.length === 0 ? null : el(
      "div.scroll",
      { tabindex: 0, role: "region", "aria-label": "Shards" },
      el(
        "table",
        {},
        el("thead", {}, headRow(hasTasks ? [...heads, "Slurm"] : heads)),
        el("tbody", {}, ...listed.map((/** @type {Json} */ one) => row(one, hasTasks))),
      ),
    ),
    more > 0 ? el("p.warning", {}, `${formatCount(more)} more need eyes.`) : null,
    rest(unlisted, listed.length),
  );
}

/**
 * @param {Json} one
 * @param {boolean} hasTasks
 */
function row(one, hasTasks) {
  const { runs_total: total = 0, runs_completed: completed = 0, runs_failed: failed = 0 } = one;
  const isDone = one.state === "ended" && total > 0 && completed === total;
  const { sign, tone, word } = STATES[isDone ? "done" : one.state] ?? STATES.ended ?? {};
  const whole = Math.max(1, total);
  const text = `${formatCount(completed)} of ${formatCount(total)}`;
  return el(
    "tr",
    { "data-key": one.shard },
    el("td.number", {}, one.shard),
    el(
      "td",
      {},
      el(`span.sign.${tone}`, { "aria-hidden": "true" }, sign),
      ` ${word}`,
      one.begun === undefined ? null : el("span.faint", {}, `, begun ${times(one.begun)}`),
      ...(one.why ?? []).map((/** @type {string} */ why) => el("span.point.warning", {}, why)),
    ),
    el(
      "td.progress",
      {},
      one.runs_total === undefined ? "–" : [
        bar([
          { fraction: completed / whole, tone: "completed" },
          { fraction: failed / whole, tone: "failed" },
        ], `${text} runs done`),
        el("span", {}, text),
      ],
    ),
    el("td", {}, place(one)),
    el(
      "td.number",
      {},
      one.eta_seconds === undefined ? "–" : formatAbout(one.eta_seconds * 1000),
      one.steps_per_second === undefined
        ? null
        : el("span.point", {}, `${formatCount(Math.round(one.steps_per_second))} steps a second`),
    ),
    hasTasks ? el("td", {}, ...slurm(one.slurm)) : null,
  );
}

/** @param {Json} one */
function place({ host, slots, since, state }) {
  if (host === undefined) return "–";
  return [
    host,
    state === "working"
      ? el(
        "span.point",
        {},
        slots === undefined ? "" : `${formatNumberOf(slots, "slot")}, `,
        `since ${formatTime(since)}`,
      )
      : null,
  ];
}

/** @param {Json | undefined} task In Slurm's own words. */
function slurm(task) {
  if (task === undefined) return ["–"];
  const parts = [task.nodes === undefined ? "" : `on ${task.nodes}`, task.reason ?? ""];
  if (task.exit_code !== undefined && task.exit_code !== "0:0") {
    parts.push(`exit status ${task.exit_code}`);
  }
  if (task.restarts !== undefined) parts.push(`queued again ${times(task.restarts)}`);
  const more = parts.filter(Boolean).join(", ");
  return [
    el("code", { title: task.task }, task.state),
    more === "" ? null : el("span.point", {}, more),
  ];
}

/** @param {number} count */
function times(count) {
  return count === 1 ? "once" : count === 2 ? "twice" : `${formatCount(count)} times`;
}

/**
 * @param {Record<string, number>} unlisted
 * @param {number} listed
 */
function rest(unlisted, listed) {
  const parts = Object.entries(unlisted).map(([state, count]) =>
    `${formatCount(count)} ${STATES[state]?.word ?? state}`
  );
  if (parts.length === 0) return null;
  const what = listed === 0 ? "None needs eyes: " : "The others need no eyes: ";
  return el("p.faint", {}, `${what}${parts.join(", ")}.`);
}

// @ts-check
/** The cards of the overview: what runs now, jobs, what happened lately, statistics, budgets. */
import { bar, el } from "./dom.js";
import {
  formatAbout,
  formatAge,
  formatBytes,
  formatCount,
  formatIn,
  formatNumberOf,
  formatPercent,
  formatTime,
  stateParts,
} from "./format.js";
import { headRow, pointOf, runLink } from "./names.js";

/** @typedef {import("./link.js").Json} Json */

const RETRIES_MAX = 5;
/** More are told of by their number: the page has other things to say. */
const RUNNING_MAX = 12;

/** @param {Json} status */
export function running(status) {
  const rows = Object.entries(status.runs).filter(([, one]) => one.state === "running");
  if (rows.length === 0) return null;
  const all = Math.max(rows.length, status.runs_running);
  return el(
    "section.card.running",
    { "data-key": "running" },
    el("h2", {}, `Running now `, el("span.faint", {}, formatCount(all))),
    el(
      "div.scroll",
      { tabindex: 0, role: "region", "aria-label": "Running now" },
      el(
        "table",
        {},
        el("thead", {}, headRow(["slot", "run", "progress", "left", "memory"])),
        el(
          "tbody",
          {},
          ...rows.slice(0, RUNNING_MAX).map(([name, one]) => {
            const [job = "", run = job] = name.split("/");
            const fraction = one.steps_total > 0 ? one.steps_done / one.steps_total : 0;
            const point = pointOf(one);
            return el(
              "tr",
              { "data-key": name },
              el("td.number", {}, one.slot),
              el(
                "td",
                {},
                el(
                  "a",
                  { href: runLink(job, run) },
                  point === "" ? name : `${job} · ${point}`,
                ),
                point !== "" || one.attempt > 1
                  ? el(
                    "span.point",
                    {},
                    point === "" ? "" : run,
                    one.attempt > 1
                      ? el("span.again", {}, `attempt ${formatCount(one.attempt)}`)
                      : null,
                  )
                  : null,
              ),
              el(
                "td.progress",
                {},
                bar([{ fraction, tone: "running" }], `${formatPercent(fraction)} done`),
                el("span", {}, formatPercent(fraction)),
              ),
              el(
                "td.number",
                {},
                one.eta_seconds === undefined ? "–" : formatAbout(one.eta_seconds * 1000),
              ),
              el(
                "td.number.memory",
                {},
                one.memory_bytes > 0 ? formatBytes(one.memory_bytes) : "–",
              ),
            );
          }),
        ),
      ),
    ),
    all > RUNNING_MAX
      ? el("p", {}, el("a", { href: "#/runs?states=running" }, `all ${formatCount(all)} that run`))
      : null,
  );
}

/** @param {Json} status Runs whose attempt failed, and that wait for the next one. */
export function retrying({ runs, unlisted }) {
  const all = Object.entries(runs).filter(([, one]) => one.retry_at !== undefined)
    .toSorted(([, a], [, b]) => a.retry_at < b.retry_at ? -1 : 1);
  if (all.length === 0) return null;
  const more = unlisted.waiting ?? 0;
  return el(
    "section.card.retrying",
    { "data-key": "retrying" },
    el("h2", {}, "Tried again soon ", el("span.faint", {}, formatCount(all.length + more))),
    el(
      "ul.failures",
      {},
      ...all.slice(0, RETRIES_MAX).map(([name, one]) => {
        const [job = "", run = job] = name.split("/");
        const point = pointOf(one);
        const most = one.attempts_max === undefined ? "" : ` of ${one.attempts_max}`;
        return el(
          "li",
          { "data-key": name },
          el("p.what", {}, one.waiting_because),
          el(
            "p.where",
            {},
            el("a", { href: runLink(job, run) }, name),
            point === "" ? "" : ` · ${point}`,
            ` · attempt ${one.next_attempt}${most} ${formatIn(one.retry_at)}`,
          ),
        );
      }),
    ),
    all.length + more > RETRIES_MAX
      ? el("p", {}, el("a", { href: "#/queue" }, "all of them"))
      : null,
  );
}

/** @param {Json} status */
export function jobs(status) {
  const entries = Object.entries(status.jobs);
  return el(
    "section.card",
    { "data-key": "jobs" },
    el("h2", {}, "Jobs ", el("span.faint", {}, formatCount(entries.length))),
    el(
      "ul.jobs",
      {},
      ...entries.slice(0, 100).map(([id, job]) => {
        const total = Math.max(1, job.runs_total);
        const own = Object.entries(status.runs).filter(([name]) => name.split("/")[0] === id);
        const parts = stateParts(job, own.map(([, one]) => one), total);
        const bad = job.runs_failed > 0 ? `, ${formatCount(job.runs_failed)} failed` : "";
        const text = `${formatCount(job.runs_completed)} of ${
          formatNumberOf(job.runs_total, "run")
        }${bad}`;
        return el(
          "li",
          { "data-key": id },
          el("a.name", { href: `#/runs?job=${encodeURIComponent(id)}` }, id),
          el("span.faint", {}, text),
          bar(parts, `${id}: ${text}`),
        );
      }),
    ),
    entries.length > 100
      ? el("p.faint", {}, `and ${formatCount(entries.length - 100)} more`)
      : null,
  );
}

/** @param {Json} picture */
export function lately({ activities }) {
  return el(
    "section.card",
    { "data-key": "lately" },
    el("h2", {}, "Lately"),
    el(
      "ul.lately",
      {},
      ...activities.slice(0, 10).map((/** @type {Json} */ { at, kind, text, job, run }) =>
        el(
          `li.${kind}`,
          {},
          el("time", { datetime: at, title: formatTime(at) }, formatAge(at)),
          " ",
          run === undefined ? el("span", {}, text) : el("a", { href: runLink(job, run) }, text),
        )
      ),
    ),
  );
}

/** @param {Json} all */
export function statistics(all) {
  const rate = (/** @type {number | undefined} */ value) =>
    value === undefined ? "–" : formatPercent(value);
  /** @type {[string, string][]} */
  const facts = [
    ["completed on first attempt", formatCount(all.runs_completed_first_attempt)],
    ["completed after a retry", formatCount(all.runs_completed_after_retry)],
    ["failed", formatCount(all.runs_failed)],
    ["success rate", rate(all.success_rate)],
    ["failures recovered", rate(all.recovered_share)],
    ["mean retries", all.mean_retries === undefined ? "–" : all.mean_retries.toFixed(1)],
  ];
  return el(
    "section.card",
    { "data-key": "statistics" },
    el("h2", {}, "Statistics"),
    el(
      "dl.tiles",
      {},
      ...facts.map(([title, text]) => el("div", {}, el("dt", {}, title), el("dd", {}, text))),
    ),
    all.causes.length === 0 ? null : el(
      "div.scroll",
      { tabindex: 0, role: "region", "aria-label": "What attempts failed of" },
      el(
        "table",
        {},
        el("thead", {}, headRow(["attempts failed of", "attempts", "runs", "recovered", "failed"])),
        el(
          "tbody",
          {},
          ...all.causes.slice(0, 12).map((/** @type {Json} */ one) =>
            el(
              "tr",
              {},
              el("td", {}, one.class),
              ...[one.attempts_failed, one.runs, one.runs_recovered, one.runs_failed].map((count) =>
                el("td.number", {}, formatCount(count))
              ),
            )
          ),
        ),
      ),
    ),
  );
}

/** @param {Json} picture Budgets are there only where somebody limits them. */
export function budgets({ memory, disk_free_bytes: free, status: { disk, cores } }) {
  /** @type {Node[]} */
  const meters = [];
  if (memory !== undefined && memory.total_bytes > 0) {
    const used = memory.total_bytes - memory.free_bytes;
    meters.push(
      meter(
        "Memory handed to slots",
        used / memory.total_bytes,
        `${formatBytes(used)} of ${formatBytes(memory.total_bytes)}`,
        "running",
      ),
    );
  }
  if (cores !== undefined) {
    const used = cores.total - cores.free;
    meters.push(meter("Cores", used / cores.total, `${used} of ${cores.total}`, "running"));
  }
  if (disk?.budget_bytes !== undefined) {
    const { tree_bytes: used = 0, budget_bytes: all } = disk;
    meters.push(
      meter("Disk of the tree", used / all, `${formatBytes(used)} of ${formatBytes(all)}`),
    );
  }
  if (free !== undefined) {
    meters.push(
      el(
        "div.meter",
        {},
        el("span", {}, "Free on the disk"),
        el("span.number", {}, formatBytes(free)),
      ),
    );
  }
  if (disk !== undefined) meters.push(el("p.warning", {}, `${disk.text}.`));
  if (meters.length === 0) return null;
  return el("section.card", { "data-key": "budgets" }, el("h2", {}, "Memory and disk"), ...meters);
}

/**
 * @param {string} title
 * @param {number} fraction
 * @param {string} text
 * @param {string} [tone] of what may well be used up; otherwise it warns
 */
function meter(
  title,
  fraction,
  text,
  tone = fraction > 0.95 ? "failed" : fraction > 0.85 ? "interrupted" : "running",
) {
  return el(
    "div.meter",
    {},
    el("span", {}, title),
    el("span.number", {}, text),
    bar([{ fraction: Math.min(1, fraction), tone }], `${title}: ${text}`),
  );
}

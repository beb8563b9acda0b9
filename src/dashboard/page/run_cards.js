// @ts-check
/** The cards of a run's page: parameters and result, its story, attempts, checkpoints, log. */
import { el } from "./dom.js";
import { formatBytes, formatCount, formatDuration, formatTime } from "./format.js";
import { headRow } from "./names.js";

/** @typedef {import("./link.js").Json} Json */

/** @param {Json} found */
export function log({ log: text, log_is_cut: isCut }) {
  return el(
    "section.card",
    { "data-key": "log" },
    el("h2", {}, "Log ", isCut ? el("span.faint", {}, "its end") : null),
    text === ""
      ? el("p.faint", {}, "Nothing was logged so far.")
      : el("pre", { tabindex: 0, role: "region", "aria-label": "Log" }, text),
  );
}

/**
 * @param {string} title
 * @param {Json[]} fields
 */
export function fieldsCard(title, fields) {
  if (fields.length === 0) return null;
  return el(
    "section.card",
    { "data-key": title },
    el("h2", {}, title),
    el(
      "dl.fields",
      {},
      ...fields.flatMap(({ name: key, value, swept }) => [
        el("dt", {}, key, swept ? el("span.tag", {}, "swept") : null),
        el("dd", {}, value),
      ]),
    ),
  );
}

/** @param {Json} found */
export function story({ chapters }) {
  if (chapters.length === 0) return null;
  return el(
    "section.card",
    { "data-key": "story" },
    el("h2", {}, "What became of it"),
    el(
      "ol.story",
      {},
      ...chapters.map((/** @type {Json} */ { at, kind, text }) =>
        el(
          `li.${kind}`,
          {},
          el("time", { datetime: at }, formatTime(at)),
          " ",
          el("span", {}, text),
        )
      ),
    ),
  );
}

/** @param {Json} found */
export function attempts({ attempts: all }) {
  if (all.length < 2) return null;
  return el(
    "section.card",
    { "data-key": "attempts" },
    el("h2", {}, "Attempts"),
    el(
      "div.scroll",
      { tabindex: 0, role: "region", "aria-label": "Attempts" },
      el(
        "table",
        {},
        el("thead", {}, headRow(["attempt", "began", "lasted", "ended", "checkpoints"])),
        el(
          "tbody",
          {},
          ...all.map((/** @type {Json} */ one) =>
            el(
              "tr",
              {},
              el("td.number", {}, one.number),
              el(
                "td",
                {},
                formatTime(one.from),
                one.resumedAt === undefined ? "" : `, at step ${formatCount(one.resumedAt)}`,
              ),
              el(
                "td.number",
                {},
                one.to === undefined
                  ? "–"
                  : formatDuration(Date.parse(one.to) - Date.parse(one.from)),
              ),
              el("td", {}, one.ending ?? "goes on", one.why === undefined ? "" : `: ${one.why}`),
              el("td.number", {}, one.checkpoints),
            )
          ),
        ),
      ),
    ),
  );
}

/** @param {Json} found */
export function checkpoints({ checkpoints: all }) {
  if (all.length === 0) return null;
  return el(
    "section.card",
    { "data-key": "checkpoints" },
    el("h2", {}, "Checkpoints ", el("span.faint", {}, "the newest first")),
    el(
      "div.scroll.low",
      { tabindex: 0, role: "region", "aria-label": "Checkpoints" },
      el(
        "table",
        {},
        el("thead", {}, headRow(["step", "saved", "size", "stood still"])),
        el(
          "tbody",
          {},
          ...all.map((/** @type {Json} */ one) =>
            el(
              "tr",
              {},
              el("td.number", {}, formatCount(one.step)),
              el("td", {}, formatTime(one.at)),
              el("td.number", {}, formatBytes(one.bytes)),
              el("td.number", {}, formatDuration(one.stallMs)),
            )
          ),
        ),
      ),
    ),
  );
}

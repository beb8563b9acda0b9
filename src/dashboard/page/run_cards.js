// @ts-check
/** The cards of a run's page: parameters and result, its story, attempts, checkpoints, log. */
import { el } from "./dom.js";
import { formatBytes, formatCount, formatDuration, formatTime } from "./format.js";
import { headRow, nameOf, runLink } from "./names.js";

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

/** @param {Json} found What is another one in it than in the run that it begins from. */
export function branchCard({ branch }) {
  if (branch === undefined) return null;
  const { job, run, step, differs } = branch;
  const at = step === undefined ? "when that has come so far" : `at step ${formatCount(step)}`;
  return el(
    "section.card",
    { "data-key": "branch" },
    el("h2", {}, "Branches off"),
    el("p", {}, "From ", el("a", { href: runLink(job, run) }, nameOf(job, run)), ` ${at}.`),
    differs.length === 0 ? el("p.faint", {}, "Its parameters are the same.") : el(
      "div.scroll",
      { tabindex: 0, role: "region", "aria-label": "What differs" },
      el(
        "table",
        {},
        el("thead", {}, headRow(["differs", "there", "here"])),
        el(
          "tbody",
          {},
          ...differs.map((/** @type {Json} */ one) =>
            el(
              "tr",
              {},
              el("td", {}, one.name),
              el("td.number", {}, one.from ?? el("span.faint", {}, "default")),
              el("td.number", {}, one.to ?? el("span.faint", {}, "default")),
            )
          ),
        ),
      ),
    ),
  );
}

/** @param {Json} found */
export function commandCard({ command }) {
  if (command === undefined) return null;
  return el(
    "section.card",
    { "data-key": "command" },
    el("h2", {}, "Command"),
    el("pre", { tabindex: 0, role: "region", "aria-label": "Command" }, command),
  );
}

/** @param {Json} found */
export function filesCard({ files }) {
  if (files === undefined) return null;
  const { folder, files: all, more } = files;
  return el(
    "section.card",
    { "data-key": "files" },
    el("h2", {}, "Files ", el("span.faint", {}, formatCount(all.length + more))),
    folder === undefined ? null : el("p.faint", {}, "What it kept is in ", el("code", {}, folder)),
    el(
      "div.scroll.low",
      { tabindex: 0, role: "region", "aria-label": "Files" },
      el(
        "table",
        {},
        el("thead", {}, headRow(["file", "size"])),
        el(
          "tbody",
          {},
          ...all.map((/** @type {Json} */ { name, bytes }) =>
            el(
              "tr",
              { "data-key": name },
              el("td", {}, name),
              el("td.number", {}, formatBytes(bytes)),
            )
          ),
        ),
      ),
    ),
    more > 0 ? el("p.faint", {}, `and ${formatCount(more)} more`) : null,
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

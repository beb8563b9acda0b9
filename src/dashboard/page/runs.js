// @ts-check
/** All runs: searched, filtered by state and job, sorted by any column. The address keeps the question. */
import { actionButton, mayControl } from "./actions.js";
import { el, show } from "./dom.js";
import { formatCount, formatNumberOf, SIGNS, STATES } from "./format.js";
import { Pace } from "./pace.js";
import { RunTable } from "./run_table.js";

/** @typedef {import("./link.js").Json} Json */

const REFRESH_MS = 1_000;

const HEADS = [
  { sort: "state", title: "state" },
  { sort: "name", title: "run" },
  { sort: "", title: "parameters" },
  { sort: "done", title: "progress" },
  { sort: "took", title: "took" },
  { sort: "attempt", title: "note" },
];

/** @type {RunTable | undefined} */
let table;
/** @type {HTMLElement | undefined} */
let place;
let values = new URLSearchParams();
const pace = new Pace(REFRESH_MS, async () => await table?.refresh());
/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;

export const runs = {
  /**
   * @param {HTMLElement} main
   * @param {URLSearchParams} query
   */
  open(main, query) {
    const isNew = place === undefined;
    place = main;
    values = query;
    const focus = values.get("focus");
    values.delete("focus");
    if (isNew) {
      table = new RunTable(showCounts);
      main.append(frame(table));
      const search = main.querySelector("input");
      search?.addEventListener("input", () => {
        clearTimeout(typing);
        typing = setTimeout(() => go({ text: search.value }), 150);
      });
    }
    const search = main.querySelector("input");
    if (search !== null && document.activeElement !== search) {
      search.value = values.get("text") ?? "";
    }
    if (focus !== null) search?.focus();
    showHead();
    table?.ask(query_());
  },
  /** @param {Json} picture */
  news(picture) {
    showJobs(picture.status.jobs);
    pace.news(picture.version);
  },
  close() {
    table?.close();
    table = undefined;
    place = undefined;
    pace.stop();
    clearTimeout(typing);
  },
};

function query_() {
  const sort = values.get("sort") ?? "plan";
  return {
    text: values.get("text") ?? "",
    states: values.get("states") ?? "",
    job: values.get("job") ?? "",
    sort,
    order: values.get("order") ?? "",
  };
}

/** @param {Record<string, string>} change */
function go(change) {
  const next = new URLSearchParams(values);
  for (const [name, value] of Object.entries(change)) {
    if (value === "") next.delete(name);
    else next.set(name, value);
  }
  const hash = `#/runs?${next}`;
  // Each letter of a search is no page of its own to go back to.
  if ("text" in change) {
    history.replaceState(null, "", hash);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = hash;
}

/** @param {RunTable} runTable */
function frame(runTable) {
  const root = el(
    "div.page.runs-page",
    {},
    el(
      "div.runs-bar",
      {},
      el("h1", {}, "Runs"),
      el("input", {
        type: "search",
        placeholder: "Search names and parameters",
        "aria-label": "Search runs by name or parameter, e.g. co2=450",
        autocomplete: "off",
        spellcheck: "false",
      }),
      el("div.job-choice", {}),
      el("div.chips", { role: "group", "aria-label": "States" }),
      el("p.total", { role: "status" }),
    ),
    el("div.runs-table", {}, runTable.element),
  );
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!(button instanceof HTMLElement)) return;
    const { sort, state } = button.dataset;
    if (sort !== undefined) sortBy(sort);
    if (state !== undefined) toggle(state);
  });
  root.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLSelectElement && target.name === "job") go({ job: target.value });
  });
  return root;
}

/** @param {string} sort Once up, once down, then as planned. */
function sortBy(sort) {
  const isNow = values.get("sort") === sort;
  if (!isNow) go({ sort, order: "" });
  else if (values.get("order") !== "down") go({ sort, order: "down" });
  else go({ sort: "", order: "" });
}

/** @param {string} state */
function toggle(state) {
  const now = new Set((values.get("states") ?? "").split(",").filter(Boolean));
  if (!now.delete(state)) now.add(state);
  go({ states: [...now].join(",") });
}

function showHead() {
  const head = place?.querySelector(".row.head");
  if (head === null || head === undefined) return;
  show(
    head,
    ...HEADS.map(({ sort, title }, i) => {
      const isNow = sort !== "" && values.get("sort") === sort;
      const order = isNow ? values.get("order") === "down" ? "descending" : "ascending" : undefined;
      const sign = order === undefined ? "" : order === "descending" ? " ↓" : " ↑";
      const name = ["state", "name", "point", "progress", "took", "note"][i];
      return el(
        `span.${name}`,
        { role: "columnheader", "aria-sort": order },
        sort === ""
          ? title
          : el("button", { type: "button", "data-sort": sort }, `${title}${sign}`),
      );
    }),
  );
}

/** @param {Json} answer */
function showCounts({ counts, total }) {
  const chips = place?.querySelector(".chips");
  const chosen = new Set((values.get("states") ?? "").split(",").filter(Boolean));
  if (chips === null || chips === undefined) return;
  show(
    chips,
    ...STATES.filter((state) => counts[state] > 0 || chosen.has(state)).map((state) =>
      el(
        "button.chip",
        { type: "button", "data-state": state, "aria-pressed": String(chosen.has(state)) },
        el(`span.sign.${state}`, { "aria-hidden": "true" }, SIGNS[state]),
        `${state} ${formatCount(counts[state])}`,
      )
    ),
  );
  const node = place?.querySelector(".total");
  if (node === null || node === undefined) return;
  show(node, `${formatNumberOf(total, "run")} `, ...actions(total));
}

/** What may be asked for all that is shown; not for a search, whose words simrun does not know. @param {number} total */
function actions(total) {
  const job = values.get("job");
  const states = (values.get("states") ?? "").split(",").filter(Boolean);
  const isPlain = (values.get("text") ?? "") === "";
  if (!mayControl() || !isPlain || total === 0 || job === null && states.length === 0) return [];
  const words = [...states, ...job === null ? [] : [job]].join(" ");
  const what = `these ${formatNumberOf(total, "run")}`;
  return /** @type {const} */ (["pause", "continue", "retry", "cancel"]).map((type) =>
    actionButton(type, words, what)
  );
}

/** @param {Json} jobs */
function showJobs(jobs) {
  const node = place?.querySelector(".job-choice");
  const names = Object.keys(jobs);
  if (node === null || node === undefined) return;
  if (names.length < 2) return node.replaceChildren();
  const now = values.get("job") ?? "";
  show(
    node,
    el(
      "select",
      { name: "job", "aria-label": "Job" },
      el("option", { value: "", selected: now === "" }, "all jobs"),
      ...names.map((name) => el("option", { value: name, selected: name === now }, name)),
    ),
  );
}

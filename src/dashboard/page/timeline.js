// @ts-check
/** Who ran when: a lane for each slot, a bar for each run or batch; retries, preemptions and checkpoints are marked. */
import { el, show } from "./dom.js";
import { formatDuration, formatNumberOf, formatTime } from "./format.js";
import { ask } from "./link.js";
import { nameOf, runLink } from "./names.js";
import { Pace } from "./pace.js";
import { drawLanes, LEFT, tellPiece, WORDS } from "./timeline_chart.js";

/** @typedef {import("./link.js").Json} Json */

const AGAIN_MS = 1_000;

/** @type {HTMLElement | undefined} */
let place;
let values = new URLSearchParams();
/** @type {Json | undefined} */
let drawn;
const pace = new Pace(AGAIN_MS, draw);
/** @type {ResizeObserver | undefined} */
let watcher;

export const timeline = {
  /**
   * @param {HTMLElement} main
   * @param {URLSearchParams} query
   */
  open(main, query) {
    const isNew = place === undefined;
    place = main;
    values = query;
    pace.reset();
    if (!isNew) return;
    main.append(frame());
    const chart = main.querySelector(".lanes");
    if (chart === null) return;
    let width = 0;
    watcher = new ResizeObserver(() => {
      const now = chart.clientWidth;
      if (width !== 0 && now !== width) void draw();
      width = now;
    });
    watcher.observe(chart);
  },
  /** @param {Json} picture */
  news(picture) {
    pace.news(picture.version);
  },
  close() {
    watcher?.disconnect();
    pace.stop();
    place = undefined;
    drawn = undefined;
  },
};

function frame() {
  const root = el(
    "div.page",
    {},
    el(
      "section.card",
      {},
      el("h1", {}, "Timeline ", el("span.faint.span", {})),
      el(
        "p.controls",
        { role: "group", "aria-label": "Time shown" },
        ...["last session", "everything", "−", "+", "←", "→"].map((word) =>
          el(
            "button",
            { type: "button", "data-go": word, "aria-label": LABELS[word] ?? word },
            word,
          )
        ),
        el("label", {}, "Session ", el("select", { name: "session", "aria-label": "Session" })),
      ),
      el("div.lanes", { "data-own": "" }),
      el("p.readout", { role: "status" }),
      el(
        "ul.keys",
        { "aria-label": "Colours" },
        ...Object.entries(WORDS).map(([state, word]) =>
          el("li", {}, el(`span.swatch.bar-${state}`, { "aria-hidden": "true" }), word)
        ),
        el("li", {}, el("span.swatch.save", { "aria-hidden": "true" }), "checkpoint saved"),
      ),
      el("p.faint.note", {}),
    ),
    el("section.card.told", { hidden: true }),
  );
  root.addEventListener("click", ({ target }) => {
    if (target instanceof HTMLElement && target.dataset.go !== undefined) move(target.dataset.go);
  });
  root.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLSelectElement) || target.value === "") return;
    const [from, to] = target.value.split(" ");
    go(Number(from), Number(to));
  });
  return root;
}

const LABELS = /** @type {Record<string, string>} */ ({
  "−": "Zoom out",
  "+": "Zoom in",
  "←": "Earlier",
  "→": "Later",
});

async function draw() {
  const main = place;
  const chart = main?.querySelector(".lanes");
  if (main === undefined || !(chart instanceof HTMLElement)) return;
  try {
    const width = Math.max(200, chart.clientWidth - LEFT);
    const found = await ask("/api/timeline", {
      from: values.get("from") ?? undefined,
      to: values.get("to") ?? undefined,
      width,
    });
    if (place !== main) return;
    drawn = found;
    paint(main, chart, found, width);
  } catch (error) {
    if (place === main) chart.textContent = error instanceof Error ? error.message : "";
  }
}

/**
 * @param {HTMLElement} main
 * @param {HTMLElement} chart
 * @param {Json} found
 * @param {number} width
 */
function paint(main, chart, found, width) {
  const { fromMs, toMs, lanes, more, sessions, forgotten } = found;
  const readout = main.querySelector(".readout");
  drawLanes(chart, found, width, {
    tell: (piece) => {
      if (readout !== null) readout.textContent = tellPiece(piece);
    },
    open: (piece) => location.hash = runLink(piece.job, piece.run),
    move,
  });
  const span = main.querySelector(".span");
  if (span !== null) {
    span.textContent = `${formatTime(fromMs)} – ${formatTime(toMs)}, ${
      formatDuration(toMs - fromMs)
    }`;
  }
  const select = main.querySelector("select");
  if (select !== null) {
    show(
      select,
      el("option", { value: "" }, formatNumberOf(sessions.length, "session")),
      ...sessions.toReversed().slice(0, 50).map((/** @type {Json} */ one) =>
        el(
          "option",
          { value: `${one.fromMs} ${one.toMs}` },
          `${formatTime(one.fromMs)}, ${formatDuration(one.toMs - one.fromMs)}`,
        )
      ),
    );
  }
  const note = main.querySelector(".note");
  if (note !== null) {
    note.textContent = [
      lanes.length === 0 ? "Nothing ran in this time." : "",
      more > 0 ? `${formatNumberOf(more, "more slot")} are not shown.` : "",
      forgotten > 0 ? `${formatNumberOf(forgotten, "older bar")} are not kept.` : "",
    ].join(" ");
  }
  showTold(main, lanes.flat());
}

const TOLD_MAX = 30;

/**
 * What did not simply complete, as a list: for those who do not see the picture, and for all who look for a name in it.
 * @param {HTMLElement} main
 * @param {Json[]} pieces
 */
function showTold(main, pieces) {
  const node = main.querySelector(".told");
  if (!(node instanceof HTMLElement)) return;
  const told = pieces.filter(({ state }) => !["running", "completed"].includes(state))
    .toSorted((a, b) => b.toMs - a.toMs);
  node.hidden = told.length === 0;
  show(
    node,
    el("h2", {}, "What did not simply complete"),
    el(
      "ul.lately",
      {},
      ...told.slice(0, TOLD_MAX).map((piece) =>
        el(
          piece.state === "failed" ? "li.bad" : "li.warning",
          {},
          el("time", { datetime: new Date(piece.toMs).toISOString() }, formatTime(piece.toMs)),
          " ",
          el("a", { href: runLink(piece.job, piece.run) }, nameOf(piece.job, piece.run)),
          ` ${tellPiece(piece, true)}`,
        )
      ),
    ),
    told.length > TOLD_MAX ? el("p.faint", {}, `and ${told.length - TOLD_MAX} more`) : null,
  );
}

/** @param {string} how */
function move(how) {
  if (drawn === undefined) return;
  const { fromMs, toMs, sessions } = drawn;
  const span = toMs - fromMs;
  switch (how) {
    case "last session":
      location.hash = "#/timeline";
      return;
    case "everything":
      return go(sessions[0]?.fromMs ?? fromMs, sessions.at(-1)?.toMs ?? toMs);
    case "+":
      return go(fromMs + span / 4, toMs - span / 4);
    case "−":
      return go(fromMs - span / 2, toMs + span / 2);
    case "←":
      return go(fromMs - span / 3, toMs - span / 3);
    case "→":
      return go(fromMs + span / 3, toMs + span / 3);
  }
}

/**
 * @param {number} from
 * @param {number} to
 */
function go(from, to) {
  location.hash = `#/timeline?from=${Math.max(0, Math.round(from))}&to=${
    Math.max(1, Math.round(to))
  }`;
}

// @ts-check
/** The lanes of the timeline as SVG: what is bad is drawn last and never thinner than can be seen. */
import { svg } from "./dom.js";
import { formatDuration, formatNumberOf, formatTime } from "./format.js";
import { nameOf } from "./names.js";

/** @typedef {import("./link.js").Json} Json */

/**
 * @typedef {object} Answers
 * @property {(piece: Json) => void} tell
 * @property {(piece: Json) => void} open
 * @property {(how: string) => void} move
 */

/** Where the lanes begin. */
export const LEFT = 52;
const TOP = 10;
const LANE = 26;
/** Few lanes may be taller. */
const LANE_MAX = 46;
const HEIGHT = 280;
/** Checkpoints that are nearer cannot be told apart. */
const SAVES_APART = 9;
const BAD_WIDTH = 4;

export const WORDS = /** @type {Record<string, string>} */ ({
  running: "running",
  completed: "completed",
  moved: "gave its slot away",
  cancelled: "cancelled",
  lost: "interrupted",
  retried: "failed, tried again",
  failed: "failed",
});

/** @type {Record<string, string>} */
const MARKS = { failed: "✕", retried: "↻", moved: "⇢", lost: "!" };
const BAD = ["failed", "retried", "lost"];
const KEYS = /** @type {Record<string, string>} */ ({
  ArrowLeft: "←",
  ArrowRight: "→",
  "+": "+",
  "-": "−",
  "0": "everything",
});

/**
 * @param {HTMLElement} chart
 * @param {Json} found
 * @param {number} width
 * @param {Answers} answers
 */
export function drawLanes(chart, found, width, { tell, open, move }) {
  const { fromMs, toMs, lanes } = found;
  const lane = Math.min(LANE_MAX, Math.max(LANE, Math.floor(HEIGHT / Math.max(1, lanes.length))));
  const height = TOP + lanes.length * lane + 34;
  const at = (/** @type {number} */ ms) => LEFT + (ms - fromMs) / (toMs - fromMs) * width;
  const picture = svg(
    "svg.chart.timeline",
    {
      viewBox: `0 0 ${width + LEFT} ${height}`,
      width: width + LEFT,
      height,
      role: "img",
      tabindex: 0,
      "aria-label": describe(found),
    },
    ...lanes.map((/** @type {Json[]} */ pieces, /** @type {number} */ i) =>
      drawLane(pieces, i, {
        ...{ at, right: LEFT + width, top: TOP + i * lane, lane },
        name: laneName(found.shards, i),
      })
    ),
    axis(fromMs, toMs, at, TOP + lanes.length * lane),
  );
  const hadFocus = chart.contains(document.activeElement);
  chart.replaceChildren(picture);
  if (hadFocus) picture.focus();
  const pieceOf = (/** @type {EventTarget | null} */ target) => {
    const node = target instanceof Element ? target.closest("[data-piece]") : null;
    const [place, index] = (node?.getAttribute("data-piece") ?? "").split(" ").map(Number);
    return lanes[place ?? -1]?.[index ?? -1];
  };
  picture.addEventListener("pointermove", ({ target }) => {
    const piece = pieceOf(target);
    if (piece !== undefined) tell(piece);
  });
  picture.addEventListener("click", ({ target }) => {
    const piece = pieceOf(target);
    if (piece !== undefined) open(piece);
  });
  picture.addEventListener("keydown", (event) => {
    const how = KEYS[event.key];
    if (how === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(how);
  });
}

/**
 * @param {Json[]} pieces
 * @param {number} i
 * @param {{ at: (ms: number) => number, right: number, top: number, lane: number, name: string }} box
 */
function drawLane(pieces, i, { at, right, top, lane, name }) {
  const middle = top + lane / 2 - 2;
  const drawn = pieces.map((piece, index) => {
    const isBad = BAD.includes(piece.state);
    const end = Math.min(right, at(piece.toMs));
    const from = Math.max(LEFT, at(piece.fromMs));
    const width = Math.max(isBad ? BAD_WIDTH : 1, end - from - 0.5);
    const x = Math.max(LEFT, Math.min(from, end - width));
    const node = svg(
      "g",
      { "data-piece": `${i} ${index}` },
      svg(`rect.bar-${piece.state}`, {
        x,
        y: top + (isBad ? 0 : 2),
        width,
        height: lane - (isBad ? 4 : 8),
        rx: width > 6 ? 3 : 0,
      }),
      ...saves(piece, at, right).map((cx) => svg("circle.save", { cx, cy: middle, r: 2.5 })),
      piece.state in MARKS && width > 14
        ? svg(
          "text.mark",
          { x: x + width - 5, y: middle + 4, "text-anchor": "end" },
          MARKS[piece.state],
        )
        : null,
    );
    return { node, isBad };
  });
  return svg(
    "g",
    {},
    svg("text", { x: LEFT - 8, y: middle + 4, "text-anchor": "end" }, name),
    svg("line.grid", { x1: LEFT, x2: right, y1: top + lane - 3, y2: top + lane - 3 }),
    ...drawn.filter(({ isBad }) => !isBad).map(({ node }) => node),
    ...drawn.filter(({ isBad }) => isBad).map(({ node }) => node),
  );
}

/**
 * A slot's number; of a tree that is cut each shard's name, at the first of its slots.
 * @param {string[] | undefined} shards
 * @param {number} i
 */
function laneName(shards, i) {
  if (shards === undefined) return `slot ${i + 1}`;
  return i > 0 && shards[i - 1] === shards[i] ? "" : shards[i] ?? "";
}

/**
 * @param {Json} piece
 * @param {(ms: number) => number} at
 * @param {number} right
 * @returns {number[]}
 */
function saves(piece, at, right) {
  let before = -Infinity;
  return (piece.saves ?? []).map(at).filter((/** @type {number} */ x) => {
    if (x < LEFT || x > right || x - before < SAVES_APART) return false;
    before = x;
    return true;
  });
}

const STEPS = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600],
  ...[86_400, 172_800, 604_800, 2_592_000],
];

/**
 * @param {number} fromMs
 * @param {number} toMs
 * @param {(ms: number) => number} at
 * @param {number} y
 */
function axis(fromMs, toMs, at, y) {
  const room = Math.max(2, (at(toMs) - at(fromMs)) / 110);
  const step = 1000 * (STEPS.find((one) => one * 1000 * room >= toMs - fromMs) ?? 31_536_000);
  const node = svg(
    "g.axes",
    {},
    svg("line.axis", { x1: at(fromMs), x2: at(toMs), y1: y, y2: y }),
  );
  // Whole minutes and hours are those of the reader's clock.
  const offset = new Date(fromMs).getTimezoneOffset() * 60_000;
  const first = Math.ceil((fromMs - offset) / step) * step + offset;
  for (let ms = first; ms <= toMs; ms += step) {
    const tenth = step < 1000 ? `.${Math.floor(ms % 1000 / 100)}` : "";
    const anchor = at(ms) - at(fromMs) < 30 ? "start" : at(toMs) - at(ms) < 30 ? "end" : "middle";
    node.append(
      svg("line.tick", { x1: at(ms), x2: at(ms), y1: y, y2: y + 5 }),
      svg("text", { x: at(ms), y: y + 19, "text-anchor": anchor }, formatTime(ms) + tenth),
    );
  }
  return node;
}

/**
 * @param {Json} piece
 * @param {boolean} [isNamed] its name stands before it already
 */
export function tellPiece(piece, isNamed = false) {
  const name = nameOf(piece.job, piece.run);
  const runs = piece.runs > 1 ? `${formatNumberOf(piece.runs, "run")}, the first ` : "";
  const why = piece.why === undefined ? "" : ` (${piece.why})`;
  const what = `${WORDS[piece.state]}${why}`;
  const when = `${formatTime(piece.fromMs)}, ${formatDuration(piece.toMs - piece.fromMs)}`;
  if (isNamed) return `${piece.runs > 1 ? `(${formatNumberOf(piece.runs, "run")}) ` : ""}${what}`;
  return `${runs}${name}: ${what}, ${when}`;
}

/** @param {Json} found */
function describe({ fromMs, toMs, lanes }) {
  const counts = Map.groupBy(/** @type {Json[]} */ (lanes.flat()), ({ state }) => state);
  const told = [...counts].map(([state, all]) =>
    `${all.reduce((sum, { runs }) => sum + runs, 0)} ${WORDS[state]}`
  );
  const what = told.join(", ") || "nothing ran";
  return `${formatNumberOf(lanes.length, "slot")} from ${formatTime(fromMs)} to ${
    formatTime(toMs)
  }: ${what}. Arrows and plus and minus move and zoom.`;
}

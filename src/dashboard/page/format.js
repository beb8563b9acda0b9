// @ts-check
/** Numbers, times and states as people read them. */

/** @typedef {"running" | "paused" | "interrupted" | "failed" | "cancelled" | "waiting" | "completed"} State */

/** @type {Record<State, string>} A sign beside the word: colour alone tells nobody who cannot see it. */
export const SIGNS = {
  running: "▶",
  paused: "Ⅱ",
  interrupted: "!",
  failed: "✕",
  cancelled: "⊘",
  waiting: "○",
  completed: "✓",
};

/** @type {readonly State[]} As they stand in bars and legends. */
export const STATES = [
  "completed",
  "running",
  "failed",
  "interrupted",
  "paused",
  "cancelled",
  "waiting",
];

/** @param {number} count */
export function formatCount(count) {
  return count.toLocaleString("en");
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function formatNumberOf(count, noun) {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** @param {number} fraction */
export function formatPercent(fraction) {
  const percent = fraction * 100;
  // Not done is never shown as done.
  if (percent >= 10) return `${Math.floor(percent)} %`;
  return `${(Math.floor(percent * 10) / 10).toFixed(1).replace(/\.0$/, "")} %`;
}

/** @param {number} ms */
export function formatDuration(ms) {
  if (!Number.isFinite(ms)) return "–";
  if (ms < 1000) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** @param {number} ms About when something will be. */
export function formatAbout(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 2) return "a second";
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** @param {string | number} at */
export function formatAge(at) {
  const ms = Date.now() - (typeof at === "number" ? at : Date.parse(at));
  if (!Number.isFinite(ms)) return "";
  if (ms < 2_000) return "just now";
  return `${formatAbout(ms)} ago`;
}

/** @param {string} at */
export function formatIn(at) {
  const ms = Date.parse(at) - Date.now();
  return ms < 1_000 ? "now" : `in ${formatAbout(ms)}`;
}

/** @param {string | number} at */
export function formatTime(at) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "";
  const isToday = date.toDateString() === new Date().toDateString();
  const time = date.toLocaleTimeString("en-GB");
  return isToday ? time : `${date.toLocaleDateString("en-CA")} ${time}`;
}

/** @param {number} bytes */
export function formatBytes(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** @param {number} value Six digits are enough for eyes. */
export function formatValue(value) {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return formatCount(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(3).replace("e+", "e");
  return String(Number(value.toPrecision(5)));
}

/**
 * @param {string} text
 * @param {number} most
 */
export function shorten(text, most) {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/**
 * The parts of a bar by the states of runs: of those that run, what is done of them is told from what is not.
 * @param {Record<string, any>} counts `runs_completed` and the like
 * @param {Record<string, any>[]} runs those that are listed, of which some run
 * @param {number} total
 */
export function stateParts(counts, runs, total) {
  const running = runs.filter(({ state }) => state === "running");
  const done = running.reduce(
    (sum, { steps_done: steps, steps_total: of }) => sum + (of > 0 ? Math.min(1, steps / of) : 0),
    0,
  );
  // Of very many that run not all are listed.
  const share = running.length === 0 ? 0 : done / running.length;
  return STATES.flatMap((state) => {
    const fraction = Number(counts[`runs_${state}`] ?? 0) / total;
    return state === "running"
      ? [{ tone: "running", fraction: fraction * share }, {
        tone: "begun",
        fraction: fraction * (1 - share),
      }]
      : [{ tone: state, fraction }];
  });
}

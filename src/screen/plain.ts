/** Calm lines for CI, cron and log files: a line now and then instead of a picture. Pure; the clock comes in. */
import type { Live } from "../job/live.ts";
import {
  formatCount,
  formatDuration,
  formatNumberOf,
  formatPercent,
  formatRate,
} from "../report/format.ts";
import { describeDisk } from "../report/disk_text.ts";
import { formatTimeLeft } from "../report/time_left.ts";
import { describeWaiting, isAllPaused, liveFraction } from "../report/live_text.ts";
import type { Speed } from "../report/pace.ts";
import { type Note, noteText } from "./note.ts";

/** Nothing new for so long deserves a sign of life. */
const QUIET_MS = 30_000;
/** A mark that comes sooner than this after the last line is left out. */
const MARK_MIN_MS = 2_000;
const NOTES_A_MINUTE = 30;

export class PlainNarrator {
  #saidAtMs = -Infinity;
  #mark = 0;
  #noteMinute = 0;
  #notesInMinute = 0;
  #notesLeftOut = 0;
  #started = false;

  /** The lines to print for this picture; mostly none. `elapsedMs` since the invocation began. */
  observe(live: Live, speed: Speed, elapsedMs: number): string[] {
    const fraction = liveFraction(live);
    const mark = Math.floor(fraction * 10);
    if (!this.#started) {
      this.#started = true;
      this.#mark = mark;
      this.#saidAtMs = elapsedMs;
      return [startLine(live)];
    }
    const sinceMs = elapsedMs - this.#saidAtMs;
    const due = sinceMs >= QUIET_MS || (mark > this.#mark && mark < 10 && sinceMs >= MARK_MIN_MS);
    if (!due) return [];
    this.#mark = Math.max(mark, this.#mark);
    this.#saidAtMs = elapsedMs;
    return [progressLine(live, speed, fraction, elapsedMs)];
  }

  /** A failure or a warning at once; a storm of them is counted instead. */
  note(note: Note, elapsedMs: number): string[] {
    const minute = Math.floor(elapsedMs / 60_000);
    if (minute !== this.#noteMinute) {
      this.#noteMinute = minute;
      this.#notesInMinute = 0;
    }
    if (++this.#notesInMinute > NOTES_A_MINUTE) {
      this.#notesLeftOut++;
      return [];
    }
    const word = note.kind === "info" ? "" : note.kind === "failed" ? "failed: " : "note: ";
    const lines = [`${stamp(elapsedMs)} ${word}${noteText(note)}`];
    if (this.#notesLeftOut > 0) {
      lines.unshift(`${stamp(elapsedMs)} (${formatCount(this.#notesLeftOut)} more notes left out)`);
      this.#notesLeftOut = 0;
    }
    return lines;
  }
}

function startLine(live: Live): string {
  const { counts } = live;
  const done = counts.skipped > 0 ? `, ${formatCount(counts.skipped)} of them done before` : "";
  const runs = counts.total === 0 ? "no runs yet" : formatNumberOf(counts.total, "run");
  return `${runs}${done}, on ${formatNumberOf(live.slots, "slot")}`;
}

function progressLine(live: Live, speed: Speed, fraction: number, elapsedMs: number): string {
  const { counts } = live;
  const done = counts.completed + counts.skipped;
  const waits = describeWaiting(counts);
  const text = [
    `${stamp(elapsedMs)} ${formatPercent(fraction).padStart(4)}`,
    `${formatCount(done)} of ${formatNumberOf(counts.total, "run")} done`,
    counts.failed > 0 ? `${formatCount(counts.failed)} failed` : "",
    waits.delayed,
    waits.paused,
    waits.cancelled,
    isAllPaused(live)
      ? ""
      : counts.total > 0 && speed.runsPerSecond >= live.slots
      ? formatRate(speed.runsPerSecond, "runs")
      : formatRate(speed.stepsPerSecond, "steps"),
    speed.etaMs === undefined ? "" : `${formatTimeLeft(speed)} left`,
  ].filter((part) => part !== "").join(", ");
  if (live.disk?.level === "full") return `${text}; waits: ${describeDisk(live.disk)}`;
  return isAllPaused(live) ? `${text}; all that is left is paused: simrun continue all` : text;
}

function stamp(elapsedMs: number): string {
  return `[${elapsedMs < 1000 ? "0 s" : formatDuration(Math.floor(elapsedMs / 1000) * 1000)}]`;
}

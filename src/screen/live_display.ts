/** The live display: the lines that show a working campaign at one moment. Pure; the painter puts them on the screen. */
import type { Live, LiveRun } from "../job/live.ts";
import {
  formatBytes,
  formatClock,
  formatCount,
  formatNumberOf,
  formatPercent,
  formatRate,
} from "../report/format.ts";
import { describeDisk, describeDiskNext } from "../report/disk_text.ts";
import {
  describeGivingWay,
  describeWaiting,
  isAllPaused,
  liveFraction,
} from "../report/live_text.ts";
import type { Speed } from "../report/pace.ts";
import { remainingMs } from "../report/run_status.ts";
import { formatTimeLeft } from "../report/time_left.ts";
import { renderBar } from "./bar.ts";
import type { Note } from "./note.ts";
import type { Paint } from "./paint.ts";
import { type Canvas, MARGIN, type RunLine, runLines } from "./run_lines.ts";
import { cutToWidth, displayWidth, wrapToWidth } from "./width.ts";

export type { Canvas } from "./run_lines.ts";

export interface LiveView {
  readonly live: Live;
  readonly speed: Speed;
  /** Since this invocation began. */
  readonly elapsedMs: number;
  /** Wall-clock time, to tell the age of checkpoints. */
  readonly nowMs: number;
  /** Oldest first. */
  readonly notes: readonly Note[];
  readonly stopping: "checkpoint" | "now" | undefined;
}

/** A line wider than this is harder to read, not more informative. */
const COLUMNS_MAX = 130;
/** Runs shorter than this come and go too quickly for a line each. */
const LINE_MIN_MS = 1500;

export function renderLive(view: LiveView, canvas: Canvas): string[] {
  const columns = Math.min(canvas.columns - 1, COLUMNS_MAX);
  const sized = { ...canvas, columns };
  const head = renderHead(view, sized);
  const foot = [...renderDisk(view, sized), ...renderStopping(view, sized)];
  const notesMax = Math.max(1, Math.min(6, Math.floor(canvas.rows / 3)));
  const notes = renderNotes(view, notesMax, sized);
  const room = canvas.rows - 1 - head.length - notes.length - foot.length;
  const slots = renderSlots(view, Math.max(0, room), sized);
  return [...head, ...slots, ...notes, ...foot]
    .slice(0, Math.max(1, canvas.rows - 1))
    .map((line) => cutToWidth(line, canvas.columns - 1));
}

/** Two lines: the counts and the times, the bar over everything. */
function renderHead(view: LiveView, canvas: Canvas): string[] {
  const { live, speed } = view;
  const { paint } = canvas;
  const { counts } = live;
  const done = counts.completed + counts.skipped;
  const waits = describeWaiting(counts);
  const partsOf = (isNarrow: boolean): string[] =>
    [
      paint.strong(formatNumberOf(counts.total, "run")),
      done > 0 ? `${formatCount(done)} done` : "",
      counts.failed > 0 ? paint.bad(`${formatCount(counts.failed)} failed`) : "",
      live.running.length > 0 ? `${formatCount(live.running.length)} running` : "",
      waits.waiting,
      isNarrow ? waits.delayedShort : waits.delayed,
      waits.paused === "" ? "" : paint.warn(waits.paused),
      isNarrow ? "" : waits.cancelled,
    ].filter((part) => part !== "");
  const eta = speed.etaMs === undefined
    ? ""
    : speed.etaMs > 0
    ? ` ${paint.faint("·")} ${paint.strong(formatTimeLeft(speed))} left`
    : "";
  const leftOf = (isNarrow: boolean): string => MARGIN + partsOf(isNarrow).join(paint.faint(" · "));
  const right = formatClock(view.elapsedMs) + eta;
  const isWide = displayWidth(leftOf(false)) + 2 + displayWidth(right) <= canvas.columns;
  const left = leftOf(!isWide);

  const fraction = liveFraction(live);
  const percent = formatPercent(fraction).padStart(4);
  const rate = speed.stepsPerSecond > 0 ? `  ${formatRate(speed.stepsPerSecond, "steps")}` : "";
  const tail = `  ${percent}${rate.padEnd(17)}`;
  const fits = canvas.columns - MARGIN.length - displayWidth(tail);
  const bar = fits >= 12
    ? renderBar(fraction, fits, paint, canvas.glyphs) + tail
    : renderBar(fraction, Math.max(4, canvas.columns - 8), paint, canvas.glyphs) + `  ${percent}`;
  return [spread(left, right, canvas.columns), MARGIN + bar.trimEnd()];
}

/** A line for every run that lasts, one for all the short ones together. */
function renderSlots(view: LiveView, room: number, canvas: Canvas): string[] {
  const { running, slots } = view.live;
  const { paint } = canvas;
  if (room < 2 || running.length === 0) return [];
  const quick = view.speed.runsPerSecond > slots;
  const lasting = running.filter((run) => !quick || run.elapsedMs >= LINE_MIN_MS);
  const short = running.filter((run) => quick && run.elapsedMs < LINE_MIN_MS);

  const lines: string[] = [];
  if (short.length > 0) {
    const jobs = [...new Set(short.map((run) => run.job))].join(", ");
    const speed = paint.strong(formatRate(view.speed.runsPerSecond, "runs"));
    const memory = short.reduce((sum, run) => sum + run.memoryBytes, 0);
    lines.push([
      `${MARGIN}${jobs}`,
      speed,
      formatNumberOf(short.length, "slot"),
      formatBytes(memory),
    ].join(paint.faint(" · ")));
  }
  const shown = lasting.slice(
    0,
    lasting.length + lines.length + 1 > room
      ? Math.max(0, room - lines.length - 2)
      : lasting.length,
  );
  lines.push(...runLines(shown.map((run) => lineOf(run, view.nowMs)), canvas));
  const hidden = lasting.length - shown.length;
  if (hidden > 0) lines.push(paint.faint(`${MARGIN}… and ${hidden} more running`));
  return ["", ...lines];
}

function lineOf(run: LiveRun, nowMs: number): RunLine {
  return {
    ...run,
    stepsTotal: run.steps,
    etaMs: remainingMs(run.steps - run.step, run.stepsPerSecond),
    savedAgeMs: run.checkpoint === undefined ? undefined : nowMs - Date.parse(run.checkpoint.at),
  };
}

/** The last failure stays in sight, those before it stand above the picture; other notes only while there is room. */
function renderNotes(view: LiveView, most: number, canvas: Canvas): string[] {
  const failed = view.notes.filter((note) => note.kind === "failed").slice(-1);
  const others = view.notes.filter((note) => note.kind !== "failed");
  const room = Math.min(2, most - failed.length);
  const shown = room > 0 ? [...failed, ...others.slice(-room)] : failed;
  if (shown.length === 0) return [];
  const lines = shown.flatMap((note) => noteLines(note, 2, canvas));
  // The counts know all failures, also those of which no note was kept.
  const hidden = view.live.counts.failed - failed.length;
  if (hidden > 0) {
    const text = `${MARGIN}… and ${formatCount(hidden)} more failed: simrun status failed`;
    lines.push(canvas.paint.faint(text));
  }
  return ["", ...lines];
}

/** The note after its mark, on up to `most` lines: where it failed stands at the end of the text. */
function noteLines(note: Note, most: number, canvas: Canvas): string[] {
  const { paint, columns } = canvas;
  const mark = note.kind === "failed"
    ? paint.bad("failed")
    : note.kind === "warning"
    ? paint.warn("note  ")
    : paint.faint("note  ");
  const indent = `${MARGIN}        `;
  const subject = note.subject ?? "";
  const words = wrapToWidth(`${subject}  ${note.text}`.trimStart(), columns - indent.length);
  const lines = [...words.slice(0, most - 1), words.slice(most - 1).join(" ")]
    .filter((line) => line !== "");
  return lines.map((line, i) => {
    const cut = cutToWidth(line, columns - indent.length);
    if (i > 0) return indent + paint.faint(cut);
    const named = cut.startsWith(subject) ? subject : "";
    return `${MARGIN}${mark}  ${named}${paint.faint(cut.slice(named.length))}`;
  });
}

function renderDisk({ live: { disk } }: LiveView, { paint, columns }: Canvas): string[] {
  if (disk === undefined) return [];
  const text = [describeDisk(disk), describeDiskNext(disk) ?? ""].filter((part) => part !== "");
  const tone = disk.level === "full" ? paint.bad : paint.warn;
  const lines = wrapToWidth(text.join("; "), columns - MARGIN.length);
  return ["", ...lines.slice(0, 2).map((line) => tone(MARGIN + line))];
}

function renderStopping(view: LiveView, canvas: Canvas): string[] {
  switch (view.stopping) {
    case undefined:
      return renderWaits(view.live, canvas.paint);
    case "checkpoint":
      return [
        "",
        canvas.paint.warn(
          `${MARGIN}stopping: saving what runs. Press Ctrl-C again to stop at once.`,
        ),
      ];
    case "now":
      return ["", canvas.paint.warn(`${MARGIN}stopping at once.`)];
  }
}

/** Why less is computed than could be. */
function renderWaits(live: Live, paint: Paint): string[] {
  const text = isAllPaused(live)
    ? "all that is left is paused: simrun continue all"
    : live.givesWay === undefined
    ? undefined
    : describeGivingWay(live.givesWay);
  return text === undefined ? [] : ["", paint.warn(MARGIN + text)];
}

/** One text to the left, one to the right; the right one gives way. */
function spread(left: string, right: string, columns: number): string {
  const gap = columns - displayWidth(left) - displayWidth(right);
  return gap >= 2 ? left + " ".repeat(gap) + right : left;
}

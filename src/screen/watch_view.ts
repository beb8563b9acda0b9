/** The full-screen view of a tree: how far all is, what failed and why, what waits, and a list to look through. Pure. */
import {
  formatBytes,
  formatCount,
  formatNumberOf,
  formatPercent,
  formatRate,
} from "../report/format.ts";
import { describeQueue, type QueueShare } from "../report/queue_text.ts";
import { formatTimeLeft } from "../report/time_left.ts";
import type { VisibleState } from "../report/selector.ts";
import type { RunList } from "../report/run_list.ts";
import type { TreeStatus } from "../report/status.ts";
import { renderBar } from "./bar.ts";
import { MARGIN } from "./run_lines.ts";
import { safeText } from "./safe_text.ts";
import {
  adviceLines,
  coresLines,
  diskLines,
  jobLines,
  ledSection,
  workLines,
} from "./status_view.ts";
import { type ListCanvas, renderList, type ShownList } from "./watch_list.ts";
import { isRunList, type ListName, LISTS, type Shown, type WatchState } from "./watch_state.ts";
import { failuresInView, NARROW_COLUMNS } from "./watch_failures.ts";
import { cutToWidth, displayWidth } from "./width.ts";

export interface WatchView {
  readonly status: TreeStatus;
  readonly queue: readonly QueueShare[];
  readonly state: WatchState;
  readonly listOf: (state: VisibleState, filter: string) => RunList;
  /** Without a keyboard there is nothing to be helped with. */
  readonly hasKeys: boolean;
  /** What somebody should know before all else. */
  readonly warning?: string;
}

export interface WatchCanvas extends ListCanvas {
  readonly rows: number;
}

export interface WatchPicture {
  readonly lines: readonly string[];
  readonly shown: Shown;
}

/** Fewer lines of a list are not worth scrolling. */
const LIST_MIN = 3;
/** Fewer jobs than that are not shown below the list, unless they are all. */
const JOBS_BELOW_MIN = 5;
/** A line wider than this is harder to read, not more informative. */
const BAR_COLUMNS_MAX = 130;

/** As many lines as the window has, none of them wider. */
export function renderWatch(view: WatchView, canvas: WatchCanvas): WatchPicture {
  const { rows } = canvas;
  const lists = listsOf(view);
  const list = view.state.list ?? firstList(view, lists);
  const counts = countsLine(view, canvas);
  const room = new Room(rows - counts.length);
  const help = room.take([helpLine(view, canvas)], 0);
  const bar = room.take([barLine(view, canvas)], 1);
  const hasTabs = room.take([""], LIST_MIN).length > 0;
  const failures = failuresInView(view.status, Math.min(room.left, Math.max(1, rows >> 2)), canvas);
  room.left -= failures.length;
  const activity = room.take(indented(workLines(view.status, canvas)), LIST_MIN);
  const queue = room.take(queueLines(view, canvas), LIST_MIN);
  const limits = room.take(limitLines(view, canvas), LIST_MIN);
  const gaps = room.take(failures.length > 0 ? ["", ""] : [""], LIST_MIN);
  const led = room.take(ledSection(view.status, canvas), LIST_MIN);
  const shownList = renderList({ ...view, ...view.state, list }, room.left, canvas);
  const tabs = hasTabs ? [tabsLine(view, { list, lists }, shownList, canvas)] : [];
  const body = [
    ...activity,
    ...counts,
    ...bar,
    ...indented(limits),
    ...indented(queue),
    ...indented(led),
    ...(gaps.length > 1 ? [""] : []),
    ...failures,
    ...(gaps.length > 0 ? [""] : []),
    ...tabs,
    ...emptyOr(shownList, view, canvas),
  ];
  if (list !== "jobs") body.push(...jobsBelow(view, rows - body.length - help.length, canvas));
  const filler = Array.from({ length: Math.max(0, rows - body.length - help.length) }, () => "");
  return {
    lines: [...body.slice(0, Math.max(1, rows - help.length)), ...filler, ...help]
      .slice(0, rows).map((line) => cutToWidth(line, canvas.columns)),
    shown: { list, lists, page: shownList.page, count: shownList.count },
  };
}

/** Lines that are left for parts, each taken whole or not at all. */
class Room {
  left: number;

  constructor(lines: number) {
    this.left = Math.max(0, lines);
  }

  /** As many of them as leave `spare` lines. */
  take(lines: readonly string[], spare: number): readonly string[] {
    const taken = lines.slice(0, Math.max(0, this.left - spare));
    this.left -= taken.length;
    return taken;
  }
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => MARGIN + line);
}

/** Lists that hold something, and those that somebody looks for in any case. */
function listsOf({ status }: WatchView): ListName[] {
  const { counts } = status.totals;
  const always: readonly ListName[] = ["jobs"];
  return LISTS.filter((name) => always.includes(name) || isRunList(name) && counts[name] > 0);
}

/** What is computed, also between two runs; where nothing is, what failed. */
function firstList({ status }: WatchView, lists: readonly ListName[]): ListName {
  const { running, waiting } = status.totals.counts;
  const isGoingOn = status.activity.kind === "working" && running + waiting > 0;
  return isGoingOn ? "running" : lists[0] ?? "jobs";
}

/** What there is of each, the most important first; what does not fit any more is left out. */
function countsLine({ status }: WatchView, { paint, columns }: WatchCanvas): string[] {
  const { counts, runs, unneeded = 0 } = status.totals;
  const some = (count: number, word: string, tone = (text: string) => text): string[] =>
    count > 0 ? [tone(`${formatCount(count)} ${word}`)] : [];
  const left = timeLeft(status);
  const isNarrow = columns < NARROW_COLUMNS;
  const parts = [
    paint.strong(`${formatCount(counts.completed)}/${formatCount(runs)}`) +
    (isNarrow ? "" : " done"),
    ...some(counts.failed, "failed", paint.bad),
    // Beside the bar where there is less room.
    ...(isNarrow || left === "" ? [] : [paint.strong(`${left} left`)]),
    ...some(counts.running, "running", paint.active),
    ...some(counts.interrupted, "interrupted", paint.warn),
    ...some(counts.waiting, "waiting"),
    ...some(counts.paused, "paused", paint.warn),
    ...some(counts.cancelled, "cancelled"),
    ...some(unneeded, "not needed", paint.faint),
  ];
  if (status.jobs.length === 0) parts.splice(0, Infinity, "nothing was run here yet");
  let line = MARGIN + parts[0]!;
  for (const part of parts.slice(1)) {
    const longer = `${line}${paint.faint(" · ")}${part}`;
    if (displayWidth(longer) <= columns) line = longer;
  }
  return [line];
}

function timeLeft(status: TreeStatus): string {
  const isKnown = status.activity.kind === "working" && (status.etaMs ?? 0) > 0;
  return isKnown ? formatTimeLeft(status) : "";
}

function barLine({ status }: WatchView, { paint, columns, glyphs }: WatchCanvas): string {
  const percent = formatPercent(status.fraction).padStart(4);
  const isWorking = status.activity.kind === "working";
  const tail = columns < NARROW_COLUMNS
    ? timeLeft(status)
    : isWorking && status.stepsPerSecond > 0
    ? formatRate(status.stepsPerSecond, "steps")
    : "";
  const rate = tail === "" ? "" : `  ${tail}`;
  const width = Math.min(columns, BAR_COLUMNS_MAX) - MARGIN.length - percent.length - 2;
  const tone = status.totals.counts.failed > 0 ? "bad" : status.fraction >= 1 ? "good" : "active";
  const fits = width - displayWidth(rate) >= (columns < NARROW_COLUMNS ? 4 : 12);
  const bar = renderBar(
    status.fraction,
    Math.max(4, fits ? width - displayWidth(rate) : width),
    paint,
    glyphs,
    tone,
  );
  return `${MARGIN}${bar}  ${percent}${fits ? rate : ""}`;
}

function queueLines(view: WatchView, { paint }: WatchCanvas): string[] {
  const advice = adviceLines(view.status).map(paint.strong);
  const text = describeQueue(view.queue);
  return [...(text === "" ? [] : [`waiting  ${safeText(text)}`]), ...advice];
}

/** Memory, cores and disk, as far as somebody limits or lacks them. */
function limitLines({ status, warning }: WatchView, canvas: WatchCanvas): string[] {
  const { memory } = status;
  const used = status.runs.reduce(
    (sum, run) => run.state === "running" ? sum + run.memoryBytes : sum,
    0,
  );
  const memoryText = used === 0
    ? []
    : memory === undefined
    ? [`memory   ${formatBytes(used)} in use`]
    : [`memory   ${formatBytes(used)} in use of ${formatBytes(memory.totalBytes)} for all slots`];
  const { paint } = canvas;
  return [
    ...(warning === undefined ? [] : [paint.warn(warning)]),
    ...memoryText,
    ...coresLines(status),
    ...diskLines(status, paint),
  ];
}

/** `[running 2]  failed 3  jobs 4            1–20 of 53,995`. */
function tabsLine(
  view: WatchView,
  { list, lists }: { readonly list: ListName; readonly lists: readonly ListName[] },
  { top, page, count }: ShownList,
  { paint, columns }: WatchCanvas,
): string {
  const { status, state } = view;
  const numberOf = (name: ListName): number =>
    isRunList(name) ? status.totals.counts[name] : status.jobs.length;
  const names = lists.includes(list) ? lists : [list, ...lists];
  const tabs = names.map((name) => {
    const text = `${name} ${formatCount(numberOf(name))}`;
    return name === list ? paint.strong(`[${text}]`) : ` ${text} `;
  });
  const place = state.filter === "" && count <= page
    ? ""
    : count === 0
    ? "none"
    : `${formatCount(top + 1)}–${formatCount(Math.min(count, top + page))} of ${
      formatCount(count)
    }`;
  const word = state.filter === "" ? "" : `/${safeText(state.filter)}`;
  const right = [word, place].filter((text) => text !== "").join("  ");
  let line = ` ${tabs[names.indexOf(list)]}`;
  // All of them in their order, or the one that is shown alone.
  const all = ` ${tabs.join("")}`;
  if (displayWidth(all) + 2 + displayWidth(right) <= columns) line = all;
  if (right === "") return line.trimEnd();
  const gap = columns - 1 - displayWidth(line) - displayWidth(right);
  return gap >= 2
    ? `${line}${" ".repeat(gap)}${paint.faint(right)}`
    : `${line} ${paint.faint(right)}`;
}

function emptyOr(
  { lines }: ShownList,
  { state }: WatchView,
  { paint }: WatchCanvas,
): readonly string[] {
  if (lines.length > 0) return lines;
  return [paint.faint(`${MARGIN}${state.filter === "" ? "nothing here" : "nothing matches"}`)];
}

/** Where the list leaves room for them: a blank line, a head, jobs and their sum. */
function jobsBelow({ status }: WatchView, room: number, canvas: WatchCanvas): string[] {
  const { jobs } = status;
  const most = room - 3;
  if (jobs.length < 2 || most < Math.min(jobs.length, JOBS_BELOW_MIN)) return [];
  // The sum takes the last line, and what is left out one more.
  const shown = jobs.length <= most ? jobs : jobs.slice(0, most - 1);
  const lines = jobLines(status, shown, { ...canvas, columns: canvas.columns - MARGIN.length });
  const hidden = jobs.length - shown.length;
  if (hidden > 0) lines.splice(-1, 0, `… and ${formatNumberOf(hidden, "more job")}`);
  return ["", ...indented(lines)];
}

const HELP = [
  "q quit · tab or r f w c J: another list · ↑↓ PgUp PgDn scroll · / filter",
  "q quit · tab: list · ↑↓ scroll · / filter",
  "q · tab · ↑↓ · /",
] as const;

function helpLine({ state, hasKeys }: WatchView, { paint, columns, glyphs }: WatchCanvas): string {
  if (!hasKeys) return paint.faint(`${MARGIN}Ctrl-C ends it`);
  if (state.isTyping) {
    const typed = `/${safeText(state.filter)}`;
    const help = "  enter: keep · esc: all again";
    const line = `${MARGIN}${paint.strong(typed)}_`;
    return displayWidth(line + help) <= columns ? line + paint.faint(help) : line;
  }
  const text = HELP.find((one) => displayWidth(one) + MARGIN.length <= columns) ?? HELP.at(-1)!;
  return paint.faint(
    MARGIN + (glyphs === "ascii" ? text.replaceAll("↑↓", "j k").replaceAll("·", "|") : text),
  );
}

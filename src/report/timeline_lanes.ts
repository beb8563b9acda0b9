/** Bars into lanes, none over another: what follows closely and is short is taken together. Pure. */
import type { RequeueCause } from "../job/event.ts";

export type BarEnd =
  | "completed"
  | "failed"
  | "cancelled"
  /** Its simrun was gone, and never said that it ended. */
  | "lost"
  | "running"
  | `requeued: ${RequeueCause}`;

/** An attempt at a run; or many that are too short to be told apart, one after the other. */
export interface TimelineBar {
  /** Undefined when runs of several jobs are taken together. */
  readonly job: string | undefined;
  /** The first of them. */
  readonly run: string;
  readonly attempt: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly ended: BarEnd;
  /** Runs that are in it. */
  readonly count: number;
  /** Of its time, what was spent on runs. */
  readonly busyMs: number;
}

export interface TimelineMark {
  readonly atMs: number;
  readonly kind: MarkKind;
  readonly count: number;
}

/** A state was saved; a run was begun again after a failed attempt; went on from a state; made way for another one. */
export type MarkKind = "checkpoint" | "retry" | "resumed" | "preempted";

export interface TimelineLane {
  readonly bars: readonly TimelineBar[];
  readonly marks: readonly TimelineMark[];
}

/** A simrun that worked on the tree. */
export interface TimelineSession {
  readonly fromMs: number;
  readonly toMs: number;
  readonly slots: number;
  readonly outcome: "completed" | "failed" | "stopped" | "lost" | "working";
}

/**
 * The journal does not tell which slot a run was in: lanes are filled from the first on, so that there are as many as
 * runs were computed at a time.
 */
export interface Timeline {
  readonly sessions: readonly TimelineSession[];
  readonly lanes: readonly TimelineLane[];
  /** From the first run's begin to the last one's end, or to now. Both 0 when nothing ran. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Bars that follow each other within this time are taken together, when they are short. */
  readonly grainMs: number;
  /** Marks of all kinds, those that were taken together counted each. */
  readonly marks: Readonly<Record<MarkKind, number>>;
}

/** An attempt as it was heard of: a batch of short runs is one already. */
export interface RawBar {
  readonly job: string;
  readonly run: string;
  readonly attempt: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly ended: BarEnd;
  readonly count: number;
  readonly marks: readonly { readonly atMs: number; readonly kind: MarkKind }[] | undefined;
}

interface Lane {
  readonly bars: Mutable<TimelineBar>[];
  readonly marks: Mutable<TimelineMark>[];
  endMs: number;
  /** The last bar of each end: what failed among hundreds that completed is seen beside them. */
  readonly last: Map<BarEnd, { bar: Mutable<TimelineBar>; shortMs: number }>;
  readonly lastMarks: Map<MarkKind, Mutable<TimelineMark>>;
}

type Mutable<T> = { -readonly [name in keyof T]: T[name] };

/** More are not drawn one above the other. */
const LANES_MAX = 256;
/** So many parts of the whole time can be told apart, of all lanes together and of one. */
const CELLS_MAX = 12_000;
const CELLS_OF_LANE = 800;
/** A bar of more than so many cells is shown by itself. */
const OWN_CELLS = 3;

/** `slots`: how many runs there may have been at a time. */
export function timelineLanes(
  bars: readonly RawBar[],
  slots: number,
): Pick<Timeline, "lanes" | "fromMs" | "toMs" | "grainMs"> {
  const sorted = bars.toSorted((a, b) => a.fromMs - b.fromMs || a.toMs - b.toMs);
  const fromMs = sorted[0]?.fromMs ?? 0;
  const toMs = sorted.reduce((latest, bar) => Math.max(latest, bar.toMs), fromMs);
  const lanesMax = Math.min(LANES_MAX, slots);
  const cells = Math.min(CELLS_OF_LANE, Math.ceil(CELLS_MAX / lanesMax));
  const grainMs = (activeMs(sorted) || 1) / cells;
  const lanes: Lane[] = [];
  for (const bar of sorted) place(bar, lanes, lanesMax, grainMs);
  return { lanes: lanes.map(({ bars, marks }) => ({ bars, marks })), fromMs, toMs, grainMs };
}

/** Time in which anything ran. */
function activeMs(sorted: readonly RawBar[]): number {
  let active = 0;
  let endMs = -Infinity;
  for (const { fromMs, toMs } of sorted) {
    active += Math.max(0, toMs - Math.max(fromMs, endMs));
    endMs = Math.max(endMs, toMs);
  }
  return active;
}

/** Between the end of a run and the line that tells of it. */
const SLACK_MS = 25;

/**
 * Into the first lane that is free. When a run began is known but roughly: one that overlaps a little begins where the
 * other ends, and so does one that would need more lanes than there were slots, if it then has any length.
 */
function place(raw: RawBar, lanes: Lane[], lanesMax: number, grainMs: number): void {
  const rawMs = raw.toMs - raw.fromMs;
  const slackMs = Math.min(rawMs / 2, Math.max(SLACK_MS, rawMs / 10));
  let lane = lanes.find(({ endMs }) => endMs <= raw.fromMs + slackMs);
  if (lane === undefined && lanes.length < lanesMax) {
    lane = { bars: [], marks: [], endMs: -Infinity, last: new Map(), lastMarks: new Map() };
    lanes.push(lane);
  }
  lane ??= lanes.reduce((a, b) => b.endMs < a.endMs ? b : a);
  const fromMs = Math.min(raw.toMs, Math.max(raw.fromMs, lane.endMs));
  lane.endMs = Math.max(lane.endMs, raw.toMs);
  for (const { atMs, kind } of raw.marks ?? []) {
    addMark(lane, Math.max(atMs, fromMs), kind, grainMs);
  }
  const spanMs = raw.toMs - fromMs;
  // It waited in its slot for a turn that never came.
  if (spanMs === 0 && raw.toMs > raw.fromMs && isGivenBack(raw.ended)) return;
  const known = lane.last.get(raw.ended);
  if (known !== undefined && isTogether(known, raw, fromMs, spanMs, grainMs)) {
    const { bar } = known;
    known.shortMs = Math.max(known.shortMs, spanMs);
    if (bar.job !== raw.job) bar.job = undefined;
    bar.toMs = raw.toMs;
    bar.count += raw.count;
    bar.busyMs += spanMs;
    return;
  }
  const { job, run, attempt, toMs, ended, count } = raw;
  const bar = { job, run, attempt, fromMs, toMs, ended, count, busyMs: spanMs };
  lane.bars.push(bar);
  lane.last.set(ended, { bar, shortMs: spanMs });
}

function isGivenBack(ended: BarEnd): boolean {
  return ended === "lost" || ended === "running" || ended.startsWith("requeued");
}

function isTogether(
  { bar, shortMs }: { readonly bar: TimelineBar; readonly shortMs: number },
  raw: RawBar,
  fromMs: number,
  spanMs: number,
  grainMs: number,
): boolean {
  if (fromMs - bar.toMs >= grainMs) return false;
  const ownMs = bar.job === raw.job ? OWN_CELLS * grainMs : grainMs;
  return spanMs < ownMs && shortMs < ownMs;
}

function addMark(lane: Lane, atMs: number, kind: MarkKind, grainMs: number): void {
  const last = lane.lastMarks.get(kind);
  if (last !== undefined && atMs - last.atMs < grainMs) {
    last.count++;
    return;
  }
  const mark = { atMs, kind, count: 1 };
  lane.marks.push(mark);
  lane.lastMarks.set(kind, mark);
}

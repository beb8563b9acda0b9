/** The timeline as lanes of slots, in a window of time and in as many pieces as can be told apart on a screen. Pure. */
import { BAR_STATES, type BarState, type Timeline } from "./timeline.ts";

export interface Piece {
  readonly fromMs: number;
  readonly toMs: number;
  readonly state: BarState;
  readonly job: string;
  readonly run: string;
  /** Runs in it: those started together, and those too short to be told apart. */
  readonly runs: number;
  readonly why?: string;
  readonly saves?: readonly number[];
}

export interface Lanes {
  readonly fromMs: number;
  readonly toMs: number;
  readonly lanes: readonly (readonly Piece[])[];
  /** Lanes that are not shown. */
  readonly more: number;
  readonly sessions: readonly { readonly fromMs: number; readonly toMs: number }[];
  readonly forgotten: number;
}

export interface Window {
  /** The last session when absent. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** So many pieces of time can be told apart. */
  readonly width: number;
  readonly nowMs: number;
  readonly working: boolean;
}

const LANES_MAX = 128;
const SESSIONS_MAX = 200;

interface Drawn {
  fromMs: number;
  toMs: number;
  state: number;
  job: string;
  run: string;
  runs: number;
  why: string | undefined;
  saves: readonly number[] | undefined;
}

export function lanesOf(timeline: Timeline, window: Window): Lanes {
  const { nowMs, working } = window;
  const endMs = working ? Math.max(nowMs, timeline.lastMs) : timeline.lastMs;
  const last = timeline.sessions.at(-1);
  const fromMs = window.fromMs ?? last?.fromMs ?? timeline.bars[0]?.fromMs ?? endMs;
  const toMs = Math.max(window.toMs ?? endMs, fromMs + 1);
  const pieceMs = (toMs - fromMs) / Math.max(1, window.width);
  const slots = Math.max(1, ...timeline.sessions.map((session) => session.slots));
  const ends: number[] = [];
  const lanes: Drawn[][] = [];
  // In the order in which they were started.
  for (const bar of timeline.bars) {
    const beginMs = bar.fromMs;
    const untilMs = bar.toMs ?? endMs;
    const lane = laneFor(ends, beginMs, slots);
    // Where no slot was free it waited in one for those before it.
    const shownMs = Math.max(beginMs, Math.min(ends[lane] ?? -Infinity, untilMs));
    ends[lane] = Math.max(ends[lane] ?? -Infinity, untilMs);
    const pieces = lanes[lane] ??= [];
    if (untilMs < fromMs || shownMs > toMs) continue;
    const before = pieces.at(-1);
    if (
      before !== undefined && untilMs - shownMs < pieceMs &&
      before.toMs - before.fromMs < pieceMs && shownMs - before.toMs < pieceMs
    ) {
      before.toMs = Math.max(before.toMs, untilMs);
      before.state = Math.max(before.state, bar.state);
      before.runs += bar.count;
      continue;
    }
    const { job, run, count, state, why, saves } = bar;
    pieces.push({ fromMs: shownMs, toMs: untilMs, state, job, run, runs: count, why, saves });
  }
  return {
    fromMs,
    toMs,
    lanes: lanes.slice(0, LANES_MAX).map((lane) =>
      lane.map(({ state, why, saves, ...piece }) => ({
        ...piece,
        state: BAR_STATES[state]!,
        ...(why !== undefined && { why }),
        ...(saves !== undefined && { saves: apart(saves, pieceMs) }),
      }))
    ),
    more: Math.max(0, lanes.length - LANES_MAX),
    sessions: timeline.sessions.slice(-SESSIONS_MAX).map(({ fromMs, toMs }) => ({
      fromMs,
      toMs: toMs ?? endMs,
    })),
    forgotten: timeline.forgotten,
  };
}

/** The first that is free by then; a new one while there are slots; else the one that is free first. */
function laneFor(ends: readonly number[], beginMs: number, slots: number): number {
  let first = 0;
  for (let lane = 0; lane < ends.length; lane++) {
    if (ends[lane]! <= beginMs) return lane;
    if (ends[lane]! < ends[first]!) first = lane;
  }
  return ends.length < slots ? ends.length : first;
}

/** Only those that can be told apart. */
function apart(times: readonly number[], pieceMs: number): readonly number[] {
  let before = -Infinity;
  return times.filter((at) => {
    if (at - before < 2 * pieceMs) return false;
    before = at;
    return true;
  });
}

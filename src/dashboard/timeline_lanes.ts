/** The timeline as lanes of slots, in a window of time and in as many pieces as can be told apart on a screen. Pure. */
import { shardOfName, shardText } from "../job/shard.ts";
import { type Bar, BAR_STATES, type BarState, type Timeline } from "./timeline.ts";

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
  /** Of a tree that is cut: the shard of each lane, `3/8`. */
  readonly shards?: readonly string[];
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
  /** By the name of the shard, which is empty where the tree is not cut. */
  readonly isWorking: (shard: string) => boolean;
}

const LANES_MAX = 128;
const SESSIONS_MAX = 200;
const LOST = BAR_STATES.indexOf("lost");

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

/** The slots of one simrun after the other. */
interface Slots {
  readonly shard: string;
  readonly count: number;
  readonly endMs: number;
  readonly isWorking: boolean;
  readonly ends: number[];
  readonly lanes: Drawn[][];
}

export function lanesOf(timeline: Timeline, window: Window): Lanes {
  const slots = slotsOf(timeline, window);
  const endMs = slots.values().reduce((last, one) => Math.max(last, one.endMs), timeline.lastMs);
  const fromMs = window.fromMs ?? lastBeginMs(timeline) ?? timeline.bars[0]?.fromMs ?? endMs;
  const toMs = Math.max(window.toMs ?? endMs, fromMs + 1);
  const pieceMs = (toMs - fromMs) / Math.max(1, window.width);
  // Those of a shard in the order in which they were started.
  for (const bar of timeline.bars) place(bar, slots.get(bar.shard)!, { fromMs, toMs, pieceMs });
  const lanes = [...slots.values()].flatMap(({ shard, lanes }) =>
    lanes.map((pieces) => ({ shard, pieces }))
  );
  const shown = lanes.slice(0, LANES_MAX);
  return {
    fromMs,
    toMs,
    lanes: shown.map(({ pieces }) =>
      pieces.map(({ state, why, saves, ...piece }) => ({
        ...piece,
        state: BAR_STATES[state]!,
        ...(why !== undefined && { why }),
        ...(saves !== undefined && { saves: apart(saves, pieceMs) }),
      }))
    ),
    ...(shown.some(({ shard }) => shard !== "") && {
      shards: shown.map(({ shard }) => shardText(shardOfName(shard)!)),
    }),
    more: lanes.length - shown.length,
    sessions: timeline.sessions.toSorted((a, b) => a.fromMs - b.fromMs).slice(-SESSIONS_MAX)
      .map(({ shard, fromMs, toMs }) => ({ fromMs, toMs: toMs ?? slots.get(shard)!.endMs })),
    forgotten: timeline.forgotten,
  };
}

/** By the name of the shard, in the order of their numbers. */
function slotsOf(timeline: Timeline, { nowMs, isWorking }: Window): ReadonlyMap<string, Slots> {
  const counts = new Map<string, number>();
  for (const { shard, slots } of timeline.sessions) {
    counts.set(shard, Math.max(counts.get(shard) ?? 1, slots));
  }
  // Of sessions that are forgotten bars are left.
  for (const { shard } of timeline.bars) if (!counts.has(shard)) counts.set(shard, 1);
  const number = (shard: string) => shardOfName(shard)?.number ?? 0;
  const sorted = [...counts].sort(([a], [b]) => number(a) - number(b));
  return new Map(sorted.map(([shard, count]) => {
    const lastMs = timeline.lastMsOf(shard);
    const works = isWorking(shard);
    const endMs = works ? Math.max(nowMs, lastMs) : lastMs;
    return [shard, { shard, count, endMs, isWorking: works, ends: [], lanes: [] }];
  }));
}

/** When the last session began; of a tree that is cut the first of the shards' last ones. */
function lastBeginMs({ sessions }: Timeline): number | undefined {
  const last = new Map(sessions.map(({ shard, fromMs }) => [shard, fromMs]));
  return last.size === 0 ? undefined : last.values().reduce((a, b) => Math.min(a, b));
}

function place(
  bar: Bar,
  { ends, lanes, count, endMs, isWorking }: Slots,
  { fromMs, toMs, pieceMs }: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly pieceMs: number;
  },
): void {
  const untilMs = bar.toMs ?? Math.max(endMs, bar.fromMs);
  const lane = laneFor(ends, bar.fromMs, count);
  // Where no slot was free it waited in one for those before it.
  const shownMs = Math.max(bar.fromMs, Math.min(ends[lane] ?? -Infinity, untilMs));
  ends[lane] = Math.max(ends[lane] ?? -Infinity, untilMs);
  const pieces = lanes[lane] ??= [];
  // Whoever had it in hand is gone, and did not say so.
  const state = bar.open > 0 && !isWorking ? Math.max(bar.state, LOST) : bar.state;
  if (untilMs < fromMs || shownMs > toMs) return;
  const before = pieces.at(-1);
  if (
    before !== undefined && untilMs - shownMs < pieceMs &&
    before.toMs - before.fromMs < pieceMs && shownMs - before.toMs < pieceMs
  ) {
    before.toMs = Math.max(before.toMs, untilMs);
    before.state = Math.max(before.state, state);
    before.runs += bar.count;
    return;
  }
  const { job, run, why, saves } = bar;
  pieces.push({ fromMs: shownMs, toMs: untilMs, state, job, run, runs: bar.count, why, saves });
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

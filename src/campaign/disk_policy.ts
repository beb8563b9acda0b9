/**
 * How full the disk is, and what that means: numbers in, a verdict out. Near its limit what nobody needs gives way; at
 * it nothing is started. What is computed goes on either way.
 */

/** `near`: soon at the limit. `full`: at it. */
export type DiskLevel = "ample" | "near" | "full";

/** What runs full: the filesystem, of which a reserve is left alone, or the room that the tree was given. */
export type DiskLimit = "reserve" | "budget";

export interface DiskSight {
  /** Of the filesystem; undefined where nobody can say. */
  readonly freeBytes?: number | undefined;
  readonly totalBytes?: number | undefined;
  /** What the tree takes; undefined while nobody knows. */
  readonly treeBytes?: number | undefined;
  /** What it may take; absent when nobody has set a budget. */
  readonly budgetBytes?: number | undefined;
  /** Of the filesystem, to be left alone; a small part of it when nobody has said. */
  readonly reserveBytes?: number | undefined;
  /** What it takes when each running run writes one checkpoint, and so does the next one that is started. */
  readonly roundBytes: number;
  /** What the runs that slots have, and one more that is started, will yet come to hold. */
  readonly claimedBytes: number;
  /** What each that is started will come to hold, at most. */
  readonly startBytes: number;
  /** How fast the filesystem and the tree have been growing. */
  readonly fillsBytesPerMs: number;
  readonly growsBytesPerMs: number;
}

export const NOTHING_SEEN: DiskSight = {
  roundBytes: 0,
  claimedBytes: 0,
  startBytes: 0,
  fillsBytesPerMs: 0,
  growsBytesPerMs: 0,
};

export interface DiskVerdict {
  readonly level: DiskLevel;
  /** Which of the two is the nearer one; undefined when nothing is known of either. */
  readonly limit: DiskLimit | undefined;
  /** In force, whether asked for or not. */
  readonly reserveBytes: number;
  /** What may yet be written before it is full; negative beyond that, infinite where nobody knows. */
  readonly roomBytes: number;
  /** At the present pace; undefined when nothing grows, or it is full. */
  readonly fullInMs: number | undefined;
  readonly bytesPerMs: number;
  /** What would have to go for it to be ample. */
  readonly excessBytes: number;
  /** How many runs may be started before somebody looks again. */
  readonly startsMax: number;
}

const RESERVE_SHARE = 0.01;
const RESERVE_BYTES_MAX = 256 * 2 ** 20;
/** Of the budget. */
const NEAR_SHARE = 0.8;
/** What is written in so long is looked ahead for. */
const AHEAD_MS = 5 * 60_000;
/** Once it was near, or full, it must be by so much better to be that no more. */
const NEAR_AGAIN = 1.25;
const FULL_AGAIN_OF_RESERVE = 0.1;
const FULL_AGAIN_OF_BUDGET = 0.02;

/** `before` is the last verdict's level: what goes to and fro around a limit must not have starts do so, too. */
export function judgeDisk(sight: DiskSight, before: DiskLevel): DiskVerdict {
  const reserveBytes = reserveOf(sight);
  const [first, ...others] = [reserveView(sight, reserveBytes, before), budgetView(sight, before)]
    .filter((view) => view !== undefined)
    .sort((a, b) => RANK[b.level] - RANK[a.level] || a.roomBytes - b.roomBytes);
  if (first === undefined) {
    return {
      level: "ample",
      limit: undefined,
      reserveBytes,
      roomBytes: Infinity,
      fullInMs: undefined,
      bytesPerMs: 0,
      excessBytes: 0,
      startsMax: Infinity,
    };
  }
  const views = [first, ...others];
  const excessBytes = Math.max(0, ...views.map((view) => view.excessBytes));
  const startsMax = Math.min(...views.map((view) => view.startsMax));
  return { ...first, reserveBytes, excessBytes, startsMax };
}

/** Never less than a checkpoint of each run: a new one stands beside the old ones for a moment. */
function reserveOf({ totalBytes, reserveBytes, roundBytes }: DiskSight): number {
  const own = Math.min(RESERVE_BYTES_MAX, (totalBytes ?? 0) * RESERVE_SHARE);
  return Math.ceil(Math.max(reserveBytes ?? own, roundBytes));
}

type View = Omit<DiskVerdict, "reserveBytes">;

const RANK: { readonly [level in DiskLevel]: number } = { ample: 0, near: 1, full: 2 };

function reserveView(
  { freeBytes, fillsBytesPerMs }: DiskSight,
  reserveBytes: number,
  before: DiskLevel,
): View | undefined {
  if (freeBytes === undefined) return undefined;
  return viewOf("reserve", {
    roomBytes: freeBytes - reserveBytes,
    startBytes: 0,
    nearBytes: reserveBytes + fillsBytesPerMs * AHEAD_MS,
    againBytes: reserveBytes * FULL_AGAIN_OF_RESERVE,
    bytesPerMs: fillsBytesPerMs,
  }, before);
}

/** What was given to the tree is not overdrawn by what is started: what it will come to hold must fit as well. */
function budgetView(
  { treeBytes, budgetBytes, claimedBytes, startBytes, growsBytesPerMs }: DiskSight,
  before: DiskLevel,
): View | undefined {
  if (treeBytes === undefined || budgetBytes === undefined) return undefined;
  return viewOf("budget", {
    roomBytes: budgetBytes - treeBytes - claimedBytes,
    startBytes,
    nearBytes: budgetBytes * (1 - NEAR_SHARE),
    againBytes: budgetBytes * FULL_AGAIN_OF_BUDGET,
    bytesPerMs: growsBytesPerMs,
  }, before);
}

function viewOf(
  limit: DiskLimit,
  { roomBytes, startBytes, nearBytes, againBytes, bytesPerMs }: {
    readonly roomBytes: number;
    readonly startBytes: number;
    readonly nearBytes: number;
    readonly againBytes: number;
    readonly bytesPerMs: number;
  },
  before: DiskLevel,
): View {
  const near = nearBytes * (before === "ample" ? 1 : NEAR_AGAIN);
  const full = before === "full" ? againBytes : 0;
  const level = roomBytes <= full ? "full" : roomBytes < near ? "near" : "ample";
  return {
    level,
    limit,
    roomBytes,
    fullInMs: level === "full" || bytesPerMs <= 0 ? undefined : roomBytes / bytesPerMs,
    bytesPerMs,
    excessBytes: Math.max(0, nearBytes * NEAR_AGAIN - roomBytes),
    // One more is in what is claimed.
    startsMax: level === "full"
      ? 0
      : startBytes === 0
      ? Infinity
      : 1 + Math.floor(roomBytes / startBytes),
  };
}

/** Points of a use of room over time: how fast it grew over the last two minutes. */
export class FillRate {
  #points: { readonly nowMs: number; readonly bytes: number }[] = [];

  add(nowMs: number, bytes: number): void {
    // What was freed tells nothing of how fast it fills.
    if (bytes < (this.#points[0]?.bytes ?? 0)) this.#points = [];
    this.#points.push({ nowMs, bytes });
    while (nowMs - this.#points[0]!.nowMs > RATE_WINDOW_MS) this.#points.shift();
  }

  /** 0 while too little is known. */
  get bytesPerMs(): number {
    const first = this.#points[0];
    const last = this.#points.at(-1);
    if (first === undefined || last === undefined) return 0;
    const ms = last.nowMs - first.nowMs;
    return ms < RATE_MIN_MS ? 0 : (last.bytes - first.bytes) / ms;
  }
}

const RATE_WINDOW_MS = 120_000;
const RATE_MIN_MS = 5_000;

/**
 * How long room is waited for. While runs are computed nobody waits: they may yet free some, and what they do counts.
 * A write that found none makes it wait at once; that something was written ends it.
 */
export class DiskPatience {
  readonly #waitMs: number;
  #sinceMs: number | undefined;

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  /** Starts are paused, and nothing is computed that could change it. */
  waits(nowMs: number): void {
    this.#sinceMs ??= nowMs;
  }

  goesOn(): void {
    this.#sinceMs = undefined;
  }

  isOver(nowMs: number): boolean {
    return this.#sinceMs !== undefined && nowMs - this.#sinceMs >= this.#waitMs;
  }

  /** Undefined when it is not waited, or there is no end to it. */
  leftMs(nowMs: number): number | undefined {
    if (this.#sinceMs === undefined || this.#waitMs === Infinity) return undefined;
    return Math.max(0, this.#sinceMs + this.#waitMs - nowMs);
  }
}

/**
 * Plays the rest of a campaign at random, many times, by what is known of its runs: when would it end? The same
 * question gets the same answer. Pure.
 */

/** Runs that have not begun and take alike. */
export interface Waiting {
  readonly runs: number;
  readonly logMs: number;
  readonly sigma: number;
  /** How far `logMs` itself may be off: the same for all of them. */
  readonly doubt: number;
  readonly overheadMs: number;
  /** Places that each takes; one when absent. */
  readonly cores?: number;
}

/** What is left of a run that is computed. */
export interface UnderWay {
  readonly logMs: number;
  readonly sigma: number;
  readonly cores?: number;
}

export interface Rest {
  readonly waiting: readonly Waiting[];
  readonly underWay: readonly UnderWay[];
  readonly slots: number;
}

export interface EndRange {
  readonly lowMs: number;
  readonly middleMs: number;
  readonly highMs: number;
}

/** Nine in ten end in the range. */
const TAIL = 0.05;
const PLAYS_MAX = 200;
const PLAYS_MIN = 40;
/** Single runs that are played, over all plays: a millisecond or two of computing. */
const DRAWS = 20_000;
/** Jobs played by themselves; those with the least work are taken together. */
const GROUPS_MAX = 24;
/** Runs of a large rest that are played one by one, so that the last ones end as they would; a few for each slot. */
const SINGLES_PER_SLOT = 4;
const SINGLES = 16;

export function playOut(rest: Rest): EndRange {
  const groups = groupsOf(rest.waiting);
  const total = groups.reduce((sum, { runs }) => sum + runs, 0);
  const singles = Math.min(total, SINGLES_PER_SLOT * rest.slots + SINGLES);
  const plays = Math.round(
    Math.min(PLAYS_MAX, Math.max(PLAYS_MIN, DRAWS / (singles + rest.underWay.length + 1))),
  );
  const draw = draws();
  const ends = new Float64Array(plays);
  for (let i = 0; i < plays; i++) {
    ends[i] = playOnce(groups, total === 0 ? 0 : singles / total, rest, draw);
  }
  ends.sort();
  const at = (share: number): number => ends[Math.round(share * (plays - 1))]!;
  return { lowMs: at(TAIL), middleMs: at(0.5), highMs: at(1 - TAIL) };
}

function playOnce(
  groups: readonly Waiting[],
  singleShare: number,
  { underWay, slots }: Rest,
  draw: () => number,
): number {
  const taken = underWay.reduce((sum, { cores = 1 }) => sum + cores, 0);
  const free = new Float64Array(Math.max(1, slots, taken));
  let at = 0;
  for (const { logMs, sigma, cores = 1 } of underWay) {
    free.fill(Math.exp(logMs + sigma * draw()), at, at += cores);
  }
  const middles = groups.map(({ logMs, doubt }) => logMs + doubt * draw());
  let bulkMs = 0;
  groups.forEach(({ runs, sigma, overheadMs, cores = 1 }, i) => {
    const many = runs - singlesOf(runs, singleShare);
    if (many === 0) return;
    const meanMs = Math.exp(middles[i]! + sigma * sigma / 2);
    const deviationMs = meanMs * Math.sqrt(Math.expm1(sigma * sigma));
    const sumMs = many * meanMs + Math.sqrt(many) * deviationMs * draw();
    bulkMs += cores * (Math.max(0, sumMs) + many * overheadMs);
  });
  fillUp(free, bulkMs);
  groups.forEach(({ runs, sigma, overheadMs, cores = 1 }, i) => {
    for (let left = singlesOf(runs, singleShare); left > 0; left--) {
      const ms = Math.exp(middles[i]! + sigma * draw()) + overheadMs;
      if (cores === 1) free[firstFree(free)]! += ms;
      else takeSeveral(free, cores, ms);
    }
  });
  return Math.max(...free);
}

function singlesOf(runs: number, share: number): number {
  return Math.min(runs, Math.ceil(runs * share));
}

/** Work that can be shared out at will goes to the slots that are free first. */
function fillUp(free: Float64Array, ms: number): void {
  if (ms === 0) return;
  free.sort();
  let sum = 0;
  for (let count = 1; count <= free.length; count++) {
    sum += free[count - 1]!;
    const level = (sum + ms) / count;
    if (count < free.length && level > free[count]!) continue;
    free.fill(level, 0, count);
    return;
  }
}

function firstFree(free: Float64Array): number {
  let first = 0;
  for (let i = 1; i < free.length; i++) if (free[i]! < free[first]!) first = i;
  return first;
}

/** It begins when the last of the places is free that are free first. */
function takeSeveral(free: Float64Array, cores: number, ms: number): void {
  free.sort();
  const places = Math.min(cores, free.length);
  free.fill(free[places - 1]! + ms, 0, places);
}

/** The jobs with most of the work as they are, the others as one. */
function groupsOf(waiting: readonly Waiting[]): readonly Waiting[] {
  const some = waiting.filter(({ runs }) => runs > 0);
  if (some.length <= GROUPS_MAX) return some;
  const work = ({ runs, logMs, sigma, cores = 1 }: Waiting) =>
    Math.log(runs * cores) + logMs + sigma * sigma / 2;
  const sorted = some.toSorted((a, b) => work(b) - work(a));
  return [...sorted.slice(0, GROUPS_MAX - 1), asOne(sorted.slice(GROUPS_MAX - 1))];
}

/** With the same mean and the same spread as all of them together. */
function asOne(waiting: readonly Waiting[]): Waiting {
  let runs = 0, ms = 0, squares = 0, overheadMs = 0, doubt = 0, cores = 0;
  for (const one of waiting) {
    const meanMs = Math.exp(one.logMs + one.sigma ** 2 / 2);
    runs += one.runs;
    ms += one.runs * meanMs;
    squares += one.runs * meanMs ** 2 * Math.exp(one.sigma ** 2);
    overheadMs += one.runs * one.overheadMs;
    cores += one.runs * (one.cores ?? 1);
    doubt += one.runs * one.doubt;
  }
  const variance = Math.log(squares / runs / (ms / runs) ** 2);
  return {
    runs,
    logMs: Math.log(ms / runs) - variance / 2,
    sigma: Math.sqrt(Math.max(0, variance)),
    doubt: doubt / runs,
    cores: Math.max(1, Math.round(cores / runs)),
    overheadMs: overheadMs / runs,
  };
}

/** Normal numbers, the same in every call: a picture that is shown twice a second must not tremble. */
function draws(): () => number {
  let state = 0x9e3779b9;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

/**
 * The shards of a campaign as the page shows them: each with its own state and what Slurm says of it. Of many only those
 * that need eyes are listed, so that the picture of a thousand is no larger than that of twenty. Pure.
 */
import { shardName, shardText } from "../job/shard.ts";
import { formatAge, formatCount, formatNumberOf } from "../report/format.ts";
import type { ShardCounts } from "../report/shard_counts.ts";
import { type ShardStatus, shardStatus, shardsText } from "../report/shards_text.ts";
import {
  adviceFor,
  isOver,
  lastJobText,
  slurmJson,
  slurmLines,
  type SlurmState,
  type SlurmTask,
} from "../report/slurm_state.ts";
import { paceOf } from "../store/shards.ts";
import type { ShardWork } from "../store/work.ts";

type Json = { readonly [key: string]: unknown };

/** What is known of them at one moment. */
export interface ShardsNow {
  /** Those that have begun. */
  readonly shards: readonly ShardWork[];
  readonly slurm: SlurmState;
  /** By the names of their folders. */
  readonly counts: ReadonlyMap<string, ShardCounts>;
  readonly nowMs: number;
}

interface Row {
  readonly number: number;
  /** Undefined while none has begun: only Slurm knows of them then. */
  readonly of: number | undefined;
  readonly state: ShardStatus["state"] | "unbegun";
  readonly work: ShardWork | undefined;
  readonly task: SlurmTask | undefined;
  readonly counts: ShardCounts | undefined;
  /** What somebody should look at; whole words. */
  readonly why: readonly string[];
}

/** As many are all listed; of more those that need eyes, and those that will be done last. */
const LISTED_MAX = 20;
const LAST_MAX = 3;
/** A live picture that is older by more than a few of its beats. */
const UNHEARD_MS = 15_000;
const BEATS_MS = 2_000;

/** Undefined of a tree that is not cut, and of which Slurm knows nothing. */
export function shardsJson(now: ShardsNow): Json | undefined {
  const { shards, slurm: { tasks, last } } = now;
  if (shards.length + tasks.length === 0) return undefined;
  const rows = rowsOf(now);
  const listed = rows.length <= LISTED_MAX ? rows : worthALine(rows);
  const left = new Map<string, number>();
  const isListed = new Set(listed);
  let unlistedEyes = 0;
  for (const row of rows) {
    if (isListed.has(row)) continue;
    if (row.why.length > 0) unlistedEyes++;
    else left.set(row.state, (left.get(row.state) ?? 0) + 1);
  }
  return {
    count: rows.length,
    text: shards.length > 0
      ? `${shardsText(shards.map(shardStatus))}.`
      : `None of ${formatNumberOf(rows.length, "shard")} has begun.`,
    ...(tasks.length > 0 && { slurm: slurmLines({ tasks })[0] }),
    ...(last !== undefined && { last: lastJobText(last) }),
    listed: listed.map((row) => rowJson(row, now)),
    ...(unlistedEyes > 0 && { more: unlistedEyes }),
    unlisted: Object.fromEntries(left),
  };
}

function rowsOf(now: ShardsNow): Row[] {
  const { shards, slurm: { tasks }, counts } = now;
  const of = shards[0]?.of;
  const begun = new Map(shards.map((shard) => [shard.number, shard]));
  const submitted = new Map(tasks.map((task) => [task.shard, task]));
  const numbers = of === undefined
    ? [...submitted.keys()]
    : Array.from({ length: of }, (_, index) => index + 1);
  return numbers.map((number): Row => {
    const work = begun.get(number);
    const row = {
      number,
      of,
      state: work === undefined ? "unbegun" as const : shardStatus(work).state,
      work,
      task: submitted.get(number),
      counts: work && counts.get(shardName(work)),
    };
    return { ...row, why: whyLookAt(row, now) };
  });
}

/** Lost ones first, then the others that need eyes, then who will be done last. */
function worthALine(rows: readonly Row[]): readonly Row[] {
  const lost = rows.filter(({ state, why }) => state === "lost" && why.length > 0);
  const others = rows.filter(({ state, why }) => state !== "lost" && why.length > 0);
  const eyes = [...lost, ...others].slice(0, LISTED_MAX - LAST_MAX);
  const last = rows.filter((row) => row.why.length === 0 && etaOf(row) !== undefined)
    .sort((a, b) => etaOf(b)! - etaOf(a)!).slice(0, LAST_MAX);
  return [...eyes, ...last];
}

function whyLookAt(
  { state, work, task, counts }: Omit<Row, "why">,
  { nowMs }: ShardsNow,
): string[] {
  const why: string[] = [];
  const isWithSlurm = task !== undefined && !isOver(task.verdict);
  if (state === "lost" && !isWithSlurm) {
    why.push("gone without a word: it was killed, or its machine went down");
  }
  if (counts !== undefined && counts.failed > 0) {
    why.push(`${formatNumberOf(counts.failed, "run")} failed`);
  }
  const left = counts === undefined ? 0 : leftOf(counts);
  if (state === "ended" && left > 0 && !isWithSlurm) {
    why.push(
      counts!.paused > 0
        ? `${formatCount(counts!.paused)} of ${formatNumberOf(left, "run")} that are left paused`
        : `ended with ${formatNumberOf(left, "run")} left`,
    );
  }
  if (work?.live !== undefined) {
    const unheardMs = nowMs - Date.parse(work.live.at);
    if (unheardMs > UNHEARD_MS + BEATS_MS * paceOf(work.layout)) {
      why.push(`last heard of ${formatAge(unheardMs)}`);
    }
  }
  // That runs failed is said already.
  const isSaid = task?.verdict === "failed" && why.length > 0;
  const advice = task === undefined || isSaid ? undefined : adviceFor(task.verdict, task.exitCode);
  if (advice !== undefined) why.push(advice);
  return why;
}

/** Those that are to be computed yet. */
function leftOf({ total, completed, failed, cancelled }: ShardCounts): number {
  return Math.max(0, total - completed - failed - cancelled);
}

function etaOf({ work, state }: Row): number | undefined {
  return state === "working" ? work?.live?.work?.etaMs : undefined;
}

function rowJson(row: Row, { nowMs }: ShardsNow): Json {
  const { number, of, state, work, task, counts, why } = row;
  const { live, owner } = work ?? {};
  const stepsPerSecond = live?.running.reduce((sum, run) => sum + run.stepsPerSecond, 0) ?? 0;
  const etaMs = etaOf(row);
  return {
    number,
    shard: of === undefined ? String(number) : shardText({ number, of }),
    state,
    ...(owner !== undefined && { host: owner.host, pid: owner.pid, since: owner.startedAt }),
    // Each that took it up counts one on.
    ...(owner !== undefined && owner.epoch > 1 && { begun: owner.epoch }),
    ...(live !== undefined && { slots: live.slots, runs_running: live.running.length }),
    ...(counts !== undefined && {
      runs_total: counts.total,
      runs_completed: counts.completed,
      runs_failed: counts.failed,
      runs_cancelled: counts.cancelled,
    }),
    ...(stepsPerSecond > 0 && { steps_per_second: Math.round(stepsPerSecond * 10) / 10 }),
    ...(etaMs !== undefined && { eta_seconds: Math.max(0, Math.round(etaMs / 1000)) }),
    ...(owner?.releasedAt !== undefined && {
      ended_seconds: Math.max(0, Math.round((nowMs - Date.parse(owner.releasedAt)) / 1000)),
    }),
    ...(why.length > 0 && { why }),
    ...(task !== undefined && task.verdict !== "unasked" && { slurm: slurmJson([task])[0] }),
  };
}

/** The shards of a campaign that is cut, as people are told of them. Pure. */
import type { Shard } from "../job/shard.ts";
import { formatNumberOf } from "./format.ts";

/** A shard that has begun. */
export interface ShardStatus extends Shard {
  /** `lost`: it began, is gone, and never said that it ended. */
  readonly state: "working" | "ended" | "lost";
  readonly host: string | undefined;
  readonly pid: number | undefined;
  /** Undefined unless it works. */
  readonly slots: number | undefined;
}

/** What is known of a shard that has begun: who holds it, or did last, and its live picture. */
export interface ShardFacts extends Shard {
  readonly working: boolean;
  readonly owner:
    | { readonly host: string; readonly pid: number; readonly releasedAt?: string }
    | undefined;
  readonly live: { readonly slots: number } | undefined;
}

export function shardStatus({ number, of, working, owner, live }: ShardFacts): ShardStatus {
  const state = working ? "working" : owner?.releasedAt === undefined ? "lost" : "ended";
  return { number, of, state, host: owner?.host, pid: owner?.pid, slots: live?.slots };
}

/**
 * `3 of 8 shards are at work, on 2 machines with 12 slots; 2 have ended, 3 have not begun`. Those in the queue of a batch
 * system are told as such, whatever became of them before.
 */
export function shardsText(
  shards: readonly ShardStatus[],
  queued: ReadonlySet<number> = new Set(),
): string {
  const of = shards[0]?.of ?? 0;
  const working = shards.filter(({ state }) => state === "working");
  const idle = shards.filter(({ state, number }) => state !== "working" && !queued.has(number));
  const lost = idle.filter(({ state }) => state === "lost").length;
  const ended = idle.length - lost;
  const isWorking = new Set(working.map(({ number }) => number));
  const waiting = [...queued].filter((number) => !isWorking.has(number)).length;
  const rest = [
    count(waiting, "waits in the queue", "wait in the queue"),
    count(ended, "has ended", "have ended"),
    count(lost, "is gone without a word", "are gone without a word"),
    count(of - working.length - waiting - idle.length, "has not begun", "have not begun"),
  ].filter((text) => text !== "").join(", ");
  if (working.length === 0) return `None of ${formatNumberOf(of, "shard")} is at work: ${rest}`;
  const machines = new Set(working.map(({ host }) => host)).size;
  const slots = working.reduce((sum, one) => sum + (one.slots ?? 0), 0);
  const are = working.length === 1 ? "is" : "are";
  const where = `on ${formatNumberOf(machines, "machine")} with ${formatNumberOf(slots, "slot")}`;
  const text = `${working.length} of ${formatNumberOf(of, "shard")} ${are} at work, ${where}`;
  return rest === "" ? text : `${text}; ${rest}`;
}

function count(number: number, one: string, more: string): string {
  return number === 0 ? "" : `${number} ${number === 1 ? one : more}`;
}

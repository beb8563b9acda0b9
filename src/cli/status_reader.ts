/** The status of a tree for a command: its history, its holder and the live picture put together. Never waits for a lock. */
import type { Live } from "../job/live.ts";
import { load } from "../job/load.ts";
import { searchOf } from "../job/sweep.ts";
import type { History } from "../queue/history.ts";
import type { LedJob } from "../report/led_job.ts";
import type { ShardStatus } from "../report/shards_text.ts";
import { type TreeStatus, treeStatus } from "../report/status.ts";
import type { Layout } from "../store/layout.ts";
import { readWork, type ShardWork } from "../store/work.ts";
import type { CliContext, GlobalFlags } from "./context.ts";
import { refuseUnknown } from "./selectors.ts";
import type { TreeReading } from "./tree_reader.ts";

export interface StatusFlags extends GlobalFlags {
  readonly watch: boolean;
  readonly all: boolean;
}

export interface StatusReading {
  readonly status: TreeStatus;
  readonly history: History;
  /** Undefined when nobody works on it, or before the first one. */
  readonly live: Live | undefined;
  readonly working: boolean;
  readonly nowMs: number;
}

export async function readStatus(
  context: CliContext,
  flags: StatusFlags,
  selectors: readonly string[],
  { layout, history }: TreeReading,
  led: (history: History, layout: Layout) => Promise<readonly LedJob[]> = ledOf,
): Promise<StatusReading> {
  refuseUnknown(history, selectors);
  const { working, live, shards } = await readWork(layout, context.now);
  const nowMs = context.now().getTime();
  const status = treeStatus(history, {
    led: await led(history, layout),
    tree: layout.root,
    nowMs,
    live,
    working,
    ...(shards !== undefined && { shards: shards.map(shardStatus) }),
    selectors,
    ...(flags.all || (flags.json && selectors.length > 0) ? { listMax: Infinity } : {}),
  });
  return { status, history, live, working, nowMs };
}

function shardStatus({ number, of, working, owner, live }: ShardWork): ShardStatus {
  const state = working ? "working" : owner?.releasedAt === undefined ? "lost" : "ended";
  return { number, of, state, host: owner?.host, pid: owner?.pid, slots: live?.slots };
}

/** Nothing is loaded for it where no job is led by results. */
export async function ledOf(history: History, layout: Layout): Promise<readonly LedJob[]> {
  if (!isLed(history)) return [];
  const { readLedJobs } = await load<typeof import("../runner/led_jobs.ts")>(
    import.meta.resolve("../runner/led_jobs.ts"),
  );
  return await readLedJobs(history, layout);
}

/** Whether some job is led by results, or has come to its end by them. */
export function isLed(history: History): boolean {
  return history.jobs.values().some(({ job, stopped }) =>
    stopped !== undefined || searchOf(job?.sweep) !== undefined
  );
}

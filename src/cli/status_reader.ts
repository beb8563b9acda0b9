/** The status of a tree for a command: its history, its holder and the live picture put together. Never waits for a lock. */
import type { Live } from "../job/live.ts";
import { load } from "../job/load.ts";
import { searchOf } from "../job/sweep.ts";
import type { History } from "../queue/history.ts";
import type { LedJob } from "../report/led_job.ts";
import { shardStatus } from "../report/shards_text.ts";
import type { SlurmState } from "../report/slurm_state.ts";
import { type TreeStatus, treeStatus } from "../report/status.ts";
import type { Layout } from "../store/layout.ts";
import { readWork } from "../store/work.ts";
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
  submitted: (layout: Layout) => Promise<SlurmState> = slurmState,
): Promise<StatusReading> {
  refuseUnknown(history, selectors);
  const [{ working, live, shards }, slurm] = await Promise.all([
    readWork(layout, context.now),
    submitted(layout),
  ]);
  const nowMs = context.now().getTime();
  const status = treeStatus(history, {
    led: await led(history, layout),
    tree: layout.root,
    nowMs,
    live,
    working,
    ...(shards !== undefined && { shards: shards.map(shardStatus) }),
    ...{ slurm, selectors },
    ...(flags.all || (flags.json && selectors.length > 0) ? { listMax: Infinity } : {}),
  });
  return { status, history, live, working, nowMs };
}

/** Nothing is loaded for it where nothing was submitted. */
export async function slurmState(layout: Layout): Promise<SlurmState> {
  if (!await Deno.stat(layout.slurmFolder).then(() => true, () => false)) return { tasks: [] };
  const [{ glanceAtSlurm }, { listSubmissions }, { readState }] = await Promise.all([
    load<typeof import("../slurm/client.ts")>(import.meta.resolve("../slurm/client.ts")),
    load<typeof import("../slurm/submission.ts")>(import.meta.resolve("../slurm/submission.ts")),
    load<typeof import("../slurm/tasks.ts")>(import.meta.resolve("../slurm/tasks.ts")),
  ]);
  return await readState(glanceAtSlurm, listSubmissions(layout));
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

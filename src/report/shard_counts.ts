/** How far each shard of a campaign is: what became of the runs whose files are in its tree. Pure. */
import type { History } from "../queue/history.ts";
import { plannedRuns } from "./planned_runs.ts";

export interface ShardCounts {
  /** As many as were planned for it; of a job that has come to its end as many as were needed. */
  total: number;
  completed: number;
  failed: number;
  cancelled: number;
  paused: number;
}

const COUNTED = {
  completed: "completed",
  failed: "failed",
  cancelled: "cancelled",
  held: "paused",
} as const;

/** By the names of the shards' folders. `shares`: runs that each has planned, by shard and job. */
export function countShards(
  history: History,
  shares: ReadonlyMap<string, ReadonlyMap<string, number>>,
): ReadonlyMap<string, ShardCounts> {
  const shards = new Map<string, ShardCounts>();
  for (const [shard, jobs] of shares) {
    const counts = { total: 0, completed: 0, failed: 0, cancelled: 0, paused: 0 };
    for (const [id, count] of jobs) {
      if (history.jobs.get(id)?.stopped === undefined) counts.total += count;
    }
    shards.set(shard, counts);
  }
  for (const job of history.jobs.values()) {
    const plan = plannedRuns(job);
    const stepsAsked = job.job?.steps ?? 0;
    for (let row = 0; row < job.size; row++) {
      const state = job.stateAt(row);
      if (state === "running" || state === "queued") continue;
      const counts = shards.get(job.shardAt(row) ?? "");
      if (counts === undefined || plan?.has(job.runAt(row)) === false) continue;
      // The job was given more steps since: it waits to be extended.
      const isShort = state === "completed" && job.stepsAt(row) < stepsAsked &&
        job.rare(job.runAt(row)).ending === undefined;
      if (isShort) continue;
      counts[COUNTED[state]]++;
      if (job.stopped !== undefined) counts.total++;
    }
  }
  return shards;
}

/** The moment's picture as every viewer gets it: the status, what failed and why, the queue, statistics. Pure. */
import { PRIORITY_NAMES } from "../job/job.ts";
import { describePlace, describeReason } from "../report/failure_text.ts";
import { statisticsJson } from "../report/statistics_json.ts";
import { statisticsReport } from "../report/statistics_report.ts";
import { shardStatus } from "../report/shards_text.ts";
import { type TreeStatus, treeStatus } from "../report/status.ts";
import { statusJson } from "../report/status_json.ts";
import { prioritiesOf, waitingReasons } from "../report/waiting.ts";
import { adviceLines } from "../screen/status_view.ts";
import { NO_FOLDER } from "./activities.ts";
import { shardsJson } from "./shards.ts";
import type { TreeWatch } from "./tree_watch.ts";

type Json = { readonly [key: string]: unknown };

/** More are counted only; the table of runs has them all. */
const FAILURES_MAX = 30;
const MESSAGE_CHARACTERS_MAX = 500;
/** A thousand shards have ten thousand runs in hand: the page shows as many. */
const RUNNING_MAX = 64;

export function statusOf(watch: TreeWatch): TreeStatus {
  return treeStatus(watch.folds.history, {
    tree: watch.layout.root,
    nowMs: watch.nowMs,
    live: watch.live,
    working: watch.working,
    ...(watch.shards !== undefined && { shards: watch.shards.map(shardStatus) }),
    ...(watch.slurm !== undefined && { slurm: watch.slurm }),
    ...(watch.led !== undefined && { led: watch.led }),
  });
}

/** Keys are stable; a key without a value is absent. */
export function pictureOf(watch: TreeWatch, status: TreeStatus): Json {
  const { history, statistics, activities } = watch.folds;
  const { failures, memory } = status;
  const shards = shardsJson({
    shards: watch.shards ?? [],
    slurm: watch.slurm ?? { tasks: [] },
    counts: watch.shards === undefined ? new Map() : watch.shardCounts,
    nowMs: watch.nowMs,
  });
  return {
    type: "picture",
    version: watch.version,
    seq: history.lastSeq,
    is_read: watch.isRead,
    ...(watch.trouble !== undefined && { trouble: watch.trouble }),
    status: smallStatus(status),
    ...(shards !== undefined && { shards }),
    fraction: status.fraction,
    advice: adviceLines(status),
    ...(memory !== undefined && {
      memory: { total_bytes: memory.totalBytes, free_bytes: memory.freeBytes },
    }),
    ...(watch.freeBytes !== undefined && { disk_free_bytes: watch.freeBytes }),
    failures: failures.slice(0, FAILURES_MAX).map(({ count, job, run, failure }) => ({
      count,
      job,
      run,
      class: failure.class,
      text: describeReason(failure).slice(0, MESSAGE_CHARACTERS_MAX),
      ...(failure.step > 0 && { step: failure.step }),
      ...(failure.place !== undefined && { place: describePlace(failure, NO_FOLDER) }),
    })),
    failures_more: Math.max(0, failures.length - FAILURES_MAX),
    statistics: statisticsJson(statisticsReport([statistics]), { trees: [status.tree] }),
    queue: queueOf(watch, status),
    activities: activities.list().slice(0, 20),
  };
}

/** Without what grows with the shards: a picture is sent twice a second. */
function smallStatus(status: TreeStatus): Json {
  let running = 0;
  const runs = status.runs.filter(({ state }) => state !== "running" || ++running <= RUNNING_MAX);
  const { shards: _, slurm: __, slurm_last: ___, ...json } = statusJson(
    running <= RUNNING_MAX ? status : {
      ...status,
      runs,
      unlisted: { ...status.unlisted, running: running - RUNNING_MAX },
    },
  );
  return json;
}

/** What waits, by priority: the most urgent first, and of each job why. */
function queueOf({ folds: { history, priorities } }: TreeWatch, status: TreeStatus): Json[] {
  const changed = priorities.waiting(history);
  const known = prioritiesOf(history);
  const levels = PRIORITY_NAMES.map((name) => ({ name, jobs: [] as Json[] }));
  for (const { id, counts, delayed = 0 } of status.jobs) {
    const job = history.jobs.get(id)?.job;
    if (job === undefined || counts.waiting + counts.paused === 0) continue;
    const others = changed.filter((one) => one.job === id && one.priority !== job.priority);
    const moved = others.reduce((sum, { runs }) => sum + runs, 0);
    const why = waitingReasons({ job, isDelayed: false, priorities: known, changed }, status);
    const own = Math.max(0, counts.waiting - moved);
    if (own + counts.paused > 0) {
      levels[job.priority]!.jobs.push({
        job: id,
        waiting: own,
        ...(delayed > 0 && { delayed }),
        ...(counts.paused > 0 && { paused: counts.paused }),
        why,
      });
    }
    for (const { priority, runs } of others) {
      levels[priority]!.jobs.push({ job: id, waiting: runs, on_request: true, why });
    }
  }
  return levels;
}

/** The status as JSON for programs: the names of the founding `get_status()`, and numbers with their units in the names. */
import type { LiveCores, LiveDisk } from "../job/live.ts";
import { runName } from "../job/run.ts";
import { shardText } from "../job/shard.ts";
import { describeDisk } from "./disk_text.ts";
import { formatAge, formatBytes, formatPercent } from "./format.ts";
import { ledJson } from "./led_job.ts";
import { describeReturn } from "./requeue_text.ts";
import type { RunStatus } from "./run_status.ts";
import type { ShardStatus } from "./shards_text.ts";
import { lastJobJson, slurmJson } from "./slurm_state.ts";
import type { Activity, JobStatus, TreeStatus } from "./status.ts";

type Json = { readonly [key: string]: unknown };

/** Keys are stable; a key without a value is absent. `runs` has one entry a listed run, by its name. */
export function statusJson(status: TreeStatus): Json {
  return {
    tree: status.tree,
    at: status.at,
    simrun: activityJson(status.activity),
    ...(status.shards !== undefined && { shards: status.shards.map(shardJson) }),
    ...(status.slurm !== undefined && { slurm: slurmJson(status.slurm.tasks) }),
    ...(status.slurm?.last !== undefined && { slurm_last: lastJobJson(status.slurm.last) }),
    ...countsJson(status.totals),
    progress: formatPercent(status.fraction),
    ...compact({
      steps_per_second: status.stepsPerSecond > 0 ? status.stepsPerSecond : undefined,
      eta_seconds: seconds(status.etaMs),
      eta_low_seconds: seconds(status.lowMs),
      eta_high_seconds: seconds(status.highMs),
    }),
    ...(status.disk === undefined ? {} : { disk: diskJson(status.disk) }),
    ...(status.cores === undefined ? {} : { cores: coresJson(status.cores) }),
    jobs: Object.fromEntries(status.jobs.map((job) => [job.id, countsJson(job)])),
    runs: Object.fromEntries(
      status.runs.map((run) => [runName(run.job, run.run), runJson(run)]),
    ),
    unlisted: status.unlisted,
    ...(status.led !== undefined && {
      led: Object.fromEntries(status.led.map((one) => [one.job, ledJson(one)])),
    }),
  };
}

function coresJson({ total, free, waiting }: LiveCores): Json {
  return compact({ total, free, waiting_job: waiting?.job, waiting_for: waiting?.cores });
}

function diskJson(disk: LiveDisk): Json {
  return compact({
    level: disk.level,
    limit: disk.limit,
    text: describeDisk(disk),
    free_bytes: disk.freeBytes,
    reserve_bytes: disk.reserveBytes,
    tree_bytes: disk.treeBytes,
    budget_bytes: disk.budgetBytes,
    bytes_per_second: disk.bytesPerSecond,
    full_in_seconds: seconds(disk.fullInMs),
    stops_in_seconds: seconds(disk.stopsInMs),
    freed_bytes: disk.freedBytes,
  });
}

/** One run as in the founding example: progress, steps_done, memory_used, last_checkpoint, and more. */
export function runJson(run: RunStatus): Json {
  return compact({
    state: run.state,
    point: run.point,
    progress: formatPercent(fractionOf(run)),
    steps_done: run.stepsDone,
    steps_total: run.stepsTotal,
    attempt: run.attempt,
    ...(run.state === "running"
      ? {
        memory_used: formatBytes(run.memoryBytes),
        memory_bytes: run.memoryBytes,
        memory_limit_bytes: run.memoryBytesMax,
        steps_per_second: run.stepsPerSecond,
        eta_seconds: seconds(run.etaMs),
        slot: run.slot,
      }
      : {}),
    ...(run.savedStep > 0
      ? {
        last_checkpoint: run.savedAgeMs === undefined ? undefined : formatAge(run.savedAgeMs),
        last_checkpoint_step: run.savedStep,
        last_checkpoint_at: run.savedAt,
        last_checkpoint_age_seconds: seconds(run.savedAgeMs),
      }
      : {}),
    ...(run.state === "failed" && run.failure !== undefined
      ? {
        failure: compact({
          class: run.failure.class,
          message: run.failure.message,
          step: run.failure.step,
          ...run.failure.place,
        }),
      }
      : {}),
    ...(run.state === "completed" ? { compute_seconds: seconds(run.ms), ending: run.ending } : {}),
    ...(run.state === "waiting" && run.next !== undefined
      ? {
        waiting_because: describeReturn(run.next.cause, run.next.message),
        retry_at: run.next.at,
        next_attempt: run.next.attempt,
        attempts_max: run.next.attemptsMax,
      }
      : {}),
    checkpoints_degraded: run.degraded,
    warning: run.warning,
  });
}

/** How much of a run is done, 0 to 1; one that ended early by its own rule is done. */
export function fractionOf(run: RunStatus): number {
  if (run.state === "completed") return 1;
  return run.stepsTotal > 0 ? Math.min(1, run.stepsDone / run.stepsTotal) : 0;
}

export function countsJson(job: Omit<JobStatus, "id">): Json {
  return {
    progress: formatPercent(job.stepsTotal > 0 ? job.stepsDone / job.stepsTotal : 0),
    steps_done: job.stepsDone,
    steps_total: job.stepsTotal,
    runs_total: job.runs,
    runs_completed: job.counts.completed,
    runs_failed: job.counts.failed,
    runs_running: job.counts.running,
    runs_interrupted: job.counts.interrupted,
    runs_waiting: job.counts.waiting,
    runs_paused: job.counts.paused,
    runs_cancelled: job.counts.cancelled,
    ...(job.unneeded !== undefined && { runs_not_needed: job.unneeded }),
  };
}

function shardJson({ number, of, state, host, pid, slots }: ShardStatus): Json {
  return compact({ shard: shardText({ number, of }), state, host, pid, slots });
}

function activityJson(activity: Activity): Json {
  switch (activity.kind) {
    case "never":
      return { state: "never" };
    case "working":
      return compact({
        state: "working",
        pid: activity.pid,
        host: activity.host,
        started_at: activity.since,
        slots: activity.slots,
        slots_giving_way: activity.givesWay?.slots,
        others_cores: activity.givesWay && Math.round(activity.givesWay.othersCores * 10) / 10,
        heard_seconds: seconds(activity.heardMs),
      });
    case "ended":
      return { state: "ended", outcome: activity.outcome, ended_at: activity.at };
    case "lost":
      return {
        state: "lost",
        pid: activity.pid,
        host: activity.host,
        started_at: activity.since,
      };
  }
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined || !Number.isFinite(ms) ? undefined : Math.max(0, Math.round(ms) / 1000);
}

function compact(record: { readonly [key: string]: unknown }): Json {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

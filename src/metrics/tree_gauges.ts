/** What a tree is at this moment, as metrics: the fold of its journal and the live picture put together. */
import type { Live } from "../job/live.ts";
import { VERSION } from "../job/version.ts";
import { VISIBLE_STATES } from "../report/selector.ts";
import { type Activity, treeStatus } from "../report/status.ts";
import type { StatisticsCounts } from "../report/statistics_counts.ts";
import type { MetricName } from "./metric_table.ts";
import { Samples } from "./samples.ts";
import { OTHERS, type TreeFold } from "./tree_fold.ts";

/** Of whoever reads: which simrun, and whether there is a tree. */
export function readerGauges(deno: string, isReadable: boolean): Samples {
  const gauges = new Samples();
  gauges.add("simrun_build_info", 1, VERSION, deno);
  gauges.add("simrun_tree_readable", Number(isReadable));
  return gauges;
}

export interface Moment {
  readonly tree: string;
  readonly nowMs: number;
  /** Whether somebody holds the tree. */
  readonly working: boolean;
  /** Of whoever holds it. */
  readonly live: Live | undefined;
}

export function treeGauges(fold: TreeFold, moment: Moment): Samples {
  const gauges = new Samples();
  const { history } = fold;
  const status = treeStatus(history, { ...moment, listMax: 0 });
  campaignGauges(gauges, fold, status.activity);
  const { fraction, etaMs, lowMs, highMs, jobs, stepsPerSecond } = status;
  gauges.add("simrun_campaign_progress_ratio", fraction);
  const remaining = [["expected", etaMs], ["low", lowMs], ["high", highMs]] as const;
  for (const [estimate, ms] of remaining) {
    if (ms !== undefined) gauges.add("simrun_campaign_remaining_seconds", ms / 1000, estimate);
  }
  for (const { id, counts, unneeded = 0, stepsDone, stepsTotal } of jobs) {
    const job = fold.label(id);
    for (const state of VISIBLE_STATES) gauges.add("simrun_runs", counts[state], job, state);
    gauges.add("simrun_runs_unneeded", unneeded, job);
    gauges.add("simrun_steps", stepsTotal, job);
    gauges.add("simrun_steps_done", stepsDone, job);
  }
  gauges.add("simrun_steps_per_second", stepsPerSecond);
  outcomeGauges(gauges, fold);
  liveGauges(gauges, moment.working ? moment.live : undefined);
  return gauges;
}

function campaignGauges(gauges: Samples, fold: TreeFold, activity: Activity): void {
  const { lastAt } = fold.history;
  gauges.add("simrun_campaign_active", Number(activity.kind === "working"));
  gauges.add("simrun_campaign_lost", Number(activity.kind === "lost"));
  gauges.add("simrun_campaign_started_timestamp_seconds", secondsOf(fold.startedAt));
  gauges.add("simrun_campaign_ended_timestamp_seconds", secondsOf(fold.endedAt));
  if (lastAt !== "") {
    gauges.add("simrun_journal_last_entry_timestamp_seconds", secondsOf(lastAt));
  }
}

/** Models beyond so many pairs of job and model are told together. */
const PAIRS_MAX = 200;

function outcomeGauges(gauges: Samples, fold: TreeFold): void {
  const pairs = new Set<string>();
  for (const { job, model, counts } of fold.statistics.groups()) {
    const label = fold.label(job);
    const pair = `${label}/${model}`;
    const name = pairs.has(pair) || pairs.size < PAIRS_MAX ? model : OTHERS;
    if (name === model) pairs.add(pair);
    for (const [key, outcome] of OUTCOMES) {
      gauges.add("simrun_run_outcomes", counts[key], label, name, outcome);
    }
    gauges.add("simrun_run_outcome_retries", counts.retries, label, name);
  }
}

const OUTCOMES: readonly (readonly [Exclude<keyof StatisticsCounts, "retries">, string])[] = [
  ["firstAttempt", "first_attempt"],
  ["afterRetry", "after_retry"],
  ["failed", "failed"],
  ["cancelled", "cancelled"],
  ["unfinished", "unfinished"],
  ["reused", "reused"],
];

type Plain = Extract<MetricName, `simrun_${"disk" | "memory" | "cores"}${string}`>;

function liveGauges(gauges: Samples, live: Live | undefined): void {
  const { running = [], givesWay, counts, disk, memory, cores } = live ?? {};
  // Nobody at work is none, so that an alarm about idle slots can be written down.
  gauges.add("simrun_slots", live?.slots ?? 0);
  gauges.add("simrun_slots_busy", running.length);
  gauges.add("simrun_slots_yielded", givesWay?.slots ?? 0);
  const { queued = 0, delayed = 0, held = 0 } = counts ?? {};
  gauges.add("simrun_queue_length", queued - delayed - held, "ready");
  gauges.add("simrun_queue_length", delayed, "delayed");
  gauges.add("simrun_queue_length", held, "held");
  for (const level of ["ok", "near", "full"]) {
    gauges.add("simrun_disk_level", Number(level === (disk?.level ?? "ok")), level);
  }
  if (live === undefined) return;
  gauges.add("simrun_campaign_heard_timestamp_seconds", secondsOf(live.at));
  const memoryBytes = running.reduce((sum, run) => sum + run.memoryBytes, 0);
  gauges.add("simrun_slots_memory_bytes", memoryBytes);
  const known: readonly (readonly [Plain, number | undefined])[] = [
    ["simrun_memory_limit_bytes", memory?.totalBytes],
    ["simrun_memory_free_bytes", memory?.freeBytes],
    ["simrun_cores", cores?.total],
    ["simrun_cores_free", cores?.free],
    ["simrun_disk_free_bytes", disk?.freeBytes],
    ["simrun_disk_reserve_bytes", disk?.reserveBytes],
    ["simrun_disk_tree_bytes", disk?.treeBytes],
    ["simrun_disk_budget_bytes", disk?.budgetBytes],
    ["simrun_disk_fill_bytes_per_second", disk?.bytesPerSecond],
    ["simrun_disk_full_seconds", disk?.fullInMs === undefined ? undefined : disk.fullInMs / 1000],
    ["simrun_disk_freed_bytes", disk?.freedBytes],
  ];
  for (const [name, value] of known) {
    if (value !== undefined) gauges.add(name, value);
  }
}

function secondsOf(at: string | undefined): number {
  const ms = at === undefined ? 0 : Date.parse(at);
  return Number.isFinite(ms) ? ms / 1000 : 0;
}

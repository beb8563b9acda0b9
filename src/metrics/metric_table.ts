/** Every metric that a tree is told by: name, type, unit, labels and meaning. `docs/metrics.md` holds the same table. */

export type MetricType = "counter" | "gauge" | "histogram";

export interface Metric {
  readonly name: string;
  readonly type: MetricType;
  /** `1` where it is a count, a ratio or a flag. */
  readonly unit: "1" | "seconds" | "bytes";
  /** In the order in which their values are given; `tree` comes before them in every line. */
  readonly labels: readonly string[];
  /** What it tells, as a sentence without its end. */
  readonly help: string;
}

const one = <const N extends string, const L extends readonly string[]>(
  name: N,
  type: MetricType,
  labels: L,
  help: string,
) => {
  const unit = /_(seconds|bytes)(?:_per_second)?(?:_total)?$/.exec(name)?.[1] ?? "1";
  return { name, type, unit: unit as Metric["unit"], labels, help };
};

export const METRICS = [
  one("simrun_build_info", "gauge", ["version", "deno"], "1; the simrun that read the tree"),
  one("simrun_tree_readable", "gauge", [], "Whether the tree could be read; 0 when it is gone"),
  one(
    "simrun_journal_last_entry_timestamp_seconds",
    "gauge",
    [],
    "When the last line of the journal was written",
  ),

  one("simrun_campaigns_started_total", "counter", [], "Simruns that began to work on the tree"),
  one(
    "simrun_campaigns_ended_total",
    "counter",
    ["outcome"],
    "Simruns that came to their end, by outcome: completed, failed or stopped",
  ),
  one("simrun_campaign_active", "gauge", [], "Whether a simrun works on the tree"),
  one(
    "simrun_campaign_lost",
    "gauge",
    [],
    "Whether the last simrun is gone and never said that it ended: killed, or the machine went down",
  ),
  one(
    "simrun_campaign_started_timestamp_seconds",
    "gauge",
    [],
    "When the last simrun began; 0 when none ever did",
  ),
  one(
    "simrun_campaign_ended_timestamp_seconds",
    "gauge",
    [],
    "When a simrun last came to its end; 0 when none ever did",
  ),
  one(
    "simrun_campaign_heard_timestamp_seconds",
    "gauge",
    [],
    "When the simrun at work last told how it stands; old when it does not answer",
  ),
  one("simrun_campaign_progress_ratio", "gauge", [], "How much of all planned work is done"),
  one(
    "simrun_campaign_remaining_seconds",
    "gauge",
    ["estimate"],
    "Time until all is done, while a simrun works and knows; low and high hold nine times in ten",
  ),

  one(
    "simrun_runs",
    "gauge",
    ["job_name", "state"],
    "Runs of the present plan by what they are now",
  ),
  one(
    "simrun_runs_unneeded",
    "gauge",
    ["job_name"],
    "Runs that are left out, because their job has results enough",
  ),
  one(
    "simrun_run_outcomes",
    "gauge",
    ["job_name", "model", "outcome"],
    "Runs by how they ended, as simrun stats counts them",
  ),
  one(
    "simrun_run_outcome_retries",
    "gauge",
    ["job_name", "model"],
    "Retries of the runs that completed after a retry or failed, as simrun stats counts them",
  ),
  one(
    "simrun_runs_completed_total",
    "counter",
    ["job_name"],
    "Times that a run was computed to its end",
  ),
  one(
    "simrun_runs_failed_total",
    "counter",
    ["job_name", "class"],
    "Times that a run failed for good, by class of failure",
  ),
  one(
    "simrun_runs_cancelled_total",
    "counter",
    ["job_name"],
    "Times that somebody cancelled a run",
  ),
  one(
    "simrun_runs_reused_total",
    "counter",
    ["job_name"],
    "Runs that took the result of an equal one instead of being computed",
  ),
  one(
    "simrun_run_duration_seconds",
    "histogram",
    ["job_name"],
    "Computing time of completed runs, all attempts under one simrun",
  ),
  one(
    "simrun_attempts_started_total",
    "counter",
    ["job_name"],
    "Times that a run was given to a slot",
  ),
  one(
    "simrun_attempts_requeued_total",
    "counter",
    ["job_name", "cause", "counted"],
    "Attempts after which the run went back to the queue; counted ones have failed and are retried",
  ),
  one("simrun_run_warnings_total", "counter", ["job_name"], "Warnings of runs that went on"),

  one("simrun_steps", "gauge", ["job_name"], "Steps of the present plan"),
  one("simrun_steps_done", "gauge", ["job_name"], "Steps of the present plan that are done"),
  one(
    "simrun_steps_completed_total",
    "counter",
    ["job_name"],
    "Steps that runs had done when they were completed",
  ),
  one("simrun_steps_per_second", "gauge", [], "Steps a second of all that is computed now"),

  one("simrun_checkpoints_written_total", "counter", ["job_name"], "Checkpoints that were written"),
  one(
    "simrun_checkpoint_written_bytes_total",
    "counter",
    ["job_name"],
    "Bytes of checkpoints as they were written to disk",
  ),
  one(
    "simrun_checkpoint_state_bytes_total",
    "counter",
    ["job_name"],
    "Bytes of checkpoints before they were compressed",
  ),
  one(
    "simrun_checkpoint_write_seconds_total",
    "counter",
    ["job_name"],
    "Time in which checkpoints were written beside the computation",
  ),
  one(
    "simrun_checkpoint_stall_seconds_total",
    "counter",
    ["job_name"],
    "Time for which runs stood still for checkpoints",
  ),
  one(
    "simrun_checkpoints_rejected_total",
    "counter",
    ["job_name"],
    "Checkpoints that could not be used when a run went on",
  ),
  one(
    "simrun_runs_resumed_total",
    "counter",
    ["job_name"],
    "Times that a run went on from a checkpoint",
  ),
  one(
    "simrun_runs_degraded_total",
    "counter",
    ["job_name"],
    "Times that a run had to go on without checkpoints",
  ),

  one("simrun_slots", "gauge", [], "Runs that may be computed at the same time now"),
  one("simrun_slots_busy", "gauge", [], "Runs that are computed now"),
  one("simrun_slots_yielded", "gauge", [], "Slots that give way to others on the machine"),
  one(
    "simrun_queue_length",
    "gauge",
    ["state"],
    "Runs in the queue: ready (or waiting for other runs), delayed before a retry, held by somebody",
  ),
  one("simrun_cores", "gauge", [], "Cores for runs that take several, where there are any"),
  one("simrun_cores_free", "gauge", [], "Of these cores, those that are not used"),
  one("simrun_slots_memory_bytes", "gauge", [], "Resident memory of the slots at work"),
  one("simrun_memory_limit_bytes", "gauge", [], "Memory that all slots may use together"),
  one("simrun_memory_free_bytes", "gauge", [], "Of that memory, what no slot has"),
  one(
    "simrun_disk_level",
    "gauge",
    ["level"],
    "1 for how the disk stands: ok, near (soon full) or full (nothing is started)",
  ),
  one("simrun_disk_free_bytes", "gauge", [], "Room on the disk; told when it gets scarce"),
  one("simrun_disk_reserve_bytes", "gauge", [], "Room that is kept free; told when it gets scarce"),
  one("simrun_disk_tree_bytes", "gauge", [], "What the tree takes; told when room gets scarce"),
  one(
    "simrun_disk_budget_bytes",
    "gauge",
    [],
    "What the tree may take; told when room gets scarce",
  ),
  one(
    "simrun_disk_fill_bytes_per_second",
    "gauge",
    [],
    "How fast the disk fills; told when room gets scarce",
  ),
  one("simrun_disk_full_seconds", "gauge", [], "Time until the disk is full at that pace"),
  one("simrun_disk_freed_bytes", "gauge", [], "What this simrun has freed to make room"),
] as const satisfies readonly Metric[];

export type MetricName = typeof METRICS[number]["name"];
type Strings<L extends readonly string[]> = { readonly [i in keyof L]: string };
/** One value for each label of the metric. */
export type LabelValues<N extends MetricName> = Strings<
  Extract<typeof METRICS[number], { readonly name: N }>["labels"]
>;

/** Upper bounds of `simrun_run_duration_seconds`: from a model of a millisecond to one of a week. */
export const DURATION_BOUNDS = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 21_600, 86_400, 604_800];

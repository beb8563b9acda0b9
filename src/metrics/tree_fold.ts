/** What a journal tells for metrics: counters that only grow, the history and the statistics. Never reads a file. */
import type { JournalEntry } from "../job/event.ts";
import { History, type Location } from "../queue/history.ts";
import { Statistics } from "../report/statistics.ts";
import { DURATION_BOUNDS } from "./metric_table.ts";
import { Samples } from "./samples.ts";

/** So many jobs are told one by one, the first ones; all others together. */
export const JOBS_MAX = 100;
/** The label of all others: no job can be called so. */
export const OTHERS = "_other";

/** A tree's journal, folded. Fed with every entry in its order; begun anew when entries were taken back. */
export class TreeFold {
  readonly history = new History();
  readonly statistics = new Statistics();
  /** Only ever grow, whichever simruns have written them. */
  readonly counters = new Samples();
  startedAt: string | undefined;
  endedAt: string | undefined;
  readonly #jobs = new Set<string>();

  /** The label that stands for a job. */
  label(job: string): string {
    if (this.#jobs.has(job)) return job;
    if (this.#jobs.size >= JOBS_MAX) return OTHERS;
    this.#jobs.add(job);
    return job;
  }

  apply(entry: JournalEntry, location?: Location): void {
    this.history.apply(entry, location);
    this.statistics.apply(entry, 0);
    this.#count(entry);
  }

  #count(entry: JournalEntry): void {
    const { counters } = this;
    switch (entry.type) {
      case "campaign.started":
        this.startedAt = entry.at;
        counters.add("simrun_campaigns_started_total", 1);
        return;
      case "campaign.ended":
        this.endedAt = entry.at;
        counters.add("simrun_campaigns_ended_total", 1, entry.outcome);
        return;
      case "job.planned":
        this.#begin(this.label(entry.job.id));
        return;
      case "runs.started": {
        const runs = entry.runs.length / 2;
        counters.add("simrun_attempts_started_total", runs, this.label(entry.job));
        return;
      }
      case "runs.completed": {
        const job = this.label(entry.job);
        let steps = 0;
        for (const run of entry.runs) {
          steps += run.steps;
          counters.observe("simrun_run_duration_seconds", run.ms / 1000, DURATION_BOUNDS, job);
        }
        counters.add("simrun_runs_completed_total", entry.runs.length, job);
        counters.add("simrun_steps_completed_total", steps, job);
        return;
      }
      case "run.reused":
        counters.add("simrun_runs_reused_total", 1, this.label(entry.job));
        return;
      case "run.failed":
        counters.add("simrun_runs_failed_total", 1, this.label(entry.job), entry.failure.class);
        return;
      case "runs.requeued": {
        const job = this.label(entry.job);
        const counted = String(entry.counted);
        const runs = entry.runs.length;
        counters.add("simrun_attempts_requeued_total", runs, job, entry.cause, counted);
        return;
      }
      case "runs.cancelled":
        counters.add("simrun_runs_cancelled_total", entry.runs.length, this.label(entry.job));
        return;
      case "run.resumed": {
        const job = this.label(entry.job);
        if (entry.step > 0) counters.add("simrun_runs_resumed_total", 1, job);
        counters.add("simrun_checkpoints_rejected_total", entry.rejected.length, job);
        return;
      }
      case "run.checkpointed": {
        const job = this.label(entry.job);
        const { bytes, rawBytes, ms, stallMs = 0 } = entry;
        counters.add("simrun_checkpoints_written_total", 1, job);
        counters.add("simrun_checkpoint_written_bytes_total", bytes, job);
        counters.add("simrun_checkpoint_state_bytes_total", rawBytes, job);
        counters.add("simrun_checkpoint_write_seconds_total", ms / 1000, job);
        counters.add("simrun_checkpoint_stall_seconds_total", stallMs / 1000, job);
        return;
      }
      case "run.degraded":
        counters.add("simrun_runs_degraded_total", 1, this.label(entry.job));
        return;
      case "run.warned":
        counters.add("simrun_run_warnings_total", 1, this.label(entry.job));
        return;
    }
  }

  /** A counter that appears with its first event has no rate then: those that matter begin at nothing. */
  #begin(job: string): void {
    const { counters } = this;
    counters.add("simrun_runs_completed_total", 0, job);
    counters.add("simrun_runs_failed_total", 0, job, "model-error");
    counters.add("simrun_attempts_started_total", 0, job);
    counters.add("simrun_steps_completed_total", 0, job);
    counters.add("simrun_checkpoints_written_total", 0, job);
  }
}

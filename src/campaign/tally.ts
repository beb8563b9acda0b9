/** Counts a campaign: runs and steps, done and to be done. Counts only what is durable. */
import type { Live, LiveRun } from "../job/live.ts";
import type { PlannedJob } from "../plan/plan.ts";
import type { JobProgress } from "./forecast.ts";
import type { RunTable, TableState } from "./run_table.ts";

export class Tally {
  completed = 0;
  failed = 0;
  cancelled = 0;
  readonly #table: RunTable;
  readonly #degraded = new Set<string>();
  /** Runs that ended, by the number of their job. */
  readonly #ended = new Map<number, number>();
  readonly #warned = new Map<number, number>();
  /** Runs that the plan left alone and somebody takes up, by the number of their job. */
  readonly #taken = new Map<number, number>();
  #stepsDone = 0;

  constructor(table: RunTable) {
    this.#table = table;
  }

  complete(job: PlannedJob, runs: number): void {
    this.completed += runs;
    this.#end(job, runs);
  }

  fail(job: PlannedJob): void {
    this.failed++;
    this.#end(job, 1);
  }

  cancel(job: PlannedJob): void {
    this.cancelled++;
    this.#end(job, 1);
  }

  /** Somebody takes up a run that the plan left alone: it counts like those that are to run. */
  take(job: PlannedJob): void {
    this.#taken.set(job.number, (this.#taken.get(job.number) ?? 0) + 1);
  }

  /** One that ended so counts no more: its job was submitted again. */
  forget(state: "failed" | "cancelled"): void {
    this[state]--;
  }

  /** Answers how many warnings there were of this job. */
  warn(job: PlannedJob): number {
    const count = (this.#warned.get(job.number) ?? 0) + 1;
    this.#warned.set(job.number, count);
    return count;
  }

  /** A run that had ended is tried again. */
  undo(job: PlannedJob, state: TableState): void {
    if (state === "failed") this.failed--;
    if (state === "cancelled") this.cancelled--;
    this.#end(job, -1);
  }

  /** How far each job is. */
  jobs(): JobProgress[] {
    return this.#table.jobs.map((job) => {
      const ended = this.#ended.get(job.number) ?? 0;
      return { job, ended, left: this.#toRun(job) - ended };
    });
  }

  /** Ids of those of which runs are left. */
  openJobs(): ReadonlySet<string> {
    return new Set(this.jobs().filter(({ left }) => left > 0).map(({ job }) => job.job.id));
  }

  /** True the first time a run loses its checkpoints: one warning is enough. */
  degrade(job: string, run: string): boolean {
    const key = `${job}/${run}`;
    if (this.#degraded.has(key)) return false;
    this.#degraded.add(key);
    return true;
  }

  counts(): Live["counts"] {
    const { ready, delayed, blocked, unneeded } = this.#table.counts;
    const total = this.#table.total - unneeded;
    const held = this.#table.counts.held + this.#table.counts["paused-before"];
    return {
      total,
      skipped: this.#table.jobs.reduce((sum, job) => sum + doneBefore(job), 0),
      completed: this.completed,
      failed: this.failed,
      queued: ready + delayed + held + blocked,
      ...(held > 0 && { held }),
      ...(delayed > 0 && { delayed }),
      ...(this.cancelled > 0 && { cancelled: this.cancelled }),
    };
  }

  /** Steps of the runs to compute; those under way count as far as they are. */
  steps(running: readonly LiveRun[]): Live["steps"] {
    const total = this.#table.jobs.reduce((sum, job) => sum + this.#toRun(job) * job.job.steps, 0);
    const underWay = running.reduce((sum, run) => sum + run.step, 0);
    return { total, done: Math.min(total, this.#stepsDone + underWay) };
  }

  #toRun(job: PlannedJob): number {
    // Those that the plan spared are none that were to run.
    const spared = job.spared - job.countOf("not-needed");
    return job.toRun + (this.#taken.get(job.number) ?? 0) - spared;
  }

  /** All steps asked for are counted: a run that converged early, or failed, has none left. */
  #end(job: PlannedJob, runs: number): void {
    this.#ended.set(job.number, (this.#ended.get(job.number) ?? 0) + runs);
    this.#stepsDone += runs * job.job.steps;
  }
}

/** Runs whose result was there before. */
function doneBefore(job: PlannedJob): number {
  return job.countOf("done") + job.countOf("stale-model") + job.countOf("reuse");
}

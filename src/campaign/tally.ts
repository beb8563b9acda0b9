/** Counts a campaign: runs and steps, done and to be done. Counts only what is durable. */
import type { Live, LiveRun } from "../job/live.ts";
import type { RunTable } from "./run_table.ts";

export class Tally {
  completed = 0;
  failed = 0;
  readonly #table: RunTable;
  readonly #degraded = new Set<string>();
  #stepsDone = 0;

  constructor(table: RunTable) {
    this.#table = table;
  }

  /** `steps` asked for by these runs: a run that converged early has none left. */
  complete(runs: number, steps: number): void {
    this.completed += runs;
    this.#stepsDone += steps;
  }

  fail(steps: number): void {
    this.failed++;
    this.#stepsDone += steps;
  }

  /** True the first time a run loses its checkpoints: one warning is enough. */
  degrade(job: string, run: string): boolean {
    const key = `${job}/${run}`;
    if (this.#degraded.has(key)) return false;
    this.#degraded.add(key);
    return true;
  }

  counts(): Live["counts"] {
    const total = this.#table.total;
    const planned = this.#table.jobs.reduce((sum, job) => sum + job.toRun, 0);
    return {
      total,
      skipped: total - planned,
      completed: this.completed,
      failed: this.failed,
      queued: this.#table.counts.ready,
    };
  }

  /** Steps of the runs to compute; those under way count as far as they are. */
  steps(running: readonly LiveRun[]): Live["steps"] {
    const total = this.#table.jobs.reduce((sum, job) => sum + job.toRun * job.job.steps, 0);
    const underWay = running.reduce((sum, run) => sum + run.step, 0);
    return { total, done: Math.min(total, this.#stepsDone + underWay) };
  }
}

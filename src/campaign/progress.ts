/** How far each job is, in steps, as `status` tells it: what was saved of runs that are not done counts as well. Pure. */
import type { Decision, PlannedJob } from "../plan/plan.ts";
import type { RunTable } from "./run_table.ts";

export interface JobSteps {
  readonly job: PlannedJob;
  readonly done: number;
  readonly total: number;
}

/** Runs whose results are there already. */
const DONE: readonly Decision[] = ["done", "stale-model", "reuse"];

export class Progress {
  readonly #table: RunTable;
  /** Of runs that were begun and are not done: the last step that is saved, or at which they failed. */
  readonly #reached = new Map<number, number>();
  /** The sum of these, and the runs completed, by the number of their job. */
  readonly #jobs: { reached: number; completed: number }[] = [];

  constructor(table: RunTable) {
    this.#table = table;
  }

  /** The run goes on from there, or will, or has failed there. */
  reached(number: number, step: number): void {
    this.#adopt();
    this.#set(this.#table.jobOf(number), number, step);
  }

  completed(number: number): void {
    this.#adopt();
    const job = this.#table.jobOf(number);
    this.#set(job, number, 0);
    this.#reached.delete(number);
    this.#jobs[job.number]!.completed++;
  }

  /** `running`: the runs that slots are at, with their steps. One that is submitted again counts as it is now. */
  jobs(running: Iterable<{ readonly number: number; readonly step: number }>): JobSteps[] {
    this.#adopt();
    const beyond = new Map<PlannedJob, number>();
    for (const { number, step } of running) {
      const job = this.#table.jobOf(number);
      const more = step - (this.#reached.get(number) ?? 0);
      beyond.set(job, (beyond.get(job) ?? 0) + more);
    }
    const last = new Map(this.#table.jobs.map((job) => [job.job.id, job]));
    return [...last.values()].map((job) => {
      const { reached, completed } = this.#jobs[job.number]!;
      const before = DONE.reduce((sum, decision) => sum + job.countOf(decision), 0);
      const done = (before + completed) * job.job.steps + reached + (beyond.get(job) ?? 0);
      return { job, done, total: (job.count - job.spared) * job.job.steps };
    });
  }

  #set(job: PlannedJob, number: number, step: number): void {
    const steps = Math.min(step, job.job.steps);
    this.#jobs[job.number]!.reached += steps - (this.#reached.get(number) ?? 0);
    this.#reached.set(number, steps);
  }

  /** What earlier simruns have left of jobs that are new here. */
  #adopt(): void {
    const { jobs } = this.#table;
    while (this.#jobs.length < jobs.length) {
      const job = jobs[this.#jobs.length]!;
      this.#jobs.push({ reached: 0, completed: 0 });
      if (!job.hasPast) continue;
      for (let index = 0; index < job.count; index++) {
        const step = job.reachedBefore(index);
        if (step > 0) this.#set(job, job.offset + index, step);
      }
    }
  }
}

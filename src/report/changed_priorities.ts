/** Priorities that people changed while the simrun of the moment works: a fold of its journal. Never reads a file. */
import type { JournalEntry } from "../job/event.ts";
import type { Priority } from "../job/job.ts";
import type { History } from "../queue/history.ts";

/** Runs of a job that wait and have another priority than it. */
export interface ChangedPriority {
  readonly job: string;
  readonly priority: Priority;
  readonly runs: number;
}

export class ChangedPriorities {
  readonly #jobs = new Map<string, Map<string, Priority>>();

  apply(entry: JournalEntry): void {
    if (entry.type === "campaign.started") this.#jobs.clear();
    if (entry.type !== "runs.prioritised") return;
    const runs = this.#jobs.get(entry.job) ?? new Map<string, Priority>();
    for (const run of entry.runs) runs.set(run, entry.priority);
    this.#jobs.set(entry.job, runs);
  }

  /** Of those that no slot has, by what the journal says. */
  waiting({ jobs }: History): ChangedPriority[] {
    return [...this.#jobs].flatMap(([job, runs]) => {
      const past = jobs.get(job);
      const counts = new Map<Priority, number>();
      for (const [run, priority] of runs) {
        const state = past?.find(run)?.state ?? "queued";
        if (state === "queued") counts.set(priority, (counts.get(priority) ?? 0) + 1);
      }
      return [...counts].map(([priority, runs]) => ({ job, priority, runs }));
    });
  }
}

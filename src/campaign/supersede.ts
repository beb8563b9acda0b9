/** Jobs that are submitted again while they are at work: what becomes of their earlier runs, and of those that wait for them. */
import { type Job, neededJobs } from "../job/job.ts";
import type { PlannedJob } from "../plan/plan.ts";
import type { RunTable, TableState } from "./run_table.ts";
import type { Slot } from "./slot.ts";
import type { Tally } from "./tally.ts";

/** What of a job that is submitted again is left to its new runs. */
const SUPERSEDED: readonly TableState[] = [
  "failed",
  "cancelled",
  "paused-before",
  "cancelled-before",
];
interface Parts {
  readonly table: RunTable;
  readonly tally: Tally;
  readonly slots: readonly Slot[];
}

export function supersede(jobs: readonly Job[], { table, tally, slots }: Parts): void {
  const ids = jobs.map(({ id }) => id);
  // Runs that begin from others wish states of theirs to be kept.
  const parents = jobs.map(({ from }) => from?.job);
  for (const job of table.jobs) {
    if (parents.includes(job.job.id)) {
      for (const slot of slots) slot.jobsKnown.delete(job.number);
    }
    // Who was about to begin on the earlier results waits for the new ones.
    if (neededJobs(job.job).some((id) => ids.includes(id))) block(job, table);
    if (!ids.includes(job.job.id)) continue;
    for (let number = job.offset; number < job.offset + job.count; number++) {
      const state = table.stateOf(number);
      if (!SUPERSEDED.includes(state)) continue;
      if (state === "failed" || state === "cancelled") tally.forget(state);
      table.become(number, "settled");
    }
  }
}

function block(job: PlannedJob, table: RunTable): void {
  for (let number = job.offset; number < job.offset + job.count; number++) {
    if (table.stateOf(number) === "ready") table.become(number, "blocked");
  }
}

/** What waits, by priority: how many runs, of which jobs. Pure. */
import { PRIORITY_NAMES } from "../job/job.ts";
import type { History } from "../queue/history.ts";
import type { ChangedPriority } from "./changed_priorities.ts";
import { formatCount } from "./format.ts";
import type { JobStatus } from "./status.ts";

export interface QueueShare {
  /** The most urgent is 0. */
  readonly priority: number;
  readonly runs: number;
  /** Of these jobs. */
  readonly jobs: readonly string[];
}

/** The most urgent first. `changed` are those that people gave another priority than their job has. */
export function queueByPriority(
  jobs: readonly JobStatus[],
  history: History,
  changed: readonly ChangedPriority[] = [],
): QueueShare[] {
  const shares = new Map<number, { runs: number; jobs: Set<string> }>();
  const add = (priority: number, job: string, runs: number): void => {
    if (runs <= 0) return;
    const share = shares.get(priority) ?? { runs: 0, jobs: new Set() };
    share.runs += runs;
    share.jobs.add(job);
    shares.set(priority, share);
  };
  for (const { id, counts: { waiting } } of jobs) {
    const moved = changed.filter(({ job }) => job === id);
    for (const { priority, runs } of moved) add(priority, id, Math.min(runs, waiting));
    const rest = waiting - moved.reduce((sum, { runs }) => sum + runs, 0);
    add(history.jobs.get(id)?.job?.priority ?? 0, id, rest);
  }
  return [...shares].toSorted(([a], [b]) => a - b)
    .map(([priority, { runs, jobs }]) => ({ priority, runs, jobs: [...jobs] }));
}

/** `critical 2 (mpi), normal 53,000 (sweep and 3 more)`; nothing when nothing waits. */
export function describeQueue(queue: readonly QueueShare[]): string {
  return queue.map(({ priority, runs, jobs: [first, ...others] }) => {
    const more = others.length === 0 ? "" : ` and ${formatCount(others.length)} more`;
    return `${PRIORITY_NAMES[priority] ?? priority} ${formatCount(runs)} (${first}${more})`;
  }).join(", ");
}

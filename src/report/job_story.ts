/** What became of the runs of one job, those with the same state and reason together. Pure; words are to be made safe. */
import type { Job } from "../job/job.ts";
import { searchOf } from "../job/sweep.ts";
import type { ChangedPriority } from "./changed_priorities.ts";
import { describeReason } from "./failure_text.ts";
import { formatCount, formatNumberOf } from "./format.ts";
import { describeReturn } from "./requeue_text.ts";
import type { RunStatus } from "./run_status.ts";
import { VISIBLE_STATES, type VisibleState } from "./selector.ts";
import type { JobStatus, TreeStatus } from "./status.ts";
import { waitingReasons } from "./waiting.ts";

export interface RunGroup {
  readonly state: VisibleState;
  /** Empty where the state says it all. */
  readonly why: string;
  readonly count: number;
  /** The first ones, to be looked at further. */
  readonly examples: readonly RunStatus[];
}

const EXAMPLES_MAX = 3;
/** More reasons than this of one state are no summary any more. */
const GROUPS_MAX = 12;

/** In the order of a person's interest; `counts` know also those that `runs` does not list. */
export function groupRuns(
  runs: readonly RunStatus[],
  counts: JobStatus["counts"],
  waits: string,
): RunGroup[] {
  return VISIBLE_STATES.flatMap((state) => {
    const byReason = new Map<string, { count: number; examples: RunStatus[] }>();
    let listed = 0;
    for (const run of runs) {
      if (run.state !== state) continue;
      listed++;
      const why = reasonOf(run, waits);
      const known = byReason.get(why);
      if (known === undefined) byReason.set(why, { count: 1, examples: [run] });
      else {
        known.count++;
        if (known.examples.length < EXAMPLES_MAX) known.examples.push(run);
      }
    }
    const groups = [...byReason].map(([why, group]) => ({ state, why, ...group }))
      .sort((a, b) => b.count - a.count);
    const shown = groups.slice(0, GROUPS_MAX);
    const rest = counts[state] - listed +
      groups.slice(GROUPS_MAX).reduce((sum, { count }) => sum + count, 0);
    if (rest > 0) shown.push({ state, why: "others", count: rest, examples: [] });
    return shown;
  });
}

function reasonOf(run: RunStatus, waits: string): string {
  switch (run.state) {
    case "waiting":
      return run.next?.at === undefined
        ? waits
        : `tried again later (${describeReturn(run.next.cause, run.next.message)})`;
    case "failed": {
      const { failure } = run;
      return failure === undefined ? "" : describeReason(failure);
    }
    case "interrupted":
      return run.savedStep > 0 ? "goes on from what was saved" : "nothing saved; begins anew";
    case "paused":
      return run.savedStep > 0 ? "on request; saved" : "on request";
    case "cancelled":
      return "on request";
    case "completed":
      return run.ending ?? "";
    case "running":
      return "";
  }
}

/** Why those wait that wait for no time of their own; empty when there are none. */
export function jobWaits(
  job: Job | undefined,
  priorities: ReadonlyMap<string, Job["priority"]>,
  read: TreeStatus,
  changed: readonly ChangedPriority[] = [],
): string {
  const follows = searchOf(job?.sweep) === undefined
    ? undefined
    : "Their parameters follow from the results of those before.";
  return waitingReasons({ job, isDelayed: false, priorities, changed, follows }, read).join(" ");
}

/** `6 runs: 1 completed, 5 waiting`. */
export function countsText({ runs, counts }: Pick<JobStatus, "runs" | "counts">): string {
  const parts = VISIBLE_STATES.filter((state) => counts[state] > 0)
    .map((state) => `${formatCount(counts[state])} ${state}`);
  return `${formatNumberOf(runs, "run")}: ${parts.join(", ")}`;
}

/** What became of a planned run before this campaign, as far as it matters to it. Pure. */
import type { MemoryBudget } from "../campaign/memory_budget.ts";
import type { PlannedJob } from "../plan/plan.ts";
import type { History } from "../queue/history.ts";

/** Attempts that count already, by the history. A crash in between does not count. */
export function earlierAttempts(job: PlannedJob, index: number, history: History): number {
  const decision = job.decisionAt(index);
  if (decision !== "resume" && decision !== "restart") return 0;
  const past = history.jobs.get(job.job.id)?.find(job.identify(index).run);
  if (past === undefined) return 0;
  return Math.max(0, past.state === "running" ? past.attempt - 1 : past.attempt);
}

/** What a run needs that was out of memory before: twice what its slot had. */
export function neededBefore(job: PlannedJob, index: number, history: History): number {
  const { run } = job.identify(index);
  const failure = history.jobs.get(job.job.id)?.rare(run).failure;
  return failure?.class === "out-of-memory" ? 2 * (failure.memoryBytes ?? 0) : 0;
}

/** The size of slot that a run, or any of a job, needs: of what its job says, and of what it has needed before. */
export function sizesBy(
  memory: Pick<MemoryBudget, "sizeFor">,
  history: History,
): (job: PlannedJob, index?: number) => number {
  return (job, index) => {
    const before = index === undefined ? 0 : neededBefore(job, index, history);
    return memory.sizeFor(Math.max(job.job.memoryBytes ?? 0, before), job.job.cores);
  };
}

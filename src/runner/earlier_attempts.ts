/** How many attempts of a planned run count before this campaign. Pure. */
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

/** Whether every job that is needed is there: in the campaign, or done in the tree. */
import type { Need } from "../job/job.ts";
import type { Diagnostic } from "../manifest/diagnostic.ts";
import { runId } from "../plan/digest.ts";
import type { PlannedJob } from "../plan/plan.ts";
import { countPoints, pointAt } from "../plan/sweep.ts";
import type { History, JobHistory } from "../queue/history.ts";
import { JobProblems, type Locate } from "./prepare.ts";

/** Throws {@linkcode JobProblems} for each need that nothing will ever meet. */
export function checkNeeds(
  jobs: readonly PlannedJob[],
  others: readonly PlannedJob[],
  history: History,
  locate: Locate = () => undefined,
): void {
  const ids = new Set([...jobs, ...others].map(({ job }) => job.id));
  const problems: Diagnostic[] = [];
  for (const { job } of jobs) {
    for (const need of job.needs ?? []) {
      if (ids.has(need.job) || isMet(need, history.jobs.get(need.job))) continue;
      const place = locate(job.id, ["needs"]);
      problems.push({
        code: "needs",
        severity: "error",
        message: `Job ${job.id} needs ${need.job}, which is in none of these manifests and has ` +
          "not completed in this tree",
        hint: "Give its manifest as well, e.g. simrun jobs/*.yaml.",
        ...(place && { place }),
      });
    }
  }
  if (problems.length > 0) throw new JobProblems(problems);
}

/** By the job as it was last planned. */
function isMet(need: Need, past: JobHistory | undefined): boolean {
  if (past?.job === undefined) return false;
  const { job } = past;
  for (let index = 0; index < countPoints(job.sweep); index++) {
    const state = past.find(runId(job, pointAt(job.sweep, index)))?.state;
    if (state === "completed") continue;
    if (need.accept !== "any" || state !== "failed" && state !== "cancelled") return false;
  }
  return true;
}

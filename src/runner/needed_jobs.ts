/** Whether every job that is needed is there: in the campaign, or done in the tree. */
import type { Need } from "../job/job.ts";
import type { Diagnostic } from "../manifest/diagnostic.ts";
import { PastJob } from "../plan/past_job.ts";
import type { PlannedJob } from "../plan/plan.ts";
import type { History } from "../queue/history.ts";
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
      if (ids.has(need.job) || isMet(need, PastJob.of(history.jobs.get(need.job)))) continue;
      const place = locate(job.id, ["needs"]);
      const { cancelled = 0, failed = 0 } = history.jobs.get(need.job)?.counts ?? {};
      const ended = [
        ...(cancelled > 0 ? [`${cancelled} of its runs cancelled`] : []),
        ...(failed > 0 ? [`${failed} failed`] : []),
      ].join(", ");
      problems.push({
        code: "needs",
        severity: "error",
        message: `Job ${job.id} needs ${need.job}, which is in none of these manifests and has ` +
          `not completed in this tree${ended === "" ? "" : ` (${ended})`}`,
        hint: cancelled > 0
          ? "simrun resume --rerun cancelled takes up again what was cancelled."
          : "Give its manifest as well, e.g. simrun jobs/*.yaml.",
        ...(place && { place }),
      });
    }
  }
  if (problems.length > 0) throw new JobProblems(problems);
}

/** By the job as it was last planned. */
function isMet(need: Need, past: PastJob | undefined): boolean {
  if (past === undefined) return false;
  for (let index = 0; index < past.count; index++) {
    const { state, isSpared } = past.runAt(index);
    if (isSpared) continue;
    if (state === "unfinished" || state !== "completed" && need.accept !== "any") return false;
  }
  return true;
}

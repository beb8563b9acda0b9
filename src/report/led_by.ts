/** Where jobs stand whose runs are led by results, as their guides have it. Pure. */
import type { Job } from "../job/job.ts";
import { searchOf } from "../job/sweep.ts";
import { runId } from "../plan/digest.ts";
import type { Guide } from "../plan/guide.ts";
import type { Plan } from "../plan/plan.ts";
import { countPoints, pointAt } from "../plan/sweep.ts";
import type { LedJob } from "./led_job.ts";

export function ledBy(job: Job, guide: Guide): LedJob {
  const { stopped, best, standing } = guide;
  const of = countPoints(job.sweep);
  const isSearch = searchOf(job.sweep) !== undefined;
  return {
    job: job.id,
    metric: guide.metric,
    ...(stopped !== undefined && { stopped: { ...stopped, of } }),
    ...(isSearch && best !== undefined && {
      best: {
        run: runId(job, pointAt(job.sweep, best.index)),
        value: best.value,
        parameters: guide.proposalAt(best.index)?.values ?? {},
      },
    }),
    ...(standing !== undefined && { standing }),
  };
}

/** The jobs of a plan that are, as they stand now. */
export function ledIn(plan: Plan): LedJob[] {
  return plan.jobs.flatMap(({ job, guide }) => guide === undefined ? [] : [ledBy(job, guide)]);
}

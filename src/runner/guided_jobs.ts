/** Jobs whose runs are led by results get their guides; of what leads them nothing is loaded where there are none. */
import { searchOf } from "../job/sweep.ts";
import type { JobToPlan } from "../plan/plan.ts";
import type { History } from "../queue/history.ts";
import type { Layout } from "../store/layout.ts";

/** `layout` is where the history was read; without one nothing was computed yet. */
export async function withGuides(
  jobs: readonly JobToPlan[],
  history: History,
  layout: Layout | undefined,
): Promise<readonly JobToPlan[]> {
  const isLed = ({ job }: JobToPlan) =>
    job.until !== undefined || searchOf(job.sweep) !== undefined;
  if (!jobs.some(isLed)) return jobs;
  const { guideOf } = await import("./past_guides.ts");
  const guided: JobToPlan[] = [];
  for (const one of jobs) {
    guided.push(isLed(one) ? { ...one, guide: await guideOf(one.job, history, layout) } : one);
  }
  return guided;
}

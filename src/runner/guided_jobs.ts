/** Jobs whose runs are led by results get their guides; of what leads them nothing is loaded where there are none. */
import type { Job } from "../job/job.ts";
import { load } from "../job/load.ts";
import { searchOf } from "../job/sweep.ts";
import type { JobToPlan } from "../plan/plan.ts";
import type { History } from "../queue/history.ts";
import type { Layout } from "../store/layout.ts";
import { prepareJobs } from "./prepare.ts";

interface Past {
  readonly history: History;
  /** Where the history was read; without one nothing was computed yet. */
  readonly layout: Layout | undefined;
}

/** What a plan is made of; throws as {@linkcode prepareJobs} does. */
export async function prepareLed(
  jobs: readonly Job[],
  parts: Parameters<typeof prepareJobs>[1],
  { history, layout }: Past,
): Promise<readonly JobToPlan[]> {
  const prepared = await prepareJobs(jobs, parts);
  const isLed = ({ job }: JobToPlan) =>
    job.until !== undefined || searchOf(job.sweep) !== undefined;
  if (!prepared.some(isLed)) return prepared;
  const { guideOf } = await load<typeof import("./past_guides.ts")>(
    import.meta.resolve("./past_guides.ts"),
  );
  const led: JobToPlan[] = [];
  for (const one of prepared) {
    led.push(isLed(one) ? { ...one, guide: await guideOf(one.job, history, layout) } : one);
  }
  return led;
}

/** Where led jobs of a tree stand, for who only looks: by the same rules as those who work, and nothing is proposed. */
import { load } from "../job/load.ts";
import { searchOf } from "../job/sweep.ts";
import type { Decision } from "../plan/decision.ts";
import { runId } from "../plan/digest.ts";
import { pointAt } from "../plan/sweep.ts";
import type { History, PastState } from "../queue/history.ts";
import { ledBy } from "../report/led_by.ts";
import type { LedJob } from "../report/led_job.ts";
import type { Layout } from "../store/layout.ts";

const AS_IT_IS: { readonly [state in PastState]: Decision } = {
  completed: "done",
  failed: "counted",
  cancelled: "cancelled",
  running: "restart",
  queued: "restart",
  held: "paused",
};

/** Undefined for any other job. */
export async function readLedJob(
  history: History,
  layout: Layout,
  id: string,
): Promise<LedJob | undefined> {
  const past = history.jobs.get(id);
  if (past?.job === undefined) return undefined;
  const { job } = past;
  if (job.until === undefined && searchOf(job.sweep) === undefined) return undefined;
  const { guideOf } = await load<typeof import("./past_guides.ts")>(
    import.meta.resolve("./past_guides.ts"),
  );
  const guide = await guideOf(job, history, layout, { onlyLooks: true });
  guide.decideAll((index) => {
    const before = past.find(runId(job, pointAt(job.sweep, index)));
    return before === undefined ? "new" : AS_IT_IS[before.state];
  });
  return ledBy(job, guide);
}

/** Searches of the tree, and what has stopped. Sweeps are not read for it: they may have a million results. */
export async function readLedJobs(history: History, layout: Layout): Promise<LedJob[]> {
  const led: LedJob[] = [];
  for (const [id, { job, stopped }] of history.jobs) {
    if (searchOf(job?.sweep) !== undefined) {
      const one = await readLedJob(history, layout, id);
      if (one !== undefined) led.push(one);
    } else if (stopped !== undefined) led.push({ job: id, metric: job!.until!.metric, stopped });
  }
  return led;
}

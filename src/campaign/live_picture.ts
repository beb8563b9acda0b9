/** A campaign as it is at this moment: what runs, how far all is, and when it may end. */
import type { Live } from "../job/live.ts";
import { fractionDone } from "../job/progress.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { forecast } from "./forecast.ts";
import { liveCores } from "./live_cores.ts";
import type { Progress } from "./progress.ts";
import type { RunTable } from "./run_table.ts";
import type { RunTimes } from "./run_times.ts";
import type { Slot } from "./slot.ts";
import type { Tally } from "./tally.ts";

/** The picture is written twice a second: so many jobs are told one by one. */
const JOBS_WEIGHED_MAX = 500;
export type CampaignPicture = Pick<
  Live,
  "running" | "counts" | "steps" | "slots" | "progress" | "work" | "memory" | "cores"
>;

export interface PictureParts {
  readonly now: number;
  readonly table: RunTable;
  readonly tally: Tally;
  readonly dispatcher: Dispatcher;
  readonly times: RunTimes;
  readonly progress: Progress;
}

export function pictureOf(parts: PictureParts): CampaignPicture {
  const { now, table, tally, dispatcher, times } = parts;
  const { slots, pool } = dispatcher;
  const { limit, memory: { totalBytes, shareBytes }, freeBytes } = pool;
  const running = slots.flatMap((slot) => slot.live(now) ?? []);
  const progress = progressOf(slots, parts);
  return {
    slots: limit,
    running,
    counts: tally.counts(),
    steps: tally.steps(running),
    progress,
    // Played out for those who look at it: others only want to know what runs.
    get work() {
      const work = forecast(tally.jobs(), running, limit, times);
      return work && { ...work, fraction: progress.fraction };
    },
    memory: { totalBytes, freeBytes, ...(slots.length < limit && { shareBytes }) },
    cores: liveCores(pool, table, now),
  };
}

/** By the same sum as `status`, which is told what steps take: where there is one job only, nothing is weighed. */
function progressOf(
  slots: readonly Slot[],
  { progress, times }: PictureParts,
): NonNullable<Live["progress"]> {
  const jobs = progress.jobs(slots.flatMap(({ current }) => current ?? []));
  if (jobs.length > JOBS_WEIGHED_MAX || jobs.length === 1) {
    return { fraction: fractionDone(jobs) };
  }
  const stepMs = Object.fromEntries(jobs.flatMap(({ job }) => {
    const ms = times.stepMs(job);
    return ms === undefined ? [] : [[job.job.id, ms]];
  }));
  const weighed = jobs.map((one) => ({ ...one, stepMs: stepMs[one.job.job.id] }));
  return { fraction: fractionDone(weighed), stepMs };
}

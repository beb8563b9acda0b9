/** What history says of a plan before any of it runs: how long it takes, and when its runs are saved. */
import { forecast } from "../campaign/forecast.ts";
import { RunTimes } from "../campaign/run_times.ts";
import type { Plan } from "../plan/plan.ts";
import type { Learned } from "../queue/learned.ts";
import { lessonsOf } from "../report/lessons.ts";
import type { Outlook } from "../report/outlook.ts";

/** What checkpoints will save is not known before they are read: a run that goes on counts as a whole one. */
export function outlookOf(plan: Plan, learned: Learned, slots: number, limitMs?: number): Outlook {
  const jobs = plan.jobs.filter(({ toRun }) => toRun > 0);
  const times = new RunTimes(learned.rates);
  const isKnown = jobs.every((job) => times.belief(job) !== undefined);
  const work = jobs.length === 0 || !isKnown ? undefined : forecast(
    jobs.map((job) => ({ job, left: job.toRun, ended: 0 })),
    [],
    slots,
    times,
  );
  const models = new Map(jobs.map(({ model }) => [model.digest, model]));
  let runs = 0;
  for (const model of models.values()) runs += learned.rates.stepTimes(model)?.count ?? 0;
  return {
    end: work?.lowMs === undefined || work.highMs === undefined ? undefined : {
      lowMs: work.lowMs,
      highMs: work.highMs,
      slots,
      runs,
      models: models.size,
    },
    lessons: new Map(
      jobs.map(({ job, model }) => [
        job.id,
        lessonsOf(job, model, learned, limitMs === undefined ? {} : { limitMs }),
      ]),
    ),
  };
}

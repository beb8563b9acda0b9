/** `simrun explain` of a job with many runs: how many are in which state and why, and which of them to look at. */
import { load } from "../job/load.ts";
import { EXIT } from "../job/fault.ts";
import { type Job, neededJobs } from "../job/job.ts";
import { searchOf } from "../job/sweep.ts";
import { runName } from "../job/run.ts";
import type { History } from "../queue/history.ts";
import { Learned } from "../queue/learned.ts";
import type { ChangedPriority } from "../report/changed_priorities.ts";
import { groupRuns, jobWaits } from "../report/job_story.ts";
import { type LedJob, ledJson, ledTexts } from "../report/led_job.ts";
import { lessonsJson, lessonsOf, lessonTexts } from "../report/lessons.ts";
import { treeStatus } from "../report/status.ts";
import { countsJson } from "../report/status_json.ts";
import { prioritiesOf } from "../report/waiting.ts";
import { renderJobStory } from "../screen/job_story_view.ts";
import type { Layout } from "../store/layout.ts";
import { readWork } from "../store/work.ts";
import {
  type CliContext,
  columnsOf,
  type GlobalFlags,
  paintOf,
  printJson,
  printLines,
} from "./context.ts";
import { listShards } from "../store/shards.ts";
import { treeWords } from "./tree_words.ts";

/** Of more runs of one state only the number is told. */
const LISTED_MAX = 10_000;

export async function explainJob(
  context: CliContext,
  flags: GlobalFlags,
  { layout, history, changed }: {
    readonly layout: Layout;
    readonly history: History;
    readonly changed: readonly ChangedPriority[];
  },
  job: Job,
): Promise<number> {
  const { working, live } = await readWork(layout, context.now);
  const read = treeStatus(history, {
    tree: layout.root,
    nowMs: context.now().getTime(),
    live,
    working,
    selectors: [job.id],
    listMax: LISTED_MAX,
  });
  const status = read.jobs.find(({ id }) => id === job.id)!;
  const runs = read.runs.filter((run) => run.job === job.id);
  const groups = groupRuns(
    runs,
    status.counts,
    jobWaits(job, prioritiesOf(history), read, changed),
  );
  const { model } = history.jobs.get(job.id)!;
  const lessons = model && lessonsOf(job, model, Learned.of(history, working), {});
  const led = await ledJob(history, layout, job);
  // Of a tree that is cut each simrun decides on its own share.
  const isAsked = !working && listShards(layout).length === 0;
  const next = !isAsked ? undefined : await decisionsNow(layout.root, withNeeded(job, history));
  if (flags.json) {
    printJson(context.stdout, {
      job: job.id,
      ...countsJson(status),
      groups: groups.map(({ state, why, count, examples }) => ({
        state,
        ...(why === "" ? {} : { why }),
        runs: count,
        examples: examples.map(({ job, run }) => runName(job, run)),
      })),
      ...(led === undefined ? {} : { led: ledJson(led) }),
      ...(next === undefined ? {} : { next }),
      ...(lessons === undefined ? {} : { learned: lessonsJson(lessons) }),
      manifest: job,
    });
    return EXIT.completed.status;
  }
  printLines(
    context.stdout,
    renderJobStory({
      status,
      job,
      groups,
      led: led === undefined ? [] : ledTexts(led),
      ...{ working, goOn: treeWords(context, flags).goOn },
      lessons: lessons === undefined ? [] : lessonTexts(lessons),
      next: next === undefined || typeof next === "string"
        ? next
        : Object.entries(next).map(([decision, runs]) => `${runs} ${decision}`).join(", "),
    }, {
      paint: paintOf(context.stdout),
      columns: columnsOf(context.stdout),
      folder: context.cwd,
      nowMs: context.now().getTime(),
      offsetMinutes: -context.now().getTimezoneOffset(),
    }),
  );
  return EXIT.completed.status;
}

/** Where it stands, when its runs are led by results. */
async function ledJob(history: History, layout: Layout, job: Job): Promise<LedJob | undefined> {
  if (job.until === undefined && searchOf(job.sweep) === undefined) return undefined;
  const { readLedJob } = await load<typeof import("../runner/led_jobs.ts")>(
    import.meta.resolve("../runner/led_jobs.ts"),
  );
  return await readLedJob(history, layout, job.id);
}

/** With the jobs that it needs, and what these need: what is done with a run depends on what is done with them. */
export function withNeeded(job: Job, history: History): Job[] {
  const found = new Map([[job.id, job]]);
  for (const one of found.values()) {
    for (const id of neededJobs(one)) {
      const needed = history.jobs.get(id)?.job;
      if (needed !== undefined && !found.has(id)) found.set(id, needed);
    }
  }
  return [...found.values()];
}

/** What these would do is asked, not whether there is room for them. */
export function coresOfAll(jobs: readonly Job[]): number {
  return Math.max(...jobs.map(({ cores = 1 }) => cores));
}

/** How many runs have which decision if simrun began now, with the model as it is now; or why it could not. */
async function decisionsNow(
  root: string,
  jobs: readonly Job[],
): Promise<Readonly<Record<string, number>> | string> {
  const { planOnly } = await load<typeof import("../runner/plan_only.ts")>(
    import.meta.resolve("../runner/plan_only.ts"),
  );
  const { DECISIONS } = await load<typeof import("../plan/plan.ts")>(
    import.meta.resolve("../plan/plan.ts"),
  );
  try {
    const [planned] = (await planOnly({ root, jobs, slots: coresOfAll(jobs) }, true)).jobs;
    const met = DECISIONS.filter((decision) => planned!.countOf(decision) > 0);
    return Object.fromEntries(met.map((decision) => [decision, planned!.countOf(decision)]));
  } catch (error) {
    return `cannot go on, because ${error instanceof Error ? error.message : error}`;
  }
}

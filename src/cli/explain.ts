/** `simrun explain`: the story of one run, and what comes next. */
import type { JournalEntry } from "../job/event.ts";
import { EXIT } from "../job/fault.ts";
import { runName } from "../job/run.ts";
import { decodePlain } from "../job/plain.ts";
import { StoryFold } from "../report/run_story.ts";
import { type RunStatus, treeStatus } from "../report/status.ts";
import { runJson } from "../report/status_json.ts";
import { renderStory } from "../screen/story_view.ts";
import { readJournal } from "../store/journal_read.ts";
import { readLive } from "../store/live.ts";
import { readOwner } from "../store/owner.ts";
import {
  type CliContext,
  columnsOf,
  type GlobalFlags,
  paintOf,
  printJson,
  printLines,
} from "./context.ts";
import { findRun, readTree } from "./tree_reader.ts";

export async function explain(
  context: CliContext,
  flags: GlobalFlags,
  args: readonly string[],
): Promise<number> {
  const { layout, history } = await readTree(context, flags);
  const { job, run, jobHistory } = findRun(history, args[0]!);
  const story = new StoryFold(job, run);
  readJournal(layout, (entry: JournalEntry) => story.apply(entry));
  const owner = await readOwner(layout, context.now);
  const working = owner?.alive ?? false;
  const live = await readLive(layout);
  const name = runName(job, run);
  const read = treeStatus(history, {
    tree: layout.root,
    nowMs: context.now().getTime(),
    live: live?.epoch === owner?.owner.epoch ? live : undefined,
    working,
    selectors: [`${job}/${run}`],
    listMax: Infinity,
  });
  const status = read.runs.find((one) => one.job === job && one.run === run) ??
    neverStarted(job, run, jobHistory.job?.steps ?? 0);
  const point = story.point === undefined
    ? undefined
    : decodePlain(story.point) as Record<string, unknown>;
  if (flags.json) {
    printJson(context.stdout, {
      run: name,
      ...runJson(status),
      job: jobHistory.job,
      point,
      history: story.chapters,
    });
    return EXIT.completed.status;
  }
  printLines(
    context.stdout,
    renderStory({ status, job: jobHistory.job, point, chapters: story.chapters, decision: [] }, {
      paint: paintOf(context.stdout),
      columns: columnsOf(context.stdout),
      folder: context.cwd,
      offsetMinutes: -context.now().getTimezoneOffset(),
    }),
  );
  return EXIT.completed.status;
}

/** A run that was planned and of which the journal tells nothing else. */
function neverStarted(job: string, run: string, steps: number): RunStatus {
  return {
    job,
    run,
    state: "waiting",
    attempt: 0,
    stepsDone: 0,
    stepsTotal: steps,
    savedStep: 0,
    savedAt: undefined,
    savedAgeMs: undefined,
    degraded: undefined,
  };
}

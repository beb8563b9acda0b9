/** `simrun explain`: the story of one run, and what comes next; of a sweep, what became of its runs. */
import { load } from "../job/load.ts";
import type { JournalEntry } from "../job/event.ts";
import { EXIT } from "../job/fault.ts";
import { runName } from "../job/run.ts";
import type { Job } from "../job/job.ts";
import { decodePlain } from "../job/plain.ts";
import type { History, JobHistory } from "../queue/history.ts";
import { countPoints, type Point, pointAt } from "../plan/sweep.ts";
import { Learned } from "../queue/learned.ts";
import { lessonsJson, lessonsOf, lessonTexts } from "../report/lessons.ts";
import { type Lineage, lineageJson, lineageOf, lineageTexts } from "../report/lineage.ts";
import { ProvenanceFold, provenanceJson, provenanceTexts } from "../report/provenance.ts";
import { ChangedPriorities } from "../report/changed_priorities.ts";
import { lackedOf } from "../report/open_needs.ts";
import { StoryFold } from "../report/run_story.ts";
import { restsOn } from "../report/rests_on.ts";
import { neverBegun } from "../report/run_status.ts";
import { treeStatus } from "../report/status.ts";
import { runJson } from "../report/status_json.ts";
import { openResultsText, proposalText } from "../report/trials.ts";
import { prioritiesOf, waitingReasons } from "../report/waiting.ts";
import { renderStory } from "../screen/story_view.ts";
import type { Layout } from "../store/layout.ts";
import { readCampaign } from "../store/campaign_journal.ts";
import { homeOf } from "../store/shards.ts";
import { readWork } from "../store/work.ts";
import {
  type CliContext,
  columnsOf,
  type GlobalFlags,
  paintOf,
  printJson,
  printLines,
} from "./context.ts";
import { coresOfAll, explainJob, withNeeded } from "./explain_job.ts";
import { findIndex, findRun, readTree } from "./tree_reader.ts";
import { treeWords } from "./tree_words.ts";

export async function explain(
  context: CliContext,
  flags: GlobalFlags,
  args: readonly string[],
): Promise<number> {
  const priorities = new ChangedPriorities();
  const { layout, history } = await readTree(context, flags, (entry) => priorities.apply(entry));
  const changed = priorities.waiting(history);
  const sweep = sweepNamed(history, args[0]!);
  if (sweep !== undefined) {
    return await explainJob(context, flags, { layout, history, changed }, sweep);
  }
  const { job, run, jobHistory } = findRun(history, args[0]!);
  const story = new StoryFold(job, run);
  const sources = new ProvenanceFold();
  readCampaign(layout, (entry: JournalEntry) => {
    story.apply(entry);
    sources.apply(entry);
  });
  const { working, live } = await readWork(layout, context.now);
  const home = homeOf(layout, history.shardOf(job, run));
  const name = runName(job, run);
  const read = treeStatus(history, {
    tree: layout.root,
    nowMs: context.now().getTime(),
    live,
    working,
    selectors: [`${job}/${run}`],
    listMax: Infinity,
  });
  const status = read.runs.find((one) => one.job === job && one.run === run) ??
    neverBegun(job, run, jobHistory.job?.steps ?? 0);
  const index = findIndex(jobHistory.job, run);
  const point = story.point === undefined
    ? index === undefined ? undefined : plannedPoint(jobHistory, run, index)
    : decodePlain(story.point) as Point;
  const proposed = proposalText(jobHistory, run);
  const decision = working || jobHistory.job === undefined
    ? undefined
    : await decideNow(home.root, withNeeded(jobHistory.job, history), run);
  const digest = jobHistory.find(run)?.digest ?? "";
  const rests = jobHistory.job === undefined || index === undefined
    ? undefined
    : restsOn(jobHistory.job, index, digest, history);
  const lineage = await lineageIn(layout, history, { id: job, run, job: jobHistory.job, index });
  const provenance = sources.find(job, run);
  const learned = Learned.of(history, working);
  const lessons = jobHistory.job === undefined || jobHistory.model === undefined
    ? undefined
    : lessonsOf(jobHistory.job, jobHistory.model, learned, {
      ...(story.checkpointMs !== undefined && { ownCostMs: story.checkpointMs }),
    });
  const priority = working ? story.priority : undefined;
  const waits = status.state === "waiting"
    ? waitingReasons({
      job: jobHistory.job,
      priority,
      isDelayed: status.next?.at !== undefined,
      priorities: prioritiesOf(history),
      changed,
      follows: openResultsText(jobHistory.job, index, jobHistory),
    }, read)
    : [];
  const model = jobHistory.job?.model;
  const traces = model?.kind !== "command" || index === undefined
    ? undefined
    : await import("./command_traces.ts").then(({ commandTraces, traceTexts }) => {
      const found = commandTraces({ job: jobHistory.job!, model, index }, status, home);
      return { ...found, texts: traceTexts(found) };
    });
  if (flags.json) {
    printJson(context.stdout, {
      run: name,
      ...runJson(status),
      ...(priority === undefined ? {} : { priority_on_request: priority }),
      ...(waits.length === 0 ? {} : { waits_for: waits }),
      job: jobHistory.job,
      point,
      ...(traces === undefined ? {} : { command: traces.words }),
      ...(traces?.files === undefined ? {} : { files: traces.files }),
      ...(rests === undefined ? {} : { rests_on: rests.needs, rests_on_changed: rests.isChanged }),
      ...(lineage === undefined ? {} : { lineage: lineageJson(lineage) }),
      ...(provenance === undefined ? {} : { provenance: provenanceJson(provenance) }),
      ...(proposed === undefined ? {} : { proposed }),
      ...(decision === undefined ? {} : { next: decision }),
      ...(lessons === undefined ? {} : { learned: lessonsJson(lessons) }),
      history: story.chapters,
    });
    return EXIT.completed.status;
  }
  printLines(
    context.stdout,
    renderStory({
      status,
      job: jobHistory.job,
      point,
      rests,
      provenance: provenance === undefined ? [] : provenanceTexts(provenance),
      chapters: story.chapters,
      staysFailed: decision?.decision === "counted",
      isHeld: decision?.decision === "held-model",
      goOn: treeWords(context, flags).goOn,
      lacks: jobHistory.job !== undefined && status.state === "failed" &&
          status.failure?.class === "needs"
        ? lackedOf(jobHistory.job, read.jobs, (id) => history.jobs.get(id)?.job)
        : undefined,
      decision: decision === undefined ? [] : [`The next simrun: ${decision.meaning}.`],
      priority,
      working,
      waits,
      traces: [
        ...proposed === undefined ? [] : [["proposed", proposed] as const],
        ...traces?.texts ?? [],
        ...lineage === undefined ? [] : lineageTexts(lineage),
      ],
      lessons: lessons === undefined ? [] : lessonTexts(lessons),
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

/** With a look at the state itself, where it is still there. */
async function lineageIn(
  layout: Layout,
  history: History,
  of: Parameters<typeof lineageOf>[1],
): Promise<Lineage | undefined> {
  const lineage = lineageOf(history, of);
  if (lineage === undefined || lineage.ancestors.length === 0 || of.job === undefined) {
    return lineage;
  }
  const { isOtherState } = await load<typeof import("../worker/parent.ts")>(
    import.meta.resolve("../worker/parent.ts"),
  );
  const [parent] = lineage.ancestors;
  if (!await isOtherState(layout, parent!)) return lineage;
  const name = runName(parent!.job, parent!.run);
  const why = `${name} was computed again, and its state at step ${parent!.step} is another one`;
  return { ...lineage, changed: [...lineage.changed, why] };
}

function plannedPoint(past: JobHistory, run: string, index: number): Point {
  return { ...pointAt(past.job?.sweep, index), ...past.proposed.get(run)?.values };
}

/** The job of that name, when it has more runs than one. */
function sweepNamed(history: History, word: string): Job | undefined {
  const past = history.jobs.get(word);
  const isOne = past?.row(word) !== undefined || countPoints(past?.job?.sweep) === 1;
  return isOne ? undefined : past?.job;
}

interface DecisionNow {
  readonly decision: string;
  readonly meaning: string;
}

/** What simrun would do with the run if it began now, with the model as it is now. */
async function decideNow(
  root: string,
  jobs: readonly Job[],
  run: string,
): Promise<DecisionNow | undefined> {
  const { planOnly } = await load<typeof import("../runner/plan_only.ts")>(
    import.meta.resolve("../runner/plan_only.ts"),
  );
  const { DECISION_MEANING } = await load<typeof import("../plan/plan.ts")>(
    import.meta.resolve("../plan/plan.ts"),
  );
  try {
    const [planned] = (await planOnly({ root, jobs, slots: coresOfAll(jobs) }, true)).jobs;
    for (let index = 0; index < planned!.count; index++) {
      if (planned!.identify(index).run !== run) continue;
      const decision = planned!.decisionAt(index);
      return { decision, meaning: DECISION_MEANING[decision] };
    }
    return {
      decision: "dropped",
      meaning: "it is of an earlier plan of the job, and is left alone",
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { decision: "impossible", meaning: `cannot go on, because ${reason}` };
  }
}

/** The page of one run: what it is, what became of it, what it measured and logged, and what comes next. */
import { Fault } from "../job/fault.ts";
import { flatten } from "../job/flat.ts";
import { PRIORITY_NAMES } from "../job/job.ts";
import { decodePlain } from "../job/plain.ts";
import { runName } from "../job/run.ts";
import { describePlace, describeReason } from "../report/failure_text.ts";
import { lackedOf } from "../report/open_needs.ts";
import type { Provenance } from "../report/provenance.ts";
import { briefText } from "../report/result_table.ts";
import type { RunStatus } from "../report/run_status.ts";
import { fractionOf, runJson } from "../report/status_json.ts";
import { openResultsText } from "../report/trials.ts";
import { prioritiesOf, waitingReasons } from "../report/waiting.ts";
import { nextSteps } from "../screen/next_steps.ts";
import { chapterText } from "../screen/story_view.ts";
import { paintFor } from "../screen/paint.ts";
import { readRunFile } from "../store/archive.ts";
import { homeOf } from "../store/shards.ts";
import { NO_FOLDER } from "./activities.ts";
import { attemptsOf } from "./attempts.ts";
import { branchOf } from "./run_branch.ts";
import { curvesOf } from "./curves.ts";
import { Decisions } from "./decisions.ts";
import { statusOf } from "./picture.ts";
import { filesOf } from "./run_files.ts";
import type { IndexedRun, RunIndex } from "./run_index.ts";
import { lessonsFor, originsOf } from "./run_origins.ts";
import type { RunRows } from "./run_rows.ts";
import { RunStoryFold } from "./run_story_fold.ts";
import { SideFold } from "./side_fold.ts";
import type { TreeWatch } from "./tree_watch.ts";

/** Runs whose stories are kept at hand: their journals need not be read from the beginning again. */
const OPEN_MAX = 24;
const LOG_CHARACTERS_MAX = 32_000;
const FIELDS_MAX = 200;
const CHAPTERS_MAX = 200;

export class RunPages implements Disposable {
  readonly #watch: TreeWatch;
  readonly #index: RunIndex;
  readonly #rows: RunRows;
  readonly #open = new Map<string, SideFold<RunStoryFold>>();
  readonly #decisions: Decisions;

  constructor(watch: TreeWatch, index: RunIndex, rows: RunRows) {
    this.#watch = watch;
    this.#index = index;
    this.#rows = rows;
    this.#decisions = new Decisions(
      watch.elsewhere.decision,
      () => watch.clockMs(),
      () => watch.tellNews(),
    );
  }

  async page(job: string, run: string): Promise<unknown> {
    const { folds: { history }, layout, working } = this.#watch;
    await this.#index.update(history);
    const indexed = this.#index.find(history, job, run);
    if (indexed === undefined) {
      throw new Fault("not-found", `There is no run "${runName(job, run)}" in the tree.`);
    }
    const fold = await this.#foldOf(indexed).read();
    const status = this.#rows.status(indexed);
    const past = history.jobs.get(job)!;
    const waits = status.state === "waiting" ? this.#waits(status, indexed, fold) : [];
    // Of a result that is not shown any more nobody asks.
    const provenance = status.state === "completed" ? await this.#provenance(fold) : undefined;
    const name = runName(job, run);
    const series = fold.series ?? await this.#file(job, run, "series.csv");
    const log = fold.log ?? await this.#file(job, run, "log.txt") ?? "";
    const { chapters } = fold.story;
    const point = this.#index.point(history, indexed);
    const home = homeOf(layout, history.shardOf(job, run));
    // Of a run that goes on, or never began, there are none.
    const files = ["completed", "failed"].includes(status.state)
      ? await filesOf(home, job, run)
      : undefined;
    const command = past.job === undefined || indexed.index < 0
      ? undefined
      : await this.#watch.elsewhere.command?.(past.job, indexed.index, status);
    const priority = (working ? fold.story.priority : undefined) ?? past.job?.priority;
    return {
      job,
      run,
      name,
      tree: layout.root,
      status: { ...runJson(status), fraction: fractionOf(status) },
      ...(status.state === "failed" && status.failure !== undefined && {
        failure: {
          text: describeReason(status.failure),
          ...(status.failure.place && { place: describePlace(status.failure, NO_FOLDER) }),
        },
      }),
      model: past.job?.model.path,
      ...(command !== undefined && { command }),
      ...(files !== undefined && files.files.length > 0 && { files }),
      branch: branchOf(history, this.#index, indexed),
      ...(priority !== undefined && { priority: PRIORITY_NAMES[priority] }),
      parameters: fields({ ...past.job?.parameters, ...point }, Object.keys(point)),
      result: fold.result === undefined ? [] : fields(flatten(decodePlain(fold.result)), []),
      origins: originsOf({ history, indexed, provenance }),
      lessons: lessonsFor(history, indexed, working, fold.story.checkpointMs),
      attempts: attemptsOf(chapters),
      chapters: chapters.slice(-CHAPTERS_MAX).map((chapter) => ({
        at: chapter.at,
        kind: chapter.kind,
        text: chapterText(chapter, {
          paint: paintFor(false),
          columns: undefined,
          nowMs: this.#watch.nowMs,
          folder: NO_FOLDER,
          offsetMinutes: 0,
        }),
      })),
      checkpoints: fold.checkpoints.toReversed(),
      series: series === undefined ? undefined : curvesOf(series),
      log: log.slice(-LOG_CHARACTERS_MAX),
      log_is_cut: log.length > LOG_CHARACTERS_MAX,
      next: this.#next(status, waits, name),
    };
  }

  #next(status: RunStatus, waits: readonly string[], name: string): string[] {
    const { working, era, folds: { history }, elsewhere: { goOn } } = this.#watch;
    const { job, run } = status;
    // A simrun at work has decided.
    const now = working ? undefined : this.#decisions.of(job, run, `${era} ${history.lastSeq}`);
    return nextSteps({
      ...{ status, working, waits, lacks: this.#lacks(status) },
      decision: now === undefined ? [] : [`The next simrun: ${now.meaning}.`],
      staysFailed: now?.decision === "counted",
      isHeld: now?.decision === "held-model",
      ...(goOn !== undefined && { goOn }),
    }, name);
  }

  [Symbol.dispose](): void {
    this.#decisions[Symbol.dispose]();
    for (const fold of this.#open.values()) fold[Symbol.dispose]();
    this.#open.clear();
  }

  #foldOf({ job, run }: Pick<IndexedRun, "job" | "run">): SideFold<RunStoryFold> {
    const name = `${job}/${run}`;
    const fold = this.#open.get(name) ??
      new SideFold(this.#watch.layout, () => new RunStoryFold(job, run));
    this.#open.delete(name);
    this.#open.set(name, fold);
    const [oldest] = this.#open;
    if (this.#open.size > OPEN_MAX && oldest !== undefined) {
      this.#open.delete(oldest[0]);
      oldest[1][Symbol.dispose]();
    }
    return fold;
  }

  /** A result that was taken over was computed for the other run, or for the one that that one took it from. */
  async #provenance(fold: RunStoryFold): Promise<Provenance | undefined> {
    let at = fold;
    for (const seen = new Set([fold]); at.reusedFrom !== undefined; seen.add(at)) {
      const { job, run } = at.reusedFrom;
      at = await this.#foldOf({ job, run }).read();
      if (seen.has(at)) break;
    }
    const spec = fold.reusedSpec;
    const found = at.provenance;
    return found === undefined || spec === undefined ? found : { ...found, spec };
  }

  #lacks(status: RunStatus) {
    if (status.state !== "failed" || status.failure?.class !== "needs") return undefined;
    const { jobs } = this.#watch.folds.history;
    const job = jobs.get(status.job)?.job;
    return job && lackedOf(job, statusOf(this.#watch).jobs, (id) => jobs.get(id)?.job);
  }

  #waits(status: RunStatus, { index }: IndexedRun, fold: RunStoryFold): string[] {
    const { history, priorities } = this.#watch.folds;
    const past = history.jobs.get(status.job)!;
    const { job } = past;
    return waitingReasons({
      job,
      priority: this.#watch.working ? fold.story.priority : undefined,
      isDelayed: status.state === "waiting" && status.next?.at !== undefined,
      priorities: prioritiesOf(history),
      changed: priorities.waiting(history),
      follows: openResultsText(job, index < 0 ? undefined : index, past),
    }, statusOf(this.#watch));
  }

  async #file(job: string, run: string, name: string): Promise<string | undefined> {
    // Never begun: there is nothing to look for.
    const { layout, folds: { history } } = this.#watch;
    if (history.jobs.get(job)?.row(run) === undefined) return undefined;
    const bytes = await readRunFile(homeOf(layout, history.shardOf(job, run)), job, run, name);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  }
}

/** Names and values as people read them; which of them the sweep varies. */
function fields(record: Readonly<Record<string, unknown>>, swept: readonly string[]) {
  return Object.entries(record).slice(0, FIELDS_MAX).map(([name, value]) => ({
    name,
    value: briefText(value),
    ...(swept.includes(name) && { swept: true }),
  }));
}

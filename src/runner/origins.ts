/**
 * What the tree says of the states that runs are to begin from: whether they are there, whether they are still those
 * that runs have begun from, and what is wrong where they are not. Loaded where a job says `from` only.
 */
import { isModelFile, type Job } from "../job/job.ts";
import { runName } from "../job/run.ts";
import type { Diagnostic } from "../manifest/diagnostic.ts";
import { originProblem } from "../manifest/origins.ts";
import { didYouMean } from "../manifest/suggest.ts";
import type { Decision } from "../plan/decision.ts";
import { originsOf } from "../plan/mates.ts";
import type { NeededJob } from "../plan/needed_job.ts";
import { PastJob } from "../plan/past_job.ts";
import type { Plan } from "../plan/plan.ts";
import { PlannedJob } from "../plan/planned_job.ts";
import type { History } from "../queue/history.ts";
import { listCheckpoints } from "../store/checkpoint.ts";
import type { Layout } from "../store/layout.ts";
import { absentWords, isOtherState } from "../worker/parent.ts";
import { JobProblems, type Locate } from "./prepare.ts";

/** A parent that took no longer is computed again without asking, for the state that it did not keep. */
const AGAIN_MS_MAX = 10_000;
/** Of a sweep not more is told. */
const PROBLEMS_OF_JOB_MAX = 3;

export interface OriginParts {
  readonly history: History;
  /** Absent when there is no tree yet. */
  readonly layout: Layout | undefined;
  readonly locate: Locate | undefined;
  /** What the campaign has planned before. */
  readonly others: readonly PlannedJob[];
  readonly acceptModel: boolean;
  /** Whether the model of a job can fit a state of another one. */
  readonly canBranch: (job: Job) => boolean;
}

/**
 * Runs (`job/run`) whose parent has another state by now than the one that they have begun from. Reads a few bytes of
 * each such state, and all of it where these differ.
 */
export async function findOtherStates(
  jobs: readonly Job[],
  history: History,
  layout: Layout,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const seen = new Map<string, Promise<boolean>>();
  for (const { id } of jobs.filter(({ from }) => from !== undefined)) {
    const past = history.jobs.get(id);
    for (const { run } of past?.rows() ?? []) {
      const parent = past!.parents.get(run);
      if (parent === undefined) continue;
      const key = JSON.stringify([parent.job, parent.run, parent.step, parent.crc32]);
      if (!seen.has(key)) seen.set(key, isOtherState(layout, parent));
      if (await seen.get(key)) found.add(`${id}/${run}`);
    }
  }
  return found;
}

/**
 * Throws {@linkcode JobProblems} for runs that can never begin. Answers runs (`job/run`) that have ended without the
 * state that is wanted, and are so quick that they are computed again for it.
 */
export async function checkOrigins(plan: Plan, parts: OriginParts): Promise<ReadonlySet<string>> {
  const problems: Diagnostic[] = [];
  const lost = new Set<string>();
  for (const job of plan.jobs) {
    if (job.job.from === undefined) continue;
    const found = await new OriginCheck(job, plan, parts).run(lost);
    for (const { path, message, hint } of found.slice(0, PROBLEMS_OF_JOB_MAX)) {
      const place = parts.locate?.(job.job.id, path);
      problems.push({
        code: "from",
        severity: "error",
        message,
        ...(hint !== undefined && { hint }),
        ...(place && { place }),
      });
    }
  }
  if (problems.length > 0) throw new JobProblems(problems);
  return lost;
}

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Who decides so goes on from a state of its own, where it has one. */
const GOES_ON: ReadonlySet<Decision> = new Set([
  "resume",
  "restart",
  "retry",
  "uncancelled",
  "extend",
  "extend-anew",
  "fewer-steps",
]);

const HAS_ENDED: ReadonlySet<Decision> = new Set(["done", "stale-model"]);

class OriginCheck {
  readonly #child: PlannedJob;
  readonly #parts: OriginParts;
  readonly #parent: NeededJob | undefined;
  readonly #checked = new Map<number, Problem | undefined>();

  constructor(child: PlannedJob, plan: Plan, parts: OriginParts) {
    this.#child = child;
    this.#parts = parts;
    const { job } = child.job.from!;
    const isIt = (one: PlannedJob) => one.job.id === job;
    this.#parent = plan.jobs.find(isIt) ?? parts.others.findLast(isIt) ??
      PastJob.of(parts.history.jobs.get(job));
  }

  async run(lost: Set<string>): Promise<Problem[]> {
    const { job } = this.#child;
    const parent = this.#parent;
    if (parent === undefined) return [this.#unknown()];
    const whole = originProblem(job, parent.job) ?? this.#modelProblem(parent);
    if (whole !== undefined) return [whole];
    const problems: Problem[] = [];
    for (let index = 0; index < this.#child.count; index++) {
      if (!this.#beginsNow(index)) continue;
      const [origin, ...more] = originsOf(job, index, parent.job);
      // Told of the run itself, when its turn comes: others of its job may have what they need.
      if (origin === undefined || more.length > 0 || this.#checked.has(origin)) continue;
      const problem = await this.#check(parent, origin, lost);
      this.#checked.set(origin, problem);
      if (problem !== undefined) problems.push(problem);
    }
    return problems;
  }

  /**
   * An earlier simrun has planned the very same: so the state was to be kept, and was lost since, to a bad disk, say. Then
   * whoever needs it fails alone, when its turn comes, and all others go on.
   */
  get #wasPromised(): boolean {
    const before = this.#parts.history.jobs.get(this.#child.job.id)?.job?.from;
    return before !== undefined && JSON.stringify(before) === JSON.stringify(this.#child.job.from);
  }

  /** It is to be computed, and has no state of its own. */
  #beginsNow(index: number): boolean {
    if (!this.#child.isToRun(index)) return false;
    const { run } = this.#child.identify(index);
    const has = this.#parts.history.jobs.get(this.#child.job.id)?.parents.get(run) !== undefined;
    return !has || !GOES_ON.has(this.#child.decisionAt(index));
  }

  #unknown(): Problem {
    const { id, from } = this.#child.job;
    const known = [...this.#parts.history.jobs.keys()];
    return {
      path: ["from"],
      message:
        `Job ${id} begins from ${from!.job}, which is in none of these manifests and not in ` +
        "this tree",
      hint: didYouMean(from!.job, known) ?? "Give its manifest as well, e.g. simrun jobs/*.yaml.",
    };
  }

  /** A state of another model is of use where somebody fits it. */
  #modelProblem(parent: NeededJob): Problem | undefined {
    const { job, model } = this.#child;
    if (!isModelFile(job.model) || this.#parts.acceptModel) return undefined;
    if (job.model.kind === "module" && this.#parts.canBranch(job)) return undefined;
    for (let index = 0; index < Math.min(parent.count, 1); index++) {
      if (parent.runAt(index).model === model.digest) continue;
      const isFile = parent.job.model.path === job.model.path;
      return {
        path: ["model"],
        message: isFile
          ? `The model of ${job.id} is not what it was when ${parent.job.id} was computed`
          : `Job ${job.id} has another model than ${parent.job.id}, whose state it begins from`,
        hint: job.model.kind === "module"
          ? "Export branch(state, ctx) that fits the state, or take it as it is with --accept-model."
          : "Its memory means something to the same module only.",
      };
    }
    return undefined;
  }

  /** Of one run that others begin from, and that is not computed any more before they do. */
  async #check(parent: NeededJob, index: number, lost: Set<string>): Promise<Problem | undefined> {
    const { layout, history } = this.#parts;
    const { step } = this.#child.job.from!;
    const { run, state } = parent.runAt(index);
    const planned = parent instanceof PlannedJob ? parent : undefined;
    const { id } = parent.job;
    const name = runName(id, run);
    if (planned === undefined && state !== "completed") {
      return {
        path: ["from"],
        message:
          `Job ${this.#child.job.id} begins from ${name}, which has not completed in this tree`,
        hint: "Give its manifest as well, e.g. simrun jobs/*.yaml.",
      };
    }
    if (state !== "completed" || layout === undefined) return undefined;
    const isComputed = planned?.isToRun(index) === true;
    // What is still before it will be kept.
    if (isComputed && (step === "last" || planned!.reachedBefore(index) < step)) return undefined;
    // Paused, say: it is waited for.
    if (planned !== undefined && !isComputed && !HAS_ENDED.has(planned.decisionAt(index))) {
      return undefined;
    }
    const past = history.jobs.get(id)?.find(run);
    if (past === undefined) return undefined;
    const listed = await listCheckpoints(layout.checkpointFolder(id, run));
    const isThere = step !== "last"
      ? listed.some((one) => one.step === step)
      : isModelFile(parent.job.model)
      ? listed[0]?.step === past.steps
      : listed.length > 0;
    if (isThere) return undefined;
    if (planned?.decisionAt(index) === "done" && past.ms <= AGAIN_MS_MAX) {
      lost.add(`${id}/${run}`);
      return undefined;
    }
    if (planned !== undefined && this.#wasPromised) return undefined;
    return {
      path: ["from"],
      message: `Job ${this.#child.job.id} cannot begin: ${
        absentWords({ job: id, run, step }, listed)
      }`,
      hint: "simrun checkpoints shows what there is.",
    };
  }
}

/** The plan: for every point of every job, what will be done with it and why. A byte a run. */
import { Fault } from "../job/fault.ts";
import { neededJobs } from "../job/job.ts";
import { ownDigest } from "../job/run_digest.ts";
import type { History, JobHistory, PastRun } from "../queue/history.ts";
import { findCircles } from "./circles.ts";
import { type Decision, DECISIONS, RUNNING_DECISIONS } from "./decision.ts";
import { Foundation, restsOnOthers } from "./foundation.ts";
import { PastJob } from "./past_job.ts";
import { type JobToPlan, PlannedJob } from "./planned_job.ts";
import { isSameSpec } from "./same_spec.ts";
import { pointAt } from "./sweep.ts";

export { type Decision, DECISION_MEANING, DECISIONS } from "./decision.ts";
export { type JobToPlan, PlannedJob } from "./planned_job.ts";

export type Rerun = "none" | "changed" | "cancelled" | "all";

export interface PlanOptions {
  readonly rerun: Rerun;
  /** Take the results of equal runs. */
  readonly reuse: boolean;
  /** Go on from checkpoints that another version of the model wrote. */
  readonly acceptModel: boolean;
  /** Runs (`job/run`) whose parent has another state by now than the one that they have begun from. */
  readonly otherStates?: ReadonlySet<string>;
  /** Runs (`job/run`) that have ended without a state that others are to begin from. */
  readonly lostStates?: ReadonlySet<string>;
}

/** A run that takes its result from another one. */
export interface Reuse {
  readonly planned: PlannedJob;
  readonly index: number;
  readonly run: string;
  readonly digest: string;
  readonly from: { readonly job: string; readonly run: string };
}

export interface Plan {
  readonly jobs: readonly PlannedJob[];
  readonly total: number;
  readonly toRun: number;
  readonly reuses: readonly Reuse[];
  /** What people should know beside what is done with each run. */
  readonly remarks?: readonly Remark[];
}

/** What people should know of a planned job. */
export interface Remark {
  readonly job: string;
  readonly text: string;
}

/** What the campaign has planned before: numbers go on where it ended, and what it has may be needed. */
export interface PlannedBefore {
  readonly jobs: readonly PlannedJob[];
  readonly total: number;
}

/** Decides for every run. Where the tree knows of others, the cost is two digests a run: about 6 µs. */
export function makePlan(
  jobs: readonly JobToPlan[],
  history: History,
  options: PlanOptions,
  before: PlannedBefore = { jobs: [], total: 0 },
): Plan {
  const planned: PlannedJob[] = [];
  const reuses: Reuse[] = [];
  let offset = before.total;
  for (const from of jobs) {
    const past = history.jobs.get(from.job.id);
    const job = new PlannedJob(before.jobs.length + planned.length, offset, from, past);
    offset += job.count;
    planned.push(job);
  }
  const finished = new FinishedRuns(history);
  const byId = new Map(planned.map((job) => [job.job.id, job]));
  const find = (id: string) =>
    byId.get(id) ?? before.jobs.findLast(({ job }) => job.id === id) ??
      PastJob.of(history.jobs.get(id));
  // A result that was taken over comes without the states that it went through.
  const begunFrom = new Set(planned.map(({ job }) => job.from?.job));
  for (const job of neededFirst(byId)) {
    if (restsOnOthers(job.job)) job.foundation = new Foundation(job.job, find);
    const past = history.jobs.get(job.job.id);
    const mayTake = options.reuse && !begunFrom.has(job.job.id) && job.guide === undefined;
    const twins = mayTake ? finished.like(job) : undefined;
    // The tree knows none of them, and nothing that could be theirs: who they are is found out when they begin. What
    // rests on others is digested here: a long chain, one after the other.
    if (job.guide !== undefined) {
      const decisions = job.guide.decideAll((index) => {
        if (past === undefined) return "new";
        const { run, digest } = job.identify(index);
        return unlessPaused(decide(job, past, { index, run, digest }, options), past, run);
      });
      for (const [index, decision] of decisions.entries()) job.decide(index, decision);
      continue;
    }
    if (past === undefined && twins === undefined && job.foundation === undefined) {
      job.allNew();
      continue;
    }
    for (let index = 0; index < job.count; index++) {
      const { run, digest } = past === undefined
        ? { run: undefined, digest: job.digestAt(index) }
        : job.identify(index);
      let decision: Decision = run === undefined
        ? "new"
        : unlessPaused(decide(job, past, { index, run, digest }, options), past, run);
      const twin = twins !== undefined && IS_NEW.has(decision) ? twins.get(digest) : undefined;
      if (twin !== undefined) {
        decision = "reuse";
        const id = run ?? job.identify(index).run;
        reuses.push({ planned: job, index, run: id, digest, from: twin });
      }
      job.decide(index, decision);
    }
  }
  const toRun = planned.reduce((sum, job) => sum + job.toRun, 0);
  return { jobs: planned, total: offset - before.total, toRun, reuses };
}

const IS_NEW: ReadonlySet<Decision> = new Set(["new", "changed-parameters", "changed-needs"]);

/** What a run is depends on those that it needs, so that these are decided first. */
function neededFirst(byId: ReadonlyMap<string, PlannedJob>): PlannedJob[] {
  const needs = new Map<string, string[]>();
  const neededBy = new Map<string, PlannedJob[]>();
  for (const job of byId.values()) {
    const needed = neededJobs(job.job).filter((id) => byId.has(id));
    needs.set(job.job.id, needed);
    for (const id of needed) neededBy.set(id, [...neededBy.get(id) ?? [], job]);
  }
  const left = new Map([...needs].map(([id, needed]) => [id, needed.length]));
  const order = [...byId.values()].filter(({ job }) => left.get(job.id) === 0);
  for (const done of order) {
    for (const job of neededBy.get(done.job.id) ?? []) {
      const open = left.get(job.job.id)! - 1;
      left.set(job.job.id, open);
      if (open === 0) order.push(job);
    }
  }
  if (order.length === byId.size) return order;
  // Manifests are checked for it before; jobs may come together in other ways.
  const [circle] = findCircles(needs);
  throw new Fault("manifest", `Jobs need each other in a circle: ${circle!.join(" → ")}.`, {
    hint: "None of them would ever begin. Remove one of these needs.",
  });
}

function decide(
  job: PlannedJob,
  past: JobHistory | undefined,
  { index, run, digest }: {
    readonly index: number;
    readonly run: string;
    readonly digest: string;
  },
  options: PlanOptions,
): Decision {
  const before = past?.find(run);
  if (before === undefined) return "new";
  if (options.rerun === "all") return "asked";
  const isCancelled = before.state === "cancelled";
  // It never began, and was paused or cancelled as it was planned then.
  if (before.digest === "") {
    const plan = past!.planOf(run);
    const point = pointAt(job.job.sweep, index);
    if (plan !== undefined && !isSameSpec(plan, job.job, point)) return "changed-parameters";
    return isCancelled ? decideCancelled(options) : "new";
  }
  if (ownDigest(before.digest) !== ownDigest(digest)) return "changed-parameters";
  if (isCancelled) return decideCancelled(options);
  if (before.digest !== digest) return "changed-needs";
  if (options.otherStates?.has(`${job.job.id}/${run}`)) return "changed-state";
  if (before.model !== job.model.digest) return decideChangedModel(job, past!, before, options);
  const decision = decideSame(job.job.steps, past!, before);
  const isLost = decision === "done" && options.lostStates?.has(`${job.job.id}/${run}`);
  return isLost ? "state-anew" : decision;
}

/** Another spec is another run, which nobody paused; and who asks for all of them means all. */
const DESPITE_PAUSE: ReadonlySet<Decision> = new Set(["changed-parameters", "asked"]);

/** A pause lasts until somebody says otherwise, whatever else there is to say of the run. */
function unlessPaused(
  decision: Decision,
  past: JobHistory | undefined,
  run: string,
): Decision {
  if (past === undefined || past.counts.held === 0 || DESPITE_PAUSE.has(decision)) return decision;
  const isToRun = DECISIONS.indexOf(decision) < RUNNING_DECISIONS;
  return isToRun && past.find(run)?.state === "held" ? "paused" : decision;
}

function decideCancelled({ rerun }: PlanOptions): Decision {
  return rerun === "cancelled" ? "uncancelled" : "cancelled";
}

/** Same parameters, another model: a file that was edited, or another file named in the manifest. */
function decideChangedModel(
  job: PlannedJob,
  past: JobHistory,
  before: PastRun,
  options: PlanOptions,
): Decision {
  const renamed = past.modelName(before.model) !== job.model.name;
  if (options.rerun === "changed" || renamed) return "changed-model";
  if (before.state === "completed") {
    const more = !past.rare(before.run).ending && before.steps < job.job.steps;
    return more ? "held-model" : "stale-model";
  }
  const isRetry = before.state === "failed";
  if (before.savedStep === 0) return isRetry ? "retry" : "restart";
  // Only who has edited the model knows whether what was saved under the old one is still good.
  if (!options.acceptModel) return "held-model";
  return isRetry ? "retry" : "resume";
}

function decideSame(steps: number, past: JobHistory, before: PastRun): Decision {
  switch (before.state) {
    case "completed":
      if (before.steps === steps) return "done";
      if (before.steps > steps) return "fewer-steps";
      // It ended by its own rule; more steps would not be done.
      if (past.rare(before.run).ending !== undefined) return "done";
      return before.savedStep >= before.steps ? "extend" : "extend-anew";
    case "failed":
      return "retry";
    case "cancelled":
      return "cancelled";
    case "running":
    case "queued":
    case "held":
      return before.savedStep > 0 ? "resume" : "restart";
  }
}

/** Finished runs by what they computed, gathered when first asked for. */
class FinishedRuns {
  readonly #history: History;
  /** By model and steps, and then by spec digest: short keys, and one look at most at the others. */
  readonly #kinds = new Map<string, Map<string, { job: string; run: string }>>();
  #areGathered = false;

  constructor(history: History) {
    this.#history = history;
  }

  /** Those of the same model and as many steps, by their spec digests; undefined when there are none. */
  like(
    { job, model }: PlannedJob,
  ): ReadonlyMap<string, { readonly job: string; readonly run: string }> | undefined {
    if (!this.#areGathered) this.#gather();
    return this.#kinds.get(`${model.digest} ${job.steps}`);
  }

  #gather(): void {
    this.#areGathered = true;
    for (const [job, past] of this.#history.jobs) {
      // Thousands in a row are of one kind.
      let last: PastRun | undefined;
      let runs = new Map<string, { job: string; run: string }>();
      for (const row of past.rows()) {
        const { state, run, digest, model, steps } = row;
        if (state !== "completed" || past.rare(run).ending !== undefined) continue;
        if (last?.model !== model || last.steps !== steps) {
          const kind = `${model} ${steps}`;
          runs = this.#kinds.get(kind) ?? new Map();
          this.#kinds.set(kind, runs);
          last = row;
        }
        runs.set(digest, { job, run });
      }
    }
  }
}

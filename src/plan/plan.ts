/** The plan: for every point of every job, what will be done with it and why. A byte a run. */
import type { ModelIdentity } from "../job/event.ts";
import type { Job } from "../job/job.ts";
import type { History, JobHistory, PastRun } from "../queue/history.ts";
import { runId, SpecDigester } from "./digest.ts";
import { countPoints, pointAt } from "./sweep.ts";

/** What the plan may say of a run. The first ones are run, the others are left alone. */
export const DECISIONS = [
  "new",
  "resume",
  "restart",
  "retry",
  "uncancelled",
  "extend",
  "extend-anew",
  "changed-parameters",
  "fewer-steps",
  "changed-model",
  "asked",
  "done",
  "reuse",
  "cancelled",
  "held-model",
  "stale-model",
] as const;
export type Decision = (typeof DECISIONS)[number];

/** How many of the decisions lead to computing. */
const RUNNING_DECISIONS = DECISIONS.indexOf("done");

export const DECISION_MEANING: { readonly [decision in Decision]: string } = {
  "new": "never run before",
  "resume": "unfinished; goes on from its last good checkpoint",
  "restart": "unfinished, without a checkpoint; starts again",
  "retry": "failed before; tried again",
  "uncancelled": "cancelled before, and --rerun cancelled was given",
  "extend": "finished with fewer steps; goes on from its final state",
  "extend-anew":
    "finished with fewer steps and was too short to keep its final state; computed anew",
  "changed-parameters": "its parameters, seed, inputs or measuring changed; a new run",
  "fewer-steps":
    "finished with more steps than now asked for; computed again, from an earlier checkpoint if there is one",
  "changed-model": "its model changed and --rerun changed was given",
  "asked": "asked for with --rerun all",
  "done": "done; nothing to do",
  "reuse": "another run computed the same; its result is taken",
  "cancelled": "cancelled; --rerun cancelled takes it up again",
  "held-model":
    "unfinished, and its model changed since: --rerun changed starts it over, --accept-model goes on",
  "stale-model": "done, but its model changed since; --rerun changed computes it again",
};

export type Rerun = "none" | "changed" | "cancelled" | "all";

export interface PlanOptions {
  readonly rerun: Rerun;
  /** Take the results of equal runs. */
  readonly reuse: boolean;
  /** Go on from checkpoints that another version of the model wrote. */
  readonly acceptModel: boolean;
}

/** A job, its model's identity and the content of its inputs: what a plan is made of. */
export interface JobToPlan {
  readonly job: Job;
  readonly model: ModelIdentity;
  readonly inputDigests: { readonly [name: string]: string };
}

export class PlannedJob {
  readonly number: number;
  readonly job: Job;
  readonly model: ModelIdentity;
  readonly count: number;
  /** Number of this job's first run among all planned runs. */
  readonly offset: number;
  readonly decisions: Uint8Array;
  /** How many runs have each decision, in the order of {@linkcode DECISIONS}. */
  readonly tally = new Float64Array(DECISIONS.length);
  readonly #digester: SpecDigester;

  constructor(number: number, offset: number, from: JobToPlan) {
    this.number = number;
    this.offset = offset;
    this.job = from.job;
    this.model = from.model;
    this.count = countPoints(from.job.sweep);
    this.decisions = new Uint8Array(this.count);
    this.#digester = new SpecDigester(from.job, from.inputDigests);
  }

  /** Identity of the run at an index: computed anew each time, never kept for all. */
  identify(index: number): { run: string; digest: string } {
    const point = pointAt(this.job.sweep, index);
    return { run: runId(this.job, point), digest: this.#digester.digest(point) };
  }

  decisionAt(index: number): Decision {
    return DECISIONS[this.decisions[index]!]!;
  }

  isToRun(index: number): boolean {
    return this.decisions[index]! < RUNNING_DECISIONS;
  }

  countOf(decision: Decision): number {
    return this.tally[DECISIONS.indexOf(decision)]!;
  }

  get toRun(): number {
    return this.tally.subarray(0, RUNNING_DECISIONS).reduce((sum, count) => sum + count, 0);
  }
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
}

/** Decides for every run. The cost is a digest or two a run: about 4 µs. */
export function makePlan(
  jobs: readonly JobToPlan[],
  history: History,
  options: PlanOptions,
  firstNumber = 0,
  firstOffset = 0,
): Plan {
  const planned: PlannedJob[] = [];
  const reuses: Reuse[] = [];
  let offset = firstOffset;
  const finished = new FinishedRuns(history);
  for (const from of jobs) {
    const job = new PlannedJob(firstNumber + planned.length, offset, from);
    offset += job.count;
    planned.push(job);
    const past = history.jobs.get(job.job.id);
    for (let index = 0; index < job.count; index++) {
      const { run, digest } = job.identify(index);
      let decision = decide(job, past, run, digest, options);
      if (decision === "new" || decision === "changed-parameters") {
        const twin = options.reuse ? finished.find(job, digest) : undefined;
        if (twin !== undefined) {
          decision = "reuse";
          reuses.push({ planned: job, index, run, digest, from: twin });
        }
      }
      const code = DECISIONS.indexOf(decision);
      job.decisions[index] = code;
      job.tally[code]!++;
    }
  }
  const toRun = planned.reduce((sum, job) => sum + job.toRun, 0);
  return { jobs: planned, total: offset - firstOffset, toRun, reuses };
}

function decide(
  job: PlannedJob,
  past: JobHistory | undefined,
  run: string,
  digest: string,
  options: PlanOptions,
): Decision {
  const before = past?.find(run);
  if (before === undefined) return "new";
  if (options.rerun === "all") return "asked";
  const isCancelled = before.state === "cancelled";
  // It never began: nothing says of which spec it was.
  if (before.digest === "") return isCancelled ? decideCancelled(options) : "new";
  if (before.digest !== digest) return "changed-parameters";
  if (isCancelled) return decideCancelled(options);
  if (before.model !== job.model.digest) return decideChangedModel(job, past!, before, options);
  return decideSame(job.job.steps, past!, before);
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
  if (before.state === "failed") return "retry";
  if (before.savedStep === 0) return "restart";
  return options.acceptModel ? "resume" : "held-model";
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
  #byContent: Map<string, { job: string; run: string }> | undefined;

  constructor(history: History) {
    this.#history = history;
  }

  find(job: PlannedJob, digest: string): { job: string; run: string } | undefined {
    this.#byContent ??= this.#gather();
    return this.#byContent.get(`${digest} ${job.model.digest} ${job.job.steps}`);
  }

  #gather(): Map<string, { job: string; run: string }> {
    const found = new Map<string, { job: string; run: string }>();
    for (const [job, past] of this.#history.jobs) {
      for (const { state, run, digest, model, steps } of past.rows()) {
        if (state === "completed" && past.rare(run).ending === undefined) {
          found.set(`${digest} ${model} ${steps}`, { job, run });
        }
      }
    }
    return found;
  }
}

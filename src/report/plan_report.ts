/** A plan as facts to print: how many runs of which job are run, done or held, and why. Pure. */
import { commandText } from "./command_text.ts";
import type { Job } from "../job/job.ts";
import {
  type Decision,
  DECISION_MEANING,
  DECISIONS,
  type Plan,
  type PlannedJob,
} from "../plan/plan.ts";
import { needsJson, originJson } from "./needs_text.ts";
import { type Outlook, outlookJson } from "./outlook.ts";

export interface JobReport {
  readonly job: string;
  readonly runs: number;
  readonly toRun: number;
  readonly steps: number;
  readonly model: string;
  readonly timeoutMs: number | undefined;
  /** Only decisions that some run has, in the order of the plan's list. */
  readonly decisions: readonly { readonly decision: Decision; readonly runs: number }[];
}

/** How memory is shared out among slots, in bytes. */
export interface MemoryPlan {
  /** Of all slots together. */
  readonly totalBytes: number;
  /** Of each slot. */
  readonly slotBytes: number;
  /** What a slot's memory is for, as shares of it. */
  readonly parts: {
    readonly state: number;
    readonly checkpoints: number;
    readonly measurements: number;
    readonly other: number;
  };
  /** Jobs whose runs ask for more than that, or for more than one core, and how many of them fit at a time. */
  readonly larger: readonly {
    readonly job: string;
    readonly memoryBytes?: number;
    readonly cores?: number;
    readonly atOnce: number;
  }[];
}

/** Lists of single runs longer than this are left out of the JSON. */
const RUNS_LISTED_MAX = 10_000;

export function reportJobs(plan: Plan): JobReport[] {
  return plan.jobs.map((planned) => ({
    job: planned.job.id,
    runs: planned.count,
    toRun: planned.toRun,
    steps: planned.job.steps,
    model: planned.job.model.path,
    timeoutMs: planned.job.timeoutMs,
    decisions: decisionsOf(planned),
  }));
}

/** Runs of all jobs that have this decision. */
export function countDecision(plan: Plan, decision: Decision): number {
  return plan.jobs.reduce((sum, job) => sum + job.countOf(decision), 0);
}

export function countDecisions(plan: Plan, decisions: readonly Decision[]): number {
  return decisions.reduce((sum, decision) => sum + countDecision(plan, decision), 0);
}

/** Steps that the plan leads to; what checkpoints save is not known before they are read. */
export function stepsToRun(plan: Plan): number {
  return plan.jobs.reduce((sum, job) => sum + job.toRun * job.job.steps, 0);
}

export function planJson(
  plan: Plan,
  { tree, slots, memory, outlook }: {
    readonly tree: string;
    readonly slots: number;
    readonly memory: MemoryPlan;
    readonly outlook?: Outlook;
  },
): Record<string, unknown> {
  return {
    tree,
    slots,
    memory_bytes: Math.floor(memory.totalBytes),
    slot_memory_bytes: Math.floor(memory.slotBytes),
    runs_total: plan.total,
    runs_to_run: plan.toRun,
    steps_to_run: stepsToRun(plan),
    ...(outlook === undefined ? {} : outlookJson(outlook)),
    jobs: plan.jobs.map((planned) => ({
      job: planned.job.id,
      model: planned.job.model.path,
      model_digest: planned.model.digest,
      runs_total: planned.count,
      runs_to_run: planned.toRun,
      steps: planned.job.steps,
      priority: planned.job.priority,
      ...termsOf(planned.job),
      decisions: Object.fromEntries(
        decisionsOf(planned).map(({ decision, runs }) => [decision, runs]),
      ),
    })),
    meanings: meaningsIn(plan),
    ...(plan.total <= RUNS_LISTED_MAX ? { runs: plan.jobs.flatMap(listRuns) } : {}),
  };
}

/** What else the manifest says of how its runs are run; what it does not say is absent. */
function termsOf(job: Job): Record<string, unknown> {
  const { timeoutMs, memoryBytes, cores, needs, from, allow, model } = job;
  return {
    ...(model.kind === "command" && { program: commandText(model) }),
    ...(memoryBytes === undefined ? {} : { memory_bytes: memoryBytes }),
    ...(cores === undefined ? {} : { cores }),
    ...(timeoutMs === undefined ? {} : { timeout_seconds: timeoutMs / 1000 }),
    ...(needs === undefined ? {} : { needs: needsJson(needs) }),
    ...(from === undefined ? {} : { from: originJson(from) }),
    ...(allow === undefined ? {} : { allow }),
  };
}

function decisionsOf(planned: PlannedJob): { decision: Decision; runs: number }[] {
  return DECISIONS.map((decision) => ({ decision, runs: planned.countOf(decision) }))
    .filter(({ runs }) => runs > 0);
}

function meaningsIn(plan: Plan): Record<string, string> {
  return Object.fromEntries(
    DECISIONS.filter((decision) => countDecision(plan, decision) > 0)
      .map((decision) => [decision, DECISION_MEANING[decision]]),
  );
}

function listRuns(planned: PlannedJob): { job: string; run: string; decision: Decision }[] {
  return Array.from({ length: planned.count }, (_, index) => ({
    job: planned.job.id,
    run: planned.identify(index).run,
    decision: planned.decisionAt(index),
  }));
}

/** From checked jobs to a plan that can be carried out, or all that is wrong with them. Starts nothing but one slot. */
import { load } from "../job/load.ts";
import { makePlan, type Plan, type PlannedBefore, type PlannedJob } from "../plan/plan.ts";
import type { History } from "../queue/history.ts";
import type { Job } from "../job/job.ts";
import type { Layout } from "../store/layout.ts";
import { checkRoom, type Room } from "./needed_memory.ts";
import { checkNeeds } from "./needed_jobs.ts";
import { prepareLed } from "./guided_jobs.ts";
import type { Preparation } from "./prepare.ts";
import { planOptions, type RunRequest } from "./run_request.ts";

export interface Planning extends Preparation {
  readonly request: RunRequest;
  readonly history: History;
  /** Absent when there is no tree yet. */
  readonly layout: Layout | undefined;
  /** What the campaign has planned before. */
  readonly before?: PlannedBefore;
  /** Where it is not as it was asked for. */
  readonly room?: Partial<Room>;
}

/** Throws {@linkcode JobProblems} with what the jobs cannot be run for. */
export async function planJobs(jobs: readonly Job[], planning: Planning): Promise<Plan> {
  const { request, history, layout, locate, before, room } = planning;
  const prepared = await prepareLed(jobs, planning, planning);
  const options = planOptions(request);
  const others = before?.jobs ?? [];
  const origins = jobs.some(({ from }) => from !== undefined)
    ? await load<typeof import("./origins.ts")>(import.meta.resolve("./origins.ts"))
    : undefined;
  const states = origins && layout && await origins.findOtherStates(jobs, history, layout);
  let asked = { ...options, ...(states !== undefined && { otherStates: states }) };
  let plan = makePlan(prepared, history, asked, before);
  checkNeeds(plan.jobs, others, history, locate);
  const lost = await origins?.checkOrigins(plan, {
    ...{ others, history, layout, locate, acceptModel: options.acceptModel },
    canBranch: ({ id }) =>
      prepared.some(({ job, exports }) => job.id === id && exports?.includes("branch")),
  });
  if (lost !== undefined && lost.size > 0) {
    asked = { ...asked, lostStates: lost };
    plan = makePlan(prepared, history, asked, before);
  }
  checkRoom(plan.jobs, { ...request, ...room, locate });
  return withRemarks(plan, history);
}

/** Loaded where a job has a Latin hypercube. */
async function withRemarks(plan: Plan, history: History): Promise<Plan> {
  const isHypercube = ({ job }: PlannedJob) =>
    job.sweep?.parts.some((part) => part.kind === "sample" && part.method === "lhs");
  if (!plan.jobs.some(isHypercube)) return plan;
  const { sampleRemarks } = await load<typeof import("../plan/sample_changes.ts")>(
    import.meta.resolve("../plan/sample_changes.ts"),
  );
  const remarks = sampleRemarks(plan.jobs, history);
  return remarks.length === 0 ? plan : { ...plan, remarks };
}

/** Loaded where a job begins from another's state, in these or in the tree. */
export async function loadKeptStates(
  jobs: readonly Job[],
  history: History,
): Promise<KeptStates | undefined> {
  const isUsed = jobs.some(({ from }) => from !== undefined) ||
    history.jobs.values().some(({ job }) => job?.from !== undefined);
  return isUsed
    ? await load<typeof import("./kept_states.ts")>(import.meta.resolve("./kept_states.ts"))
    : undefined;
}

export type KeptStates = typeof import("./kept_states.ts");

export function withMore(plan: Plan, more: Plan): Plan {
  return {
    jobs: [...plan.jobs, ...more.jobs],
    total: plan.total + more.total,
    toRun: plan.toRun + more.toRun,
    reuses: [...plan.reuses, ...more.reuses],
  };
}

/** Plans without touching anything: what `run -n` and `explain` show. */
import { makePlan, type Plan } from "../plan/plan.ts";
import { History } from "../queue/history.ts";
import { Learned } from "../queue/learned.ts";
import type { Outlook } from "../report/outlook.ts";
import type { Layout } from "../store/layout.ts";
import { readOwner } from "../store/owner.ts";
import { openTree } from "../store/tree.ts";
import { prepareLed } from "./guided_jobs.ts";
import { startSlot } from "./slot_processes.ts";
import { plannedMemory } from "./limits.ts";
import { checkRoom } from "./needed_memory.ts";
import { checkNeeds } from "./needed_jobs.ts";
import { outlookOf } from "./outlook.ts";
import { planOptions, type RunRequest } from "./run_request.ts";
import { readHistory } from "./tree_session.ts";

/** The tree need not exist. */
export async function planOnly(request: RunRequest, treeExists: boolean): Promise<Plan> {
  return await planBy(request, treeExists, (plan) => plan);
}

/** The plan, and what history says of it. `limitMs`: how long all of it may take. */
export async function planAhead(
  request: RunRequest,
  treeExists: boolean,
  limitMs?: number,
): Promise<{ readonly plan: Plan; readonly outlook: Outlook }> {
  return await planBy(request, treeExists, async (plan, history, layout) => {
    const owner = layout && await readOwner(layout, () => new Date());
    const learned = Learned.of(history, owner?.alive ?? false);
    return { plan, outlook: outlookOf(plan, learned, slotsAtOnce(request), limitMs) };
  });
}

/** Where all runs need more than a slot's share fewer of them go at a time. */
function slotsAtOnce(request: RunRequest): number {
  const { larger } = plannedMemory(request);
  const atOnce = request.jobs.map(({ id, cores = 1 }) => {
    const one = larger.find(({ job }) => job === id);
    return one?.memoryBytes === undefined ? request.slots : cores * one.atOnce;
  });
  return Math.max(1, ...atOnce);
}

async function planBy<T>(
  request: RunRequest,
  treeExists: boolean,
  then: (plan: Plan, history: History, layout: Layout | undefined) => T,
): Promise<T> {
  const slot = request.slot ?? startSlot(request);
  try {
    const layout = treeExists ? await openTree(request.root, "read") : undefined;
    const history = layout === undefined ? new History() : readHistory(layout);
    const past = { history, layout };
    const jobs = await prepareLed(request.jobs, { ...request, slot: () => slot }, past);
    const plan = makePlan(jobs, history, planOptions(request));
    checkNeeds(plan.jobs, [], history, request.locate);
    checkRoom(plan.jobs, request);
    return await then(plan, history, layout);
  } finally {
    slot.kill();
  }
}

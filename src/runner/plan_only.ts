/** Plans without touching anything: what `run -n` and `explain` show. */
import { makePlan, type Plan } from "../plan/plan.ts";
import { History } from "../queue/history.ts";
import { openTree } from "../store/tree.ts";
import { startSlot } from "./slot_processes.ts";
import { memoryBudget } from "./limits.ts";
import { checkMemory } from "./needed_memory.ts";
import { checkNeeds } from "./needed_jobs.ts";
import { prepareJobs } from "./prepare.ts";
import { planOptions, type RunRequest } from "./run_request.ts";
import { readHistory } from "./tree_session.ts";

/** The tree need not exist. */
export async function planOnly(request: RunRequest, treeExists: boolean): Promise<Plan> {
  const slot = request.slot ?? startSlot(request);
  try {
    const history = treeExists ? readHistory(await openTree(request.root, "read")) : new History();
    const jobs = await prepareJobs(request.jobs, () => slot, request.locate);
    const plan = makePlan(jobs, history, planOptions(request));
    checkNeeds(plan.jobs, [], history, request.locate);
    checkMemory(request.jobs, memoryBudget(request), request.locate);
    return plan;
  } finally {
    slot.kill();
  }
}

/** How much memory there is, and what a slot's part of it allows its process. */
import { MEMORY_SHARES, MemoryBudget } from "../campaign/memory_budget.ts";
import type { MemoryPlan } from "../report/plan_report.ts";
import type { SlotLimits } from "../worker/slot_process.ts";
import type { RunRequest } from "./run_request.ts";

/** Of the machine's memory; the rest is for the orchestrator and whatever else there is. */
const MACHINE_SHARE = 0.8;

/** What slots have together: as much as was said, else a part of what the machine or its container has. */
export function memoryBudget(
  { slots, memoryBytes }: { readonly slots: number; readonly memoryBytes?: number },
): MemoryBudget {
  return new MemoryBudget(memoryBytes ?? machineMemory() * MACHINE_SHARE, slots);
}

/** Of a slot that may use so much. */
export function slotLimits(memoryBytesMax: number): SlotLimits {
  const { state, measurements } = MEMORY_SHARES;
  // Arrays lie outside of the heap; a state without any, and what was measured, lie in it.
  return { memoryBytesMax, heapBytesMax: memoryBytesMax * (state + measurements) };
}

/** How the memory is shared out, for a person to see before anything runs. */
export function plannedMemory(
  { jobs, ...request }: Pick<RunRequest, "jobs" | "slots" | "memoryBytes">,
): MemoryPlan {
  const budget = memoryBudget(request);
  return {
    totalBytes: budget.totalBytes,
    slotBytes: budget.bytesOf(0),
    parts: MEMORY_SHARES,
    larger: jobs.flatMap(({ id, memoryBytes, cores = 1 }) => {
      const size = budget.sizeFor(memoryBytes, cores);
      const isEven = budget.isEven(size);
      if (isEven && cores === 1) return [];
      const byMemory = Math.floor(budget.totalBytes / budget.bytesOf(size) * (1 + 1e-9));
      const atOnce = Math.min(Math.floor(request.slots / cores), byMemory);
      const asked = { ...(!isEven && { memoryBytes: memoryBytes! }), ...(cores > 1 && { cores }) };
      return [{ job: id, ...asked, atOnce }];
    }),
  };
}

/** Of the machine, or of the container that this process is in. */
export function machineMemory(): number {
  return Math.min(Deno.systemMemoryInfo().total, cgroupMemory() ?? Infinity);
}

function cgroupMemory(): number | undefined {
  const files = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
  for (const file of files) {
    try {
      const bytes = Number(Deno.readTextFileSync(file).trim());
      if (Number.isFinite(bytes) && bytes > 0) return bytes;
    } catch {
      // No such controller here.
    }
  }
  return undefined;
}

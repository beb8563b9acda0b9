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

/** Of the machine, or of the container or the batch job that this process is in. */
export function machineMemory(): number {
  const { total } = Deno.systemMemoryInfo();
  return Math.min(total, cgroupMemory() ?? Infinity, batchMemory((name) => Deno.env.get(name)));
}

/** What Slurm gave a job, in MiB: a site without control groups only looks, and kills. 0 is all of a node's. */
export function batchMemory(env: (name: string) => string | undefined): number {
  const [ofNode, ofCore, cores] = [
    "SLURM_MEM_PER_NODE",
    "SLURM_MEM_PER_CPU",
    "SLURM_CPUS_ON_NODE",
  ].map((name) => Number.parseInt(env(name) ?? "", 10));
  const given = ofNode! > 0 ? ofNode! : ofCore! * cores!;
  return given > 0 ? given * 2 ** 20 : Infinity;
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

/** How much memory a slot may use: what the machine or its container has, divided by the slots. */
import type { SlotLimits } from "../worker/slot_process.ts";

/** Kept for the orchestrator and the rest of the machine. */
const SLOTS_SHARE = 0.8;
/** Of a slot's share this much may be JavaScript heap; the rest is for arrays and snapshot buffers. */
const HEAP_SHARE = 0.5;

export function slotLimits(slots: number): SlotLimits {
  const { total } = Deno.systemMemoryInfo();
  const memory = Math.min(total, cgroupMemory() ?? Infinity);
  const share = (memory * SLOTS_SHARE) / Math.max(1, slots);
  return { memoryBytesMax: share, heapBytesMax: share * HEAP_SHARE };
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

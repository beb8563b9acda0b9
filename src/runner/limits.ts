/**
 * How much memory a slot may use: what simrun may use, divided by the slots and one more. The share that is left
 * over goes to one slot at a time, for a run that was out of memory and is tried again with twice as much.
 * So all limits together are never more than there is.
 */
import type { SlotLimits } from "../worker/slot_process.ts";

/** Of the machine's memory; the rest is for the orchestrator and whatever else there is. */
const MACHINE_SHARE = 0.8;
/** Of a slot's share this much may be JavaScript heap; the rest is for arrays and snapshot buffers. */
const HEAP_SHARE = 0.5;

/** `memoryBytes` is what all slots together may use; without it a part of what the machine or its container has. */
export function slotLimits(
  { slots, memoryBytes }: { readonly slots: number; readonly memoryBytes?: number },
  isLarge = false,
): SlotLimits {
  const share = (memoryBytes ?? machineMemory() * MACHINE_SHARE) / (Math.max(1, slots) + 1);
  const bytes = isLarge ? 2 * share : share;
  return { memoryBytesMax: bytes, heapBytesMax: bytes * HEAP_SHARE };
}

function machineMemory(): number {
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

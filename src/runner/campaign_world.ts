/** The world as a campaign meets it: the tree's journal, slots that are processes, the clocks of the machine. */
import type { World } from "../campaign/world.ts";
import type { JournalWriter } from "../store/journal.ts";
import type { SlotProcesses } from "./slot_processes.ts";

export function campaignWorld(journal: JournalWriter, slots: SlotProcesses): World {
  return {
    journal,
    startSlot: (handlers, memoryBytesMax) => slots.start(handlers, memoryBytesMax),
    now: () => performance.now(),
    after: (ms, then) => {
      const timer = setTimeout(then, ms);
      return () => clearTimeout(timer);
    },
    wallClock: () => new Date(),
  };
}

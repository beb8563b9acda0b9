/** A slot that starts while the rest of the program is loaded: its process takes as long, and is needed in any case. */
import { machineMemory } from "../runner/limits.ts";
import { withNiceSlots } from "../runner/run_request.ts";
import { startSlot } from "../runner/slot_processes.ts";
import type { SlotHandle } from "../worker/slot_process.ts";
import type { CliContext } from "./context.ts";
import { availableCores, coreLimits } from "./cores.ts";
import { memoryOf } from "./memory.ts";
import type { ResumeFlags } from "./run_flags.ts";
import { parseSlots } from "./slots.ts";

/** With the limits that the flags give it. Whoever asks for it ends it. */
export function startSlotEarly({ env }: CliContext, flags: ResumeFlags): SlotHandle {
  const { slots } = parseSlots(flags.slots, availableCores(coreLimits(env)));
  const memory = memoryOf(flags.memory, machineMemory());
  return startSlot(withNiceSlots({ slots, nice: flags.nice, ...memory }));
}

/** Lanes: what all goes through one door, a server that does one thing at a time, is computed by one slot at a time. Pure. */
import type { PlannedJob } from "../plan/plan.ts";
import type { Slot } from "./slot.ts";

/** The lane of what needs none. */
export const NO_LANE = "";

export function laneOf({ job: { model } }: PlannedJob): string {
  return model.kind === "plecs" ? model.url : NO_LANE;
}

/** The slot that holds batches of a lane: no other is handed one. */
export function holderOf(lane: string, slots: readonly Slot[]): Slot | undefined {
  return slots.find((slot) => {
    for (const { job } of slot.batches.values()) if (laneOf(job) === lane) return true;
    return false;
  });
}

/** A search as a slot is told of it: with the values of the runs that it has, which no manifest holds. */
import type { Job } from "../job/job.ts";
import type { PlannedJob } from "../plan/plan.ts";
import type { Slot } from "./slot.ts";

/** Any other job as it is. */
export function withProposals(told: Job, { guide, number, offset }: PlannedJob, slot: Slot): Job {
  const search = guide?.search;
  if (search === undefined) return told;
  const at: Record<string, NonNullable<typeof search.at>[string]> = {};
  for (const batch of slot.batches.values()) {
    if (batch.job.number !== number) continue;
    for (const one of batch.open) at[one - offset] = guide!.proposalAt(one - offset)!.values;
  }
  return { ...told, sweep: { parts: [{ ...search, at }] } };
}

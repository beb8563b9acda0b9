/** In which order runs of one priority start. Pure. */
import type { PlannedJob } from "../plan/plan.ts";
import type { Rates } from "../queue/rates.ts";

export const ORDERS = ["submitted", "longest-first", "shuffle"] as const;
/**
 * As submitted; those that take longest first, so that none of them is left alone at the end; or as if by chance, so
 * that a sweep shows early what it is about.
 */
export type Order = (typeof ORDERS)[number];

/** The smaller the rank, the earlier. */
export function rankBy(order: Order, rates: Rates): (job: PlannedJob, number: number) => number {
  switch (order) {
    case "submitted":
      return (_, number) => number;
    case "longest-first":
      return ({ model, job }) => -job.steps * (rates.stepMs(model) ?? rates.typicalStepMs ?? 1);
    case "shuffle":
      // Knuth's multiplicative hash: the same order each time.
      return (_, number) => Math.imul(number + 1, 2_654_435_761) >>> 0;
  }
}

/** What is ready, by the size of its slots and how urgent it is. Pure. */
import { PRIORITIES } from "../queue/ready_queue.ts";
import type { RunTable } from "./run_table.ts";

/** Runs that wait for slots of a size and are as urgent. */
export interface ReadyGroup {
  readonly size: number;
  /** Their priority; less for those that were passed over for long. */
  readonly level: number;
  readonly runs: number;
}

/** The most urgent first, then the largest. */
export function readyGroups(table: RunTable, now: number): ReadyGroup[] {
  const groups = table.sizesAsked().flatMap((size) => {
    const next = table.nextQueue(size, now).peek(now);
    const aged = next === undefined ? undefined : table.priorityOf(next);
    return PRIORITIES.flatMap((priority): ReadyGroup[] => {
      const runs = table.readyOf(size, priority);
      if (runs === 0) return [];
      const level = priority === aged ? table.levelIn(size, now) : priority;
      return [{ size, level, runs }];
    });
  });
  return groups.toSorted((a, b) => a.level - b.level || b.size - a.size);
}

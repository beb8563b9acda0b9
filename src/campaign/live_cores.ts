/** Which cores are used at the moment, and who waits for some: for people to see. Pure. */
import type { LiveCores } from "../job/live.ts";
import { coresOf } from "./memory_budget.ts";
import { readyGroups } from "./ready_groups.ts";
import type { RunTable } from "./run_table.ts";
import type { SlotPool } from "./slot_pool.ts";

/** Only where some run takes several. */
export function liveCores(pool: SlotPool, table: RunTable, now: number): LiveCores | undefined {
  if (!table.hasCores) return undefined;
  const total = pool.limit;
  const busy = pool.slots.filter(({ batches }) => batches.size > 0);
  const free = Math.max(0, busy.reduce((left, { size }) => left - coresOf(size), total));
  const group = readyGroups(table, now).find(({ size }) => coresOf(size) > Math.max(1, free));
  const next = group && table.nextQueue(group.size, now).peek(now);
  if (next === undefined) return { total, free };
  const waiting = { job: table.jobOf(next).job.id, cores: coresOf(group!.size) };
  return { total, free, waiting };
}

/** How nice the thread is that computes a run: what its priority asks for, beyond its process. Pure. */
import type { Priority } from "../job/job.ts";

/** Of the least urgent runs, and of every slot under `--nice`. On Linux a tenth of what others get where they compete. */
export const GIVES_WAY = 10;

/** The priority from which on runs give way. */
const LOW: Priority = 3;

export function nicenessOf(priority: Priority): number {
  return priority >= LOW ? GIVES_WAY : 0;
}

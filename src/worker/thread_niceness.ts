/** Keeps the simulation thread as nice as the priority of its batch wants it. What the system must do is a port. */
import { nicenessOf } from "../campaign/niceness.ts";
import type { Priority } from "../job/job.ts";

/**
 * Makes the simulation thread nicer than its process by so much. False when the system refuses: everybody may
 * become nicer, and only the privileged less nice again.
 */
export type SetNiceness = (beyond: number) => boolean;

export class ThreadNiceness {
  #beyond = 0;
  readonly #set: SetNiceness;

  constructor(set: SetNiceness = () => true) {
    this.#set = set;
  }

  /** Another thread begins: as nice as the one that started it. */
  begin(): void {
    this.#beyond = 0;
  }

  isRightFor(priority: Priority): boolean {
    return nicenessOf(priority) === this.#beyond;
  }

  /** To be called while the thread is idle. False when only another thread can be right for this priority. */
  becomeRightFor(priority: Priority): boolean {
    const wanted = nicenessOf(priority);
    if (wanted === this.#beyond) return true;
    // One that cannot be made nicer computes all the same.
    if (!this.#set(wanted) && wanted < this.#beyond) return false;
    this.#beyond = wanted;
    return true;
  }
}

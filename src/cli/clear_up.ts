/** What a simrun that was killed has left behind in a tree where nothing is left to do. */
import { Fault } from "../job/fault.ts";
import { TreeSession } from "../runner/tree_session.ts";
import type { Layout } from "../store/layout.ts";
import { readOwner } from "../store/owner.ts";

/** Whoever was killed when all was done left temporaries and packs half made; nobody else will come for them. */
export async function clearUpAfterKill(layout: Layout, now: () => Date): Promise<void> {
  try {
    const last = await readOwner(layout, now);
    if (last === undefined || last.alive || last.owner.releasedAt !== undefined) return;
    const session = await TreeSession.open({ root: layout.root });
    try {
      await session.tidy();
    } finally {
      await session.close();
    }
  } catch (error) {
    // Read-only, or somebody is at work: nothing is wrong with the results.
    if (!(error instanceof Fault)) throw error;
  }
}

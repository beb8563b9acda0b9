/** Who works on a tree now, and the picture of it: of one simrun, or of the shards of a tree that is cut. Never locks. */
import { AtATime } from "../job/at_a_time.ts";
import type { Live } from "../job/live.ts";
import { sumLive } from "../job/live_sum.ts";
import type { Shard } from "../job/shard.ts";
import type { Layout } from "./layout.ts";
import { readLive } from "./live.ts";
import { type OwnerRecord, readOwner } from "./owner.ts";
import { listShards } from "./shards.ts";

export interface Work {
  readonly working: boolean;
  /** Undefined when nobody works, or before the first picture of who does. */
  readonly live: Live | undefined;
  /** Who works on it, or did last; of a tree that is cut undefined. */
  readonly owner: OwnerRecord | undefined;
  /** Those that have begun, of a tree that is cut. */
  readonly shards?: readonly ShardWork[];
}

export interface ShardWork extends Shard {
  readonly layout: Layout;
  readonly working: boolean;
  readonly live: Live | undefined;
  readonly owner: OwnerRecord | undefined;
}

/** A file system that is far away answers many at once as soon as one; each that waits takes a thread. */
const READ_AT_A_TIME = 32;

export async function readWork(layout: Layout, now: () => Date): Promise<Work> {
  const trees = listShards(layout);
  if (trees.length === 0) return await readOne(layout, now);
  const shards = await new AtATime(READ_AT_A_TIME).all(trees, async ({ number, of, layout }) => ({
    ...{ number, of, layout },
    ...await readOne(layout, now),
  }));
  return {
    working: shards.some(({ working }) => working),
    live: sumLive(shards.flatMap(({ live }) => live ?? [])),
    owner: undefined,
    shards,
  };
}

async function readOne(layout: Layout, now: () => Date): Promise<Omit<Work, "shards">> {
  const state = await readOwner(layout, now);
  const working = state?.alive ?? false;
  const live = working ? await readLive(layout) : undefined;
  // A picture of an earlier holder, left behind by a kill, tells nothing.
  const isCurrent = live?.epoch === state?.owner.epoch;
  return { working, live: isCurrent ? live : undefined, owner: state?.owner };
}

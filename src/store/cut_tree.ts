/** Cutting a tree in shards, and who may work in one that is cut. */
import { Fault } from "../job/fault.ts";
import { type Shard, shardText } from "../job/shard.ts";
import { makeFolderDurable, type WarningSink } from "./disk.ts";
import { lastSeqOf } from "./journal_tail.ts";
import type { Layout } from "./layout.ts";
import { listShards } from "./shards.ts";
import { openTree } from "./tree.ts";

/** Makes the tree ready for one of its shards, if need be. Answers the root of the shard's own tree, which may not be there yet. */
export async function openForShard(
  root: string,
  shard: Shard,
  onWarning?: WarningSink,
): Promise<string> {
  const layout = await openTree(root, "write", onWarning);
  const other = listShards(layout).find(({ of }) => of !== shard.of);
  if (other !== undefined) {
    throw new Fault("usage", `${root} is cut in ${other.of} shards, not in ${shard.of}.`, {
      hint:
        `Use --shard 1/${other.of} to ${other.of}/${other.of}, or another tree with --tree DIR.`,
    });
  }
  if (lastSeqOf(layout) > 0) {
    throw new Fault("usage", `${root} holds runs of a campaign that is not cut in shards.`, {
      hint: `Leave out --shard ${shardText(shard)}, or take another tree with --tree DIR.`,
    });
  }
  await makeFolderDurable(layout.shardsFolder, {
    within: root,
    ...(onWarning !== undefined && { onWarning }),
  });
  return layout.shardRoot(shard);
}

/** Only a shard works in a tree that is cut. */
export function refuseCut(layout: Layout): void {
  const [first] = listShards(layout);
  if (first === undefined) return;
  const { of } = first;
  throw new Fault("usage", `${layout.root} is cut in ${of} shards: only they work in it.`, {
    hint:
      `simrun submit --slurm goes on with what was submitted to Slurm. By hand name one, e.g. --shard ${
        shardText(first)
      };\nor take another tree with --tree DIR.`,
  });
}

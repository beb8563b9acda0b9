/**
 * A tree that is cut in shards: each is a tree of its own in `shards/3-of-8`, with its own lock, journal and files, so that
 * nothing that is written for one is ever in the way of another, on whichever machine. Readers see all of them as one.
 */
import { basename } from "../job/path.ts";
import { type Shard, shardOfName } from "../job/shard.ts";
import { diskFault } from "./disk.ts";
import { fs } from "./file_system.ts";
import { Layout } from "./layout.ts";

/** A shard that has begun. */
export interface ShardTree extends Shard {
  /** As its folder is called. */
  readonly name: string;
  readonly layout: Layout;
}

/** Those that have begun, by number; none of a tree that is not cut. */
export function listShards(layout: Layout): ShardTree[] {
  const found: ShardTree[] = [];
  try {
    for (const { name, isDirectory } of fs.readDirSync(layout.shardsFolder)) {
      const shard = isDirectory ? shardOfName(name) : undefined;
      if (shard === undefined) continue;
      found.push({ ...shard, name, layout: new Layout(layout.shardRoot(shard)) });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw diskFault(error, layout.shardsFolder);
  }
  return found.sort((a, b) => a.of - b.of || a.number - b.number);
}

/** So many shards may look around and show themselves as often as a simrun that is alone. */
const FULL_PACE_SHARDS = 50;

/**
 * How much seldomer the simrun of a tree does so: 1 of one that is alone, and for a shard of a thousand as much as keeps
 * the file system that all of them share from hearing more than of fifty.
 */
export function paceOf({ root }: Layout): number {
  const shard = shardOfName(basename(root));
  return Math.max(1, (shard?.of ?? 1) / FULL_PACE_SHARDS);
}

/** The trees that have a journal: the shards of one that is cut, else the tree itself, which has no name. */
export function journalsOf(
  layout: Layout,
): readonly { readonly name: string | undefined; readonly layout: Layout }[] {
  const shards = listShards(layout);
  return shards.length === 0 ? [{ name: undefined, layout }] : shards;
}

/** The tree in which the files of a run are, whose shard is called so; the tree itself when it is not cut. */
export function homeOf(layout: Layout, shard: string | undefined): Layout {
  const found = shard === undefined ? undefined : shardOfName(shard);
  return found === undefined ? layout : new Layout(layout.shardRoot(found));
}

/** How a tree is meant in what is to be typed next: by itself, as one that is cut in shards, or as one that Slurm computes. */
import { basename, dirname } from "../job/path.ts";
import { shardOfName, shardText } from "../job/shard.ts";
import { shellWord } from "../job/shell_word.ts";
import { Layout } from "../store/layout.ts";
import { listShards } from "../store/shards.ts";
import { type CliContext, type GlobalFlags, treeRoot } from "./context.ts";

export interface TreeWords {
  /** The whole tree. */
  readonly root: string;
  /** Whether something of it was submitted to Slurm. */
  readonly isSubmitted: boolean;
  /** For commands that read: empty, or ` --tree DIR`; of a shard the whole tree. */
  readonly flag: string;
  /** The command that goes on with what is not done, e.g. `simrun resume --tree DIR --accept-model`. */
  readonly goOn: (more?: string) => string;
}

export function treeWords(context: CliContext, flags: GlobalFlags): TreeWords {
  const root = treeRoot(context, flags);
  const shard = basename(dirname(root)) === "shards" ? shardOfName(basename(root)) : undefined;
  const campaign = new Layout(shard === undefined ? root : dirname(dirname(root)));
  const flag = shard === undefined ? treeFlag(flags) : flagOf(context, campaign.root);
  const first = shard ?? listShards(campaign)[0];
  const { root: whole } = campaign;
  if (isSubmitted(campaign)) {
    const goOn = (more = "") =>
      `simrun submit --slurm${flag}${more === "" ? "" : ` --run-flags=${shellWord(more)}`}`;
    return { root: whole, isSubmitted: true, flag, goOn };
  }
  const part = first === undefined
    ? ""
    : ` --shard ${shard === undefined ? `I/${first.of}` : shardText(shard)}`;
  const goOn = (more = "") => `simrun resume${flag}${part}${more && ` ${more}`}`;
  return { root: whole, isSubmitted: false, flag, goOn };
}

/** As it was typed. */
export function treeFlag({ tree }: GlobalFlags): string {
  return tree === undefined ? "" : ` --tree ${shellWord(tree)}`;
}

/** Nobody has typed it: it is left out where it is meant without it. */
function flagOf(context: CliContext, root: string): string {
  const usual = treeRoot(context, { json: false, quiet: false, debug: false });
  return usual === root ? "" : ` --tree ${shellWord(root)}`;
}

function isSubmitted({ slurmFolder }: Layout): boolean {
  try {
    return Deno.statSync(slurmFolder).isDirectory;
  } catch {
    return false;
  }
}

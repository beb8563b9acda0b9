/** `--shard 3/8`: the part of a campaign that this simrun computes, and the tree of that part. */
import { Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import type { ManifestSource } from "../manifest/source.ts";
import { parseShard, type Shard, shardText } from "../job/shard.ts";
import { shellWord } from "../job/shell_word.ts";
import { dealJobs, type Whole } from "../plan/deal.ts";
import { formatNumberOf } from "../report/format.ts";
import { safeText } from "../screen/safe_text.ts";
import { openForShard } from "../store/cut_tree.ts";
import { Layout } from "../store/layout.ts";
import { type CliContext, type GlobalFlags, say, treeRoot } from "./context.ts";

interface ShardFlags extends GlobalFlags {
  readonly shard?: string | undefined;
  readonly watch?: boolean;
  readonly dryRun?: boolean;
}

/** Names of jobs in a note, at most. */
const NAMED_MAX = 3;

/** The jobs with the shard's share of their runs, and the flags by which its tree is meant. */
export async function takeShard<Flags extends ShardFlags>(
  context: CliContext,
  flags: Flags & { readonly shard: string },
  jobs: readonly Job[],
  sources: readonly ManifestSource[],
): Promise<{ readonly jobs: readonly Job[]; readonly flags: Flags }> {
  const shard = parseShard(flags.shard);
  if (flags.watch) {
    throw new Fault("usage", "--watch and --shard do not go together.", {
      hint: "What comes later would have to be dealt to all shards anew. Leave one of them out.",
    });
  }
  const dealt = dealJobs(
    jobs,
    shard,
    costOf(Object.assign({}, ...sources.map((one) => one.stepMs))),
  );
  for (const whole of dealt.whole) {
    if (whole.shard === shard.number) say(context, flags, `note: ${wholeText(whole, shard)}`);
  }
  const root = treeRoot(context, flags);
  const tree = flags.dryRun
    ? new Layout(root).shardRoot(shard)
    : await openForShard(root, shard, (warning) => say(context, flags, `note: ${warning}`));
  return { jobs: dealt.jobs, flags: { ...flags, tree } };
}

/**
 * What a run costs, by what the campaign was submitted with. A run of twice as many steps costs twice as much; more is
 * not known before anything has run.
 */
export function costOf(stepMs: { readonly [job: string]: number }): (job: Job) => number {
  return ({ id, steps }) => steps * (stepMs[id] ?? 1);
}

/** The flags by which the tree of a shard is meant that has begun. */
export async function shardFlags<Flags extends ShardFlags>(
  context: CliContext,
  flags: Flags & { readonly shard: string },
): Promise<Flags> {
  const shard = parseShard(flags.shard);
  const tree = new Layout(treeRoot(context, flags)).shardRoot(shard);
  if (await Deno.stat(tree).catch(() => undefined) === undefined) {
    const flag = flags.tree === undefined ? "" : ` --tree ${shellWord(flags.tree)}`;
    throw new Fault("tree-missing", `Shard ${shardText(shard)} has not begun yet.`, {
      hint: `Begin it with the manifests: simrun run${flag} --shard ${shardText(shard)} FILES`,
    });
  }
  return { ...flags, tree };
}

/** What is said where the shard has none of the runs. */
export function noRunsText(shard: string): string {
  return `Shard ${shard} has no runs: there are fewer than shards.`;
}

function wholeText({ jobs, runs, why }: Whole, shard: Shard): string {
  const more = jobs.length - NAMED_MAX;
  const names = jobs.slice(0, NAMED_MAX).join(", ") + (more > 0 ? ` and ${more} more` : "");
  const reason = why === "needs"
    ? "they need each other's results"
    : "its runs are led by the results of those before";
  return safeText(
    `shard ${shardText(shard)} computes all of ${names} (${
      formatNumberOf(runs, "run")
    }): ${reason}.`,
  );
}

/** Which shards of a campaign are submitted to Slurm, and which cannot be. */
import { Fault } from "../job/fault.ts";
import { SHARDS_MAX } from "../job/shard.ts";
import type { SlurmWishes } from "../job/slurm.ts";
import { isQueued } from "../report/slurm_state.ts";
import { arrayText } from "../slurm/array.ts";
import { askSlurm } from "../slurm/client.ts";
import { listSubmissions } from "../slurm/submission.ts";
import { readTasks } from "../slurm/tasks.ts";
import type { Layout } from "../store/layout.ts";
import { listShards } from "../store/shards.ts";
import type { SubmissionPlan } from "./submission_plan.ts";

/** As many as the tree is cut in, where it is. */
export function shardsOf({ nodes }: SlurmWishes, layout: Layout | undefined): number {
  const known = layout === undefined
    ? undefined
    : listShards(layout)[0]?.of ?? listSubmissions(layout).at(-1)?.submission.of;
  if (known !== undefined && nodes !== undefined && nodes !== known) {
    throw new Fault("usage", `${layout!.root} is cut in ${known} shards, not in ${nodes}.`, {
      hint: nodes < known
        ? `Leave out --nodes, and have so many at a time: --array %${nodes}. Or another tree: --tree DIR.`
        : "Leave out --nodes, or take another tree with --tree DIR.",
    });
  }
  const of = known ?? nodes ?? 1;
  if (of <= SHARDS_MAX) return of;
  throw new Fault("usage", `A campaign is cut into 1 to ${SHARDS_MAX} shards, not ${of}.`, {
    hint: "Ask for fewer --nodes, with more cores each.",
  });
}

/** Those that have something left; who names shards has just these. */
export function chosenShards(
  { shards, of }: SubmissionPlan,
  named: readonly number[] | undefined,
): readonly number[] {
  const beyond = named?.find((shard) => shard > of);
  if (beyond !== undefined) {
    throw new Fault("usage", `There is no shard ${beyond}: the campaign is cut in ${of}.`, {
      hint: `Choose among 1 to ${of} with --array, or ask for more --nodes.`,
    });
  }
  const chosen = shards.filter(({ shard, left }) =>
    left > 0 && (named === undefined || named.includes(shard))
  );
  const busy = chosen.filter(({ isWorkedOn }) => isWorkedOn).map(({ shard }) => shard);
  if (busy.length === 0) return chosen.map(({ shard }) => shard);
  throw new Fault("tree-busy", `${shardsText(busy)} of ${of} ${are(busy)} at work already.`, {
    hint: "simrun status shows where. Choose the others with --array, or wait: simrun wait.",
  });
}

/** Two pilots of one shard would only keep a node busy with waiting for each other. */
export async function refuseQueued(layout: Layout, shards: readonly number[]): Promise<void> {
  const tasks = await readTasks(askSlurm, listSubmissions(layout));
  const still = tasks.filter(({ shard }) => shards.includes(shard)).filter((task) =>
    isQueued([task])
  );
  if (still.length === 0) return;
  const jobs = [...new Set(still.map(({ id }) => id.split("_")[0]))];
  throw new Fault(
    "tree-busy",
    `Slurm has ${shardsText(still.map(({ shard }) => shard))} still: job ${jobs.join(", ")}.`,
    { hint: `simrun wait waits for them; scancel ${jobs.join(" ")} takes them out.` },
  );
}

function shardsText(shards: readonly number[]): string {
  return `${shards.length === 1 ? "Shard" : "Shards"} ${arrayText(shards)}`;
}

function are(shards: readonly number[]): string {
  return shards.length === 1 ? "is" : "are";
}

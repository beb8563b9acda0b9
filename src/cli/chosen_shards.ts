/** Which shards of a campaign are submitted to Slurm, and which cannot be. */
import { Fault } from "../job/fault.ts";
import { SHARDS_MAX } from "../job/shard.ts";
import type { SlurmWishes } from "../job/slurm.ts";
import { isQueued, type SlurmTask } from "../report/slurm_state.ts";
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

export interface ChosenShards {
  readonly shards: readonly number[];
  /** Left out, for somebody computes them, or will: as words, where there are any. */
  readonly note?: string;
  /** Slurm's jobs that compute others of the tree, or will. */
  readonly otherJobs: readonly string[];
}

/**
 * Those that have something left and that nobody computes; who names shards has just these. Two pilots of one shard would
 * only keep a node busy with waiting for each other: throws a fault where none is left, or one is named that is busy.
 */
export function chosenShards(
  { shards, of }: SubmissionPlan,
  named: readonly number[] | undefined,
  tasks: readonly SlurmTask[],
): ChosenShards {
  const beyond = named?.find((shard) => shard > of);
  if (beyond !== undefined) {
    throw new Fault("usage", `There is no shard ${beyond}: the campaign is cut in ${of}.`, {
      hint: `Choose among 1 to ${of} with --array, or ask for more --nodes.`,
    });
  }
  const chosen = shards.filter(({ shard, left }) =>
    left > 0 && (named === undefined || named.includes(shard))
  );
  const queued = tasks.filter((task) => isQueued([task]));
  const otherJobs = jobsOf(queued);
  const withSlurm = new Set(queued.map(({ shard }) => shard));
  const busy = chosen.filter(({ isWorkedOn, shard }) => isWorkedOn || withSlurm.has(shard));
  const free = chosen.filter((one) => !busy.includes(one)).map(({ shard }) => shard);
  if (busy.length === 0) return { shards: free, otherJobs };
  const text = busyText(busy.map(({ shard }) => shard), queued, of);
  if (free.length > 0 && named === undefined) return { shards: free, note: text, otherJobs };
  const hint = otherJobs.length === 0
    ? "simrun status shows where. Choose the others with --array, or wait: simrun wait."
    : `simrun wait waits for them; scancel ${otherJobs.join(" ")} takes them out.`;
  throw new Fault("tree-busy", text, { hint });
}

/** Slurm's word on each shard, of a tree that may not be there yet. */
export async function tasksIn(layout: Layout | undefined): Promise<readonly SlurmTask[]> {
  return layout === undefined ? [] : await readTasks(askSlurm, listSubmissions(layout));
}

function busyText(busy: readonly number[], queued: readonly SlurmTask[], of: number): string {
  const shards = `${busy.length === 1 ? "shard" : "shards"} ${arrayText(busy)}`;
  const jobs = jobsOf(queued.filter(({ shard }) => busy.includes(shard)));
  if (jobs.length > 0) return `Slurm has ${shards} of ${of} still: job ${jobs.join(", ")}.`;
  return `Somebody works on ${shards} of ${of} already.`;
}

function jobsOf(tasks: readonly SlurmTask[]): readonly string[] {
  return [...new Set(tasks.map(({ id }) => id.split("_")[0]!))];
}

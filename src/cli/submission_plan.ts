/** What a submission would compute: the runs that each shard has left, and what is known of how long they take. */
import type { Job } from "../job/job.ts";
import { dealJobs } from "../plan/deal.ts";
import { countPoints } from "../plan/sweep.ts";
import { History } from "../queue/history.ts";
import { completed, type StepTimes, stepTimesOf } from "../report/price.ts";
import { readHistory } from "../runner/tree_session.ts";
import { readCampaign } from "../store/campaign_journal.ts";
import type { Layout } from "../store/layout.ts";
import { readOwner } from "../store/owner.ts";
import { listShards } from "../store/shards.ts";
import { listSubmissions } from "../slurm/submission.ts";
import { costOf } from "./shard.ts";

export interface ShardLeft {
  readonly shard: number;
  readonly left: number;
  /** The same of each job, in their order. */
  readonly leftOf: readonly number[];
  /** A simrun computes it now. */
  readonly isWorkedOn: boolean;
}

export interface SubmissionPlan {
  readonly of: number;
  readonly shards: readonly ShardLeft[];
  readonly jobs: readonly Job[];
  /** Digests of the models with which runs of each job were planned before. */
  readonly models: ReadonlyMap<string, ReadonlySet<string>>;
  /** Runs that somebody gave up: they are left alone. */
  readonly cancelled: number;
  /** As the runs are dealt by; the same for all submissions of a tree, or runs would wander from shard to shard. */
  readonly dealtBy: StepTimes;
  /** What is known now, for the price. */
  readonly times: StepTimes;
}

/** `layout` is undefined as long as there is no tree; `learnFrom` is another one that has computed such runs. */
export async function planSubmission(
  jobs: readonly Job[],
  of: number,
  layout: Layout | undefined,
  learnFrom: Layout | undefined,
  now: () => Date,
): Promise<SubmissionPlan> {
  const earlier = layout === undefined ? [] : listSubmissions(layout);
  const trees = new Map(
    (layout === undefined ? [] : listShards(layout)).map((tree) => [tree.number, tree.layout]),
  );
  const learned = learnFrom === undefined ? {} : stepTimesOf(jobs, campaignHistory(learnFrom));
  const dealtBy = completed(
    earlier.at(-1)?.submission.stepMs ?? (trees.size === 0 ? learned : {}),
    jobs,
  );
  const shards: ShardLeft[] = [];
  const times: Record<string, number> = { ...learned };
  const models = new Map(jobs.map(({ id }) => [id, new Set<string>()]));
  let cancelled = 0;
  for (let shard = 1; shard <= of; shard++) {
    const dealt = dealJobs(jobs, { number: shard, of }, costOf(dealtBy)).jobs;
    const tree = trees.get(shard);
    // One after the other: of ten thousand shards no two need be in memory at once.
    const history = tree === undefined ? new History() : readHistory(tree);
    Object.assign(times, stepTimesOf(jobs, history));
    const leftOf = jobs.map(({ id }) => {
      const share = dealt.find((job) => job.id === id);
      return share === undefined ? 0 : runsLeft(share, history);
    });
    for (const { id } of dealt) {
      const past = history.jobs.get(id);
      cancelled += past?.counts.cancelled ?? 0;
      if (past?.model !== undefined) models.get(id)!.add(past.model.digest);
    }
    const left = leftOf.reduce((sum, one) => sum + one, 0);
    const owner = tree === undefined ? undefined : await readOwner(tree, now);
    shards.push({ shard, left, leftOf, isWorkedOn: owner?.alive ?? false });
  }
  return { of, shards, jobs, models, cancelled, dealtBy, times };
}

/** Runs that are left of each job, on these shards. */
export function leftOn(
  { jobs, shards }: SubmissionPlan,
  chosen: readonly number[],
): readonly { readonly job: Job; readonly left: number }[] {
  const some = shards.filter(({ shard }) => chosen.includes(shard));
  return jobs.map((job, i) => ({
    job,
    left: some.reduce((sum, { leftOf }) => sum + leftOf[i]!, 0),
  }));
}

/** All, where the job is another than was planned: which of its runs are the same only its planning tells. */
function runsLeft(job: Job, { jobs }: History): number {
  const past = jobs.get(job.id);
  const count = countPoints(job.sweep);
  if (past?.job === undefined || JSON.stringify(past.job) !== JSON.stringify(job)) return count;
  // One that its rule has stopped needs no more of them.
  if (past.stopped !== undefined) return 0;
  return Math.max(0, count - past.counts.completed - past.counts.cancelled);
}

function campaignHistory(layout: Layout): History {
  const history = new History();
  readCampaign(layout, (entry, location) => history.apply(entry, location));
  return history;
}

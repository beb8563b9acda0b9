/**
 * Deals the runs of a campaign to its shards, as cards are dealt: the dearest first, each to who has the least so far. It
 * is a function of the jobs and of what they cost alone, so that shards that never talk to each other agree. Pure.
 *
 * Each shard gets every so many-th point of a sweep: neighbours in a sweep often cost alike. Runs that wait for others,
 * and those that are led by results, stay together in one shard.
 */
import { Fault } from "../job/fault.ts";
import { type Job, neededJobs } from "../job/job.ts";
import type { Shard } from "../job/shard.ts";
import { searchOf } from "../job/sweep.ts";
import { ReadyHeap } from "../queue/ready_heap.ts";
import { countPoints } from "./sweep.ts";

export interface Dealt {
  /** With the share of its sweep that is the shard's, in the order in which they were given. */
  readonly jobs: readonly Job[];
  /** Jobs that are computed as a whole by one shard, of all shards. */
  readonly whole: readonly Whole[];
}

/** Jobs that cannot be cut. */
export interface Whole {
  readonly jobs: readonly string[];
  readonly runs: number;
  /** From 1. */
  readonly shard: number;
  readonly why: "needs" | "led";
}

/** What is dealt at once: the runs of a job one by one, or some jobs as one. */
interface Hand {
  readonly jobs: readonly Job[];
  readonly cards: number;
  readonly costOfCard: number;
  readonly runs: number;
  readonly why: Whole["why"] | undefined;
}

/** One shard may have so many times its even share of the work because runs must stay together. */
const UNEVEN_MAX = 2;

/** `costOf`: what a run of a job costs, in any unit; the same for all shards. Throws a `Fault` where it cannot be cut. */
export function dealJobs(
  jobs: readonly Job[],
  shard: Shard,
  costOf: (job: Job) => number,
): Dealt {
  const hands = handsOf(jobs, costOf);
  refuseUneven(hands, shard);
  const table = new Loads(shard.of);
  const mine = new Map<Job, Job>();
  const whole: Whole[] = [];
  // Alike ones in the order in which they were given: a sort is stable.
  for (const hand of hands.toSorted((a, b) => b.costOfCard - a.costOfCard)) {
    const { cards, costOfCard } = hand;
    // Of as many as there are shards each gets one, which changes nothing.
    const winners = table.least(cards < shard.of ? cards : cards % shard.of, costOfCard);
    if (hand.why !== undefined) {
      const number = (winners[0] ?? 0) + 1;
      whole.push({
        jobs: hand.jobs.map(({ id }) => id),
        runs: hand.runs,
        shard: number,
        why: hand.why,
      });
      if (number === shard.number) { for (const job of hand.jobs) mine.set(job, job); }
      continue;
    }
    const [job] = hand.jobs;
    const first = placeOf(shard.number - 1, winners);
    if (first >= cards) continue;
    mine.set(job!, cards === 1 ? job! : withShare(job!, { first, every: shard.of, total: cards }));
  }
  return { jobs: jobs.flatMap((job) => mine.get(job) ?? []), whole };
}

function withShare(job: Job, share: NonNullable<NonNullable<Job["sweep"]>["share"]>): Job {
  return { ...job, sweep: { ...job.sweep!, share } };
}

/** Which point is the first of a shard's: those that get one more than others come first. */
function placeOf(shard: number, winners: readonly number[]): number {
  const place = winners.indexOf(shard);
  if (place >= 0) return place;
  return shard + winners.reduce((sum, other) => sum + (other > shard ? 1 : 0), 0);
}

function handsOf(jobs: readonly Job[], costOf: (job: Job) => number): Hand[] {
  return groupsOf(jobs).map((group): Hand => {
    const [first] = group;
    const counts = group.map(({ sweep }) => countPoints(sweep));
    const runs = counts.reduce((sum, count) => sum + count, 0);
    const isLed = (job: Job) => job.until !== undefined || searchOf(job.sweep) !== undefined;
    if (group.length === 1 && !isLed(first!)) {
      return { jobs: group, cards: runs, costOfCard: costOf(first!), runs, why: undefined };
    }
    const cost = group.reduce((sum, job, at) => sum + counts[at]! * costOf(job), 0);
    const why = group.length > 1 ? "needs" : "led";
    return { jobs: group, cards: 1, costOfCard: cost, runs, why };
  });
}

/** Jobs that need each other, directly or not; most are alone. In the order in which they were given. */
function groupsOf(jobs: readonly Job[]): Job[][] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const group = new Map(jobs.map((job) => [job, [job]]));
  for (const job of jobs) {
    for (const id of neededJobs(job)) {
      const other = byId.get(id);
      if (other === undefined) throw missing(job, id);
      const [mine, theirs] = [group.get(job)!, group.get(other)!];
      if (mine === theirs) continue;
      mine.push(...theirs);
      for (const one of theirs) group.set(one, mine);
    }
  }
  const order = new Map(jobs.map((job, at) => [job, at]));
  return [...new Set(group.values())].map((members) =>
    members.sort((a, b) => order.get(a)! - order.get(b)!)
  );
}

/** It may have completed under this tree; but a shard knows its own runs only. */
function missing(job: Job, id: string): Fault {
  return new Fault("manifest", `Job ${job.id} needs ${id}, which is in none of the manifests.`, {
    hint: "A shard sees no results of others: name the manifest of the needed job as well.",
  });
}

function refuseUneven(hands: readonly Hand[], { of }: Shard): void {
  const total = hands.reduce((sum, { cards, costOfCard }) => sum + cards * costOfCard, 0);
  for (const { why, jobs, runs, costOfCard } of hands) {
    if (why !== "needs" || of === 1 || costOfCard * of <= total * UNEVEN_MAX || runs <= 2) continue;
    const names = jobs.length > 4
      ? `${jobs.slice(0, 3).map(({ id }) => id).join(", ")} and ${jobs.length - 3} others`
      : jobs.map(({ id }) => id).join(" and ");
    throw new Fault(
      "manifest",
      `${names} need each other's results, so that one of ${of} shards would compute all ${runs} runs of them.`,
      {
        hint:
          "Put what comes first into a manifest of its own, in a tree of its own, and what needs it into another one\n" +
          "that is run when the first is done; or run them on one machine, without --shard.",
      },
    );
  }
}

/** What each shard has so far. */
class Loads {
  readonly #heap: ReadyHeap;

  constructor(of: number) {
    this.#heap = new ReadyHeap(of);
    for (let shard = 0; shard < of; shard++) this.#heap.push(0, shard);
  }

  /** The shards with the least, the least first; each has so much more then. */
  least(count: number, cost: number): number[] {
    const found: { readonly shard: number; readonly load: number }[] = [];
    for (let i = 0; i < count; i++) {
      const load = this.#heap.peekKey()!;
      found.push({ shard: this.#heap.pop()!, load });
    }
    for (const { shard, load } of found) this.#heap.push(load + cost, shard);
    return found.map(({ shard }) => shard);
  }
}

/**
 * Following the journal of a whole campaign: of the tree, or of all its shards, also of those that begin later. As
 * `campaign_journal.ts` reads it: entries of a shard come in their order, and name it in their places.
 */
import { oldestFirst, WholePlans } from "./campaign_journal.ts";
import { type Followed, type FollowOptions, JournalFollower } from "./journal_follow.ts";
import type { JournalVisitor } from "./journal_read.ts";
import type { Layout } from "./layout.ts";
import { listShards } from "./shards.ts";

/** By shard and job: runs of the last plan. */
export type Shares = ReadonlyMap<string, ReadonlyMap<string, number>>;

export class CampaignFollower implements Disposable {
  readonly #layout: Layout;
  /** By the name of its shard; of a tree that is not cut the only one has none. */
  readonly #followers = new Map<string | undefined, JournalFollower>();
  readonly #plans = new WholePlans();
  readonly #shares = new Map<string, Map<string, number>>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** How many runs of each job a shard has planned, by the name of the shard; none of a tree that is not cut. */
  get shares(): Shares {
    return this.#shares;
  }

  /** Visits what has come since the last call. Of a tree that is cut, numbers of entries mean nothing. */
  read(visit: JournalVisitor, { bytesMax = Infinity }: FollowOptions = {}): Followed {
    this.#meetShards();
    let seq = 0;
    let safeSeq = 0;
    let isDamaged = false;
    for (const [shard, follower] of this.#followers) {
      const heard: JournalVisitor = shard === undefined ? visit : (entry, location) => {
        if (entry.type === "job.planned") this.#plan(shard, entry.job.id, entry.count);
        const whole = this.#plans.whole(entry);
        if (whole !== undefined) visit(whole, { ...location, shard });
      };
      const read = follower.read(heard, { bytesMax });
      seq += read.seq;
      safeSeq += read.safeSeq;
      isDamaged ||= read.isDamaged;
      const { hasMore, wentBackTo } = read;
      // What others have is read next time: a piece is of one of them.
      if (hasMore || wentBackTo !== undefined) {
        return { seq, safeSeq, isDamaged, hasMore: true, wentBackTo };
      }
    }
    return { seq, safeSeq, isDamaged, hasMore: false, wentBackTo: undefined };
  }

  [Symbol.dispose](): void {
    for (const follower of this.#followers.values()) follower[Symbol.dispose]();
    this.#followers.clear();
  }

  #plan(shard: string, job: string, count: number): void {
    let shares = this.#shares.get(shard);
    if (shares === undefined) this.#shares.set(shard, shares = new Map());
    shares.set(job, count);
  }

  #meetShards(): void {
    const shards = listShards(this.#layout);
    if (shards.length === 0) {
      if (this.#followers.size === 0) {
        this.#followers.set(undefined, new JournalFollower(this.#layout));
      }
      return;
    }
    // Nobody has worked in it before it was cut.
    this.#followers.get(undefined)?.[Symbol.dispose]();
    this.#followers.delete(undefined);
    if (shards.length === this.#followers.size) return;
    for (const { name, layout } of oldestFirst(shards)) {
      if (!this.#followers.has(name)) this.#followers.set(name, new JournalFollower(layout));
    }
  }
}

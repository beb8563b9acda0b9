/**
 * Following the journal of a whole campaign: of the tree, or of all its shards, also of those that begin later. As
 * `campaign_journal.ts` reads it: entries of a shard come in their order, and name it in their places.
 */
import { oldestFirst, WholePlans } from "./campaign_journal.ts";
import { type Followed, type FollowOptions, JournalFollower } from "./journal_follow.ts";
import type { JournalVisitor } from "./journal_read.ts";
import type { Layout } from "./layout.ts";
import { listShards } from "./shards.ts";

export class CampaignFollower implements Disposable {
  readonly #layout: Layout;
  /** By the name of its shard; of a tree that is not cut the only one has none. */
  readonly #followers = new Map<string | undefined, JournalFollower>();
  readonly #plans = new WholePlans();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Visits what has come since the last call. Of a tree that is cut, numbers of entries mean nothing. */
  read(visit: JournalVisitor, { bytesMax = Infinity }: FollowOptions = {}): Followed {
    this.#meetShards();
    let seq = 0;
    let safeSeq = 0;
    let isDamaged = false;
    for (const [shard, follower] of this.#followers) {
      const heard: JournalVisitor = shard === undefined ? visit : (entry, location) => {
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

/** Who listens to events, of the tree or, where that is cut, of one of its shards: each shard has a journal of its own. */
import type { Live } from "../job/live.ts";
import { type Shard, shardText } from "../job/shard.ts";
import { Layout } from "../store/layout.ts";
import { listShards } from "../store/shards.ts";
import { EventListeners, type EventRefusal } from "./event_listeners.ts";

const LISTENERS_MAX = 1_000;

/** The moment's picture of a shard, or of a tree that is not cut. */
export type LiveOf = (shard: Shard | undefined) => Live | undefined;

export class EventLines {
  readonly #layout: Layout;
  readonly #live: LiveOf;
  readonly #listeners = new Map<string, EventListeners>();

  constructor(layout: Layout, live: LiveOf) {
    this.#layout = layout;
    this.#live = live;
  }

  /** Opens the line. Who may ask at all is judged before. */
  admit(request: Request, url: URL): Response | EventRefusal {
    const shard = this.#shardOf(url.searchParams.get("shard"));
    if (shard !== undefined && "why" in shard) return shard;
    let count = 0;
    for (const listeners of this.#listeners.values()) count += listeners.count;
    if (count >= LISTENERS_MAX) return { status: 503, why: "Too many are listening already." };
    return this.#listenersOf(shard).admit(request, url);
  }

  /** What the journals hold by now is told to whoever reads. */
  async stop(why: string): Promise<void> {
    await Promise.all([...this.#listeners.values()].map((listeners) => listeners.stop(why)));
  }

  /** Which one is meant; undefined where the tree is not cut. It need not have begun. */
  #shardOf(asked: string | null): Shard | EventRefusal | undefined {
    const of = listShards(this.#layout)[0]?.of;
    if (of === undefined) {
      if (asked === null) return undefined;
      return { status: 400, why: "This campaign is not computed in shards: leave out shard=." };
    }
    if (asked === null) {
      const why = "This campaign is computed in shards, each with events of its own:";
      return { status: 409, why: `${why} add shard=1, or another one up to ${of}.` };
    }
    const [, number, ofAsked = of] = /^(\d{1,5})(?:\/(\d{1,5}))?$/.exec(asked) ?? [];
    if (Number(number) >= 1 && Number(number) <= of && Number(ofAsked) === of) {
      return { number: Number(number), of };
    }
    return { status: 400, why: `shard= takes a number from 1 to ${of}.` };
  }

  #listenersOf(shard: Shard | undefined): EventListeners {
    const name = shard === undefined ? "" : shardText(shard);
    const known = this.#listeners.get(name);
    if (known !== undefined) return known;
    const layout = shard === undefined ? this.#layout : new Layout(this.#layout.shardRoot(shard));
    const listeners = new EventListeners(layout, () => this.#live(shard), () => {
      // A thousand shards are a thousand open files otherwise, when each was listened to once.
      if (shard === undefined || this.#listeners.get(name) !== listeners) return;
      this.#listeners.delete(name);
      void listeners.stop("nobody listens");
    });
    this.#listeners.set(name, listeners);
    return listeners;
  }
}

/** A tree's metrics as often as they are asked for: follows its journal, and goes on when the tree is gone for a while. */
import { Fault } from "../job/fault.ts";
import { diskFault } from "../store/disk.ts";
import { JournalFollower } from "../store/journal_follow.ts";
import type { Layout } from "../store/layout.ts";
import { readLive } from "../store/live.ts";
import { readOwner } from "../store/owner.ts";
import { openTree } from "../store/tree.ts";
import { expositionText } from "./samples.ts";
import { readerGauges, treeGauges } from "./tree_gauges.ts";
import { TreeFold } from "./tree_fold.ts";

/** Whoever asks again so soon gets the same: many who ask cost no more than one. */
const FRESH_MS = 500;
/** So much of the journal is read at once; in between others have their turn. */
const PIECE_BYTES = 4 << 20;

export interface TreeReading {
  /** In Prometheus's exposition format. */
  readonly text: string;
  /** Whether a simrun works on the tree. */
  readonly isWorking: boolean;
  /** Why the tree cannot be read. */
  readonly fault: Fault | undefined;
}

export class TreeMetrics implements Disposable {
  readonly #layout: Layout;
  #fold = new TreeFold();
  #follower: JournalFollower;
  /** Which marker was there when reading began: another one is another tree's. */
  #marker: string | undefined;
  #last: { readonly reading: Promise<TreeReading>; readonly atMs: number } | undefined;

  constructor(layout: Layout) {
    this.#layout = layout;
    this.#follower = new JournalFollower(layout);
  }

  /** As the tree is now, or was a moment ago. `isNow`: what was read for another is not enough. */
  read(isNow = false): Promise<TreeReading> {
    const nowMs = performance.now();
    if (this.#last !== undefined && !isNow && nowMs - this.#last.atMs < FRESH_MS) {
      return this.#last.reading;
    }
    // One after the other: they share a place in the journal.
    const before = this.#last?.reading ?? Promise.resolve();
    const reading = before.then(() => this.#read());
    this.#last = { reading, atMs: nowMs };
    return reading;
  }

  [Symbol.dispose](): void {
    this.#follower[Symbol.dispose]();
  }

  async #read(): Promise<TreeReading> {
    const { root } = this.#layout;
    const deno = Deno.version.deno;
    try {
      await openTree(root, "read");
      await this.#follow();
      const now = () => new Date();
      const owner = await readOwner(this.#layout, now);
      const live = await readLive(this.#layout);
      const isWorking = owner?.alive ?? false;
      const gauges = treeGauges(this.#fold, {
        tree: root,
        nowMs: now().getTime(),
        working: isWorking,
        // A picture of an earlier holder, left behind by a kill, tells nothing.
        live: live !== undefined && live.epoch === owner?.owner.epoch ? live : undefined,
      });
      const parts = [readerGauges(deno, true), this.#fold.counters, gauges];
      return { text: expositionText(root, parts), isWorking, fault: undefined };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // What comes back may be another one.
      this.#marker = undefined;
      const text = expositionText(root, [readerGauges(deno, false)]);
      return { text, isWorking: false, fault: error };
    }
  }

  async #follow(): Promise<void> {
    const marker = await this.#identity();
    if (marker !== this.#marker) this.#beginAnew();
    this.#marker = marker;
    for (;;) {
      const { hasMore, wentBackTo } = this.#follower.read((entry) => this.#fold.apply(entry), {
        bytesMax: PIECE_BYTES,
      });
      if (wentBackTo !== undefined) this.#beginAnew();
      else if (!hasMore) return;
      await new Promise((done) => setTimeout(done));
    }
  }

  async #identity(): Promise<string> {
    const { marker } = this.#layout;
    try {
      // Written once in a tree's life. The number of a file that is gone is soon another's.
      const { ino, dev, mtime } = await Deno.stat(marker);
      return `${dev}:${ino}:${mtime?.getTime()}`;
    } catch (error) {
      throw diskFault(error, marker);
    }
  }

  #beginAnew(): void {
    this.#follower[Symbol.dispose]();
    this.#follower = new JournalFollower(this.#layout);
    this.#fold = new TreeFold();
  }
}

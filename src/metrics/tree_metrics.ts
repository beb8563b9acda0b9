/** A tree's metrics as often as they are asked for: follows its journal, and goes on when the tree is gone for a while. */
import { Fault } from "../job/fault.ts";
import { FollowedFold } from "../store/followed_fold.ts";
import type { Layout } from "../store/layout.ts";
import { readWork } from "../store/work.ts";
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
  readonly #journal: FollowedFold<TreeFold>;
  #last: { readonly reading: Promise<TreeReading>; readonly atMs: number } | undefined;

  constructor(layout: Layout) {
    this.#layout = layout;
    const parts = { pieceBytes: PIECE_BYTES };
    this.#journal = new FollowedFold(layout, () => new TreeFold(), parts);
  }

  /** As the tree is now, or was a moment ago. `isNow`: what was read for another is not enough. */
  read(isNow = false): Promise<TreeReading> {
    const nowMs = performance.now();
    if (this.#last !== undefined && !isNow && nowMs - this.#last.atMs < FRESH_MS) {
      return this.#last.reading;
    }
    // One after the other: who asks for it now gets what is there then.
    const before = this.#last?.reading ?? Promise.resolve();
    const reading = before.then(() => this.#read());
    this.#last = { reading, atMs: nowMs };
    return reading;
  }

  [Symbol.dispose](): void {
    this.#journal[Symbol.dispose]();
  }

  async #read(): Promise<TreeReading> {
    const { root } = this.#layout;
    const deno = Deno.version.deno;
    try {
      const fold = await this.#journal.read();
      const now = () => new Date();
      const { working: isWorking, live } = await readWork(this.#layout, now);
      const gauges = treeGauges(fold, {
        tree: root,
        nowMs: now().getTime(),
        working: isWorking,
        live,
      });
      const parts = [readerGauges(deno, true), fold.counters, gauges];
      return { text: expositionText(root, parts), isWorking, fault: undefined };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const text = expositionText(root, [readerGauges(deno, false)]);
      return { text, isWorking: false, fault: error };
    }
  }
}

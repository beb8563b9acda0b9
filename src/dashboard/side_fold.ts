/** A fold of the journal that is made when somebody asks for it, and then reads only what is new. In pieces: others have their turn. */
import type { JournalEntry } from "../job/event.ts";
import { JournalFollower } from "../store/journal_follow.ts";
import type { Layout } from "../store/layout.ts";

/** About 10 ms of reading. */
const PIECE_BYTES = 1 << 19;

export class SideFold<Fold extends { apply(entry: JournalEntry): void }> implements Disposable {
  readonly #layout: Layout;
  readonly #make: () => Fold;
  #follower: JournalFollower;
  #fold: Fold;
  #reading: Promise<Fold> | undefined;

  constructor(layout: Layout, make: () => Fold) {
    this.#layout = layout;
    this.#make = make;
    this.#follower = new JournalFollower(layout);
    this.#fold = make();
  }

  /** As it stands, perhaps while more is read. */
  get now(): Fold {
    return this.#fold;
  }

  /** With all that is there now. Calls at the same time are one. */
  read(): Promise<Fold> {
    this.#reading ??= this.#read().finally(() => this.#reading = undefined);
    return this.#reading;
  }

  beginAnew(): void {
    this.#follower[Symbol.dispose]();
    this.#follower = new JournalFollower(this.#layout);
    this.#fold = this.#make();
  }

  [Symbol.dispose](): void {
    this.#follower[Symbol.dispose]();
  }

  async #read(): Promise<Fold> {
    for (;;) {
      const { hasMore, wentBackTo } = this.#follower.read(
        (entry) => this.#fold.apply(entry),
        { bytesMax: PIECE_BYTES },
      );
      // Folds cannot go back; what was taken back is very rare.
      if (wentBackTo !== undefined) this.beginAnew();
      else if (!hasMore) return this.#fold;
      await pause();
    }
  }
}

/** Lets others have their turn. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** A tree that is looked at again and again: its history grows by what is new in the journal. Never writes. */
import type { JournalEntry } from "../job/event.ts";
import { History } from "../queue/history.ts";
import { JournalFollower } from "../store/journal_follow.ts";
import type { Layout } from "../store/layout.ts";
import { openTree } from "../store/tree.ts";

export interface FollowedTree {
  readonly layout: Layout;
  readonly history: History;
  /** Lines of the journal are missing: what is shown is not all. */
  readonly isDamaged: boolean;
}

export class TreeFollower implements Disposable {
  readonly #root: string;
  readonly #visit: (entry: JournalEntry) => void;
  readonly #beginAnew: () => void;
  #follower: JournalFollower | undefined;
  #history = new History();
  #isDamaged = false;
  #marker = "";

  /**
   * `visit` sees every entry as well. When what it has seen is not true any more, because lines were taken back or another
   * tree stands in the place, `beginAnew` is called, and all comes again.
   */
  constructor(
    root: string,
    visit: (entry: JournalEntry) => void = () => {},
    beginAnew: () => void = () => {},
  ) {
    this.#root = root;
    this.#visit = visit;
    this.#beginAnew = beginAnew;
  }

  /** The tree as it is now. Throws a `Fault` when it is not there, or not there any more. */
  async read(): Promise<FollowedTree> {
    const layout = await openTree(this.#root, "read");
    const marker = await identityOf(layout.marker);
    if (marker !== this.#marker) this.#forget();
    this.#marker = marker;
    while (this.#readOn(layout) === "went back") this.#forget();
    return { layout, history: this.#history, isDamaged: this.#isDamaged };
  }

  [Symbol.dispose](): void {
    this.#follower?.[Symbol.dispose]();
    this.#follower = undefined;
  }

  #readOn(layout: Layout): "went back" | undefined {
    this.#follower ??= new JournalFollower(layout);
    const { wentBackTo } = this.#follower.read((entry) => {
      if (entry.seq > this.#history.lastSeq + 1) this.#isDamaged = true;
      this.#history.apply(entry);
      this.#visit(entry);
    });
    return wentBackTo === undefined ? undefined : "went back";
  }

  #forget(): void {
    if (this.#follower === undefined) return;
    this[Symbol.dispose]();
    this.#history = new History();
    this.#isDamaged = false;
    this.#beginAnew();
  }
}

/** Which file it is: one that was made anew under the same name is another. */
async function identityOf(path: string): Promise<string> {
  const info = await Deno.stat(path).catch(() => undefined);
  return `${info?.dev} ${info?.ino} ${info?.birthtime?.getTime()} ${info?.mtime?.getTime()}`;
}

/**
 * A fold of a tree's journal that grows by what is new, and is made anew when what it was made of is not true any more:
 * when lines were taken back, as after a power cut, or when another tree stands in the place. Never writes, and takes
 * no lock.
 *
 * Which files the journal is, how they are followed and what of them is missing is known here and below, so that whoever
 * looks at a tree again and again says only what to make of an entry.
 */
import type { JournalEntry } from "../job/event.ts";
import { Fault } from "../job/fault.ts";
import { diskFault } from "./disk.ts";
import { fs } from "./file_system.ts";
import { CampaignFollower, type Shares } from "./campaign_follow.ts";
import type { JournalLocation } from "./journal_line.ts";
import type { Layout } from "./layout.ts";
import { letOthers } from "./pause.ts";
import { openTree } from "./tree.ts";

/** What is made of the journal: told of each entry once, in order. It cannot go back. */
export interface JournalFold {
  apply(entry: JournalEntry, location: JournalLocation): void;
}

/**
 * A fold with nothing in it. `cutAt`: the one before it is thrown away, and what it heard behind this entry is not true;
 * 0 when it was another tree's. Absent for the first.
 */
export type MakeFold<Fold> = (cutAt?: number) => Fold;

export interface FoldOptions {
  /** So much is read at once; in between others have their turn. All at once when absent. */
  readonly pieceBytes?: number;
  /** Instead, as much as takes about so long. */
  readonly pieceMs?: number;
  /** A tree that is gone or half removed has, perhaps for a while, just nothing new. A fault when absent. */
  readonly mayBeGone?: boolean;
}

/** The first piece, before it is known how long one takes; none is shorter, and none longer. */
const PIECE_BYTES_MIN = 1 << 18;
const PIECE_BYTES_MAX = 1 << 23;

export interface FoldedPiece {
  /** There is more to be read now. */
  readonly hasMore: boolean;
  /** No entry up to this one is ever taken back, whatever becomes of the machine. */
  readonly safeSeq: number;
}

export class FollowedFold<Fold extends JournalFold> implements Disposable {
  readonly #layout: Layout;
  readonly #make: MakeFold<Fold>;
  readonly #pieceMs: number | undefined;
  #pieceBytes: number;
  readonly #mayBeGone: boolean;
  #follower: CampaignFollower;
  #fold: Fold;
  /** Of the tree that was read; undefined before the first look. */
  #identity: string | undefined;
  #isDamaged = false;
  #era = 0;
  #reading: Promise<Fold> | undefined;
  #isOver = false;

  constructor(
    layout: Layout,
    make: MakeFold<Fold>,
    { pieceMs, pieceBytes, mayBeGone = false }: FoldOptions = {},
  ) {
    this.#layout = layout;
    this.#make = make;
    this.#pieceMs = pieceMs;
    this.#pieceBytes = pieceBytes ?? (pieceMs === undefined ? Infinity : PIECE_BYTES_MIN);
    this.#mayBeGone = mayBeGone;
    this.#follower = new CampaignFollower(layout);
    this.#fold = make();
  }

  /** As it stands, perhaps while more is read. Another object after each beginning anew. */
  get now(): Fold {
    return this.#fold;
  }

  /** Grows when it began anew: whatever was made of an earlier one is to be thrown away as well. */
  get era(): number {
    return this.#era;
  }

  /** Numbers are missing in the journal: what was made of it is not all. */
  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  /** How many runs of each job the shards have planned, as far as was read. */
  get shares(): Shares {
    return this.#follower.shares;
  }

  /**
   * With all that is there now. Calls at the same time are one. Throws a `Fault` when there is no tree, or none that can
   * be read; when it is back, the next call goes on.
   */
  read(): Promise<Fold> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
      if (this.#isOver) this.#follower[Symbol.dispose]();
    });
    return this.#reading;
  }

  /** One piece, for who does something with each before the next. Not while {@linkcode read} is under way. */
  async readPiece(): Promise<FoldedPiece> {
    return await this.#look() ? this.#readOn() : { hasMore: false, safeSeq: 0 };
  }

  /** Closes its files; whoever waits for it gets it first. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    if (this.#reading === undefined) this.#follower[Symbol.dispose]();
  }

  async #read(): Promise<Fold> {
    if (await this.#look()) { while (this.#readOn().hasMore) await letOthers(); }
    return this.#fold;
  }

  #readOn(): FoldedPiece {
    for (;;) {
      const beganMs = performance.now();
      const { hasMore, safeSeq, isDamaged, wentBackTo } = this.#follower.read(
        (entry, location) => this.#fold.apply(entry, location),
        { bytesMax: this.#pieceBytes },
      );
      this.#isDamaged = isDamaged;
      this.#fitPiece(performance.now() - beganMs);
      if (wentBackTo === undefined) return { hasMore, safeSeq };
      // Very rare: what was heard may be read again from the beginning.
      this.#beginAnew(wentBackTo);
    }
  }

  /** Folds differ in what they make of an entry, and machines in how quick they are. */
  #fitPiece(spentMs: number): void {
    if (this.#pieceMs === undefined) return;
    const fitting = Math.round(this.#pieceBytes * this.#pieceMs / Math.max(spentMs, 1));
    this.#pieceBytes = Math.min(PIECE_BYTES_MAX, Math.max(PIECE_BYTES_MIN, fitting));
  }

  /** Whether there is a tree; begins anew where it is not the one that it was. */
  async #look(): Promise<boolean> {
    let identity: string;
    try {
      identity = await identityOf(this.#layout);
    } catch (error) {
      if (this.#mayBeGone && error instanceof Fault && GONE.includes(error.code)) return false;
      throw error;
    }
    if (this.#identity !== undefined && identity !== this.#identity) this.#beginAnew(0);
    this.#identity = identity;
    return true;
  }

  #beginAnew(cutAt: number): void {
    this.#follower[Symbol.dispose]();
    this.#follower = new CampaignFollower(this.#layout);
    this.#isDamaged = false;
    this.#fold = this.#make(cutAt);
    this.#era++;
  }
}

const GONE: readonly Fault["code"][] = ["tree-missing", "tree-invalid"];

/** Which tree it is. Its marker is written once in its life; the number of a file that is gone is soon another's. */
async function identityOf({ root, marker }: Layout): Promise<string> {
  await openTree(root, "read");
  try {
    const { dev, ino, birthtime, mtime } = await fs.stat(marker);
    return [dev, ino, birthtime?.getTime(), mtime?.getTime()].join(" ");
  } catch (error) {
    throw diskFault(error, marker);
  }
}

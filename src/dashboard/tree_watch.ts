/**
 * A tree as it is now: its journal followed, its live picture, who works on it. Only reads, and never locks; a tree
 * that vanishes, or is replaced by another, is told of, and taken up again when it is back.
 */
import { Fault } from "../job/fault.ts";
import type { JournalEntry } from "../job/event.ts";
import type { Live } from "../job/live.ts";
import { History } from "../queue/history.ts";
import { ChangedPriorities } from "../report/changed_priorities.ts";
import { Statistics } from "../report/statistics.ts";
import { FollowedFold } from "../store/followed_fold.ts";
import type { Layout } from "../store/layout.ts";
import { readWork } from "../store/work.ts";
import type { JournalLocation } from "../store/journal_line.ts";
import { roomOf } from "../store/room.ts";
import { Activities } from "./activities.ts";

/** What the picture is made of. All else has a fold of its own, which is read when somebody asks for it. */
export class Folds {
  readonly history = new History();
  readonly statistics = new Statistics();
  readonly priorities = new ChangedPriorities();
  readonly activities = new Activities();

  apply(entry: JournalEntry, location: JournalLocation): void {
    this.history.apply(entry, location);
    this.statistics.apply(entry, Date.parse(entry.at));
    this.priorities.apply(entry);
    this.activities.apply(entry);
  }
}

/** Longer pieces than of what is read beside it: everybody waits for the first picture, and each pause costs 2 ms. */
const PICTURE_PIECE_MS = 40;
const ROOM_MS = 10_000;

export interface Trouble {
  readonly message: string;
  readonly hint?: string;
}

export class TreeWatch implements Disposable {
  readonly layout: Layout;
  readonly #now: () => Date;
  readonly #journal: FollowedFold<Folds>;
  live: Live | undefined;
  working = false;
  /** Free on the filesystem; undefined where nobody can say. */
  freeBytes: number | undefined;
  /** Why what is shown is not what is there now. */
  trouble: Trouble | undefined;
  /** Grows with whatever changed. */
  version = 0;
  /** The journal was read to its end at least once. */
  isRead = false;
  #roomMs = -Infinity;
  #looks = "";
  #refreshing: Promise<void> | undefined;

  constructor(layout: Layout, now: () => Date) {
    this.layout = layout;
    this.#now = now;
    this.#journal = new FollowedFold(layout, () => new Folds(), { pieceMs: PICTURE_PIECE_MS });
  }

  get folds(): Folds {
    return this.#journal.now;
  }

  /** Grows when all was made anew: another tree stands in its place, or lines of its journal were taken back. */
  get era(): number {
    return this.#journal.era;
  }

  /** A clock that never goes back. */
  clockMs(): number {
    return performance.now();
  }

  get nowMs(): number {
    return this.#now().getTime();
  }

  /** Reads what is new. Calls at the same time are one. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => this.#refreshing = undefined);
    return this.#refreshing;
  }

  [Symbol.dispose](): void {
    this.#journal[Symbol.dispose]();
  }

  async #refresh(): Promise<void> {
    try {
      await this.#journal.read();
      const { working, live } = await readWork(this.layout, this.#now);
      this.working = working;
      this.live = live;
      if (this.clockMs() - this.#roomMs > ROOM_MS) {
        this.freeBytes = (await roomOf(this.layout))?.freeBytes;
        this.#roomMs = this.clockMs();
      }
      this.trouble = undefined;
      this.isRead = true;
    } catch (error) {
      this.trouble = troubleOf(error);
      this.live = undefined;
      this.working = false;
    }
    const { era, isRead, folds: { history }, live, working, trouble } = this;
    const looks = JSON.stringify([era, isRead, history.lastSeq, live?.at, working, trouble]);
    if (looks !== this.#looks) this.version++;
    this.#looks = looks;
  }
}

/** In words for people; what is no fault of the tree is told as it is. */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof Fault)) {
    return { message: error instanceof Error ? error.message : String(error) };
  }
  return { message: error.message, ...(error.hint !== undefined && { hint: error.hint }) };
}

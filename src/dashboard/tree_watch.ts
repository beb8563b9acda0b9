/**
 * A tree as it is now: its journal followed, its live picture, who works on it. Only reads, and never locks; a tree
 * that vanishes, or is replaced by another, is told of, and taken up again when it is back.
 */
import { Fault } from "../job/fault.ts";
import type { JournalEntry } from "../job/event.ts";
import type { Job } from "../job/job.ts";
import type { Live } from "../job/live.ts";
import { History } from "../queue/history.ts";
import { ChangedPriorities } from "../report/changed_priorities.ts";
import { Statistics } from "../report/statistics.ts";
import type { LedJob } from "../report/led_job.ts";
import type { RunStatus } from "../report/run_status.ts";
import { countShards, type ShardCounts } from "../report/shard_counts.ts";
import type { Shard } from "../job/shard.ts";
import type { SlurmState } from "../report/slurm_state.ts";
import { FollowedFold } from "../store/followed_fold.ts";
import type { Layout } from "../store/layout.ts";
import { readWork, type ShardWork } from "../store/work.ts";
import type { JournalLocation } from "../store/journal_line.ts";
import { roomOf } from "../store/room.ts";
import { Activities } from "./activities.ts";
import { Asked } from "./asked.ts";
import type { FindDecision } from "./decisions.ts";

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
    this.activities.apply(entry, location);
  }
}

/**
 * Longer pieces than of what is read beside it: everybody waits for the first picture, and each pause costs some
 * milliseconds. What the page is made of comes in between.
 */
const PICTURE_PIECE_MS = 80;
const ROOM_MS = 10_000;

/** What else can be known of a tree, found out by whoever made the server: it takes long, or asks others. */
export interface Elsewhere {
  /** The newest task of each shard that was submitted to Slurm; never throws for Slurm's sake. */
  readonly slurm?: (layout: Layout) => Promise<SlurmState>;
  /** Where jobs stand that are led by results. */
  readonly led?: (history: History, layout: Layout) => Promise<readonly LedJob[]>;
  readonly decision?: FindDecision;
  /** What to type so that it goes on with what is not done, with more flags; `simrun resume` if it does not say. */
  readonly goOn?: (more?: string) => string;
  /** The words that a run's program was called with; undefined of a model that is none. */
  readonly command?: (job: Job, index: number, run: RunStatus) => Promise<string | undefined>;
}

interface AskedOfTree {
  readonly era: number;
  readonly slurm: Asked<SlurmState>;
  readonly led: Asked<readonly LedJob[]>;
}

/** One controller serves all users of a cluster: nobody asks it more often. */
const SLURM_MS = 15_000;
/** What led jobs have come to is found out by all their results: it may take this part of a core. */
const LED_LOAD_MAX = 0.05;

export interface Trouble {
  readonly message: string;
  readonly hint?: string;
}

export class TreeWatch implements Disposable {
  readonly layout: Layout;
  readonly #now: () => Date;
  readonly #journal: FollowedFold<Folds>;
  readonly elsewhere: Elsewhere;
  #asked: AskedOfTree;
  live: Live | undefined;
  /** Those that have begun; undefined of a tree that is not cut. */
  shards: readonly ShardWork[] | undefined;
  working = false;
  /** Free on the filesystem; undefined where nobody can say. */
  freeBytes: number | undefined;
  /** Why what is shown is not what is there now. */
  trouble: Trouble | undefined;
  /** Called when something is known that no look at the tree would show. */
  onNews: () => void = () => {};
  /** Grows with whatever changed. */
  version = 0;
  /** The journal was read to its end at least once. */
  isRead = false;
  #roomMs = -Infinity;
  #looks = "";
  #refreshing: Promise<void> | undefined;
  #counts: { readonly of: string; readonly shards: ReadonlyMap<string, ShardCounts> } | undefined;

  constructor(layout: Layout, now: () => Date, elsewhere: Elsewhere = {}) {
    this.layout = layout;
    this.#now = now;
    this.elsewhere = elsewhere;
    this.#journal = new FollowedFold(layout, () => new Folds(), { pieceMs: PICTURE_PIECE_MS });
    this.#asked = this.#newlyAsked();
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

  /** Of a shard, or of a tree that is not cut. */
  liveOf(shard: Shard | undefined): Live | undefined {
    if (shard === undefined) return this.live;
    return this.shards?.find(({ number }) => number === shard.number)?.live;
  }

  /** What Slurm said last; undefined before it was asked. */
  get slurm(): SlurmState | undefined {
    return this.#asked.slurm.answer;
  }

  get led(): readonly LedJob[] | undefined {
    return this.#asked.led.answer;
  }

  /** How far each shard is, by its name. */
  get shardCounts(): ReadonlyMap<string, ShardCounts> {
    const of = `${this.era} ${this.folds.history.lastSeq}`;
    if (this.#counts?.of !== of) {
      this.#counts = { of, shards: countShards(this.folds.history, this.#journal.shares) };
    }
    return this.#counts.shards;
  }

  /** Somebody looks: what is known elsewhere is asked for when it is time. Nobody waits for it. */
  askElsewhere(): void {
    if (!this.isRead || this.trouble !== undefined) return;
    const changed = () => this.tellNews();
    // What was said of another tree is not of this one.
    if (this.#asked.era !== this.era) this.#asked = this.#newlyAsked();
    this.#asked.slurm.ask(undefined, changed);
    this.#asked.led.ask(this.folds.history.lastSeq, changed);
  }

  /** Something is known that does not stand in the tree. */
  tellNews(): void {
    this.version++;
    this.onNews();
  }

  #newlyAsked(): AskedOfTree {
    const { slurm, led } = this.elsewhere;
    const clockMs = () => this.clockMs();
    return {
      era: this.era,
      slurm: new Asked(slurm && (() => slurm(this.layout)), { clockMs, everyMs: SLURM_MS }),
      led: new Asked(led && (() => led(this.folds.history, this.layout)), {
        ...{ clockMs, everyMs: 0, loadMax: LED_LOAD_MAX },
      }),
    };
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
      const { working, live, shards } = await readWork(this.layout, this.#now);
      this.working = working;
      this.live = live;
      this.shards = shards;
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
    const held = this.shards?.map(({ number, working, owner }) => [
      number,
      working,
      owner?.epoch,
      owner?.releasedAt,
    ]);
    const looks = JSON.stringify([era, isRead, history.lastSeq, live?.at, working, trouble, held]);
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

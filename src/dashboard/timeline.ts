/**
 * Who ran when: a fold of the journal. What was started together is one bar. A few dozen bytes a bar, and no more than
 * so many of them: of a tree that has seen more, the oldest are forgotten. Pure.
 */
import type { JournalEntry, RequeueCause } from "../job/event.ts";
import type { JournalLocation } from "../job/journal_location.ts";
import { isGivenAway } from "../report/requeue_text.ts";

/** How a bar ended; of several runs the worst, which is the last in this list. */
export const BAR_STATES = [
  "running",
  "completed",
  "moved",
  "cancelled",
  "lost",
  "retried",
  "failed",
] as const;
export type BarState = (typeof BAR_STATES)[number];

const RUNNING = 0;

export interface Bar {
  /** In which shard, by its folder's name; empty where the tree is not cut. */
  readonly shard: string;
  readonly job: string;
  /** The first of them. */
  readonly run: string;
  readonly count: number;
  readonly fromMs: number;
  /** Undefined while it goes on. */
  toMs: number | undefined;
  /** Index into {@linkcode BAR_STATES}. */
  state: number;
  /** Runs in it without an end. */
  open: number;
  /** When checkpoints were saved. */
  saves: number[] | undefined;
  /** Who took its place, or why it is tried again. */
  why: RequeueCause | undefined;
}

export interface Session {
  readonly shard: string;
  readonly fromMs: number;
  toMs: number | undefined;
  readonly slots: number;
}

const BARS_MAX = 150_000;
const SAVES_MAX = 200;
const SESSIONS_MAX = 1000;

/** Of a shard, or of the tree where it is not cut. */
interface InHand {
  /** Bars that go on. */
  readonly bars: Set<Bar>;
  session: Session | undefined;
  lastMs: number;
}

export class Timeline {
  #bars: Bar[] = [];
  /** By job and run. */
  readonly #open = new Map<string, Map<string, Bar>>();
  readonly sessions: Session[] = [];
  /** When something was heard last. */
  lastMs = 0;
  readonly #shards = new Map<string, InHand>();
  /** Bars that were forgotten. */
  forgotten = 0;

  get bars(): readonly Bar[] {
    return this.#bars;
  }

  /** When something was heard last of a shard. */
  lastMsOf(shard: string): number {
    return this.#shards.get(shard)?.lastMs ?? this.lastMs;
  }

  apply(entry: JournalEntry, location?: JournalLocation): void {
    const atMs = Date.parse(entry.at);
    const shard = location?.shard ?? "";
    const own = this.#shards.get(shard) ?? { bars: new Set(), session: undefined, lastMs: 0 };
    this.#shards.set(shard, own);
    switch (entry.type) {
      case "campaign.started":
        // Whoever was there before ended without a word; nobody knows when.
        this.#leave(own);
        own.session = { shard, fromMs: atMs, toMs: undefined, slots: entry.slots };
        this.sessions.push(own.session);
        if (this.sessions.length > SESSIONS_MAX) this.sessions.shift();
        break;
      case "campaign.ended":
        own.lastMs = atMs;
        this.#leave(own);
        break;
      case "runs.started":
        this.#start(own, shard, entry, atMs);
        break;
      case "runs.completed":
        for (const { run } of entry.runs) this.#end(entry.job, run, atMs, "completed");
        break;
      case "run.failed":
        this.#end(entry.job, entry.run, atMs, "failed");
        break;
      case "runs.requeued": {
        const { cause, counted } = entry;
        const isMoved = !counted || isGivenAway(cause);
        for (const run of entry.runs) {
          this.#end(entry.job, run, atMs, isMoved ? "moved" : "retried", cause);
        }
        break;
      }
      case "runs.cancelled":
        for (const run of entry.runs) this.#end(entry.job, run, atMs, "cancelled");
        break;
      case "run.checkpointed":
        this.#save(this.#open.get(entry.job)?.get(entry.run), atMs);
        break;
      default:
        return;
    }
    own.lastMs = atMs;
    this.lastMs = Math.max(this.lastMs, atMs);
  }

  #start(
    own: InHand,
    shard: string,
    { job, runs }: { readonly job: string; readonly runs: readonly string[] },
    fromMs: number,
  ): void {
    const count = runs.length >> 1;
    if (count === 0) return;
    const bar: Bar = {
      shard,
      job,
      run: runs[0]!,
      count,
      fromMs,
      toMs: undefined,
      state: RUNNING,
      open: count,
      saves: undefined,
      why: undefined,
    };
    this.#bars.push(bar);
    own.bars.add(bar);
    let open = this.#open.get(job);
    if (open === undefined) this.#open.set(job, open = new Map());
    for (let i = 0; i < runs.length; i += 2) open.set(runs[i]!, bar);
    if (this.#bars.length > BARS_MAX) this.#forget();
  }

  #end(
    job: string,
    run: string,
    atMs: number,
    state: BarState,
    why?: RequeueCause,
  ): void {
    const open = this.#open.get(job);
    const bar = open?.get(run);
    if (bar === undefined) return;
    open!.delete(run);
    // Its simrun was gone before.
    if (bar.open === 0) return;
    bar.open--;
    bar.state = Math.max(bar.state, BAR_STATES.indexOf(state));
    if (why !== undefined) bar.why = why;
    if (bar.open > 0) return;
    bar.toMs = Math.max(atMs, bar.fromMs);
    this.#shards.get(bar.shard)?.bars.delete(bar);
  }

  #save(bar: Bar | undefined, atMs: number): void {
    if (bar === undefined || bar.open === 0) return;
    bar.saves ??= [];
    bar.saves.push(atMs);
    // Of very many every other one tells as much.
    if (bar.saves.length > SAVES_MAX) bar.saves = bar.saves.filter((_, i) => i % 2 === 0);
  }

  /** Its simrun is gone: what it had in hand came to no end. */
  #leave({ bars, session, lastMs }: InHand): void {
    for (const bar of bars) {
      bar.open = 0;
      bar.toMs = Math.max(lastMs, bar.fromMs);
      bar.state = Math.max(bar.state, BAR_STATES.indexOf("lost"));
    }
    bars.clear();
    if (session !== undefined) session.toMs ??= Math.max(lastMs, session.fromMs);
  }

  #forget(): void {
    const before = this.#bars.length;
    const cut = before >> 2;
    this.#bars = this.#bars.filter((bar, i) => i >= cut || bar.open > 0);
    this.forgotten += before - this.#bars.length;
  }
}

/**
 * Who ran when: a fold of the journal. What was started together is one bar. A few dozen bytes a bar, and no more than
 * so many of them: of a tree that has seen more, the oldest are forgotten. Pure.
 */
import type { JournalEntry, RequeueCause } from "../job/event.ts";
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
  readonly fromMs: number;
  toMs: number | undefined;
  readonly slots: number;
}

const BARS_MAX = 150_000;
const SAVES_MAX = 200;
const SESSIONS_MAX = 1000;

export class Timeline {
  #bars: Bar[] = [];
  /** By job and run. */
  readonly #open = new Map<string, Map<string, Bar>>();
  readonly sessions: Session[] = [];
  /** When something was heard last. */
  lastMs = 0;
  /** Bars that were forgotten. */
  forgotten = 0;

  get bars(): readonly Bar[] {
    return this.#bars;
  }

  apply(entry: JournalEntry): void {
    const atMs = Date.parse(entry.at);
    switch (entry.type) {
      case "campaign.started":
        // Whoever was there before ended without a word; nobody knows when.
        this.#loseAll();
        this.#closeSession();
        this.sessions.push({ fromMs: atMs, toMs: undefined, slots: entry.slots });
        if (this.sessions.length > SESSIONS_MAX) this.sessions.shift();
        break;
      case "campaign.ended":
        this.lastMs = atMs;
        this.#loseAll();
        this.#closeSession();
        break;
      case "runs.started":
        this.#start(entry.job, entry.runs, atMs);
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
    this.lastMs = atMs;
  }

  #start(job: string, runs: readonly string[], fromMs: number): void {
    const count = runs.length >> 1;
    if (count === 0) return;
    const bar: Bar = {
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
    bar.open--;
    bar.state = Math.max(bar.state, BAR_STATES.indexOf(state));
    if (why !== undefined) bar.why = why;
    if (bar.open === 0) bar.toMs = Math.max(atMs, bar.fromMs);
  }

  #save(bar: Bar | undefined, atMs: number): void {
    if (bar === undefined) return;
    bar.saves ??= [];
    bar.saves.push(atMs);
    // Of very many every other one tells as much.
    if (bar.saves.length > SAVES_MAX) bar.saves = bar.saves.filter((_, i) => i % 2 === 0);
  }

  #loseAll(): void {
    for (const bar of this.#bars) {
      if (bar.open === 0) continue;
      bar.open = 0;
      bar.toMs = Math.max(this.lastMs, bar.fromMs);
      bar.state = Math.max(bar.state, BAR_STATES.indexOf("lost"));
    }
    this.#open.clear();
  }

  #closeSession(): void {
    const last = this.sessions.at(-1);
    if (last !== undefined) last.toMs ??= Math.max(this.lastMs, last.fromMs);
  }

  #forget(): void {
    const before = this.#bars.length;
    const cut = before >> 2;
    this.#bars = this.#bars.filter((bar, i) => i >= cut || bar.open > 0);
    this.forgotten += before - this.#bars.length;
  }
}

/**
 * Who ran when, as a fold of the journal: `{sessions, lanes: [{bars: [{job, run, attempt, fromMs, toMs, ended, count}],
 * marks: [{atMs, kind, count}]}]}`, few enough bars to be drawn however many runs there were. Pure.
 */
import type { JournalEntry } from "../job/event.ts";
import type { Live } from "../job/live.ts";
import { runName } from "../job/run.ts";
import {
  type BarEnd,
  type MarkKind,
  type RawBar,
  type Timeline,
  timelineLanes,
  type TimelineSession,
} from "./timeline_lanes.ts";

export type {
  BarEnd,
  MarkKind,
  Timeline,
  TimelineBar,
  TimelineLane,
  TimelineMark,
  TimelineSession,
} from "./timeline_lanes.ts";

/** What was handed to a slot together is computed one after the other. */
interface Batch {
  /** When its next run began at the earliest: when it was handed out, or the one before it ended. */
  freeMs: number;
  attempt: number;
}

/** Of one that is under way. */
interface Open {
  readonly job: string;
  readonly run: string;
  readonly batch: Batch;
}

type Marks = NonNullable<RawBar["marks"]>;

/** Of one run at a time, not all that a run of a month saves is drawn. */
const MARKS_OF_RUN_MAX = 2000;

/** What tells of no work: written at any time, perhaps long after. */
const OUTSIDE: readonly JournalEntry["type"][] = [
  "campaign.started",
  "campaign.sources",
  "run.repaired",
  "tree.repaired",
];

/** Feed it every entry in order, with when it was written; then read it, as often as wished. */
export class TimelineFold {
  readonly #sessions: { -readonly [name in keyof TimelineSession]: TimelineSession[name] }[] = [];
  /** By job and run. */
  readonly #open = new Map<string, Map<string, Batch>>();
  /** By job and run as well; most runs have none. */
  readonly #marks = new Map<string, Marks[number][]>();
  readonly #bars: RawBar[] = [];
  readonly #counts = { checkpoint: 0, retry: 0, resumed: 0, preempted: 0 };
  #nowMs = 0;

  apply(entry: JournalEntry, atMs: number): void {
    const session = this.#sessions.at(-1);
    if (entry.type === "campaign.started") {
      this.#lose(session);
      const { slots } = entry;
      this.#sessions.push({ fromMs: atMs, toMs: atMs, slots, outcome: "lost" });
      this.#nowMs = atMs;
      return;
    }
    if (OUTSIDE.includes(entry.type)) return;
    // A clock may go back; what comes later in the journal was later.
    this.#nowMs = Math.max(this.#nowMs, atMs);
    if (session !== undefined) session.toMs = this.#nowMs;
    switch (entry.type) {
      case "campaign.ended":
        if (session !== undefined) session.outcome = entry.outcome;
        this.#forget();
        return;
      case "runs.started":
        return this.#started(entry);
      case "run.resumed":
        if (entry.step > 0) this.#mark(entry.job, entry.run, "resumed");
        return;
      case "run.checkpointed":
        return this.#mark(entry.job, entry.run, "checkpoint");
      case "runs.completed":
        return this.#completed(entry);
      case "run.failed":
        return this.#end(entry.job, [entry.run], "failed");
      case "runs.requeued":
        if (entry.cause === "preempted") {
          for (const run of entry.runs) this.#mark(entry.job, run, "preempted");
        }
        return this.#end(entry.job, entry.runs, `requeued: ${entry.cause}`);
      case "runs.cancelled":
        return this.#end(entry.job, entry.runs, "cancelled");
    }
  }

  /** `working`: somebody holds the tree now; `live`: its picture, which alone knows what of all begun is computed. */
  read(
    { nowMs, working, live }: {
      readonly nowMs: number;
      readonly working: boolean;
      readonly live: Live | undefined;
    },
  ): Timeline {
    const bars = [...this.#bars];
    const sessions = this.#sessions.map((session) => ({ ...session }));
    const last = sessions.at(-1);
    const isOpen = last?.outcome === "lost";
    if (working && last !== undefined && isOpen) {
      last.outcome = "working";
      last.toMs = Math.max(last.toMs, nowMs);
      bars.push(...this.#running(Math.max(nowMs, this.#nowMs), live));
    } else if (isOpen) bars.push(...this.#lost(this.#nowMs));
    const slots = Math.max(1, ...sessions.map((session) => session.slots));
    return { sessions, ...timelineLanes(bars, slots), marks: { ...this.#counts } };
  }

  #started(entry: JournalEntry & { readonly type: "runs.started" }): void {
    const { job, runs, attempt } = entry;
    const batch: Batch = { freeMs: this.#nowMs, attempt };
    let ofJob = this.#open.get(job);
    if (ofJob === undefined) this.#open.set(job, ofJob = new Map());
    for (let i = 0; i + 1 < runs.length; i += 2) {
      ofJob.set(runs[i]!, batch);
      if (attempt > 1) this.#mark(job, runs[i]!, "retry");
    }
  }

  #mark(job: string, run: string, kind: MarkKind): void {
    this.#counts[kind]++;
    if (this.#open.get(job)?.has(run) !== true) return;
    const name = runName(job, run);
    let marks = this.#marks.get(name);
    if (marks === undefined) this.#marks.set(name, marks = []);
    if (marks.length < MARKS_OF_RUN_MAX) marks.push({ atMs: this.#nowMs, kind });
  }

  #completed({ job, runs }: JournalEntry & { readonly type: "runs.completed" }): void {
    const busyMs = runs.reduce((sum, { ms }) => sum + ms, 0);
    this.#end(job, runs.map(({ run }) => run), "completed", busyMs);
  }

  /** They end now, all of one slot. */
  #end(job: string, runs: readonly string[], ended: BarEnd, busyMs?: number): void {
    const ofJob = this.#open.get(job);
    let first: Open | undefined;
    let count = 0;
    let marks: Marks | undefined;
    for (const run of runs) {
      const batch = ofJob?.get(run);
      if (batch === undefined) continue;
      ofJob!.delete(run);
      // Runs of several batches that end together were never in one slot: each has its own bar.
      if (first !== undefined && batch !== first.batch) {
        this.#push(first, ended, count, marks, busyMs);
        first = marks = undefined;
        count = 0;
      }
      first ??= { job, run, batch };
      count++;
      marks = this.#takeMarks(job, run, marks);
    }
    if (first !== undefined) this.#push(first, ended, count, marks, busyMs);
  }

  #takeMarks(job: string, run: string, before: Marks | undefined): Marks | undefined {
    if (this.#marks.size === 0) return before;
    const name = runName(job, run);
    const own = this.#marks.get(name);
    if (own === undefined) return before;
    this.#marks.delete(name);
    return before === undefined ? own : [...before, ...own];
  }

  #push(
    { job, run, batch }: Open,
    ended: BarEnd,
    count: number,
    marks: Marks | undefined,
    busyMs?: number,
  ): void {
    const toMs = this.#nowMs;
    const fromMs = Math.max(batch.freeMs, toMs - (busyMs ?? Infinity));
    batch.freeMs = toMs;
    this.#bars.push({ job, run, attempt: batch.attempt, fromMs, toMs, ended, count, marks });
  }

  /** What was under way when the simrun was gone. */
  #lose(session: TimelineSession | undefined): void {
    if (session?.outcome === "lost") this.#bars.push(...this.#lost(this.#nowMs));
    this.#forget();
  }

  #forget(): void {
    this.#open.clear();
    this.#marks.clear();
  }

  #lost(toMs: number): RawBar[] {
    const batches = new Map<Batch, RawBar & { count: number }>();
    for (const [job, runs] of this.#open) {
      for (const [run, batch] of runs) {
        const known = batches.get(batch);
        if (known !== undefined) {
          known.count++;
          continue;
        }
        const { freeMs: fromMs, attempt } = batch;
        const marks = this.#marks.get(runName(job, run));
        batches.set(batch, { job, run, attempt, fromMs, toMs, ended: "lost", count: 1, marks });
      }
    }
    return [...batches.values()];
  }

  /** Without a picture nobody knows which of those begun wait in a slot for their turn. */
  #running(toMs: number, live: Live | undefined): RawBar[] {
    if (live === undefined) return this.#lost(toMs).map((bar) => ({ ...bar, ended: "running" }));
    const beganMs = Date.parse(live.at);
    return live.running.map(({ job, run, attempt, elapsedMs }) => ({
      job,
      run,
      attempt,
      fromMs: Math.min(toMs, beganMs - elapsedMs),
      toMs,
      ended: "running",
      count: 1,
      marks: this.#marks.get(runName(job, run)),
    }));
  }
}

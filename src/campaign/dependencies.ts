/**
 * Which runs may not start yet because of what they need, and which never will. Asked of the table each time: what a
 * needed run has become is written in one place only.
 */
import { type Need, neededJobs, waitsForOthers } from "../job/job.ts";
import type { Origin } from "../job/run.ts";
import { matesOf, originsOf } from "../plan/mates.ts";
import type { PlannedJob } from "../plan/plan.ts";
import type { RunTable, TableState } from "./run_table.ts";

/** What is to be done with a run that waited for others. */
export type Verdict =
  | { readonly kind: "ready" }
  | { readonly kind: "blocked" }
  | { readonly kind: "hopeless"; readonly why: string };

const READY: Verdict = { kind: "ready" };
const BLOCKED: Verdict = { kind: "blocked" };
const OPEN: readonly TableState[] = [
  "ready",
  "assigned",
  "delayed",
  "held",
  "blocked",
  "paused-before",
];

export class Dependencies {
  readonly #table: RunTable;
  #needed: ReadonlySet<string> = new Set();
  #jobs = 0;

  constructor(table: RunTable) {
    this.#table = table;
  }

  /** Whether any runs wait for those of this one. */
  isNeeded(job: PlannedJob): boolean {
    if (job.guide !== undefined) return true;
    if (this.#jobs !== this.#table.jobs.length) {
      this.#jobs = this.#table.jobs.length;
      this.#needed = new Set(
        this.#table.jobs.flatMap(({ job }) => neededJobs(job)),
      );
    }
    return this.#needed.has(job.job.id);
  }

  /** Blocked runs that need not, or need never, wait any longer. */
  *review(): IterableIterator<{ readonly number: number; readonly verdict: Verdict }> {
    for (const job of this.#table.jobs) {
      if (!job.isStaggered || this.#table.counts.blocked === 0) continue;
      const whole = this.#judgeJob(job);
      // What all runs of the job wait for is asked once.
      if (whole?.kind === "blocked") continue;
      const { from, to } = whole?.kind === "hopeless" ? wholeOf(job) : windowOf(job);
      for (let number = from; number < to; number++) {
        if (this.#table.stateOf(number) !== "blocked") continue;
        const verdict = whole?.kind === "hopeless" ? whole : this.#judgePoint(job, number);
        if (verdict.kind === "blocked") continue;
        // What its point follows from comes last: it may take a moment to find.
        const isAdmitted = verdict.kind === "hopeless" || isSettled(job, number);
        if (isAdmitted) yield { number, verdict };
      }
    }
  }

  /** By the needs that all runs of a job share. */
  #judgeJob({ job }: PlannedJob): Verdict {
    let blocked: Verdict | undefined;
    for (const need of job.needs ?? []) {
      if (need.runs !== "all") continue;
      const verdict = this.#judgeAll(need);
      if (verdict.kind === "hopeless") return verdict;
      if (verdict.kind === "blocked") blocked ??= verdict;
    }
    return blocked ?? READY;
  }

  #judgeAll(need: Need): Verdict {
    const needed = this.#plannedJob(need);
    if (needed === undefined) return READY;
    const bad: number[] = [];
    for (let number = needed.offset; number < needed.offset + needed.count; number++) {
      const state = this.#table.stateOf(number);
      if (OPEN.includes(state)) return BLOCKED;
      if (!isGood(needed, number, state)) bad.push(number);
    }
    if (bad.length === 0 || need.accept === "any") return READY;
    const ends = [...new Set(bad.map((number) => this.#endOf(number)))];
    const end = ends.length === 1 ? ends[0] : "did not complete";
    const what = needed.count === 1 ? "it" : `${bad.length} of its ${needed.count} runs`;
    const why = `it needs ${need.job}, and ${what} ${bad.length > 1 ? plural(end!) : end}`;
    return { kind: "hopeless", why };
  }

  #judgePoint(planned: PlannedJob, number: number): Verdict {
    const { job, offset, foundation } = planned;
    let blocked: Verdict | undefined;
    if (job.from !== undefined) {
      const verdict = this.#judgeOrigin(planned, number - offset, job.from);
      if (verdict.kind === "hopeless") return verdict;
      if (verdict.kind === "blocked") blocked = verdict;
    }
    for (const need of job.needs ?? []) {
      if (need.runs !== "same-point") continue;
      const needed = this.#plannedJob(need);
      const theirs = needed?.job ?? foundation?.find(need.job)?.job;
      if (theirs === undefined) continue;
      const mates = matesOf(job, number - offset, theirs);
      if (mates.length === 0) {
        const why = `it needs the run of ${need.job} with its parameters, and there is none`;
        return { kind: "hopeless", why };
      }
      if (needed === undefined) continue;
      for (const index of mates) {
        const state = this.#table.stateOf(needed.offset + index);
        if (OPEN.includes(state)) blocked ??= BLOCKED;
        else if (
          !isGood(needed, needed.offset + index, state) && need.accept === "completed"
        ) return { kind: "hopeless", why: `it needs ${this.#incomplete(needed, index)}` };
      }
    }
    return blocked ?? READY;
  }

  /** By the run whose state it begins from. */
  #judgeOrigin({ job, foundation }: PlannedJob, index: number, from: Origin): Verdict {
    const parent = this.#table.jobs.findLast((one) => one.job.id === from.job);
    const theirs = parent?.job ?? foundation?.find(from.job)?.job;
    if (theirs === undefined) return READY;
    const [origin, ...others] = originsOf(job, index, theirs);
    if (origin === undefined || others.length > 0) {
      const what = origin === undefined ? "there is none" : `there are ${others.length + 1}`;
      return { kind: "hopeless", why: `it begins from one run of ${from.job}, and ${what}` };
    }
    if (parent === undefined) return READY;
    const state = this.#table.stateOf(parent.offset + origin);
    if (OPEN.includes(state)) return BLOCKED;
    if (isGood(parent, parent.offset + origin, state)) return READY;
    return { kind: "hopeless", why: `it begins from ${this.#incomplete(parent, origin)}` };
  }

  #incomplete(planned: PlannedJob, index: number): string {
    const { id, sweep } = planned.job;
    const name = sweep === undefined ? id : `${id}/${planned.identify(index).run}`;
    return `${name}, which ${this.#endOf(planned.offset + index)}`;
  }

  /** Of one that has ended and has no result: why there is none, to stand behind "it". */
  #endOf(number: number): string {
    const state = this.#table.stateOf(number);
    if (state === "failed") return "failed";
    if (state === "cancelled" || state === "cancelled-before") return "was cancelled";
    return "did not complete";
  }

  /** The last one of that name; one that is in no plan has completed before, or there would be no campaign. */
  #plannedJob(need: Need): PlannedJob | undefined {
    return this.#table.jobs.findLast(({ job }) => job.id === need.job);
  }
}

function plural(end: string): string {
  return end.replace(/^was /, "were ");
}

/** Completed now or before, or not needed; what was only left alone has no result. */
function isGood(job: PlannedJob, number: number, state: TableState): boolean {
  if (state === "unneeded") return true;
  const decision = job.decisionAt(number - job.offset);
  return state === "settled" && decision !== "held-model" && decision !== "counted";
}

/** Numbers, the second one excluded. */
interface Range {
  readonly from: number;
  readonly to: number;
}

function wholeOf({ offset, count }: PlannedJob): Range {
  return { from: offset, to: offset + count };
}

/** Of a search only those behind the last that has ended can have become free; or what is tried again, and needs others. */
function windowOf(job: PlannedJob): Range {
  const whole = wholeOf(job);
  const search = job.guide?.search;
  if (search === undefined || waitsForOthers(job.job)) return whole;
  const from = job.offset + job.guide!.ended;
  return { from, to: Math.min(whole.to, from + search.parallel) };
}

function isSettled({ guide, offset }: PlannedJob, number: number): boolean {
  return guide?.search === undefined || guide.admits(number - offset);
}

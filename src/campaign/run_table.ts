/** The runs of a campaign by number: what became of each so far. A few bytes a run, no objects. */
import type { Priority } from "../job/job.ts";
import type { Plan, PlannedJob } from "../plan/plan.ts";
import { ReadyQueue } from "../queue/ready_queue.ts";

/** What a run is to this campaign. */
export const TABLE_STATES = [
  /** Completed, or found to need nothing. */
  "settled",
  "ready",
  "assigned",
  /** Is to be tried again, and not before its time. */
  "delayed",
  /** Somebody paused it. */
  "held",
  /** What it needs has not ended. */
  "blocked",
  "failed",
  "cancelled",
] as const;
export type TableState = (typeof TABLE_STATES)[number];

/** States from which a run may yet be computed without anybody's doing. */
const OPEN_STATES = ["ready", "assigned", "delayed", "held", "blocked"] as const;

const ALONE = 1;
const LARGE = 2;

export interface Requeue {
  /** Whether it used up an attempt. */
  readonly counted: boolean;
  /** It must not share a batch from now on. */
  readonly alone?: boolean;
  /** Only the large slot will do from now on. */
  readonly large?: boolean;
}

export class RunTable {
  readonly jobs: PlannedJob[] = [];
  readonly ready: ReadyQueue;
  /** Those that are ready for a large slot only. */
  readonly readyForLarge: ReadyQueue;
  /** Runs in each state. */
  readonly counts: Record<TableState, number>;
  /** Ready runs of each priority that any slot can take. */
  readonly readyOf: [number, number, number, number] = [0, 0, 0, 0];
  #readyForLarge = 0;
  #states: Uint8Array;
  #attempts: Uint16Array;
  #flags: Uint8Array;
  #priorities: Uint8Array;
  #total = 0;
  readonly #rank: (job: PlannedJob, number: number) => number;

  /** Runs of one priority start by rank, the smallest first; as they were submitted when nothing is said. */
  constructor(
    capacity: number,
    rank: (job: PlannedJob, number: number) => number = (_, number) => number,
  ) {
    this.#rank = rank;
    this.counts = Object.fromEntries(TABLE_STATES.map((state) => [state, 0])) as typeof this.counts;
    const isReady = (number: number, priority: Priority, flag: number) =>
      TABLE_STATES[this.#states[number]!] === "ready" && this.#priorities[number] === priority &&
      (this.#flags[number]! & LARGE) === flag;
    this.ready = new ReadyQueue((number, priority) => isReady(number, priority, 0));
    this.readyForLarge = new ReadyQueue((number, priority) => isReady(number, priority, LARGE));
    this.#states = new Uint8Array(capacity);
    this.#attempts = new Uint16Array(capacity);
    this.#flags = new Uint8Array(capacity);
    this.#priorities = new Uint8Array(capacity);
  }

  get total(): number {
    return this.#total;
  }

  /** Runs that have not ended. */
  get open(): number {
    return OPEN_STATES.reduce((sum, state) => sum + this.counts[state], 0);
  }

  get readyForLargeCount(): number {
    return this.#readyForLarge;
  }

  /**
   * Takes up a plan; its numbers go on where the last one ended. `attemptsOf` tells earlier attempts. What needs
   * other jobs is blocked until somebody has looked at those.
   */
  add(plan: Plan, attemptsOf: (job: PlannedJob, index: number) => number): void {
    this.#reserve(this.#total + plan.total);
    for (const job of plan.jobs) {
      this.jobs.push(job);
      for (let index = 0; index < job.count; index++) {
        const number = job.offset + index;
        this.counts.settled++;
        if (!job.isToRun(index)) continue;
        this.#attempts[number] = attemptsOf(job, index);
        this.#priorities[number] = job.job.priority;
        this.become(number, job.job.needs === undefined ? "ready" : "blocked");
      }
    }
    this.#total += plan.total;
  }

  /** The job a run belongs to; jobs lie one after the other. */
  jobOf(number: number): PlannedJob {
    let low = 0;
    let high = this.jobs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.jobs[middle]!.offset <= number) low = middle;
      else high = middle - 1;
    }
    return this.jobs[low]!;
  }

  stateOf(number: number): TableState {
    return TABLE_STATES[this.#states[number]!]!;
  }

  priorityOf(number: number): Priority {
    return this.#priorities[number] as Priority;
  }

  /** The number the next attempt of a run has, from 1. */
  attempt(number: number): number {
    return this.#attempts[number]! + 1;
  }

  /** Whether the run must not share a batch: it was in one whose slot died. */
  isAlone(number: number): boolean {
    return (this.#flags[number]! & ALONE) !== 0;
  }

  /** Attempts begin to count anew: somebody asked for it. */
  forgive(number: number): void {
    this.#attempts[number] = 0;
    this.#flags[number] = 0;
  }

  /** What an attempt that came to nothing leaves behind; the run's next state is said with {@linkcode become}. */
  mark(number: number, { counted, alone, large }: Requeue): void {
    if (counted) this.#attempts[number] = Math.min(0xffff, this.#attempts[number]! + 1);
    if (alone) this.#flags[number]! |= ALONE;
    if (large) this.#flags[number]! |= LARGE;
  }

  /** Whoever becomes ready is in the queue; whoever becomes something else is in it no more. */
  become(number: number, state: TableState): void {
    const before = this.stateOf(number);
    this.#count(number, before, -1);
    this.#states[number] = TABLE_STATES.indexOf(state);
    this.#count(number, state, 1);
    if (state === "ready") this.#enqueue(number);
  }

  prioritise(number: number, priority: Priority): void {
    const state = this.stateOf(number);
    this.#count(number, state, -1);
    this.#priorities[number] = priority;
    this.#count(number, state, 1);
    if (state === "ready") this.#enqueue(number);
  }

  #enqueue(number: number): void {
    const queue = (this.#flags[number]! & LARGE) !== 0 ? this.readyForLarge : this.ready;
    queue.push(this.priorityOf(number), this.#rank(this.jobOf(number), number), number);
  }

  #count(number: number, state: TableState, by: 1 | -1): void {
    this.counts[state] += by;
    if (state !== "ready") return;
    if ((this.#flags[number]! & LARGE) !== 0) this.#readyForLarge += by;
    else this.readyOf[this.priorityOf(number)] += by;
  }

  #reserve(size: number): void {
    if (size <= this.#states.length) return;
    const room = Math.max(size, this.#states.length * 2);
    const grow = <T extends Uint8Array | Uint16Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.#states = grow(new Uint8Array(room), this.#states);
    this.#attempts = grow(new Uint16Array(room), this.#attempts);
    this.#flags = grow(new Uint8Array(room), this.#flags);
    this.#priorities = grow(new Uint8Array(room), this.#priorities);
  }
}

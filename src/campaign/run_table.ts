/** The runs of a campaign by number: what became of each so far. A few bytes a run, no objects. */
import type { Priority } from "../job/job.ts";
import type { Decision, Plan, PlannedJob } from "../plan/plan.ts";
import type { ReadyQueue } from "../queue/ready_queue.ts";
import { laneOf, NO_LANE } from "./lanes.ts";
import { WaitingRooms } from "./waiting_rooms.ts";

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
  /** Paused under an earlier simrun: left alone until somebody lets it go on, and nothing waits for that. */
  "paused-before",
  /** Cancelled under an earlier simrun. */
  "cancelled-before",
  /** Its job has come to its end without it. */
  "unneeded",
] as const;
export type TableState = (typeof TABLE_STATES)[number];

/** States of runs that are not done, and of which nobody said that they never will be. */
const OPEN_STATES = ["ready", "assigned", "delayed", "held", "blocked", "paused-before"] as const;

/** What the plan leaves alone because somebody said so, and may take back. */
const LEFT_ALONE: { readonly [decision in Decision]?: TableState } = {
  "paused": "paused-before",
  "cancelled": "cancelled-before",
  "not-needed": "unneeded",
};

const ALONE = 1;
const RAISED = 2;

export interface Requeue {
  /** Whether it used up an attempt. */
  readonly counted: boolean;
  /** It must not share a batch from now on. */
  readonly alone?: boolean;
  /** It needs a slot of this size from now on. */
  readonly size?: number;
}

export class RunTable {
  readonly jobs: PlannedJob[] = [];
  /** Runs in each state. */
  readonly counts: Record<TableState, number>;
  /** What is ready. */
  readonly #rooms = new WaitingRooms((number, priority, size) =>
    TABLE_STATES[this.#states[number]!] === "ready" && this.#priorities[number] === priority &&
    this.#sizes[number] === size
  );
  #hasLanes = false;
  #hasCores = false;
  #states: Uint8Array;
  #attempts: Uint16Array;
  #flags: Uint8Array;
  #priorities: Uint8Array;
  #sizes: Uint32Array;
  #total = 0;
  readonly #rank: (job: PlannedJob, number: number) => number;
  readonly #sizeFor: (job: PlannedJob, index?: number) => number;

  /**
   * Runs of one priority start by rank, the smallest first; as they were submitted when nothing is said. `sizeFor`
   * tells the size of the slots that the runs of a job need, or one that failed before; any will do when nothing is
   * said.
   */
  constructor(
    capacity: number,
    rank: (job: PlannedJob, number: number) => number = (_, number) => number,
    sizeFor: (job: PlannedJob, index?: number) => number = () => 0,
  ) {
    this.#rank = rank;
    this.#sizeFor = sizeFor;
    this.counts = Object.fromEntries(TABLE_STATES.map((state) => [state, 0])) as typeof this.counts;
    this.#states = new Uint8Array(capacity);
    this.#attempts = new Uint16Array(capacity);
    this.#flags = new Uint8Array(capacity);
    this.#priorities = new Uint8Array(capacity);
    this.#sizes = new Uint32Array(capacity);
  }

  get total(): number {
    return this.#total;
  }

  /** Runs that have not ended. */
  get open(): number {
    return OPEN_STATES.reduce((sum, state) => sum + this.counts[state], 0);
  }

  /**
   * Whether it is worth waiting: what is left may yet go on, and is not paused since before or waits for such. What was
   * paused only now goes on when somebody says so, which `forHeld` waits for.
   */
  goesOn({ forHeld }: { readonly forHeld: boolean }): boolean {
    const { ready, assigned, delayed, held, blocked } = this.counts;
    const paused = this.counts["paused-before"] + (forHeld ? 0 : held);
    return ready + assigned + delayed + (forHeld ? held : 0) > 0 || blocked > 0 && paused === 0;
  }

  /** `isLaneTaken`: whether a slot is at work in a lane already; what is ready there waits for it. */
  watchLanes(isLaneTaken: (lane: string) => boolean): void {
    this.#rooms.isLaneTaken = isLaneTaken;
  }

  /** Whether there are runs that must not be computed beside each other. */
  get hasLanes(): boolean {
    return this.#hasLanes;
  }

  /** Whether there are runs that take several cores. */
  get hasCores(): boolean {
    return this.#hasCores;
  }

  /** What is ready for slots of this size; in no lane, unless it is named. */
  queueOf(size: number, lane = NO_LANE): ReadyQueue {
    return this.#rooms.of(size, lane).queue;
  }

  /** The queue whose turn it is: of those that nobody keeps shut the one with the most urgent run. */
  nextQueue(size: number, now: number): ReadyQueue {
    if (!this.#hasLanes) return this.queueOf(size);
    let best = this.queueOf(size);
    let urgency = this.#urgencyOf(best, now);
    for (const { queue } of this.#rooms.openLanes(size)) {
      const other = this.#urgencyOf(queue, now);
      const at = other.findIndex((value, i) => value !== urgency[i]);
      if (at === -1 || other[at]! > urgency[at]!) continue;
      best = queue;
      urgency = other;
    }
    return best;
  }

  /** Runs that a slot could begin now: of a lane not more than one slot's. */
  readyIn(size: number): number {
    return this.#rooms.ready(size);
  }

  readyOf(size: number, priority: Priority): number {
    return this.#rooms.readyOf(size, priority);
  }

  /** Lanes that are taken and in which a run of this priority waits. */
  takenLanes(priority: Priority): string[] {
    return this.#rooms.takenLanes(priority);
  }

  /** Sizes of slots that something is ready for; the run that is the most urgent comes first, then the largest. */
  readySizes(now: number): number[] {
    const sizes = this.sizesAsked();
    if (sizes.length < 2) return sizes;
    const levels = new Map(sizes.map((size) => [size, this.levelIn(size, now)]));
    return sizes.toSorted((a, b) => levels.get(a)! - levels.get(b)! || b - a);
  }

  /** Sizes of slots that something is ready for. */
  sizesAsked(): number[] {
    return [...this.#rooms.sizes].filter((size) => this.readyIn(size) > 0);
  }

  /** How urgent the next run for slots of this size is: its priority, or less when that was passed over for long. */
  levelIn(size: number, now: number): number {
    return this.nextQueue(size, now).levelOfNext(now) ?? Infinity;
  }

  /**
   * Takes up a plan; its numbers go on where the last one ended. `attemptsOf` tells earlier attempts. What needs
   * other jobs is blocked until somebody has looked at those.
   */
  add(plan: Plan, attemptsOf: (job: PlannedJob, index: number) => number): void {
    this.#reserve(this.#total + plan.total);
    for (const job of plan.jobs) {
      this.jobs.push(job);
      this.#hasLanes ||= laneOf(job) !== NO_LANE;
      this.#hasCores ||= (job.job.cores ?? 1) > 1;
      const size = this.#sizeFor(job);
      for (let index = 0; index < job.count; index++) {
        const number = job.offset + index;
        this.counts.settled++;
        const isToRun = job.isToRun(index);
        const leftAlone = isToRun ? undefined : LEFT_ALONE[job.decisionAt(index)];
        if (!isToRun && leftAlone === undefined) continue;
        this.#attempts[number] = attemptsOf(job, index);
        this.#priorities[number] = job.job.priority;
        const isRetried = job.decisionAt(index) === "retry";
        this.#sizes[number] = isRetried ? this.#sizeFor(job, index) : size;
        this.become(number, leftAlone ?? (job.isStaggered ? "blocked" : "ready"));
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

  /** The size of the slots that will do. */
  sizeOf(number: number): number {
    return this.#sizes[number]!;
  }

  /** Whether it was given more memory once already. */
  isRaised(number: number): boolean {
    return (this.#flags[number]! & RAISED) !== 0;
  }

  /** Attempts begin to count anew: somebody asked for it. What it is known to need it gets. */
  forgive(number: number): void {
    this.#attempts[number] = 0;
    this.#flags[number] = 0;
  }

  /** What an attempt that came to nothing leaves behind; the run's next state is said with {@linkcode become}. */
  mark(number: number, { counted, alone, size }: Requeue): void {
    if (counted) this.#attempts[number] = Math.min(0xffff, this.#attempts[number]! + 1);
    if (alone) this.#flags[number]! |= ALONE;
    if (size === undefined) return;
    this.#flags[number]! |= RAISED;
    this.#sizes[number] = size;
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
    const { queue } = this.#rooms.of(this.#sizes[number]!, this.#laneOf(number));
    queue.push(this.priorityOf(number), this.#rank(this.jobOf(number), number), number);
  }

  #count(number: number, state: TableState, by: 1 | -1): void {
    this.counts[state] += by;
    if (state === "ready") {
      const { counts } = this.#rooms.of(this.#sizes[number]!, this.#laneOf(number));
      counts[this.priorityOf(number)] += by;
    }
  }

  #laneOf(number: number): string {
    return this.#hasLanes ? laneOf(this.jobOf(number)) : NO_LANE;
  }

  /** The smallest comes first: by level, of equal ones who had to wait for it, then as they were submitted. */
  #urgencyOf(queue: ReadyQueue, now: number): number[] {
    const next = queue.peek(now);
    if (next === undefined) return [Infinity];
    const rank = this.#rank(this.jobOf(next), next);
    return [queue.levelOfNext(now)!, -this.priorityOf(next), rank, next];
  }

  #reserve(size: number): void {
    if (size <= this.#states.length) return;
    const room = Math.max(size, this.#states.length * 2);
    const grow = <T extends Uint8Array | Uint16Array | Uint32Array>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.#states = grow(new Uint8Array(room), this.#states);
    this.#attempts = grow(new Uint16Array(room), this.#attempts);
    this.#flags = grow(new Uint8Array(room), this.#flags);
    this.#priorities = grow(new Uint8Array(room), this.#priorities);
    this.#sizes = grow(new Uint32Array(room), this.#sizes);
  }
}

/** The runs of a campaign by number: what became of each so far. A few bytes a run, no objects. */
import type { Plan, PlannedJob } from "../plan/plan.ts";
import { ReadyHeap } from "../queue/ready_heap.ts";

/** What a run is to this campaign. `settled` covers all that needs nothing more. */
export type TableState = "settled" | "ready" | "assigned";
const STATES: readonly TableState[] = ["settled", "ready", "assigned"];

export class RunTable {
  readonly jobs: PlannedJob[] = [];
  readonly ready: ReadyHeap;
  /** Those that are ready for a large slot only. */
  readonly readyForLarge = new ReadyHeap();
  /** Runs in each state. */
  readonly counts = { settled: 0, ready: 0, assigned: 0 };
  #states: Uint8Array;
  #attempts: Uint16Array;
  #alone: Uint8Array;
  #total = 0;

  constructor(capacity: number) {
    this.ready = new ReadyHeap(capacity);
    this.#states = new Uint8Array(capacity);
    this.#attempts = new Uint16Array(capacity);
    this.#alone = new Uint8Array(capacity);
  }

  get total(): number {
    return this.#total;
  }

  /** Takes up a plan; its numbers go on where the last one ended. `attemptsOf` tells earlier attempts. */
  add(plan: Plan, attemptsOf: (job: PlannedJob, index: number) => number): void {
    this.#reserve(this.#total + plan.total);
    for (const job of plan.jobs) {
      this.jobs.push(job);
      for (let index = 0; index < job.count; index++) {
        const number = job.offset + index;
        if (!job.isToRun(index)) {
          this.counts.settled++;
          continue;
        }
        this.#states[number] = STATES.indexOf("ready");
        this.#attempts[number] = attemptsOf(job, index);
        this.counts.ready++;
        this.ready.push(job.job.priority, number);
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

  /** The number the next attempt of a run has, from 1. */
  attempt(number: number): number {
    return this.#attempts[number]! + 1;
  }

  /** Whether the run must not share a batch: it was in one whose slot died. */
  isAlone(number: number): boolean {
    return this.#alone[number] === 1;
  }

  assign(number: number): void {
    this.#become(number, "assigned");
  }

  settle(number: number): void {
    this.#become(number, "settled");
  }

  /** Back to the queue. */
  requeue(
    number: number,
    options: { readonly counted: boolean; readonly alone: boolean; readonly large?: boolean },
  ): void {
    if (options.counted) this.#attempts[number] = Math.min(0xffff, this.#attempts[number]! + 1);
    if (options.alone) this.#alone[number] = 1;
    this.#become(number, "ready");
    const heap = options.large ? this.readyForLarge : this.ready;
    heap.push(this.jobOf(number).job.priority, number);
  }

  #become(number: number, state: TableState): void {
    this.counts[STATES[this.#states[number]!]!]--;
    this.counts[state]++;
    this.#states[number] = STATES.indexOf(state);
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
    this.#alone = grow(new Uint8Array(room), this.#alone);
  }
}

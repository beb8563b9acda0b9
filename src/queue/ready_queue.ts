/**
 * The ready queue: a heap for each priority, and fairness between them. Runs start by priority, within one by rank,
 * then as they were submitted. Nothing starves: a priority that was passed over for an hour is served as if it were
 * one level more urgent, once; never before what is critical.
 */
import type { Priority } from "../job/job.ts";
import { ReadyHeap } from "./ready_heap.ts";

export const PRIORITIES: readonly Priority[] = [0, 1, 2, 3];

/** Passed over for so long, a priority comes one level earlier. */
export const AGING_MS = 3_600_000;

export class ReadyQueue {
  readonly #heaps = PRIORITIES.map(() => new ReadyHeap());
  /** Since when each priority waits to be served; undefined while it has no runs. */
  readonly #waitsSince: (number | undefined)[] = PRIORITIES.map(() => undefined);
  readonly #isReady: (number: number, priority: Priority) => boolean;

  /** `isReady` tells whether a run waits with this priority: what was taken out otherwise is not looked for. */
  constructor(isReady: (number: number, priority: Priority) => boolean) {
    this.#isReady = isReady;
  }

  /** Smaller ranks first. */
  push(priority: Priority, rank: number, number: number): void {
    this.#heaps[priority]!.push(rank, number);
  }

  /** The run to start next. `now` from a clock that never goes back, in milliseconds. */
  peek(now: number): number | undefined {
    const next = this.#next(now);
    return next === undefined ? undefined : this.#heaps[next.priority]!.peek();
  }

  /** How urgent it is: its priority, or less when that was passed over for long. */
  levelOfNext(now: number): number | undefined {
    return this.#next(now)?.level;
  }

  pop(now: number): number | undefined {
    const priority = this.#next(now)?.priority;
    if (priority === undefined) return undefined;
    this.#waitsSince[priority] = now;
    return this.#heaps[priority]!.pop();
  }

  /** The next run of one priority, whoever's turn it is. */
  peekOf(priority: Priority): number | undefined {
    const heap = this.#heaps[priority]!;
    for (let top = heap.peek(); top !== undefined; top = heap.peek()) {
      if (this.#isReady(top, priority)) return top;
      heap.pop();
    }
    return undefined;
  }

  popOf(priority: Priority): number | undefined {
    if (this.peekOf(priority) === undefined) return undefined;
    return this.#heaps[priority]!.pop();
  }

  /** Whose turn it is. Of two that come at the same level, the one that had to wait for it. */
  #next(now: number): { readonly priority: Priority; readonly level: number } | undefined {
    let best: Priority | undefined;
    let bestLevel = Infinity;
    for (const priority of PRIORITIES) {
      if (this.peekOf(priority) === undefined) {
        this.#waitsSince[priority] = undefined;
        continue;
      }
      if (priority === 0) return { priority, level: 0 };
      const waited = now - (this.#waitsSince[priority] ??= now);
      const level = Math.max(1, priority - Math.floor(waited / AGING_MS));
      if (level > bestLevel) continue;
      // Without age a lower priority never reaches the level of a higher one.
      best = priority;
      bestLevel = level;
    }
    return best === undefined ? undefined : { priority: best, level: bestLevel };
  }
}

/** Runs that wait for their time: one timer, set for the earliest of them. */
import { ReadyHeap } from "../queue/ready_heap.ts";
import type { World } from "./world.ts";

export class Delays {
  readonly #world: Pick<World, "now" | "after">;
  readonly #due: (numbers: readonly number[]) => void;
  /** By the moment at which they are due. */
  readonly #heap = new ReadyHeap();
  #cancel: (() => void) | undefined;

  /** `due` is called with those whose time has come; some may not wait for it any more. */
  constructor(world: Pick<World, "now" | "after">, due: (numbers: readonly number[]) => void) {
    this.#world = world;
    this.#due = due;
  }

  add(number: number, waitMs: number): void {
    const at = this.#world.now() + waitMs;
    const first = this.#heap.peekKey();
    this.#heap.push(at, number);
    if (first === undefined || at < first) this.#set();
  }

  /** Nothing is due any more: the campaign has ended. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #set(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const at = this.#heap.peekKey();
    if (at === undefined) return;
    const waitMs = Math.max(0, at - this.#world.now());
    this.#cancel = this.#world.after(waitMs, () => this.#ring());
  }

  #ring(): void {
    const numbers: number[] = [];
    const now = this.#world.now();
    while ((this.#heap.peekKey() ?? Infinity) <= now) numbers.push(this.#heap.pop()!);
    this.#set();
    if (numbers.length > 0) this.#due(numbers);
  }
}

/** Tells whether the simulation thread takes up the batches that it is given. Pure. */
import type { FromSimulation } from "./protocol.ts";

export class Standstill {
  /** Batches posted to the thread that it has not ended. */
  readonly #open = new Set<number>();
  #movedAt: number | undefined;
  #isFresh = true;

  /** Whether the thread has not ended a batch yet. */
  get isFresh(): boolean {
    return this.#isFresh;
  }

  /** Another thread begins. */
  begin(): void {
    this.#open.clear();
    this.#isFresh = true;
    this.#movedAt = undefined;
  }

  ordered(batch: number): void {
    if (this.#open.size === 0) this.#movedAt = undefined;
    this.#open.add(batch);
  }

  heard(message: FromSimulation): void {
    this.#movedAt = undefined;
    if (message.type !== "ended") return;
    this.#open.delete(message.batch);
    this.#isFresh = false;
  }

  /** It computes a run. */
  moved(now: number): void {
    this.#movedAt = now;
  }

  /** While no run is computed: the batch that waits, and since when the thread did nothing. */
  look(now: number): { readonly batch: number; readonly stillMs: number } | undefined {
    this.#movedAt ??= now;
    const [batch] = this.#open;
    return batch === undefined ? undefined : { batch, stillMs: now - this.#movedAt };
  }
}

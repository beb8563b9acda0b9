/** The two shared buffers through which states leave the simulation thread: one is filled while the other is written. */
import { CONTROL } from "./protocol.ts";
import { copyArrays, type Parts } from "./state.ts";

/** Kept before a model takes the floor. */
const { exchange, load, store, wait } = Atomics;

/** Room to grow, so that a state that grows a little does not need a new buffer each time. */
const HEADROOM = 1.25;

export class SnapshotBuffers {
  readonly #orders: Int32Array;
  readonly #shared: (SharedArrayBuffer | undefined)[] = [undefined, undefined];

  constructor(orders: Int32Array) {
    this.#orders = orders;
  }

  /**
   * Copies the arrays into a free buffer and marks it busy; the agent sets it free again.
   * With both busy: waits if it `must`, else gives up.
   */
  take(parts: Parts, must: boolean): { buffer: 0 | 1; shared: SharedArrayBuffer } | undefined {
    const buffer = this.#free() ?? (must ? this.#wait() : undefined);
    if (buffer === undefined) return undefined;
    let shared = this.#shared[buffer];
    if (shared === undefined || shared.byteLength < parts.bytes) {
      shared = new SharedArrayBuffer(this.#size(parts.bytes));
      this.#shared[buffer] = shared;
    }
    copyArrays(parts, new Uint8Array(shared));
    store(this.#orders, CONTROL.buffers[buffer]!, 1);
    return { buffer, shared };
  }

  #size(bytes: number): number {
    const grown = this.#shared.some((shared) => shared !== undefined && shared.byteLength < bytes);
    return Math.max(64, grown ? Math.ceil(bytes * HEADROOM) : bytes);
  }

  #free(): 0 | 1 | undefined {
    if (load(this.#orders, CONTROL.buffers[0]) === 0) return 0;
    if (load(this.#orders, CONTROL.buffers[1]) === 0) return 1;
    return undefined;
  }

  #wait(): 0 | 1 {
    const { activity } = CONTROL;
    const before = exchange(this.#orders, activity, 2);
    for (;;) {
      const buffer = this.#free();
      if (buffer !== undefined) {
        store(this.#orders, activity, before);
        return buffer;
      }
      wait(this.#orders, CONTROL.buffers[0], 1, 20);
    }
  }
}

/** The two shared buffers through which states leave the simulation thread: one is filled while the other is written. */
import { CONTROL } from "./protocol.ts";
import { RunFailure } from "./run_failure.ts";
import { copyArrays, type Parts } from "./state.ts";

/** Kept before a model takes the floor. */
const { exchange, load, store, wait } = Atomics;

/** Room to grow, so that a state that grows a little does not need a new buffer each time. */
const HEADROOM = 1.25;

export class SnapshotBuffers {
  readonly #orders: Int32Array;
  /** What both may take together: a state that has no room for two copies gets one. */
  readonly #bytesMax: number;
  readonly #shared: (SharedArrayBuffer | undefined)[] = [undefined, undefined];

  constructor(orders: Int32Array, bytesMax: number) {
    this.#orders = orders;
    this.#bytesMax = bytesMax;
  }

  /**
   * Copies the arrays into a free buffer and marks it busy; the agent sets it free again.
   * With both busy: waits if it `must`, else gives up. A state that does not even fit into one ends the run.
   */
  take(parts: Parts, must: boolean): { buffer: 0 | 1; shared: SharedArrayBuffer } | undefined {
    if (parts.bytes > this.#bytesMax) {
      throw new RunFailure("out-of-memory", this.#words(parts.bytes));
    }
    const buffer = this.#free(parts.bytes) ?? (must ? this.#wait(parts.bytes) : undefined);
    if (buffer === undefined) return undefined;
    let shared = this.#shared[buffer];
    if (shared === undefined || shared.byteLength < parts.bytes) {
      const other = buffer === 0 ? 1 : 0;
      const roomBytes = this.#roomFor(buffer);
      shared = new SharedArrayBuffer(this.#size(parts.bytes, roomBytes));
      this.#shared[buffer] = shared;
      const both = shared.byteLength + (this.#shared[other]?.byteLength ?? 0);
      if (both > this.#bytesMax) this.#shared[other] = undefined;
    }
    copyArrays(parts, new Uint8Array(shared));
    store(this.#orders, CONTROL.buffers[buffer]!, 1);
    return { buffer, shared };
  }

  #words(bytes: number): string {
    const [has, needs] = [this.#bytesMax, bytes].map((size) => `${Math.ceil(size / 2 ** 20)} MiB`);
    return `a checkpoint of its state takes ${needs}, and ${has} of its slot's memory are for checkpoints`;
  }

  #size(bytes: number, roomBytes: number): number {
    const grown = this.#shared.some((shared) => shared !== undefined && shared.byteLength < bytes);
    const wanted = Math.max(64, grown ? Math.ceil(bytes * HEADROOM) : bytes);
    return Math.max(bytes, Math.min(wanted, Math.floor(roomBytes)));
  }

  /** One that the agent does not write from, and for which there is room beside the other. */
  #free(bytes: number): 0 | 1 | undefined {
    if (this.#mayFill(0, bytes)) return 0;
    if (this.#mayFill(1, bytes)) return 1;
    return undefined;
  }

  #mayFill(buffer: 0 | 1, bytes: number): boolean {
    if (load(this.#orders, CONTROL.buffers[buffer]!) !== 0) return false;
    return bytes <= this.#roomFor(buffer);
  }

  /** Without the other, which is let go when it holds nothing that is still written. */
  #roomFor(buffer: 0 | 1): number {
    const other = buffer === 0 ? 1 : 0;
    const isBusy = load(this.#orders, CONTROL.buffers[other]!) !== 0;
    return this.#bytesMax - (isBusy ? this.#shared[other]?.byteLength ?? 0 : 0);
  }

  #wait(bytes: number): 0 | 1 {
    const { activity } = CONTROL;
    const before = exchange(this.#orders, activity, 2);
    for (;;) {
      const buffer = this.#free(bytes);
      if (buffer !== undefined) {
        store(this.#orders, activity, before);
        return buffer;
      }
      wait(this.#orders, CONTROL.buffers[0], 1, 20);
    }
  }
}

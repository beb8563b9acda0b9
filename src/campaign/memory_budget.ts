/**
 * How much memory slots have: what simrun may use, dealt out in slots of certain sizes. A number names a size: 0 is
 * the even share, each further one 9 % more than the one before, eight of them twice as much. Pure.
 */

/** Sizes between one and its double. */
const SIZES_OF_A_DOUBLING = 8;

export class MemoryBudget {
  /** What all slots have together. */
  readonly totalBytes: number;
  /** Sizes are counted from it; it stays when the number of slots changes. */
  readonly #baseBytes: number;
  #shareBytes: number;

  constructor(totalBytes: number, slots: number) {
    this.totalBytes = totalBytes;
    this.#baseBytes = totalBytes / (Math.max(1, slots) + 1);
    this.#shareBytes = shareOf(totalBytes, slots);
  }

  /** There are so many slots from now on. Those that are there keep what they have. */
  resize(slots: number): void {
    this.#shareBytes = shareOf(this.totalBytes, slots);
  }

  bytesOf(size: number): number {
    if (size === 0) return this.#shareBytes;
    return Math.min(this.totalBytes, this.#baseBytes * 2 ** (size / SIZES_OF_A_DOUBLING));
  }

  /** The smallest size that has so much; the even share where that will do. */
  sizeFor(bytes: number | undefined): number {
    if (bytes === undefined || bytes <= this.#shareBytes) return 0;
    const largest = this.#sizeAbove(this.totalBytes);
    return Math.min(largest, this.#sizeAbove(bytes));
  }

  /** Twice as much, or all there is; undefined for who had all. */
  above(size: number): number | undefined {
    const bytes = this.bytesOf(size);
    return bytes < this.totalBytes ? this.sizeFor(2 * bytes) : undefined;
  }

  #sizeAbove(bytes: number): number {
    // A whole number of doublings must not come out as a hair more.
    return Math.max(1, Math.ceil(SIZES_OF_A_DOUBLING * Math.log2(bytes / this.#baseBytes) - 1e-9));
  }
}

/** What the parts of a slot's memory are for, as shares of it. */
export const MEMORY_SHARES = {
  state: 0.2,
  checkpoints: 0.3,
  measurements: 0.3,
  other: 0.2,
} as const;

/**
 * With several slots one share is left over: a run that was out of memory is tried again with twice as much, and
 * nobody has to make room for it.
 */
function shareOf(totalBytes: number, slots: number): number {
  return slots <= 1 ? totalBytes : totalBytes / (slots + 1);
}

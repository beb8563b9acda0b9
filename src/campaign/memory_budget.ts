/**
 * How much memory slots have: what simrun may use, dealt out in slots of certain sizes. A number names a size: 0 is
 * one core with the even share, each further one 9 % more memory than the one before, eight of them twice as much;
 * those with two cores, which have two shares at least, follow on all with one, and so on. Pure.
 */

/** Sizes between one and its double. */
const SIZES_OF_A_DOUBLING = 8;
/** Sizes with as many cores: 32 doublings are more than any budget is shared out in. */
const SIZES_OF_A_CORE = 256;

/** Cores that a slot of this size has to itself. */
export function coresOf(size: number): number {
  return 1 + Math.floor(size / SIZES_OF_A_CORE);
}

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

  /** What a slot has for a run that asks for nothing of its own. */
  get shareBytes(): number {
    return this.#shareBytes;
  }

  bytesOf(size: number): number {
    const memory = size % SIZES_OF_A_CORE;
    if (memory === 0) return this.#sharesOf(coresOf(size));
    return Math.min(this.totalBytes, this.#baseBytes * 2 ** (memory / SIZES_OF_A_DOUBLING));
  }

  /** Whether a size has even shares, which are as much as they are at the moment. */
  isEven(size: number): boolean {
    return size % SIZES_OF_A_CORE === 0;
  }

  /** The smallest size that has so much; an even share for each core where that will do. */
  sizeFor(bytes: number | undefined, cores = 1): number {
    const first = (cores - 1) * SIZES_OF_A_CORE;
    if (bytes === undefined || bytes <= this.#sharesOf(cores)) return first;
    const largest = this.#sizeAbove(this.totalBytes);
    return first + Math.min(largest, this.#sizeAbove(bytes));
  }

  /** Twice as much, or all there is; undefined for who had all. */
  above(size: number): number | undefined {
    const bytes = this.bytesOf(size);
    return bytes < this.totalBytes ? this.sizeFor(2 * bytes, coresOf(size)) : undefined;
  }

  #sharesOf(cores: number): number {
    return Math.min(this.totalBytes, cores * this.#shareBytes);
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

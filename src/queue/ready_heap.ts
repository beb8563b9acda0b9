/** The ready queue: a min-heap of runs by priority, then by the order they were submitted in. */

/** Room for the number of a run below the priority: 2⁴⁰ runs, and the key stays an exact integer. */
const NUMBERS = 2 ** 40;

/** Holds run numbers only, one float each: a million waiting runs take 8 MB. */
export class ReadyHeap {
  #keys: Float64Array;
  #size = 0;

  constructor(capacity = 16) {
    this.#keys = new Float64Array(Math.max(1, capacity));
  }

  get size(): number {
    return this.#size;
  }

  push(priority: number, number: number): void {
    if (this.#size === this.#keys.length) {
      const grown = new Float64Array(this.#size * 2);
      grown.set(this.#keys);
      this.#keys = grown;
    }
    const keys = this.#keys;
    const key = priority * NUMBERS + number;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      at = parent;
    }
    keys[at] = key;
  }

  /** The number of the most urgent run, or undefined. */
  peek(): number | undefined {
    return this.#size === 0 ? undefined : this.#keys[0]! % NUMBERS;
  }

  pop(): number | undefined {
    if (this.#size === 0) return undefined;
    const keys = this.#keys;
    const top = keys[0]! % NUMBERS;
    const key = keys[--this.#size]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[at] = keys[child]!;
      at = child;
    }
    keys[at] = key;
    return top;
  }
}

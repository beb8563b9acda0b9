/** A min-heap of numbers by key, then by number. Two columns and no objects: a million entries take 16 MB. */

export class ReadyHeap {
  #keys: Float64Array;
  #numbers: Float64Array;
  #size = 0;

  constructor(capacity = 16) {
    this.#keys = new Float64Array(Math.max(1, capacity));
    this.#numbers = new Float64Array(this.#keys.length);
  }

  get size(): number {
    return this.#size;
  }

  push(key: number, number: number): void {
    if (this.#size === this.#keys.length) this.#grow();
    const keys = this.#keys;
    const numbers = this.#numbers;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! < key || keys[parent] === key && numbers[parent]! <= number) break;
      keys[at] = keys[parent]!;
      numbers[at] = numbers[parent]!;
      at = parent;
    }
    keys[at] = key;
    numbers[at] = number;
  }

  /** The number with the smallest key, or undefined. */
  peek(): number | undefined {
    return this.#size === 0 ? undefined : this.#numbers[0]!;
  }

  /** The smallest key, or undefined. */
  peekKey(): number | undefined {
    return this.#size === 0 ? undefined : this.#keys[0]!;
  }

  pop(): number | undefined {
    if (this.#size === 0) return undefined;
    const keys = this.#keys;
    const numbers = this.#numbers;
    const top = numbers[0]!;
    const size = --this.#size;
    const key = keys[size]!;
    const number = numbers[size]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && this.#isLess(child + 1, child)) child++;
      if (keys[child]! > key || keys[child] === key && numbers[child]! >= number) break;
      keys[at] = keys[child]!;
      numbers[at] = numbers[child]!;
      at = child;
    }
    keys[at] = key;
    numbers[at] = number;
    return top;
  }

  #isLess(a: number, b: number): boolean {
    const keys = this.#keys;
    return keys[a]! < keys[b]! || keys[a] === keys[b] && this.#numbers[a]! < this.#numbers[b]!;
  }

  #grow(): void {
    const keys = new Float64Array(this.#size * 2);
    const numbers = new Float64Array(this.#size * 2);
    keys.set(this.#keys);
    numbers.set(this.#numbers);
    this.#keys = keys;
    this.#numbers = numbers;
  }
}

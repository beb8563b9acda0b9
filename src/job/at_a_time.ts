/** Works that wait for the disk, so many at a time: one sync after the other waits for the disk as often, many together once. */

export class AtATime {
  readonly #most: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#running++;
    try {
      return await work();
    } finally {
      // Whoever waits has the place of the one that leaves.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  /** Throws the first error, when all others have come to their end as well. */
  async all<A, T>(items: readonly A[], work: (item: A) => Promise<T>): Promise<T[]> {
    const ended = await Promise.allSettled(items.map((item) => this.run(() => work(item))));
    return ended.map((one) => {
      if (one.status === "rejected") throw one.reason;
      return one.value;
    });
  }
}

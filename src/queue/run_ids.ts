/** The runs of a job by their ids, a row each, and which row is whose: 16 bytes a run where the ids are digests. */
import { DigestColumn, type Halves, halvesOf, placeOf } from "./digest_column.ts";

const SLOTS_MIN = 16;
/** The table grows when more than so much of it is taken. */
const LOAD_MAX = 0.6;

export class RunIds {
  readonly #ids = new DigestColumn();
  /** Rows plus one by their digests, in the first free place from that of the digest on; 0: free. */
  #slots = new Uint32Array(SLOTS_MIN);
  #taken = 0;
  /** Rows of ids that are no digests. */
  readonly #others = new Map<string, number>();
  /** Runs end much in the order in which they were started: a look here saves most looks into the table. */
  #likely = 0;
  #size = 0;
  readonly #halves: Halves = { high: 0, low: 0 };
  /** What was looked for last and not found, its halves being those above, and where it may be put. */
  #missed: string | undefined;
  #free = 0;

  get size(): number {
    return this.#size;
  }

  at(row: number): string {
    return this.#ids.get(row);
  }

  find(run: string): number | undefined {
    const halves = this.#halves;
    this.#missed = undefined;
    if (!halvesOf(run, halves)) return this.#others.get(run);
    if (this.#likely < this.#size && this.#ids.has(this.#likely, halves)) return this.#likely++;
    const slot = this.#slotOf(halves);
    const row = this.#slots[slot]! - 1;
    if (row < 0) {
      this.#missed = run;
      this.#free = slot;
      return undefined;
    }
    this.#likely = row + 1;
    return row;
  }

  /** Answers the row of a run that is not known yet. */
  add(run: string): number {
    const row = this.#size++;
    const halves = this.#halves;
    const wasMissed = this.#missed === run;
    if (!wasMissed && !halvesOf(run, halves)) {
      this.#ids.set(row, run);
      this.#others.set(run, row);
      return row;
    }
    this.#ids.setHalves(row, halves);
    if (++this.#taken > this.#slots.length * LOAD_MAX) this.#grow();
    else if (wasMissed) {
      this.#slots[this.#free] = row + 1;
      this.#missed = undefined;
      return row;
    }
    this.#slots[this.#slotOf(halves)] = row + 1;
    this.#missed = undefined;
    return row;
  }

  /** Where the row of a digest stands, or may be put. */
  #slotOf(halves: Halves): number {
    const last = this.#slots.length - 1;
    let slot = placeOf(halves.high, halves.low) & last;
    for (;;) {
      const row = this.#slots[slot]! - 1;
      if (row < 0 || this.#ids.has(row, halves)) return slot;
      slot = slot + 1 & last;
    }
  }

  #grow(): void {
    const { high, low } = this.#halves;
    const before = this.#slots;
    this.#slots = new Uint32Array(before.length * 2);
    const last = this.#slots.length - 1;
    for (const taken of before) {
      if (taken === 0) continue;
      this.#ids.halves(taken - 1, this.#halves);
      let slot = placeOf(this.#halves.high, this.#halves.low) & last;
      while (this.#slots[slot] !== 0) slot = slot + 1 & last;
      this.#slots[slot] = taken;
    }
    this.#halves.high = high;
    this.#halves.low = low;
  }
}

/**
 * A map from texts, almost all of them digests, that come and go: several times as quick as a `Map` where each text is
 * another object, which would have to be hashed as a whole.
 */
import { type Halves, halvesOf, placeOf, textOf } from "./digest_column.ts";

const SLOTS_MIN = 16;
/** The table grows when more than so much of it is taken. */
const LOAD_MAX = 0.5;

export class DigestMap<Value> {
  /** Two halves a slot, beside what stands there: each in the first free slot from its place on. */
  #digests = new Int32Array(2 * SLOTS_MIN);
  #values: (Value | undefined)[] = new Array(SLOTS_MIN).fill(undefined);
  #last = SLOTS_MIN - 1;
  #taken = 0;
  readonly #others = new Map<string, Value>();
  readonly #halves: Halves = { high: 0, low: 0 };

  get(text: string): Value | undefined {
    if (!halvesOf(text, this.#halves)) return this.#others.get(text);
    return this.#values[this.#slotOf(this.#halves)];
  }

  set(text: string, value: Value): void {
    this.#put(text, value, true);
  }

  /** Sets what was not set; answers whether it was not. */
  add(text: string, value: Value): boolean {
    return this.#put(text, value, false);
  }

  /** Takes it out; answers what it was. */
  take(text: string): Value | undefined {
    if (!halvesOf(text, this.#halves)) {
      const value = this.#others.get(text);
      this.#others.delete(text);
      return value;
    }
    const slot = this.#slotOf(this.#halves);
    const value = this.#values[slot];
    if (value !== undefined) this.#free(slot);
    return value;
  }

  /** Calls back for each; what it sets meanwhile must have been set before. */
  forEach(use: (text: string, value: Value) => void): void {
    for (const [text, value] of this.#others) use(text, value);
    for (let slot = 0; slot <= this.#last; slot++) {
      const value = this.#values[slot];
      if (value === undefined) continue;
      use(textOf(this.#digests[2 * slot]!, this.#digests[2 * slot + 1]!), value);
    }
  }

  #put(text: string, value: Value, mayReplace: boolean): boolean {
    if (!halvesOf(text, this.#halves)) {
      const isNew = !this.#others.has(text);
      if (isNew || mayReplace) this.#others.set(text, value);
      return isNew;
    }
    const slot = this.#slotOf(this.#halves);
    const isNew = this.#values[slot] === undefined;
    if (!isNew) {
      if (mayReplace) this.#values[slot] = value;
      return false;
    }
    this.#digests[2 * slot] = this.#halves.high;
    this.#digests[2 * slot + 1] = this.#halves.low;
    this.#values[slot] = value;
    if (++this.#taken > (this.#last + 1) * LOAD_MAX) this.#grow();
    return true;
  }

  /** Where a digest stands, or may be put. */
  #slotOf({ high, low }: Halves): number {
    let slot = placeOf(high, low) & this.#last;
    while (this.#values[slot] !== undefined) {
      if (this.#digests[2 * slot] === high && this.#digests[2 * slot + 1] === low) break;
      slot = slot + 1 & this.#last;
    }
    return slot;
  }

  /** Those behind it that were put off by it move up: no gap stands between a digest's place and where it is. */
  #free(gap: number): void {
    this.#taken--;
    for (let slot = gap + 1 & this.#last;; slot = slot + 1 & this.#last) {
      const value = this.#values[slot];
      if (value === undefined) break;
      const high = this.#digests[2 * slot]!;
      const low = this.#digests[2 * slot + 1]!;
      const place = placeOf(high, low) & this.#last;
      if ((slot - place & this.#last) < (slot - gap & this.#last)) continue;
      this.#digests[2 * gap] = high;
      this.#digests[2 * gap + 1] = low;
      this.#values[gap] = value;
      gap = slot;
    }
    this.#values[gap] = undefined;
  }

  #grow(): void {
    const digests = this.#digests;
    const values = this.#values;
    const slots = 2 * values.length;
    this.#digests = new Int32Array(2 * slots);
    this.#values = new Array(slots).fill(undefined);
    this.#last = slots - 1;
    values.forEach((value, before) => {
      if (value === undefined) return;
      this.#halves.high = digests[2 * before]!;
      this.#halves.low = digests[2 * before + 1]!;
      const slot = this.#slotOf(this.#halves);
      this.#digests[2 * slot] = this.#halves.high;
      this.#digests[2 * slot + 1] = this.#halves.low;
      this.#values[slot] = value;
    });
  }
}

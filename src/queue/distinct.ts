/** Values of which there are few, by their numbers: rows keep the number. */

export class Distinct<Value> {
  readonly #values: (Value | undefined)[] = [undefined];
  readonly #numbers = new Map<Value, number>();
  #last: Value | undefined;
  #lastNumber = 0;

  /** From 1 on; 0 for undefined. */
  numberOf(value: Value | undefined): number {
    if (value === this.#last) return this.#lastNumber;
    let number = value === undefined ? 0 : this.#numbers.get(value);
    if (number === undefined) {
      number = this.#values.push(value) - 1;
      this.#numbers.set(value!, number);
    }
    this.#last = value;
    return this.#lastNumber = number;
  }

  at(number: number): Value | undefined {
    return this.#values[number];
  }
}

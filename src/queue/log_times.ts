/** Times that differ by factors, not by seconds: their logarithms' mean and spread. Pure. */

export class LogTimes {
  count = 0;
  #sum = 0;
  #squares = 0;
  /** Sums are taken of what lies beyond it: far from zero, squares would lose the spread. */
  #origin = 0;

  /** In any unit, as long as it is the same one. */
  add(time: number): void {
    const log = Math.log(time);
    if (this.count === 0) this.#origin = log;
    const off = log - this.#origin;
    this.count++;
    this.#sum += off;
    this.#squares += off * off;
  }

  include(other: LogTimes): void {
    this.#add(other, 1);
  }

  /** These without those of another one, which were all added here as well. */
  without(other: LogTimes): LogTimes {
    const rest = new LogTimes();
    rest.#add(this, 1);
    rest.#add(other, -1);
    return rest;
  }

  #add(other: LogTimes, sign: 1 | -1): void {
    if (other.count === 0) return;
    if (this.count === 0) this.#origin = other.#origin;
    const shift = other.#origin - this.#origin;
    this.count += sign * other.count;
    this.#squares += sign * (other.#squares + 2 * shift * other.#sum + other.count * shift ** 2);
    this.#sum += sign * (other.#sum + other.count * shift);
  }

  /** Mean of the logarithms. */
  get mean(): number {
    return this.#origin + this.#sum / this.count;
  }

  /** Sum of the squared distances from the mean. */
  get deviance(): number {
    return Math.max(0, this.#squares - this.#sum * this.#sum / this.count);
  }
}

/** Numbers of runs, a row each in columns that grow: a hundred thousand of them cost a few megabytes, and no objects. */

type Column = Uint8Array | Uint16Array | Float64Array;

export class RunColumns {
  states = new Uint8Array(16);
  attempts = new Uint16Array(16);
  steps = new Float64Array(16);
  savedSteps = new Float64Array(16);
  ms = new Float64Array(16);

  /** Makes room for a row. */
  hold(row: number): void {
    if (row < this.states.length) return;
    const size = this.states.length * 2;
    const copy = <T extends Column>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.states = copy(new Uint8Array(size), this.states);
    this.attempts = copy(new Uint16Array(size), this.attempts);
    this.steps = copy(new Float64Array(size), this.steps);
    this.savedSteps = copy(new Float64Array(size), this.savedSteps);
    this.ms = copy(new Float64Array(size), this.ms);
  }
}

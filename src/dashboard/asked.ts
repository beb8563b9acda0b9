/** Something that is found out elsewhere and takes its time: asked for seldom and never waited for, its last answer stands. */

export interface AskedOptions {
  readonly clockMs: () => number;
  /** Asked again after so long at the earliest. */
  readonly everyMs: number;
  /** Asking may take this part of the time. */
  readonly loadMax?: number;
}

export class Asked<Answer> {
  readonly #find: (() => Promise<Answer>) | undefined;
  readonly #options: AskedOptions;
  #answer: Answer | undefined;
  /** None is what nobody has said yet. */
  #text = "[]";
  /** Of what it was an answer. */
  #about: number | undefined;
  #notBeforeMs = -Infinity;
  #isAsking = false;

  /** Without `find` there is never an answer. */
  constructor(find: (() => Promise<Answer>) | undefined, options: AskedOptions) {
    this.#find = find;
    this.#options = options;
  }

  /** The last one; undefined before the first. */
  get answer(): Answer | undefined {
    return this.#answer;
  }

  /** `about`: what was answered of the same is true for ever; undefined where nobody can know. */
  ask(about: number | undefined, onChange: () => void): void {
    const { clockMs, everyMs, loadMax = 1 } = this.#options;
    const beganMs = clockMs();
    if (this.#find === undefined || this.#isAsking || beganMs < this.#notBeforeMs) return;
    if (about !== undefined && about === this.#about) return;
    this.#isAsking = true;
    const keep = (answer: Answer): void => {
      this.#about = about;
      this.#answer = answer;
      const text = JSON.stringify(answer);
      if (text === this.#text) return;
      this.#text = text;
      onChange();
    };
    // What cannot be read here is told of where the journal is read.
    void this.#find().then(keep, () => {}).finally(() => {
      const endedMs = clockMs();
      this.#notBeforeMs = Math.max(beganMs + everyMs, endedMs + (endedMs - beganMs) / loadMax);
      this.#isAsking = false;
    });
  }
}

/**
 * What a simrun would do with a run if it began now, which takes a plan and a look at the model: found out elsewhere, of one
 * run at a time, of those that somebody looks at. Nobody waits for it.
 */

export interface DecisionNow {
  /** As plans call it: `retry`, `held-model`. */
  readonly decision: string;
  readonly meaning: string;
}

/** `signal`: it is not needed any more. Answers undefined where nobody can say. */
export type FindDecision = (
  job: string,
  run: string,
  signal: AbortSignal,
) => Promise<DecisionNow | undefined>;

interface Known {
  readonly about: string;
  readonly atMs: number;
  readonly decision: DecisionNow | undefined;
}

/** A model may change while nobody works on the tree. */
const FRESH_MS = 30_000;
const KNOWN_MAX = 24;

export class Decisions implements Disposable {
  readonly #find: FindDecision | undefined;
  readonly #clockMs: () => number;
  readonly #onNews: () => void;
  readonly #over = new AbortController();
  readonly #known = new Map<string, Known>();
  #isAsking = false;

  constructor(find: FindDecision | undefined, clockMs: () => number, onNews: () => void) {
    this.#find = find;
    this.#clockMs = clockMs;
    this.#onNews = onNews;
  }

  /** As far as it is known; `onNews` is called when there is more. `about`: how the tree stands. */
  of(job: string, run: string, about: string): DecisionNow | undefined {
    const name = `${job}/${run}`;
    const known = this.#known.get(name);
    const isTrue = known?.about === about;
    if (!isTrue || this.#clockMs() - known.atMs > FRESH_MS) void this.#ask(name, job, run, about);
    return isTrue ? known.decision : undefined;
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #ask(name: string, job: string, run: string, about: string): Promise<void> {
    // Who asks meanwhile asks again when this one is answered.
    if (this.#find === undefined || this.#isAsking || this.#over.signal.aborted) return;
    this.#isAsking = true;
    const decision = await this.#find(job, run, this.#over.signal).catch(() => undefined);
    this.#isAsking = false;
    if (this.#over.signal.aborted) return;
    this.#known.delete(name);
    this.#known.set(name, { about, atMs: this.#clockMs(), decision });
    const [oldest] = this.#known.keys();
    if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
    this.#onNews();
  }
}

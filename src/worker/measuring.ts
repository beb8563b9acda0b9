/** What one run measures: its series, and whether what it measured is a number. */
import { DEFAULT_ON_NAN, type Job, type OnNan } from "../job/job.ts";
import type { RunContext } from "./context.ts";
import { SERIES_INLINE_CHARACTERS_MAX } from "./inline_limits.ts";
import type { Instance } from "./model.ts";
import { findNotFinite, notFiniteWords, RunFailure } from "./run_failure.ts";
import { Series } from "./series.ts";

/** Rows beyond this go to disk before the next checkpoint; earlier where the slot has less memory for them. */
const SERIES_CHARACTERS_MAX = 1 << 23;

export class Measuring {
  readonly #model: Instance;
  readonly #onNan: OnNan;
  readonly #context: RunContext;
  readonly #warn: (message: string, step: number) => void;
  #series = new Series();
  #isOnDisk = false;
  #isWarned = false;
  #atEnd: { readonly value: unknown } | undefined;

  /** `warn`: of what is no number, once. */
  constructor(
    model: Instance,
    { onNan = DEFAULT_ON_NAN }: Job,
    context: RunContext,
    warn: (message: string, step: number) => void,
  ) {
    this.#model = model;
    this.#onNan = onNan;
    this.#context = context;
    this.#warn = warn;
  }

  /** Of a checkpoint; null where nothing had been measured. */
  restore(columns: readonly string[] | null): void {
    if (columns !== null) this.#series = new Series(columns);
    this.#isOnDisk = columns !== null;
  }

  get columns(): readonly string[] | undefined {
    return this.#series.columns;
  }

  /** What fails the run must not stand in its last checkpoint: its end is measured before that. */
  get failsRuns(): boolean {
    return this.#onNan === "fail";
  }

  row(state: unknown, step: number): void {
    if (this.#model.measure === undefined) return;
    const measured = this.#model.measure(state, this.#context as never);
    this.#series.add(step, measured);
    this.#check(measured, step);
  }

  /** The rows that are too many to wait for a checkpoint; undefined where they are not. */
  takeTooMany(bytesMax: number): string | undefined {
    if (this.#series.length <= Math.min(SERIES_CHARACTERS_MAX, bytesMax)) return undefined;
    this.#isOnDisk = true;
    return this.#series.take();
  }

  /** The rows since the last time, for the checkpoint that counts them. */
  takeForCheckpoint(): string {
    const rows = this.#series.take();
    if (rows !== "") this.#isOnDisk = true;
    return rows;
  }

  /** The last rows, and whether the record of the result has room for them, with no others before. */
  takeLast(): { readonly rows: string; readonly isInline: boolean } {
    const rows = this.#series.take();
    return { rows, isInline: !this.#isOnDisk && rows.length <= SERIES_INLINE_CHARACTERS_MAX };
  }

  /** The measurement that is the result of a model without `result`; made once. */
  end(state: unknown, step: number): unknown {
    if (this.#model.result !== undefined || this.#model.measure === undefined) return undefined;
    if (this.#atEnd === undefined) {
      const value: unknown = this.#model.measure(state, this.#context as never);
      this.#atEnd = { value };
      this.#check(value, step);
    }
    return this.#atEnd.value;
  }

  #check(measured: unknown, step: number): void {
    if (this.#onNan === "ignore" || this.#isWarned) return;
    const found = findNotFinite(measured);
    if (found === undefined) return;
    const message = notFiniteWords(found, step);
    if (this.#onNan === "fail") throw new RunFailure("not-finite", message);
    this.#isWarned = true;
    this.#warn(message, step);
  }
}

/** Failures that are the same but for the run: a mistake that meets a whole sweep is told once. Pure. */
import type { Failure } from "../job/run.ts";

export interface FailureGroup {
  /** How many runs failed this way. */
  readonly count: number;
  /** The first of them. */
  readonly job: string;
  readonly run: string;
  /** Of the first one; its step is 0 when the others failed at other steps. */
  readonly failure: Failure;
}

/** More different failures than this are only counted. */
const GROUPS_MAX = 1000;

export class FailureGroups {
  readonly #groups = new Map<string, FailureGroup>();
  #count = 0;

  /** Failures that were added, also those beyond the groups kept. */
  get count(): number {
    return this.#count;
  }

  add(job: string, run: string, failure: Failure): void {
    this.#count++;
    const { place } = failure;
    const at = place === undefined ? "" : `${place.file}:${place.line}:${place.column}`;
    const key = `${failure.class}\n${at}\n${failure.message}`;
    const group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size < GROUPS_MAX) this.#groups.set(key, { count: 1, job, run, failure });
      return;
    }
    const step = group.failure.step === failure.step ? failure.step : 0;
    this.#groups.set(key, {
      ...group,
      count: group.count + 1,
      failure: { ...group.failure, step },
    });
  }

  /** In the order they first appeared. */
  list(): readonly FailureGroup[] {
    return [...this.#groups.values()];
  }
}

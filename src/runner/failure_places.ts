/** Where in the manifest stands what a run failed over: the place of the pattern, the column or the file it could not find. */
import type { Failure } from "../job/run.ts";
import type { Locate } from "./prepare.ts";

/** How the end of a message names an entry of the job: `(model.results.speed)`, `(optimize.metric)`. */
const ENTRY = /^(.*) \((model|optimize)\.([a-z]+)(?:\.(.+))?\)$/s;

/** Of manifests that were read: of the first ones, and of those that were submitted since. */
export class FailurePlaces {
  readonly #readings: Locate[] = [];

  /** What was read later stands before what was read earlier. */
  know(locate: Locate | undefined): void {
    if (locate !== undefined) this.#readings.unshift(locate);
  }

  /** With line and column in place of the name of the entry, where a manifest is at hand. */
  placed(job: string, failure: Failure): Failure {
    const [, message, ...entry] = ENTRY.exec(failure.message) ?? [];
    if (failure.place !== undefined || message === undefined) return failure;
    const path = entry.filter((key) => key !== undefined);
    for (const locate of this.#readings) {
      const place = locate(job, path);
      if (place === undefined) continue;
      const { path: file, line, column } = place;
      return { ...failure, message, place: { file, line, column } };
    }
    return failure;
  }
}

/** Words that pick runs, checked against a tree: one that stands for nothing is a mistake, not an empty answer. */
import { Fault } from "../job/fault.ts";
import { suggestSelector } from "../manifest/suggest.ts";
import { runId } from "../plan/digest.ts";
import { countPoints, pointAt } from "../plan/sweep.ts";
import type { History } from "../queue/history.ts";
import { unknownName, VISIBLE_STATES } from "../report/selector.ts";

/** A sweep with more points is not searched through for runs that never began. */
const SEARCH_MAX = 1_000_000;

/** Throws for the first word that is no state and matches no job and no run. */
export function refuseUnknown(history: History, selectors: readonly string[]): void {
  const unknown = unknownName(selectors, history.jobs.keys(), () => allRuns(history));
  if (unknown === undefined) return;
  const meant = suggestSelector(unknown, history.jobs.keys(), [...VISIBLE_STATES, "all"]);
  throw new Fault("not-found", `The tree knows no job and no run "${unknown}".`, {
    hint: meant === undefined ? "simrun status lists the jobs." : `Did you mean ${meant}?`,
  });
}

/** Those that began first: they are at hand. */
function* allRuns(history: History): IterableIterator<{ job: string; run: string }> {
  for (const [job, past] of history.jobs) for (const { run } of past.rows()) yield { job, run };
  for (const [id, { job }] of history.jobs) {
    const count = countPoints(job?.sweep);
    if (job === undefined || count > SEARCH_MAX) continue;
    for (let index = 0; index < count; index++) {
      yield { job: id, run: runId(job, pointAt(job.sweep, index)) };
    }
  }
}

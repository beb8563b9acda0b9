/** Runs of a search: why each has the parameters that it has, or has none yet. Pure. */
import type { Job } from "../job/job.ts";
import { searchOf } from "../job/sweep.ts";
import { runId } from "../plan/digest.ts";
import { pointAt } from "../plan/sweep.ts";
import type { JobHistory } from "../queue/history.ts";
import { formatCount } from "./format.ts";

/** `by bayesian, as number 57 of 200 at most, from the results of the first 53`; undefined for what is no search. */
export function proposalText(past: JobHistory, run: string): string | undefined {
  const proposal = past.proposed.get(run);
  const search = searchOf(past.proposed.get(run)?.job?.sweep);
  if (proposal === undefined || search === undefined) return undefined;
  const from = proposal.from === 0
    ? "before there were results"
    : `from the results of the first ${formatCount(proposal.from)}`;
  const number = formatCount(Number(run));
  return `by ${search.method}, as number ${number} of ${
    formatCount(search.count)
  } at most, ${from}`;
}

/** A sentence, when results are missing that the point of the run follows from. */
export function openResultsText(
  job: Job | undefined,
  index: number | undefined,
  past: JobHistory,
): string | undefined {
  const search = searchOf(job?.sweep);
  if (search === undefined || index === undefined) return undefined;
  const needed = index - search.parallel + 1;
  const ended = endedIn(job!, past, needed);
  if (ended >= needed) return undefined;
  return `It waits for results: its parameters follow from those of the first ${
    formatCount(needed)
  } runs, of which ${formatCount(ended)} have ended.`;
}

/** Runs that are over, of the first ones. */
function endedIn(job: Job, past: JobHistory, count: number): number {
  let ended = 0;
  for (let index = 0; index < count; index++) {
    const state = past.find(runId(job, pointAt(job.sweep, index)))?.state;
    if (state === "completed" || state === "failed" || state === "cancelled") ended++;
  }
  return ended;
}

/** How far a search had come with each of its runs: the best value of its metric up to that one. Pure. */
import type { Job } from "../job/job.ts";
import { metricOf } from "../job/metric.ts";
import { type Search, searchOf, TRIAL_NUMBER } from "../job/sweep.ts";
import type { ResultColumn } from "./result_frame.ts";
import type { ResultRow } from "./results.ts";

/** A column to be asked for by name; undefined where none of these rows is of a search. */
export function bestSoFar(
  rows: readonly ResultRow[],
  jobOf: (id: string) => Job | undefined,
): ResultColumn | undefined {
  const best = new Map<ResultRow, number>();
  let isThere = false;
  for (const [id, ofJob] of Map.groupBy(rows, ({ job }) => job)) {
    const search = searchOf(jobOf(id)?.sweep);
    if (search === undefined) continue;
    isThere = true;
    follow(search, ofJob, best);
  }
  if (!isThere) return undefined;
  return { name: "best", of: "search", cell: (index) => best.get(rows[index]!) };
}

function follow(search: Search, rows: readonly ResultRow[], best: Map<ResultRow, number>): void {
  const trialOf = ({ parameters }: ResultRow) => Number(parameters[TRIAL_NUMBER]);
  const least = search.goal === "minimize" ? Math.min : Math.max;
  let soFar: number | undefined;
  // Results of an earlier plan were of another search.
  const own = rows.filter(({ isEarlier }) => !isEarlier).sort((a, b) => trialOf(a) - trialOf(b));
  for (const row of own) {
    const value = metricOf(search.metric, row);
    // What is no finite number counts as worst.
    if (value !== undefined && Number.isFinite(value)) {
      soFar = soFar === undefined ? value : least(soFar, value);
    }
    if (soFar !== undefined) best.set(row, soFar);
  }
}

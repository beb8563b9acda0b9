/** The statistics of one tree or several, added up, and the rates that follow from them. Pure. */
import type { Statistics } from "./statistics.ts";
import {
  type Cause,
  type Counts,
  type FailureCause,
  type StatisticsCounts,
  zeroCounts,
} from "./statistics_counts.ts";

/** Facts of one tree or several, added up. */
export interface StatisticsReport {
  readonly totals: StatisticsCounts;
  readonly jobs: ReadonlyMap<string, StatisticsCounts>;
  /** By the file name of the model. */
  readonly models: ReadonlyMap<string, StatisticsCounts>;
  /** The one that most attempts failed of comes first. */
  readonly causes: readonly FailureCause[];
}

/** Adds up what trees tell; jobs and models of the same name are taken together. */
export function statisticsReport(trees: readonly Statistics[]): StatisticsReport {
  const totals = zeroCounts();
  const jobs = new Map<string, Counts>();
  const models = new Map<string, Counts>();
  const causes = new Map<string, Cause>();
  for (const tree of trees) {
    for (const { job, model, counts } of tree.groups()) {
      if (Object.values(counts).every((count) => count === 0)) continue;
      add(totals, counts);
      addTo(jobs, job, counts);
      addTo(models, model, counts);
    }
    for (const { cause, ...numbers } of tree.causes()) {
      if (numbers.runs === 0) continue;
      const sum = causes.get(cause);
      if (sum === undefined) causes.set(cause, { cause, ...numbers });
      else for (const name of CAUSE_NUMBERS) sum[name] += numbers[name];
    }
  }
  const byAttempts = (a: Cause, b: Cause) => b.attempts - a.attempts || b.runs - a.runs;
  return { totals, jobs, models, causes: [...causes.values()].toSorted(byAttempts) };
}

const CAUSE_NUMBERS = ["attempts", "runs", "recovered", "failed"] as const;

/** Runs in all, those taken from equal ones aside. */
export function totalRuns(counts: StatisticsCounts): number {
  const { firstAttempt, afterRetry, failed, cancelled, unfinished } = counts;
  return firstAttempt + afterRetry + failed + cancelled + unfinished;
}

/** What completed of what completed or failed; undefined when nothing did. */
export function successRate(
  { firstAttempt, afterRetry, failed }: StatisticsCounts,
): number | undefined {
  return share(firstAttempt + afterRetry, firstAttempt + afterRetry + failed);
}

/** Of the runs with a failed attempt that have ended, those that completed; undefined when there are none. */
export function recoveredShare({ afterRetry, failed }: StatisticsCounts): number | undefined {
  return share(afterRetry, afterRetry + failed);
}

/** Retries of the same runs on average; undefined when there are none. */
export function meanRetries({ retries, afterRetry, failed }: StatisticsCounts): number | undefined {
  return share(retries, afterRetry + failed);
}

function share(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}

function add(sum: Counts, counts: StatisticsCounts): void {
  for (const name of Object.keys(sum) as (keyof Counts)[]) sum[name] += counts[name];
}

function addTo(sums: Map<string, Counts>, name: string, counts: StatisticsCounts): void {
  const sum = sums.get(name) ?? zeroCounts();
  add(sum, counts);
  sums.set(name, sum);
}

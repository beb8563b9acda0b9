/** Statistics as JSON for programs: names as those of the status, rates from 0 to 1. */
import type { StatisticsCounts } from "./statistics_counts.ts";
import {
  meanRetries,
  recoveredShare,
  type StatisticsReport,
  successRate,
  totalRuns,
} from "./statistics_report.ts";

type Json = { readonly [key: string]: unknown };

/** Which trees were asked, and since when. */
export interface StatisticsScope {
  readonly trees: readonly string[];
  readonly sinceMs?: number | undefined;
}

/** Keys are stable; a rate of nothing is absent. */
export function statisticsJson(report: StatisticsReport, scope: StatisticsScope): Json {
  const { trees, sinceMs } = scope;
  const groups = (all: ReadonlyMap<string, StatisticsCounts>): Json =>
    Object.fromEntries([...all].map(([name, counts]) => [name, countsJson(counts)]));
  return {
    trees,
    ...(sinceMs !== undefined && { since: new Date(sinceMs).toISOString() }),
    ...countsJson(report.totals),
    causes: report.causes.map(({ cause, attempts, runs, recovered, failed }) => ({
      class: cause,
      attempts_failed: attempts,
      runs,
      runs_recovered: recovered,
      runs_failed: failed,
    })),
    jobs: groups(report.jobs),
    models: groups(report.models),
  };
}

function countsJson(counts: StatisticsCounts): Json {
  const rates = {
    success_rate: successRate(counts),
    recovered_share: recoveredShare(counts),
    mean_retries: meanRetries(counts),
  };
  return {
    runs_total: totalRuns(counts),
    runs_completed_first_attempt: counts.firstAttempt,
    runs_completed_after_retry: counts.afterRetry,
    runs_failed: counts.failed,
    runs_cancelled: counts.cancelled,
    runs_unfinished: counts.unfinished,
    runs_reused: counts.reused,
    retries: counts.retries,
    ...Object.fromEntries(Object.entries(rates).filter(([, rate]) => rate !== undefined)),
  };
}

/** Statistics as lines for a person: how runs ended, rates, why attempts failed, and by job, model or tree. Pure. */
import { describeClass } from "../report/failure_text.ts";
import { formatCount, formatNumberOf, formatShare, formatTime } from "../report/format.ts";
import type { FailureCause, StatisticsCounts } from "../report/statistics_counts.ts";
import type { StatisticsScope } from "../report/statistics_json.ts";
import {
  meanRetries,
  recoveredShare,
  type StatisticsReport,
  successRate,
  totalRuns,
} from "../report/statistics_report.ts";
import type { FailureClass } from "../job/run.ts";
import { type BarPart, barStroke, type Glyphs, renderParts } from "./bar.ts";
import type { Paint } from "./paint.ts";
import { safeText } from "./safe_text.ts";
import { type Column, renderTable } from "./table.ts";

export interface StatisticsCanvas {
  readonly paint: Paint;
  readonly glyphs: Glyphs;
  /** Unlimited when absent: not a terminal, and no bar. */
  readonly columns: number | undefined;
  /** Minutes to add to UTC for the reader's clock. */
  readonly offsetMinutes: number;
}

/** Numbers of each job, model or tree, on request. */
export interface StatisticsGroups {
  readonly title: string;
  readonly groups: ReadonlyMap<string, StatisticsCounts>;
}

const BAR_CELLS = 48;
const CAUSES_SHOWN = 8;
const GROUPS_SHOWN = 100;

export function renderStatistics(
  report: StatisticsReport,
  scope: StatisticsScope,
  by: StatisticsGroups | undefined,
  canvas: StatisticsCanvas,
): string[] {
  const { totals } = report;
  const head = scopeLine(scope, canvas);
  if (totalRuns(totals) + totals.reused === 0) {
    const since = scope.sinceMs === undefined ? "was run here yet" : "was run in that time";
    return [...head, `Nothing ${since}.`];
  }
  const lines = [...head, ...endings(totals, canvas), "", ...rates(totals, canvas)];
  if (report.causes.length > 0) lines.push("", ...causes(report.causes, canvas));
  if (by !== undefined) lines.push("", ...groupTable(by, canvas));
  return lines;
}

/** Nothing for all of one tree. */
function scopeLine(scope: StatisticsScope, { paint, offsetMinutes }: StatisticsCanvas): string[] {
  const { trees, sinceMs } = scope;
  const parts = [
    trees.length > 1 ? formatNumberOf(trees.length, "tree") : "",
    sinceMs === undefined
      ? ""
      : `since ${formatTime(new Date(sinceMs).toISOString(), offsetMinutes)}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? [] : [paint.faint(parts.join(", ")), ""];
}

/** How runs ended, each with its share, and the bar of those that completed or failed. */
function endings(counts: StatisticsCounts, canvas: StatisticsCanvas): string[] {
  const { paint, glyphs, columns } = canvas;
  const total = totalRuns(counts);
  const parts: readonly (BarPart & { readonly words: string })[] = [
    { words: "completed on the first attempt", count: counts.firstAttempt, tone: "good" },
    { words: "completed after a retry", count: counts.afterRetry, tone: "warn" },
    { words: "failed", count: counts.failed, tone: "bad" },
  ];
  const bar = columns === undefined
    ? ""
    : renderParts(parts, Math.min(BAR_CELLS, columns), paint, glyphs);
  const row = (words: string, count: number, stroke = " "): string[] => [
    ...(bar === "" ? [] : [stroke]),
    words,
    formatCount(count),
    total === 0 ? "" : formatShare(count / total),
  ];
  const rows = parts.map(({ words, count, tone }) =>
    row(words, count, barStroke(tone, paint, glyphs))
  );
  if (counts.cancelled > 0) rows.push(row("cancelled", counts.cancelled));
  if (counts.unfinished > 0) rows.push(row("unfinished", counts.unfinished));
  rows.push(row(paint.strong("all"), total).slice(0, -1));
  const head: Column[] = [
    ...(bar === "" ? [] : [{ title: "" }]),
    { title: "", shrinkTo: 12 },
    { title: "", align: "right" },
    { title: "", align: "right" },
  ];
  const lines = renderTable(head, rows, { columns });
  if (counts.reused > 0) {
    const took = counts.reused === 1 ? "took" : "more took";
    lines.push(paint.faint(`${formatCount(counts.reused)} ${took} the result of an equal run`));
  }
  return bar === "" ? lines : [bar, "", ...lines];
}

function rates(counts: StatisticsCounts, { columns, paint }: StatisticsCanvas): string[] {
  const { afterRetry, failed } = counts;
  const ended = totalRuns(counts) - counts.cancelled - counts.unfinished;
  const hadFailed = afterRetry + failed;
  const row = (words: string, value: string, of: string): string[][] =>
    value === "" ? [] : [[words, paint.strong(value), paint.faint(of)]];
  const rows = [
    ...row("success rate", shareText(successRate(counts)), `of ${formatCount(ended)} that ended`),
    ...row(
      "failures recovered",
      shareText(recoveredShare(counts)),
      `${formatCount(afterRetry)} of ${formatNumberOf(hadFailed, "run")} with a failed attempt`,
    ),
    ...row("mean retries", retriesText(counts), "for each of these runs"),
  ];
  if (rows.length === 0) return [paint.faint("None of them has ended yet.")];
  return renderTable(
    [{ title: "" }, { title: "", align: "right" }, { title: "", shrinkTo: 10 }],
    rows,
    { columns },
  );
}

function causes(all: readonly FailureCause[], { columns, paint }: StatisticsCanvas): string[] {
  const shown = all.slice(0, CAUSES_SHOWN);
  const lines = renderTable(
    [
      { title: "why attempts failed", shrinkTo: 12 },
      { title: "attempts", align: "right" },
      { title: "runs", align: "right" },
      { title: "recovered", align: "right" },
      { title: "", align: "right" },
    ],
    shown.map(({ cause, attempts, runs, recovered }) => [
      safeText(describeClass(cause as FailureClass)),
      formatCount(attempts),
      formatCount(runs),
      formatCount(recovered),
      formatShare(recovered / runs),
    ]),
    { columns, header: paint.faint },
  );
  const hidden = all.length - shown.length;
  if (hidden > 0) lines.push(paint.faint(`… and ${formatNumberOf(hidden, "more cause")}`));
  return lines;
}

/** Where most has failed comes first. */
function groupTable(by: StatisticsGroups, { columns, paint }: StatisticsCanvas): string[] {
  const sorted = [...by.groups].toSorted(([, a], [, b]) =>
    b.failed - a.failed || b.afterRetry - a.afterRetry
  );
  const shown = sorted.slice(0, GROUPS_SHOWN);
  const isAny = (name: keyof StatisticsCounts) => shown.some(([, counts]) => counts[name] > 0);
  const optional = (["cancelled", "unfinished"] as const).filter(isAny);
  const lines = renderTable(
    [
      { title: by.title, shrinkTo: 8 },
      ...["runs", "first", "retried", "failed", ...optional, "success", "recovered", "retries"]
        .map((title): Column => ({ title, align: "right" })),
    ],
    shown.map(([name, counts]) => [
      safeText(name === "" ? "unknown" : name),
      formatCount(totalRuns(counts)),
      formatCount(counts.firstAttempt),
      formatCount(counts.afterRetry),
      counts.failed > 0 ? paint.bad(formatCount(counts.failed)) : "0",
      ...optional.map((ending) => formatCount(counts[ending])),
      shareText(successRate(counts)) || "–",
      shareText(recoveredShare(counts)) || "–",
      retriesText(counts) || "–",
    ]),
    { columns, header: paint.faint },
  );
  const hidden = sorted.length - shown.length;
  if (hidden > 0) lines.push(paint.faint(`… and ${formatCount(hidden)} more`));
  return lines;
}

function shareText(share: number | undefined): string {
  return share === undefined ? "" : formatShare(share);
}

function retriesText(counts: StatisticsCounts): string {
  return meanRetries(counts)?.toFixed(1) ?? "";
}

/** The report's tables of numbers: results, statistics, and what runs took. Pure. */
import type { FailureClass } from "../job/run.ts";
import { describeClass } from "../report/failure_text.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatShare,
} from "../report/format.ts";
import { describeCause } from "../report/requeue_text.ts";
import { briefText } from "../report/result_table.ts";
import { type Resources, sumCheckpoints } from "../report/resources.ts";
import {
  meanRetries,
  recoveredShare,
  successRate,
  totalRuns,
} from "../report/statistics_report.ts";
import type { ReportedTable, TreeReport } from "../report/tree_report.ts";
import { type Html, type HtmlValue, markup } from "./markup.ts";
import { command, factList, note, pageTable } from "./page_parts.ts";

const GROUPS_MAX = 50;

export function resultsSection(report: TreeReport): HtmlValue {
  const { results: { tables, total, jobsLeft }, treeFlag } = report;
  if (total === 0) return undefined;
  return markup`${tables.map((table) => resultTable(table, treeFlag))}${
    jobsLeft > 0 &&
    note(
      `… and the results of ${formatNumberOf(jobsLeft, "more job")}: `,
      command(`simrun results${treeFlag}`),
    )
  }`;
}

function resultTable(table: ReportedTable, treeFlag: string): Html {
  const { jobs, columns, rows, total, columnsLeft } = table;
  const title = jobs.length <= 3 ? jobs.join(", ") : `${jobs[0]} and ${jobs.length - 1} more jobs`;
  const isNumber = (i: number) =>
    columns[i] === "took" ||
    rows.every((row) =>
      row[i] === undefined || typeof row[i] === "number" || typeof row[i] === "bigint"
    );
  const rowsLeft = total - rows.length;
  const lines = [
    ...rowsLeft > 0 ? [`the first ${formatCount(rows.length)} of ${formatCount(total)} rows`] : [],
    ...columnsLeft > 0 ? [`${formatNumberOf(columnsLeft, "column")} left out`] : [],
  ];
  const only = jobs.length === 1 ? ` ${jobs[0]}` : "";
  return markup`${markup`<h3>${title}</h3>`}${
    pageTable(
      `Results of ${title}`,
      columns.map((name, i) => ({ title: name, isNumber: isNumber(i) })),
      rows.map((row) => row.map(briefText)),
    )
  }${
    lines.length > 0 &&
    note(
      `Shown: ${lines.join(", ")}. All: `,
      command(`simrun results${only}${treeFlag} -o results.csv`),
    )
  }`;
}

export function statisticsSection({ statistics, treeFlag }: TreeReport): HtmlValue {
  const { totals, jobs, causes } = statistics;
  const all = totalRuns(totals);
  // Of what is under way only there is nothing to be counted yet.
  if (all === totals.unfinished) return undefined;
  const [rate, recovered, retries] = [
    successRate(totals),
    recoveredShare(totals),
    meanRetries(totals),
  ];
  const share = (count: number) => formatShare(count / all);
  const rows = ([
    ["completed on the first attempt", totals.firstAttempt],
    ["completed after a retry", totals.afterRetry],
    ["failed", totals.failed],
    ["cancelled", totals.cancelled],
    ["begun and not ended", totals.unfinished],
  ] as const).filter(([words, count]) => count > 0 || !/^(cancelled|begun)/.test(words));
  const sorted = [...jobs].toSorted(([, a], [, b]) =>
    b.failed - a.failed || b.afterRetry - a.afterRetry
  );
  return markup`${
    pageTable(
      "How runs ended",
      [{ title: "how runs ended" }, { title: "runs", isNumber: true }, {
        title: "share",
        isNumber: true,
      }],
      [...rows.map(([words, count]) => [words, formatCount(count), share(count)]), [
        "all",
        formatCount(all),
        "",
      ]],
    )
  }${
    factList([
      ["success rate", rate === undefined ? "" : `${formatShare(rate)} of what has ended`],
      [
        "failures recovered",
        recovered === undefined ? "" : `${formatShare(recovered)} of runs with a failed attempt`,
      ],
      ["mean retries", retries === undefined ? "" : `${retries.toFixed(1)} for each of these runs`],
      ["taken from equal runs", totals.reused > 0 ? formatCount(totals.reused) : ""],
    ])
  }${
    causes.length > 0 && markup`<h3>Why attempts failed</h3>${
      pageTable(
        "Why attempts failed",
        ["cause", "attempts", "runs", "recovered", "failed"].map((title, i) => ({
          title,
          isNumber: i > 0,
        })),
        causes.slice(0, GROUPS_MAX).map(({ cause, attempts, runs, recovered, failed }) => [
          causeText(cause),
          ...[attempts, runs, recovered, failed].map(formatCount),
        ]),
      )
    }`
  }${
    sorted.length > 1 && markup`<h3>Job by job</h3>${
      pageTable(
        "Statistics of each job",
        ["job", "runs", "first attempt", "after a retry", "failed", "success rate"]
          .map((title, i) => ({ title, isNumber: i > 0 })),
        sorted.slice(0, GROUPS_MAX).map(([name, counts]) => {
          const ofJob = successRate(counts);
          const numbers = [
            totalRuns(counts),
            counts.firstAttempt,
            counts.afterRetry,
            counts.failed,
          ];
          return [
            name,
            ...numbers.map(formatCount),
            ofJob === undefined ? "–" : formatShare(ofJob),
          ];
        }),
      )
    }${
      sorted.length > GROUPS_MAX &&
      note(
        `… and ${formatNumberOf(sorted.length - GROUPS_MAX, "more job")}: `,
        command(`simrun stats --by job${treeFlag}`),
      )
    }`
  }`;
}

/** Attempts fail for what ends a run, and for what sends it back to the queue. */
function causeText(cause: string): string {
  const words = describeClass(cause as FailureClass);
  return words === cause ? describeCause(cause as Parameters<typeof describeCause>[0]) : words;
}

export function resourcesSection({ resources, treeFlag }: TreeReport): HtmlValue {
  const used = resources.filter(({ completed, checkpoints }) => completed + checkpoints.count > 0);
  if (used.length === 0) return undefined;
  const shown = used.slice(0, GROUPS_MAX);
  return markup`${timesTable(shown)}${
    used.length > shown.length &&
    note(`… and ${formatNumberOf(used.length - shown.length, "more job")}.`)
  }${checkpointFacts(used, treeFlag)}`;
}

function timesTable(jobs: readonly Resources[]): Html {
  const hasMemory = jobs.some(({ memoryBytes }) => memoryBytes !== undefined);
  const titles = [
    "job",
    "runs",
    "computing",
    "median",
    "95 % within",
    "longest",
    ...hasMemory ? ["memory, median", "most"] : [],
  ];
  return pageTable(
    "What runs took",
    titles.map((title, i) => ({ title, isNumber: i > 0 })),
    jobs.map(({ job, completed, ms, memoryBytes }) => [
      job,
      formatCount(completed),
      ...[ms?.sum, ms?.median, ms?.p95, ms?.most].map((value) =>
        value === undefined ? "–" : formatDuration(value)
      ),
      ...hasMemory
        ? [memoryBytes?.median, memoryBytes?.most].map((value) =>
          value === undefined ? "–" : formatBytes(value)
        )
        : [],
    ]),
  );
}

function checkpointFacts(jobs: readonly Resources[], treeFlag: string): HtmlValue {
  const sum = sumCheckpoints(jobs.map(({ checkpoints }) => checkpoints));
  const computedMs = jobs.reduce((ms, job) => ms + (job.ms?.sum ?? 0), 0);
  if (sum.count + sum.resumed + sum.degraded === 0) return undefined;
  const ratio = sum.bytes > 0 ? sum.rawBytes / sum.bytes : 0;
  const stall = computedMs > 0 ? ` (${formatShare(sum.stallMs / computedMs)} of computing)` : "";
  return markup`<h3>Checkpoints</h3>${
    factList([
      [
        "saved",
        `${formatCount(sum.count)}, ${formatBytes(sum.bytes)} in all, the largest ${
          formatBytes(sum.largestBytes)
        }`,
      ],
      [
        "compressed",
        ratio > 0
          ? `${ratio.toFixed(ratio < 10 ? 1 : 0)} to 1, from ${formatBytes(sum.rawBytes)}`
          : "",
      ],
      [
        "runs stood still",
        `${formatDuration(sum.stallMs)}${stall}; written beside them in ${
          formatDuration(sum.writeMs)
        }`,
      ],
      ["gone on from", sum.resumed > 0 ? formatNumberOf(sum.resumed, "time") : "none was needed"],
      ["could not be used", sum.rejected > 0 ? formatNumberOf(sum.rejected, "file") : ""],
      [
        "runs without",
        sum.degraded > 0 ? `${formatCount(sum.degraded)} that could not be saved` : "",
      ],
      ["more", command(`simrun checkpoints RUN${treeFlag}`)],
    ])
  }`;
}

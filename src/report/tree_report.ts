/** What the report of a tree tells, gathered: facts only, for whoever lays them out. Pure. */
import type { JournalEntry } from "../job/event.ts";
import type { Job } from "../job/job.ts";
import type { ModelIdentity } from "../job/event.ts";
import { runName } from "../job/run.ts";
import type { ReportFigure } from "./report_figures.ts";
import type { Resources } from "./resources.ts";
import { groupAlike, tabulate } from "./result_table.ts";
import type { ResultRow } from "./results.ts";
import type { WorkSession } from "./sessions.ts";
import type { StatisticsReport } from "./statistics_report.ts";
import type { TreeStatus } from "./status.ts";
import type { Timeline } from "./timeline.ts";

export interface TreeReport {
  readonly title: string;
  /** `--tree …` for commands that are to be typed, where it is needed. */
  readonly treeFlag: string;
  /** Of the simrun that made the report. */
  readonly version: string;
  readonly nowMs: number;
  /** Of the reader's clock, in minutes east of UTC. */
  readonly offsetMinutes: number;
  readonly status: TreeStatus;
  readonly sessions: readonly WorkSession[];
  readonly jobs: readonly ReportedJob[];
  readonly manifests: readonly { readonly path: string; readonly text: string | undefined }[];
  readonly timeline: Timeline;
  readonly statistics: StatisticsReport;
  readonly resources: readonly Resources[];
  readonly results: ReportedResults;
  readonly figures: readonly DrawnFigure[];
  /** Figures that would have been drawn beside these. */
  readonly figuresLeft: number;
  /** The last lines that failed runs logged, by `job/run`. */
  readonly logs: ReadonlyMap<string, string>;
  /** What of the tree could not be read. */
  readonly damage: string | undefined;
}

export interface ReportedJob {
  readonly job: Job;
  readonly model: ModelIdentity | undefined;
  readonly runs: number;
}

export interface DrawnFigure extends ReportFigure {
  /** Of a plot: what was drawn. */
  readonly svg: string | undefined;
}

export interface ReportedResults {
  readonly tables: readonly ReportedTable[];
  /** Completed runs of the last plans. */
  readonly total: number;
  /** Jobs whose results are in no table. */
  readonly jobsLeft: number;
}

export interface ReportedTable {
  readonly jobs: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** What these jobs have; more than `rows` when there is no room. */
  readonly total: number;
  readonly columnsLeft: number;
}

const ROWS_MAX = 50;
const TABLES_MAX = 12;
const COLUMNS_MAX = 24;

/** The first results of each job, those of alike jobs in one table. */
export function reportedResults(rows: readonly ResultRow[]): ReportedResults {
  const byJob = Map.groupBy(rows, ({ job }) => job);
  const firsts = [...byJob.values()].flatMap((ofJob) => ofJob.slice(0, ROWS_MAX));
  const groups = groupAlike(firsts);
  const tables = groups.slice(0, TABLES_MAX).map((group): ReportedTable => {
    const jobs = [...new Set(group.map(({ job }) => job))];
    const { columns, rows } = tabulate(group.slice(0, ROWS_MAX), { brief: true });
    // Of a single job its title says which: the run is what its rows are called by.
    const first = jobs.length === 1 && columns[0] === "job" && columns[1] === "run" ? 1 : 0;
    const end = first + COLUMNS_MAX;
    return {
      jobs,
      columns: columns.slice(first, end),
      rows: rows.map((row) => row.slice(first, end)),
      total: jobs.reduce((sum, job) => sum + byJob.get(job)!.length, 0),
      columnsLeft: Math.max(0, columns.length - end),
    };
  });
  const left = new Set(groups.slice(TABLES_MAX).flat().map(({ job }) => job));
  return { tables, total: rows.length, jobsLeft: left.size };
}

const LOGS_MAX = 200;
const LOG_CHARACTERS_MAX = 2000;

/** What failed runs logged last, of the first ones. Feed it every entry. */
export class FailureLogs {
  readonly logs = new Map<string, string>();

  apply(entry: JournalEntry): void {
    if (entry.type !== "run.failed" || entry.log === undefined || entry.log === "") return;
    const name = runName(entry.job, entry.run);
    if (this.logs.size >= LOGS_MAX && !this.logs.has(name)) return;
    this.logs.set(name, entry.log.slice(-LOG_CHARACTERS_MAX));
  }
}

/** The status of a tree as lines for a person. Pure. */
import { runName } from "../job/run.ts";
import { assertNever } from "../job/fault.ts";
import { describeDisk, describeDiskNext } from "../report/disk_text.ts";
import { describeClass } from "../report/failure_text.ts";
import {
  formatAge,
  formatBytes,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatPercent,
  formatRate,
  formatRemaining,
} from "../report/format.ts";
import { describeGivingWay } from "../report/live_text.ts";
import { describeNext, type ReadersClock } from "../report/requeue_text.ts";
import type { RunStatus } from "../report/run_status.ts";
import type { Activity, JobStatus, TreeStatus } from "../report/status.ts";
import { fractionOf } from "../report/status_json.ts";
import { type Glyphs, renderBar } from "./bar.ts";
import { formatTimeLeft } from "../report/time_left.ts";
import type { Paint } from "./paint.ts";
import { safeText } from "./safe_text.ts";
import { type Column, renderTable } from "./table.ts";

export interface StatusCanvas {
  readonly paint: Paint;
  readonly glyphs: Glyphs;
  /** Unlimited when absent: not a terminal. */
  readonly columns: number | undefined;
  /** Minutes to add to UTC for the reader's clock. */
  readonly offsetMinutes: number;
  /** Every run on a line of its own. */
  readonly isWhole?: boolean;
  /** Lists of jobs longer than this end in a count. */
  readonly jobsMax: number;
}

const BAR_CELLS = 20;
const FAILURES_SHOWN = 20;

export function renderStatus(status: TreeStatus, canvas: StatusCanvas): string[] {
  const { paint } = canvas;
  const lines = [activityLine(status.activity, canvas), ...diskLines(status, paint)];
  if (status.jobs.length === 0) {
    lines.push("", "Nothing was run here yet. Type simrun jobs/*.yaml to begin.");
    return lines;
  }
  const sections = [
    jobsSection(status, canvas),
    runningSection(status, canvas),
    listSection(status, "paused", canvas),
    listSection(status, "interrupted", canvas),
    failedSection(status, canvas),
    listSection(status, "cancelled", canvas),
    listSection(status, "waiting", canvas),
    listSection(status, "completed", canvas),
  ];
  for (const section of sections) if (section.length > 0) lines.push("", ...section);
  const advice = adviceLines(status);
  if (advice.length > 0) lines.push("", ...advice.map(paint.strong));
  return lines;
}

function activityLine(activity: Activity, { paint }: StatusCanvas): string {
  switch (activity.kind) {
    case "never":
      return "No simrun has worked on this tree yet.";
    case "working": {
      const slots = activity.slots === undefined
        ? ""
        : ` on ${formatNumberOf(activity.slots, "slot")}`;
      const yields = activity.givesWay === undefined
        ? ""
        : paint.warn(`; ${describeGivingWay(activity.givesWay)}`);
      const silent = activity.heardMs !== undefined && activity.heardMs > 10_000
        ? paint.warn(`; last heard ${formatAge(activity.heardMs)}`)
        : "";
      return `${paint.good("simrun is working")}${slots} ${
        paint.faint(`(process ${activity.pid} on ${safeText(activity.host)})`)
      }${yields}${silent}`;
    }
    case "ended":
      return `No simrun is working here; the last one ${ENDINGS[activity.outcome] ?? "ended"}.`;
    case "lost":
      return paint.warn("No simrun is working here; the last one was killed.");
  }
}

function diskLines({ disk }: TreeStatus, paint: Paint): string[] {
  if (disk === undefined) return [];
  const next = describeDiskNext(disk);
  const text = describeDisk(disk) + (next === undefined ? "" : `; ${next}`);
  return [(disk.level === "full" ? paint.bad : paint.warn)(text)];
}

const ENDINGS: { readonly [outcome: string]: string } = {
  completed: "ended with nothing left to do",
  failed: "ended with failed runs",
  stopped: "was stopped",
};

function jobsSection(status: TreeStatus, canvas: StatusCanvas): string[] {
  const { paint } = canvas;
  const { columns } = canvas;
  const shown = status.jobs.slice(0, canvas.jobsMax);
  const bars = columns === undefined || columns >= 70;
  const row = (job: Omit<JobStatus, "id">, name: string): string[] => {
    const fraction = job.stepsTotal > 0 ? job.stepsDone / job.stepsTotal : 0;
    const tone = job.counts.failed > 0 ? "bad" : fraction >= 1 ? "good" : "active";
    return [
      name,
      ...(bars ? [renderBar(fraction, BAR_CELLS, paint, canvas.glyphs, tone)] : []),
      formatPercent(fraction),
      `${formatCount(job.counts.completed)}/${formatCount(job.runs)}`,
      countsText(job, paint),
    ];
  };
  const rows = shown.map((job) => row(job, safeText(job.id)));
  if (status.jobs.length > 1) rows.push(row(status.totals, paint.faint("all")));
  const head: Column[] = [
    { title: "job", shrinkTo: 12 },
    ...(bars ? [{ title: "" }] : []),
    { title: "", align: "right" },
    { title: "done", align: "right" },
    { title: "", shrinkTo: 10 },
  ];
  const lines = renderTable(head, rows, { columns, header: paint.faint });
  const hidden = status.jobs.length - shown.length;
  if (hidden > 0) lines.splice(-1, 0, paint.faint(`… and ${formatNumberOf(hidden, "more job")}`));
  if (status.activity.kind === "working" && status.etaMs !== undefined) {
    const rate = status.stepsPerSecond > 0 ? `${formatRate(status.stepsPerSecond, "steps")}, ` : "";
    lines.push(paint.faint(`${rate}${formatTimeLeft(status)} left`));
  }
  return lines;
}

function countsText(job: Omit<JobStatus, "id">, paint: Paint): string {
  const { counts } = job;
  return [
    counts.running > 0 ? paint.active(`${formatCount(counts.running)} running`) : "",
    counts.paused > 0 ? paint.warn(`${formatCount(counts.paused)} paused`) : "",
    counts.interrupted > 0 ? paint.warn(`${formatCount(counts.interrupted)} interrupted`) : "",
    counts.failed > 0 ? paint.bad(`${formatCount(counts.failed)} failed`) : "",
    counts.cancelled > 0 ? `${formatCount(counts.cancelled)} cancelled` : "",
    counts.waiting > 0 ? `${formatCount(counts.waiting)} waiting` : "",
    job.earlierRuns > 0 ? paint.faint(`${formatCount(job.earlierRuns)} of earlier plans`) : "",
  ].filter((part) => part !== "").join(", ");
}

function runningSection(status: TreeStatus, canvas: StatusCanvas): string[] {
  const { paint } = canvas;
  const runs = status.runs.filter((run) => run.state === "running");
  if (runs.length === 0) return [];
  return renderTable(
    [
      { title: "running", shrinkTo: 12 },
      { title: "progress", align: "right" },
      { title: "steps done", align: "right" },
      { title: "rate", align: "right" },
      { title: "left", align: "right" },
      { title: "memory used", align: "right" },
      { title: "last checkpoint", shrinkTo: 8 },
    ],
    runs.map((run) => [
      nameOf(run),
      formatPercent(fractionOf(run)),
      formatCount(run.stepsDone),
      formatRate(run.stepsPerSecond),
      run.etaMs === undefined ? "" : formatRemaining(run.etaMs),
      formatBytes(run.memoryBytes) +
      (run.memoryBytesMax === undefined ? "" : ` of ${formatBytes(run.memoryBytesMax)}`),
      savedText(run) + (run.attempt > 1 ? `, attempt ${run.attempt}` : ""),
    ]),
    { columns: canvas.columns, header: paint.faint },
  );
}

/** Runs of one state that is not `running`, a line each, and how many more there are. */
function listSection(
  status: TreeStatus,
  state: Exclude<RunStatus["state"], "running">,
  canvas: StatusCanvas,
): string[] {
  const { paint } = canvas;
  const runs = status.runs.filter((run) => run.state === state);
  if (runs.length === 0) return [];
  const clock = { nowMs: Date.parse(status.at), offsetMinutes: canvas.offsetMinutes };
  const lines = renderTable(
    [
      { title: state, shrinkTo: 12 },
      { title: "progress", align: "right" },
      { title: "steps done", align: "right" },
      { title: "", shrinkTo: 20 },
    ],
    runs.map((run) => [
      nameOf(run),
      formatPercent(fractionOf(run)),
      formatCount(run.stepsDone),
      remark(run, paint, clock),
    ]),
    { columns: canvas.columns, header: paint.faint },
  );
  const hidden = status.unlisted[state] ?? 0;
  if (hidden > 0) {
    lines.push(paint.faint(`… and ${formatCount(hidden)} more: simrun status ${state} --all`));
  }
  return lines;
}

/** Runs that failed the same way share a line, unless every run was asked for. */
function failedSection(status: TreeStatus, canvas: StatusCanvas): string[] {
  const { failures } = status;
  const { paint } = canvas;
  const isGrouped = failures.some(({ count }) => count > 1);
  if (!isGrouped || canvas.isWhole) return listSection(status, "failed", canvas);
  const shown = failures.slice(0, FAILURES_SHOWN);
  const lines = renderTable(
    [{ title: "failed", shrinkTo: 12 }, { title: "", shrinkTo: 12 }, { title: "", shrinkTo: 20 }],
    shown.map(({ count, job, run, failure }) => [
      count === 1 ? "" : formatNumberOf(count, "run"),
      safeText(runName(job, run)) + (count === 1 ? "" : ", …"),
      `${paint.bad(describeClass(failure.class))}: ${safeText(failure.message)}`,
    ]),
    { columns: canvas.columns, header: paint.faint },
  );
  const hidden = failures.slice(FAILURES_SHOWN).reduce((sum, { count }) => sum + count, 0);
  const more = hidden > 0 ? `… and ${formatCount(hidden)} more; ` : "";
  lines.push(paint.faint(`${more}each of them: simrun status failed --all`));
  return lines;
}

function remark(run: RunStatus, paint: Paint, clock: ReadersClock): string {
  switch (run.state) {
    case "running":
    case "paused":
    case "cancelled":
      return savedAtText(run);
    case "waiting":
      return [
        run.next === undefined ? "" : paint.warn(describeNext(run.next, clock)),
        savedAtText(run),
      ].filter((part) => part !== "").join("; ");
    case "interrupted":
      return savedAtText(run) || "nothing saved; begins anew";
    case "failed": {
      const { failure } = run;
      if (failure === undefined) return "";
      return `${paint.bad(describeClass(failure.class))}: ${safeText(failure.message)}`;
    }
    case "completed":
      return [
        `in ${formatDuration(run.ms)}`,
        ...(run.ending === undefined ? [] : [safeText(run.ending)]),
        ...(run.warning === undefined ? [] : [paint.warn(safeText(run.warning))]),
      ].join(", ");
    default:
      return assertNever(run);
  }
}

function savedAtText({ savedStep, savedAgeMs }: RunStatus): string {
  if (savedStep === 0) return "";
  const age = savedAgeMs === undefined ? "" : `, ${formatAge(savedAgeMs)}`;
  return `saved at step ${formatCount(savedStep)}${age}`;
}

/** What to type next. */
function adviceLines(status: TreeStatus): string[] {
  const { counts } = status.totals;
  if (status.activity.kind === "working") {
    return counts.paused === 0
      ? []
      : [`simrun continue ${onlyJobWith(status, "paused")} lets what is paused go on.`];
  }
  const lines: string[] = [];
  const failed = status.runs.find((run) => run.state === "failed");
  if (counts.paused > 0) {
    lines.push(
      `simrun continue ${
        onlyJobWith(status, "paused")
      } lets the next simrun go on with what is paused.`,
    );
  }
  if (counts.interrupted + counts.waiting > 0) {
    lines.push(
      `simrun resume goes on with what is not done${counts.paused > 0 ? " and not paused" : ""}.`,
    );
  } else if (failed !== undefined) {
    lines.push(`simrun explain ${nameOf(failed)} tells what happened.`);
  }
  if (counts.cancelled > 0) {
    lines.push("simrun retry cancelled lets the next simrun take up what was cancelled.");
  }
  return lines;
}

/** The job that has all runs of this state, or `all`. */
function onlyJobWith(status: TreeStatus, state: RunStatus["state"]): string {
  const jobs = status.jobs.filter(({ counts }) => counts[state] > 0);
  return jobs.length === 1 ? safeText(jobs[0]!.id) : "all";
}

function nameOf(run: RunStatus): string {
  return safeText(runName(run.job, run.run));
}

function savedText(run: RunStatus): string {
  if (run.degraded !== undefined) return "cannot be saved";
  return run.savedAgeMs === undefined ? "none yet" : formatAge(run.savedAgeMs);
}

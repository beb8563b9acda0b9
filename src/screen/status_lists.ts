/** The runs of a tree's status in lists, one a state. Pure. */
import { type Failure, runName } from "../job/run.ts";
import { assertNever } from "../job/fault.ts";
import { describeClass, describePlace, messageBesideClass } from "../report/failure_text.ts";
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
import { parametersText } from "../report/points.ts";
import { describeNext, type ReadersClock } from "../report/requeue_text.ts";
import type { RunStatus } from "../report/run_status.ts";
import type { TreeStatus } from "../report/status.ts";
import { fractionOf } from "../report/status_json.ts";
import type { Glyphs } from "./bar.ts";
import type { Paint } from "./paint.ts";
import { safeText } from "./safe_text.ts";
import { type Column, renderTable } from "./table.ts";
import { cutToWidth } from "./width.ts";

export interface StatusCanvas {
  readonly paint: Paint;
  readonly glyphs: Glyphs;
  /** Unlimited when absent: not a terminal. */
  readonly columns: number | undefined;
  /** Paths below it are shown relative to it. */
  readonly folder: string;
  /** Minutes to add to UTC for the reader's clock. */
  readonly offsetMinutes: number;
  /** Every run on a line of its own. */
  readonly isWhole?: boolean;
  /** Lists of jobs longer than this end in a count. */
  readonly jobsMax: number;
}

const FAILURES_SHOWN = 20;
/** More than a machine has slots; a thousand machines have more than anybody reads. */
const RUNNING_SHOWN = 256;
/** On a terminal narrower than this names and numbers have the room. */
const POINTS_COLUMNS_MIN = 90;
const POINT_CELLS = 60;

export function runningSection(status: TreeStatus, canvas: StatusCanvas): string[] {
  const { paint } = canvas;
  const runs = status.runs.filter((run) => run.state === "running");
  if (runs.length === 0) return [];
  const shown = canvas.isWhole ? runs : runs.slice(0, RUNNING_SHOWN);
  const points = pointColumn(shown, canvas);
  const lines = renderTable(
    [
      { title: "running", shrinkTo: 12 },
      ...points.column,
      { title: "progress", align: "right" },
      { title: "steps done", align: "right" },
      { title: "rate", align: "right" },
      { title: "left", align: "right" },
      { title: "memory used", align: "right" },
      { title: "last checkpoint", shrinkTo: 8 },
    ],
    shown.map((run) => [
      nameOf(run),
      ...points.cell(run),
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
  const hidden = runs.length - shown.length;
  if (hidden > 0) {
    lines.push(paint.faint(`… and ${formatCount(hidden)} more: simrun status running --all`));
  }
  return lines;
}

/** What runs of sweeps stand for, where some of these are such and there is room. */
function pointColumn(
  runs: readonly RunStatus[],
  { columns = Infinity }: StatusCanvas,
): { readonly column: Column[]; readonly cell: (run: RunStatus) => string[] } {
  if (columns < POINTS_COLUMNS_MIN || runs.every(({ point }) => point === undefined)) {
    return { column: [], cell: () => [] };
  }
  return {
    column: [{ title: "parameters", shrinkTo: 12 }],
    cell: ({ point = {} }) => [cutToWidth(safeText(parametersText(point)), POINT_CELLS)],
  };
}

/** Runs of one state that is not `running`, a line each, and how many more there are. */
export function listSection(
  status: TreeStatus,
  state: Exclude<RunStatus["state"], "running">,
  canvas: StatusCanvas,
): string[] {
  const { paint } = canvas;
  const runs = status.runs.filter((run) => run.state === state);
  if (runs.length === 0) return [];
  const clock = { nowMs: Date.parse(status.at), offsetMinutes: canvas.offsetMinutes };
  const points = pointColumn(runs, canvas);
  const lines = renderTable(
    [
      { title: state, shrinkTo: 12 },
      ...points.column,
      { title: "progress", align: "right" },
      { title: "steps done", align: "right" },
      { title: "", shrinkTo: 20 },
    ],
    runs.map((run) => [
      nameOf(run),
      ...points.cell(run),
      formatPercent(fractionOf(run)),
      formatCount(run.stepsDone),
      remark(run, canvas, clock),
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
export function failedSection(status: TreeStatus, canvas: StatusCanvas): string[] {
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
      failureText(failure, canvas),
    ]),
    { columns: canvas.columns, header: paint.faint },
  );
  const hidden = failures.slice(FAILURES_SHOWN).reduce((sum, { count }) => sum + count, 0);
  const more = hidden > 0 ? `… and ${formatCount(hidden)} more; ` : "";
  lines.push(paint.faint(`${more}each of them: simrun status failed --all`));
  return lines;
}

/** Why it failed, and where in whose file. */
export function failureText(failure: Failure, { paint, folder }: StatusCanvas): string {
  const place = describePlace(failure, folder);
  const at = place === undefined ? "" : ` (${place})`;
  const message = safeText(`${messageBesideClass(failure)}${at}`).trim();
  const name = paint.bad(describeClass(failure.class));
  return message === "" ? name : `${name}: ${message}`;
}

export function remark(run: RunStatus, canvas: StatusCanvas, clock: ReadersClock): string {
  const { paint } = canvas;
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
      return failure === undefined ? "" : failureText(failure, canvas);
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

export function nameOf(run: RunStatus): string {
  return safeText(runName(run.job, run.run));
}

function savedText(run: RunStatus): string {
  if (run.degraded !== undefined) return "cannot be saved";
  return run.savedAgeMs === undefined ? "none yet" : formatAge(run.savedAgeMs);
}

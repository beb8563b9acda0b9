/** The list at the bottom of who watches: the runs of one state, or the jobs, from the line on that was scrolled to. Pure. */
import { parametersText } from "../report/points.ts";
import type { RunList } from "../report/run_list.ts";
import type { RunStatus } from "../report/run_status.ts";
import type { VisibleState } from "../report/selector.ts";
import type { TreeStatus } from "../report/status.ts";
import type { RunLine } from "./run_lines.ts";
import { MARGIN, runLines } from "./run_lines.ts";
import { safeText } from "./safe_text.ts";
import { listSection, nameOf, remark, type StatusCanvas } from "./status_lists.ts";
import { jobLines } from "./status_view.ts";
import type { ListName } from "./watch_state.ts";
import { isRunList } from "./watch_state.ts";
import { cutToWidth } from "./width.ts";

export interface ListView {
  readonly status: TreeStatus;
  readonly list: ListName;
  readonly top: number;
  readonly filter: string;
  readonly listOf: (state: VisibleState, filter: string) => RunList;
}

export interface ShownList {
  readonly lines: readonly string[];
  /** Where it begins, how many lines of it fit, and how many there are. */
  readonly top: number;
  readonly page: number;
  readonly count: number;
}

export interface ListCanvas extends StatusCanvas {
  readonly columns: number;
}

/** Below it a table has no room for what it is about. */
const TABLE_COLUMNS_MIN = 60;
/** A head is worth its line only above so many others. */
const HEAD_ROWS_MIN = 4;

export function renderList(view: ListView, room: number, canvas: ListCanvas): ShownList {
  if (!isRunList(view.list)) return renderJobs(view, room, canvas);
  const { list: state } = view;
  const all = view.listOf(state, view.filter);
  const isTable = state !== "running" && canvas.columns >= TABLE_COLUMNS_MIN;
  const hasHead = isTable && room >= HEAD_ROWS_MIN;
  const page = Math.max(0, room - (hasHead ? 1 : 0));
  const top = Math.max(0, Math.min(view.top, all.count - page));
  const runs = all.slice(top, page);
  const shown = { top, page, count: all.count };
  if (runs.length === 0) return { ...shown, lines: [] };
  if (state === "running") {
    const lines = runs.flatMap((run) => run.state === "running" ? [lineOf(run)] : []);
    return { ...shown, lines: runLines(lines, { ...canvas, rows: room }) };
  }
  if (!isTable) return { ...shown, lines: runs.map((run) => shortLine(run, view, canvas)) };
  const lines = listSection({ ...view.status, runs, unlisted: {} }, state, {
    ...canvas,
    columns: canvas.columns - MARGIN.length,
  });
  return { ...shown, lines: (hasHead ? lines : lines.slice(1)).map((line) => MARGIN + line) };
}

/** The last of the lines is of all jobs together. */
function renderJobs(
  { status, top: wanted, filter }: ListView,
  room: number,
  canvas: ListCanvas,
): ShownList {
  const word = filter.toLowerCase();
  const jobs = status.jobs.filter(({ id }) => id.toLowerCase().includes(word));
  const hasHead = room >= HEAD_ROWS_MIN;
  const page = Math.max(0, room - (hasHead ? 1 : 0));
  const top = Math.max(0, Math.min(wanted, jobs.length - page));
  const lines = jobLines({ ...status, jobs: [] }, jobs.slice(top, top + page), {
    ...canvas,
    columns: canvas.columns - MARGIN.length,
  });
  return {
    lines: (hasHead ? lines : lines.slice(1)).map((line) => MARGIN + line),
    top,
    page,
    count: jobs.length,
  };
}

function lineOf(run: RunStatus & { readonly state: "running" }): RunLine {
  return {
    job: run.job,
    run: run.run,
    step: run.stepsDone,
    stepsTotal: run.stepsTotal,
    stepsPerSecond: run.stepsPerSecond,
    etaMs: run.etaMs,
    memoryBytes: run.memoryBytes,
    fromStep: 0,
    savedAgeMs: run.savedAgeMs,
    again: run.attempt > 1 ? `attempt ${run.attempt}` : "",
    point: run.point === undefined ? "" : safeText(parametersText(run.point)),
  };
}

/** Without columns: its name, and what is to be said of it. */
function shortLine(run: RunStatus, { status }: ListView, canvas: ListCanvas): string {
  const clock = { nowMs: Date.parse(status.at), offsetMinutes: canvas.offsetMinutes };
  const name = cutToWidth(nameOf(run), Math.max(4, canvas.columns >> 1));
  return `${MARGIN}${name}  ${canvas.paint.faint(remark(run, canvas, clock))}`.trimEnd();
}

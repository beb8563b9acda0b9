/** The runs of one state as a list that can be looked into anywhere; only what is looked at is put together. Pure. */
import type { Live } from "../job/live.ts";
import { runName } from "../job/run.ts";
import type { History, JobHistory } from "../queue/history.ts";
import type { PlanIds } from "./plan_ids.ts";
import { plannedRuns } from "./planned_runs.ts";
import { liveStatus, neverBegun, type RunStatus, runStatus, visibleState } from "./run_status.ts";
import { OPEN, type RunFilter, type VisibleState } from "./selector.ts";
import { parametersText } from "./points.ts";

export interface RunList {
  readonly count: number;
  /** The runs from this place on, as far as there are. */
  slice(from: number, count: number): readonly RunStatus[];
}

export interface ListedTree {
  readonly history: History;
  /** Undefined when nobody works on it. */
  readonly live: Live | undefined;
  readonly working: boolean;
  readonly nowMs: number;
  readonly chosen: RunFilter;
  readonly ids: PlanIds;
}

/** Larger sweeps are not searched for the points of their runs. */
const POINTS_MAX = 20_000;

/** A place in the list: a run of the journal by its row, or one of the plan that has not begun by its number. */
interface Places {
  readonly id: string;
  readonly job: JobHistory;
  readonly rows: readonly number[];
  readonly unbegun: number;
}

/** What has ended last stands first; what waits in the order of the jobs' priorities. `filter` is looked for in names and values. */
export function listRuns(tree: ListedTree, state: VisibleState, filter = ""): RunList {
  if (state === "running") return runningList(tree, filter);
  const places: Places[] = [];
  for (const [id, job] of tree.history.jobs) {
    const rows = rowsOf(tree, id, job, state, filter);
    // Names of those that have not begun are made when they are looked at.
    const unbegun = state === "waiting" && filter === "" ? unbegunCount(tree, id, job) : 0;
    if (rows.length + unbegun > 0) places.push({ id, job, rows, unbegun });
  }
  if (state === "waiting") places.sort((a, b) => priorityOf(a) - priorityOf(b));
  else places.reverse();
  return {
    count: places.reduce((sum, { rows, unbegun }) => sum + rows.length + unbegun, 0),
    slice: (from, count) => sliceOf(tree, places, from, count),
  };
}

function priorityOf({ job }: Places): number {
  return job.job?.priority ?? 0;
}

function runningList({ live, chosen, history, nowMs, ids }: ListedTree, filter: string): RunList {
  const runs = (live?.running ?? []).filter((run) => chosen(run.job, run.run, "running"))
    .map((run) => withPoint(liveStatus(run, nowMs), history.jobs.get(run.job), ids))
    .filter((run) => filter === "" || isMeant(run, filter));
  return { count: runs.length, slice: (from, count) => runs.slice(from, from + count) };
}

function rowsOf(
  { live, working, chosen, ids }: ListedTree,
  id: string,
  job: JobHistory,
  state: VisibleState,
  filter: string,
): number[] {
  // What has not ended of a job that came to its end is not needed any more.
  if (job.stopped !== undefined && OPEN.includes(state)) return [];
  const isLive = new Set(live?.running.filter((run) => run.job === id).map(({ run }) => run));
  const planned = plannedRuns(job);
  const steps = job.job?.steps ?? 0;
  const rows: number[] = [];
  for (let row = 0; row < job.size; row++) {
    const past = job.at(row);
    if (visibleState(job, past, steps, working) !== state) continue;
    if (planned?.has(past.run) === false || isLive.has(past.run)) continue;
    if (!chosen(id, past.run, state)) continue;
    if (filter !== "" && !isMeant(withPoint({ ...past, job: id }, job, ids), filter, job)) continue;
    rows.push(row);
  }
  return state === "waiting" ? rows : rows.reverse();
}

function unbegunCount({ live, chosen }: ListedTree, id: string, job: JobHistory): number {
  if (job.stopped !== undefined) return 0;
  // A pattern of runs is not tried on those that have no name yet; a job's is.
  if (!chosen(id, "", "waiting")) return 0;
  const planned = plannedRuns(job);
  let begun = 0;
  if (planned === undefined) begun = job.size;
  else for (let row = 0; row < job.size; row++) if (planned.has(job.at(row).run)) begun++;
  const unheard = live?.running.filter((run) => run.job === id && job.row(run.run) === undefined);
  return Math.max(0, job.count - begun - (unheard?.length ?? 0));
}

function sliceOf(
  tree: ListedTree,
  places: readonly Places[],
  from: number,
  count: number,
): RunStatus[] {
  const runs: RunStatus[] = [];
  let before = 0;
  for (const { id, job, rows, unbegun } of places) {
    const first = Math.max(0, from - before);
    const steps = job.job?.steps ?? 0;
    for (let i = first; i < rows.length && runs.length < count; i++) {
      const status = runStatus(id, job, job.at(rows[i]!), undefined, steps, tree);
      runs.push(withPoint(status, job, tree.ids));
    }
    if (runs.length < count && unbegun > 0) {
      const skipped = Math.max(0, first - rows.length);
      for (const run of namesOfUnbegun(tree, id, job, skipped)) {
        if (runs.length >= count) break;
        runs.push(withPoint(neverBegun(id, run, steps), job, tree.ids));
      }
    }
    before += rows.length + unbegun;
    if (runs.length >= count) break;
  }
  return runs;
}

function* namesOfUnbegun(
  { live, ids }: ListedTree,
  id: string,
  job: JobHistory,
  skipped: number,
): IterableIterator<string> {
  if (job.job === undefined) return;
  const running = new Set(live?.running.filter((run) => run.job === id).map(({ run }) => run));
  let left = skipped;
  for (let index = 0;; index++) {
    const run = ids.at(job.job, index);
    if (run === undefined) return;
    if (job.row(run) !== undefined || running.has(run)) continue;
    if (left-- <= 0) yield run;
  }
}

type Named = Pick<RunStatus, "job" | "run" | "point">;

function withPoint<Run extends Named>(run: Run, job: JobHistory | undefined, ids: PlanIds): Run {
  if (job?.job?.sweep === undefined) return run;
  const point = ids.pointOf(job.job, run.run, POINTS_MAX);
  if (point === undefined) return run;
  return { ...run, point: { ...point, ...job.proposed.get(run.run)?.values } };
}

/** Whether the words are in its name, in what it stands for, or in why it failed. */
function isMeant({ job, run, point = {} }: Named, filter: string, past?: JobHistory): boolean {
  const failure = past?.rare(run).failure;
  const text = `${runName(job, run)} ${parametersText(point)} ${failure?.message ?? ""}`;
  return text.toLowerCase().includes(filter.toLowerCase());
}

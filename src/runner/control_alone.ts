/** Runs cancelled, paused, or let go on in a tree on which nobody works: written for the next simrun, computed by none. */
import { runLines } from "../campaign/journal_lines.ts";
import type { ControlAction } from "../job/control.ts";
import { runId } from "../plan/digest.ts";
import { countPoints, pointAt } from "../plan/sweep.ts";
import type { History, JobHistory } from "../queue/history.ts";
import type { PastState } from "../queue/past_run.ts";
import { filterJobsOfRuns, filterRuns, type VisibleState } from "../report/selector.ts";
import { refuseAmbiguous } from "./ambiguous.ts";
import { TreeSession } from "./tree_session.ts";

export type AloneAction = Extract<
  ControlAction,
  { readonly type: "cancel" | "pause" | "continue" | "retry" }
>;

interface Meant {
  /** As whom a person sees runs of these states while nobody works. */
  readonly states: Partial<Readonly<Record<PastState, VisibleState>>>;
  /** Whether runs that never began are meant as well. */
  readonly unbegun: boolean;
  readonly line: "runs.cancelled" | "runs.held" | "runs.continued" | "runs.retried";
}

const UNFINISHED = { running: "interrupted", queued: "waiting" } as const;

/** Of what failed nothing is to be taken back: the next simrun tries it again in any case. */
const MEANT: { readonly [type in AloneAction["type"]]: Meant } = {
  cancel: { states: { ...UNFINISHED, held: "paused" }, unbegun: true, line: "runs.cancelled" },
  pause: { states: UNFINISHED, unbegun: true, line: "runs.held" },
  continue: { states: { held: "paused" }, unbegun: false, line: "runs.continued" },
  retry: { states: { cancelled: "cancelled" }, unbegun: false, line: "runs.retried" },
};

/** The runs of each job that are meant, and that it can be done to. */
export function runsMeant(
  history: History,
  { type, selectors }: AloneAction,
): [job: string, runs: string[]][] {
  const { states, unbegun } = MEANT[type];
  refuseAmbiguous(selectors, (mayBe) => allRuns(history, mayBe));
  const isMeant = filterRuns(selectors);
  const mayBe = filterJobsOfRuns(selectors);
  const found: [string, string[]][] = [];
  for (const [job, past] of history.jobs) {
    if (!mayBe(job)) continue;
    const runs: string[] = [];
    for (let row = 0; row < past.size; row++) {
      const visible = states[past.stateAt(row)];
      if (visible === undefined) continue;
      const run = past.runAt(row);
      if (isMeant(job, run, visible)) runs.push(run);
    }
    if (unbegun && past.size < past.count) {
      for (const run of plannedRuns(past)) {
        if (past.find(run) === undefined && isMeant(job, run, "waiting")) runs.push(run);
      }
    }
    if (runs.length > 0) found.push([job, runs]);
  }
  return found;
}

/** Answers to how many runs it was done. Throws a Fault when somebody works on the tree by now. */
export async function controlAlone(
  root: string,
  action: AloneAction,
  onWarning?: (message: string) => void,
): Promise<number> {
  const session = await TreeSession.open({ root, ...(onWarning && { onWarning }) });
  const { line: type } = MEANT[action.type];
  try {
    let count = 0;
    // As it is now that the tree is held: somebody may have come and gone.
    for (const [job, runs] of runsMeant(session.history, action)) {
      for (const line of runLines(type, job, runs)) {
        const isTakenBack = type === "runs.continued" || type === "runs.retried";
        await session.append(isTakenBack ? { ...line, earlier: true } : line);
      }
      count += runs.length;
    }
    return count;
  } finally {
    await session.close();
  }
}

function* allRuns(
  history: History,
  mayBe: (job: string) => boolean,
): IterableIterator<{ readonly job: string; readonly run: string }> {
  for (const [job, past] of history.jobs) {
    if (!mayBe(job)) continue;
    for (const { run } of past.rows()) yield { job, run };
    for (const run of plannedRuns(past)) if (past.find(run) === undefined) yield { job, run };
  }
}

function* plannedRuns({ job }: JobHistory): IterableIterator<string> {
  if (job === undefined) return;
  const count = countPoints(job.sweep);
  for (let index = 0; index < count; index++) yield runId(job, pointAt(job.sweep, index));
}

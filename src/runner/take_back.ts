/** Pauses and cancellations taken back in a tree on which nobody works: written for the next simrun, computed by none. */
import { runLines } from "../campaign/journal_lines.ts";
import type { ControlAction } from "../job/control.ts";
import type { History } from "../queue/history.ts";
import type { PastState } from "../queue/past_run.ts";
import { filterRuns, type VisibleState } from "../report/selector.ts";
import { TreeSession } from "./tree_session.ts";

export type TakingBack = Extract<ControlAction, { readonly type: "continue" | "retry" }>;

/** Of what failed nothing is to be taken back: the next simrun tries it again in any case. */
const MEANT: {
  readonly [type in TakingBack["type"]]: {
    readonly state: PastState;
    readonly visible: VisibleState;
    readonly line: "runs.continued" | "runs.retried";
  };
} = {
  continue: { state: "held", visible: "paused", line: "runs.continued" },
  retry: { state: "cancelled", visible: "cancelled", line: "runs.retried" },
};

/** The runs of each job that are paused, or cancelled, and meant. */
export function runsToTakeBack(
  history: History,
  { type, selectors }: TakingBack,
): [job: string, runs: string[]][] {
  const { state, visible } = MEANT[type];
  const isMeant = filterRuns(selectors);
  const found: [string, string[]][] = [];
  for (const [job, past] of history.jobs) {
    if (past.counts[state] === 0) continue;
    const runs: string[] = [];
    for (const row of past.rows()) {
      if (row.state === state && isMeant(job, row.run, visible)) runs.push(row.run);
    }
    if (runs.length > 0) found.push([job, runs]);
  }
  return found;
}

/** Answers to how many runs it was done. Throws a Fault when somebody works on the tree by now. */
export async function takeBack(
  root: string,
  action: TakingBack,
  onWarning?: (message: string) => void,
): Promise<number> {
  const session = await TreeSession.open({ root, ...(onWarning && { onWarning }) });
  try {
    let count = 0;
    // As it is now that the tree is held: somebody may have come and gone.
    for (const [job, runs] of runsToTakeBack(session.history, action)) {
      for (const line of runLines(MEANT[action.type].line, job, runs)) {
        await session.append({ ...line, earlier: true });
      }
      count += runs.length;
    }
    return count;
  } finally {
    await session.close();
  }
}

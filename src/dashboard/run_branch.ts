/** Of a run that begins from the state of another one: from which, and what is another parameter in it. Pure. */
import { Foundation } from "../plan/foundation.ts";
import { PastJob } from "../plan/past_job.ts";
import { sweptParameters } from "../plan/point_numbers.ts";
import type { History } from "../queue/history.ts";
import { briefText, exactText } from "../report/result_table.ts";
import type { IndexedRun, RunIndex } from "./run_index.ts";

export interface Branch {
  readonly job: string;
  readonly run: string;
  /** Undefined before it has begun. */
  readonly step: number | undefined;
  /** What differs, in its order; `from` is absent where the other run has the default of its model, `to` where this one has. */
  readonly differs: readonly {
    readonly name: string;
    readonly from?: string;
    readonly to?: string;
  }[];
}

/** Undefined of a run that begins at step 0, or of whose parent nobody knows the parameters any more. */
export function branchOf(
  history: History,
  index: RunIndex,
  indexed: IndexedRun,
): Branch | undefined {
  const parent = parentOf(history, indexed);
  const found = parent && index.find(history, parent.job, parent.run);
  if (parent === undefined || found === undefined || found.index < 0) return undefined;
  const [before, now] = [found, indexed].map((run) => parametersOf(history, index, run));
  if (before === undefined || now === undefined) return undefined;
  const names = new Set([...Object.keys(now), ...Object.keys(before)]);
  const differs = [...names].flatMap((name) => {
    const [hadIt, hasIt] = [Object.hasOwn(before, name), Object.hasOwn(now, name)];
    if (hadIt && hasIt && exactText(before[name]) === exactText(now[name])) return [];
    return [{
      name,
      ...(hadIt && { from: briefText(before[name]) }),
      ...(hasIt && { to: briefText(now[name]) }),
    }];
  });
  return { ...parent, differs };
}

/** The one it has begun from; before that the one it is to begin from. */
function parentOf(
  history: History,
  { job: id, run, index }: IndexedRun,
): Omit<Branch, "differs"> | undefined {
  const past = history.jobs.get(id);
  const parent = past?.parents.get(run);
  if (parent !== undefined) return { job: parent.job, run: parent.run, step: parent.step };
  if (past?.job?.from === undefined || index < 0) return undefined;
  const foundation = new Foundation(past.job, (other) => PastJob.of(history.jobs.get(other)));
  const planned = foundation.begunFrom(index);
  if (planned === undefined) return undefined;
  const { needed } = planned;
  return { job: needed.job.id, run: needed.runAt(planned.index).run, step: undefined };
}

function parametersOf(
  history: History,
  index: RunIndex,
  run: IndexedRun,
): Readonly<Record<string, unknown>> | undefined {
  const job = history.jobs.get(run.job)?.job;
  if (job === undefined || run.index < 0) return undefined;
  return { ...job.parameters, ...sweptParameters(job.sweep, index.point(history, run)) };
}

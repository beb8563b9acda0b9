/** What a run rests on, by what the tree tells of the runs it needs. Pure; ids are to be made safe. */
import type { Job } from "../job/job.ts";
import { ownDigest, restingDigest } from "../job/run_digest.ts";
import { Foundation, type NeededRuns, restsOnOthers } from "../plan/foundation.ts";
import { indicesBelow } from "../plan/needed_job.ts";
import { PastJob } from "../plan/past_job.ts";
import type { History } from "../queue/history.ts";
import { formatCount, formatNumberOf } from "./format.ts";

export interface Resting {
  /** Id of the job that is needed. */
  readonly job: string;
  readonly runs: number;
  readonly completed: number;
  /** Their ids, where they are few. */
  readonly names: readonly string[] | undefined;
}

export interface RestsOn {
  readonly needs: readonly Resting[];
  /** The run was begun on others, or on others' results: it is computed again. */
  readonly isChanged: boolean;
}

const NAMES_MAX = 4;

/** `digest` is that of the run's last start, empty before it. Undefined for a run that rests on nothing. */
export function restsOn(
  job: Job,
  index: number,
  digest: string,
  history: History,
): RestsOn | undefined {
  if (!restsOnOthers(job)) return undefined;
  const foundation = new Foundation(job, (id) => PastJob.of(history.jobs.get(id)));
  // What it begins from is told apart.
  if (foundation.at(index).length === 0) return undefined;
  const now = restingDigest(ownDigest(digest), foundation.digestAt(index));
  return {
    needs: foundation.at(index).map(restingOf),
    isChanged: digest !== "" && digest !== now,
  };
}

function restingOf({ needed, indices }: NeededRuns): Resting {
  const runs = indices?.length ?? needed.count;
  const names: string[] = [];
  let completed = 0;
  for (const index of indices ?? indicesBelow(needed.count)) {
    const { run, state } = needed.runAt(index);
    if (state === "completed") completed++;
    if (names.length < NAMES_MAX) names.push(run);
  }
  return {
    job: needed.job.id,
    runs,
    completed,
    names: runs <= NAMES_MAX && needed.job.sweep !== undefined ? names : undefined,
  };
}

/** `spinup: 3 runs; mesh/3fa9c1, changed since`. */
export function restsOnText({ needs, isChanged }: RestsOn): string {
  const parts = needs.map(({ job, runs, completed, names }) => {
    const what = names === undefined
      ? runs === 1 ? job : `${job}: ${formatNumberOf(runs, "run")}`
      : names.map((name) => `${job}/${name}`).join(", ");
    return completed === runs ? what : `${what} (${formatCount(completed)} completed)`;
  });
  return parts.join("; ") + (isChanged ? "; not as when it was begun" : "");
}

/** Which runs of a needed job go with a run: `match: point`, and those that it may begin from. Pure. */
import type { Job } from "../job/job.ts";
import { canonical, runId } from "./digest.ts";
import { parametersAt } from "./needed_job.ts";
import { countPoints, pointAt, sweepNames } from "./sweep.ts";

type Mates = ReadonlyMap<string, readonly number[]>;

/** By needed job and the names that both have: the runs by their values of these. */
const known = new WeakMap<Job, Map<string, Mates>>();

/**
 * The indices of all runs of `needed` whose parameters agree with those of the run where both have them: the needed
 * job may sweep what the other does not know.
 */
export function matesOf(job: Job, index: number, needed: Job): readonly number[] {
  const own = parametersAt(job, index);
  const theirs = parametersAt(needed, 0);
  const shared = Object.keys(own).filter((name) => Object.hasOwn(theirs, name)).sort();
  return byValues(needed, shared).get(keyOf(own, shared)) ?? NONE;
}

/**
 * The indices of the runs that a run of `job` would begin from by its manifest; only one is right. Unlike mates they
 * may differ in what both of them fix: to begin from another's state with other parameters is what it is for.
 */
export function originsOf(job: Job, index: number, parent: Job): readonly number[] {
  const { run, match, where } = job.from!;
  if (run !== undefined) return runsNamed(parent, run);
  const own = { ...(match !== undefined && parametersAt(job, index)), ...where };
  const swept = parent.sweep === undefined ? [] : sweepNames(parent.sweep);
  const shared = swept.filter((name) => Object.hasOwn(own, name)).sort();
  return byValues(parent, shared).get(keyOf(own, shared)) ?? NONE;
}

const named = new WeakMap<Job, readonly string[]>();

/** The run of that id, or all whose ids begin so. */
function runsNamed(job: Job, run: string): readonly number[] {
  let ids = named.get(job);
  if (ids === undefined) {
    const count = countPoints(job.sweep);
    ids = Array.from({ length: count }, (_, index) => runId(job, pointAt(job.sweep, index)));
    named.set(job, ids);
  }
  const exact = ids.indexOf(run);
  if (exact >= 0) return [exact];
  return ids.flatMap((id, index) => id.startsWith(run) ? [index] : []);
}

const NONE: readonly number[] = [];

function byValues(needed: Job, shared: readonly string[]): Mates {
  let all = known.get(needed);
  if (all === undefined) known.set(needed, all = new Map());
  const names = shared.join(" ");
  const before = all.get(names);
  if (before !== undefined) return before;
  const found = new Map<string, number[]>();
  for (let index = 0; index < countPoints(needed.sweep); index++) {
    const key = keyOf(parametersAt(needed, index), shared);
    const mates = found.get(key);
    if (mates === undefined) found.set(key, [index]);
    else mates.push(index);
  }
  all.set(names, found);
  return found;
}

function keyOf(values: Job["parameters"], shared: readonly string[]): string {
  // A point may leave a parameter out: that is none of its values.
  return shared.map((name) => Object.hasOwn(values, name) ? canonical(values[name]) : "").join(" ");
}

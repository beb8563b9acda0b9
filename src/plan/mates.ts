/** Which runs of a needed job go with a run: `match: point`. Pure. */
import type { Job } from "../job/job.ts";
import { canonical } from "./digest.ts";
import { parametersAt } from "./needed_job.ts";
import { countPoints } from "./sweep.ts";

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
  return canonical(shared.map((name) => values[name]!));
}

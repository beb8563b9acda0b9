/** Whether a job asks for the same of a point as it did when it was planned before. Pure. */
import type { Job } from "../job/job.ts";
import { type Search, searchOf } from "../job/sweep.ts";
import { canonical, SpecDigester } from "./digest.ts";
import type { Point } from "./sweep.ts";

/** What the input files held then is not known: their paths stand for them. */
export function isSameSpec(before: Job | undefined, job: Job | undefined, point: Point): boolean {
  if (job === undefined || before === undefined || before === job) return true;
  return specOf(before, point) === specOf(job, point);
}

const digesters = new WeakMap<Job, SpecDigester>();

function specOf(job: Job, point: Point): string {
  let digester = digesters.get(job);
  if (digester === undefined) digesters.set(job, digester = new SpecDigester(job, job.inputs));
  const search = searchOf(job.sweep);
  return digester.digest(point) + (search === undefined ? "" : searchedSpace(search));
}

/** What stays when a search goes by another number: much of what it found done it need not compute again. */
function searchedSpace({ method, seed, over }: Search): string {
  return canonical({ method, seed, over });
}

/** What the points of a search follow from, beside results: its number of runs is no part of it. */
export function searchDefinition({ count: _count, at: _at, ...definition }: Search): string {
  return canonical(definition);
}

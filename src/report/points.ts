/** Which values of its sweep a run stands for, and how people read them. Pure. */
import type { Job } from "../job/job.ts";
import { runId } from "../plan/digest.ts";
import { countPoints, type Point, pointAt } from "../plan/sweep.ts";
import { formatLong } from "./format.ts";
import type { RunStatus } from "./run_status.ts";

/** The point of each of these runs that is found: a run's name does not tell it, so points are tried one by one. */
export function findPoints(
  job: Job | undefined,
  runs: ReadonlySet<string>,
  searchMax: number,
): ReadonlyMap<string, Point> {
  const found = new Map<string, Point>();
  const count = countPoints(job?.sweep);
  if (job?.sweep === undefined || count > searchMax) return found;
  for (let index = 0; index < count && found.size < runs.size; index++) {
    const point = pointAt(job.sweep, index);
    const run = runId(job, point);
    if (runs.has(run)) found.set(run, point);
  }
  return found;
}

/** The same runs, those of sweeps with their points as far as these are found; `proposed` tells those of searches. */
export function withPoints(
  runs: readonly RunStatus[],
  jobOf: (id: string) => Job | undefined,
  searchMax: number,
  proposed: (job: string, run: string) => Point | undefined = () => undefined,
): readonly RunStatus[] {
  const points = new Map(
    [...Map.groupBy(runs, ({ job }) => job)].map(([id, ofJob]) => [
      id,
      findPoints(jobOf(id), new Set(ofJob.map(({ run }) => run)), searchMax),
    ]),
  );
  return runs.map((run) => {
    const point = points.get(run.job)?.get(run.run);
    if (point === undefined) return run;
    return { ...run, point: { ...point, ...proposed(run.job, run.run) } };
  });
}

/** Nobody reads a value that is longer; `--json` has all of it. */
const VALUE_CHARACTERS_MAX = 200;

/** `co2: 450, mode: warm`. */
export function parametersText(parameters: { readonly [name: string]: unknown }): string {
  return Object.entries(parameters)
    .map(([name, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return `${name}: ${formatLong(text, VALUE_CHARACTERS_MAX)}`;
    })
    .join(", ");
}

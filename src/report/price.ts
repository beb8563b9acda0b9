/** What a campaign will cost before it is submitted: core-hours, by what its runs took before. Pure. */
import type { Job } from "../job/job.ts";
import type { History } from "../queue/history.ts";
import { formatDuration } from "./format.ts";

/** Milliseconds of a step, by job; of jobs that nobody has computed yet there is none. */
export type StepTimes = { readonly [job: string]: number };

/** A job's own runs say it best; else those of jobs with the same model. */
export function stepTimesOf(jobs: readonly Job[], { jobs: past }: History): StepTimes {
  const byModel = new Map<string, number>();
  for (const { job, stepMs } of past.values()) {
    if (job !== undefined && stepMs !== undefined) byModel.set(modelKey(job), stepMs);
  }
  const times: Record<string, number> = {};
  for (const job of jobs) {
    const ms = past.get(job.id)?.stepMs ?? byModel.get(modelKey(job));
    if (ms !== undefined) times[job.id] = ms;
  }
  return times;
}

/** Where some are known and some not, those that are not are taken for as dear as the others in the middle. */
export function completed(times: StepTimes, jobs: readonly Job[]): StepTimes {
  const known = Object.values(times).sort((a, b) => a - b);
  if (known.length === 0) return times;
  const middle = known[Math.floor(known.length / 2)]!;
  return Object.fromEntries(jobs.map(({ id }) => [id, times[id] ?? middle]));
}

export interface PriceRequest {
  /** Runs that are left of each. */
  readonly jobs: readonly { readonly job: Job; readonly left: number }[];
  readonly times: StepTimes;
  /** Pilots, the cores of each where that is known, and how long each may take. */
  readonly pilots: number;
  readonly cores: number | undefined;
  readonly timeMs: number | undefined;
}

/** One line: what is expected, and what it is at most in the time that is asked for. */
export function priceText({ jobs, times, pilots, cores, timeMs }: PriceRequest): string {
  const isKnown = jobs.every(({ job, left }) => left === 0 || times[job.id] !== undefined);
  const expectedMs = jobs.reduce(
    (sum, { job, left }) => sum + left * job.steps * (times[job.id] ?? 0) * (job.cores ?? 1),
    0,
  );
  const expected = isKnown
    ? `${hoursText(expectedMs)}, by what such runs took before`
    : "nobody knows how long its runs take, none was computed yet";
  if (cores === undefined || timeMs === undefined) return `Price: ${expected}.`;
  const once = `at most ${hoursText(pilots * cores * timeMs, "")} in the time that is asked for`;
  const spread = isKnown && expectedMs > 0
    ? `; ${formatDuration(expectedMs / (pilots * cores))} on all of them at once`
    : "";
  return `Price: ${expected}${spread}; ${once}.`;
}

/** `about 37 core-hours`, `less than 0.01 core-hours`. */
function hoursText(ms: number, about = "about "): string {
  const hours = ms / 3_600_000;
  const digits = hours >= 10 ? 0 : hours >= 1 ? 1 : 2;
  return hours > 0 && hours < 0.01
    ? "less than 0.01 core-hours"
    : `${about}${hours.toFixed(digits)} core-hours`;
}

function modelKey({ model }: Job): string {
  return JSON.stringify(model);
}

/** The ids of a job's planned runs by their numbers, made as far as somebody asks and kept. Pure. */
import type { Job } from "../job/job.ts";
import { runId } from "../plan/digest.ts";
import { countPoints, type Point, pointAt } from "../plan/sweep.ts";

/** Nobody looks at more of them one by one. */
const IDS_MAX = 200_000;

class JobIds {
  readonly ids: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #job: Job;
  readonly #count: number;

  constructor(job: Job) {
    this.#job = job;
    this.#count = Math.min(IDS_MAX, countPoints(job.sweep));
  }

  at(index: number): string | undefined {
    while (this.ids.length <= index && this.ids.length < this.#count) {
      const id = runId(this.#job, pointAt(this.#job.sweep, this.ids.length));
      this.#numbers.set(id, this.ids.length);
      this.ids.push(id);
    }
    return this.ids[index];
  }

  /** Looks at the first `searchMax`. */
  numberOf(run: string, searchMax: number): number | undefined {
    const known = this.#numbers.get(run);
    if (known !== undefined || this.#count > searchMax) return known;
    this.at(this.#count - 1);
    return this.#numbers.get(run);
  }
}

/** Of all jobs, each as it was planned last. */
export class PlanIds {
  readonly #jobs = new Map<string, { readonly job: Job; readonly ids: JobIds }>();

  /** Undefined behind the last, and where nobody looks. */
  at(job: Job, index: number): string | undefined {
    return this.#of(job).at(index);
  }

  /** What a run stands for in its sweep; undefined in sweeps of more than `searchMax` points that were not looked at. */
  pointOf(job: Job, run: string, searchMax: number): Point | undefined {
    if (job.sweep === undefined) return undefined;
    const index = this.#of(job).numberOf(run, searchMax);
    return index === undefined ? undefined : pointAt(job.sweep, index);
  }

  #of(job: Job): JobIds {
    const known = this.#jobs.get(job.id);
    if (known?.job === job) return known.ids;
    const ids = new JobIds(job);
    this.#jobs.set(job.id, { job, ids });
    return ids;
  }
}

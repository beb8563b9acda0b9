/**
 * What the runs of a job rest on: the runs they need, in an order that does not depend on how the manifest spells the
 * needs. It is part of what such a run is, so that whoever rests on other results is another run. Pure.
 */
import type { Job } from "../job/job.ts";
import { shortDigest } from "./digest.ts";
import { matesOf } from "./mates.ts";
import { digestOfRuns, type NeededJob } from "./needed_job.ts";

/** The runs of one job that a run needs. */
export interface NeededRuns {
  readonly needed: NeededJob;
  /** In the order of the needed job; all of its runs when absent. */
  readonly indices?: readonly number[];
}

interface Part {
  readonly needed: NeededJob;
  readonly isByPoint: boolean;
}

export class Foundation {
  readonly #job: Job;
  readonly #parts: readonly Part[];
  readonly #isByPoint: boolean;
  /** By run; all rest on the same where nothing goes by point. A chain of jobs is not followed down again each time. */
  readonly #digests: string[] = [];

  /** `find` knows the jobs that are needed; one that nobody knows has no runs. */
  constructor(job: Job, find: (id: string) => NeededJob | undefined) {
    this.#job = job;
    const parts: Part[] = [];
    for (const need of job.needs ?? []) {
      const needed = find(need.job);
      if (needed !== undefined) parts.push({ needed, isByPoint: need.runs === "same-point" });
    }
    this.#parts = parts.sort((a, b) => a.needed.job.id < b.needed.job.id ? -1 : 1);
    this.#isByPoint = parts.some(({ isByPoint }) => isByPoint);
  }

  /** A job that is needed, by its id. */
  find(id: string): NeededJob | undefined {
    return this.#parts.find(({ needed }) => needed.job.id === id)?.needed;
  }

  /** By the ids of the needed jobs. */
  at(index: number): NeededRuns[] {
    return this.#parts.map(({ needed, isByPoint }) =>
      isByPoint ? { needed, indices: matesOf(this.#job, index, needed.job) } : { needed }
    );
  }

  digestAt(index: number): string {
    return this.#digests[this.#isByPoint ? index : 0] ??= this.#digest(index);
  }

  #digest(index: number): string {
    const lines = this.at(index).map(({ needed, indices }) => {
      const runs = indices === undefined ? needed.digestOfAll() : digestOfRuns(needed, indices);
      return `${needed.job.id} ${runs}\n`;
    });
    return shortDigest(lines.join(""));
  }
}

/**
 * Whether the results of what it needs are part of what a run of the job computes. WebAssembly is handed none, so its
 * needs are an order and nothing else.
 */
export function restsOnNeeds(job: Job): boolean {
  return job.needs !== undefined && job.needs.length > 0 && job.model.kind !== "wasm";
}

/**
 * What the runs of a job rest on: the runs they need, in an order that does not depend on how the manifest spells the
 * needs. It is part of what such a run is, so that whoever rests on other results is another run. Pure.
 */
import type { Job } from "../job/job.ts";
import { shortDigest } from "./digest.ts";
import { matesOf, originsOf } from "./mates.ts";
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

/** The run whose state another one begins from. */
export interface BegunFrom {
  readonly needed: NeededJob;
  readonly index: number;
}

export class Foundation {
  readonly #job: Job;
  readonly #parts: readonly Part[];
  readonly #isByPoint: boolean;
  readonly #parent: NeededJob | undefined;
  /** By run; all rest on the same where nothing goes by point. A chain of jobs is not followed down again each time. */
  readonly #digests: string[] = [];

  /** `find` knows the jobs that are needed; one that nobody knows has no runs. */
  constructor(job: Job, find: (id: string) => NeededJob | undefined) {
    this.#job = job;
    const parts: Part[] = [];
    for (const need of restsOnNeeds(job) ? job.needs! : []) {
      const needed = find(need.job);
      if (needed !== undefined) parts.push({ needed, isByPoint: need.runs === "same-point" });
    }
    this.#parts = parts.sort((a, b) => a.needed.job.id < b.needed.job.id ? -1 : 1);
    this.#parent = job.from && find(job.from.job);
    this.#isByPoint = job.from !== undefined || parts.some(({ isByPoint }) => isByPoint);
  }

  /** A job that is needed, by its id. */
  find(id: string): NeededJob | undefined {
    return id === this.#parent?.job.id
      ? this.#parent
      : this.#parts.find(({ needed }) => needed.job.id === id)?.needed;
  }

  /** What the run begins from; undefined at step 0, and where that is no single run. */
  begunFrom(index: number): BegunFrom | undefined {
    const needed = this.#parent;
    if (needed === undefined) return undefined;
    const [origin, ...others] = originsOf(this.#job, index, needed.job);
    return origin === undefined || others.length > 0 ? undefined : { needed, index: origin };
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
    if (this.#job.from !== undefined) lines.push(this.#originLine(index));
    return shortDigest(lines.join(""));
  }

  /** What makes the state that it begins from, whatever the run that has it is called. */
  #originLine(index: number): string {
    const from = this.begunFrom(index);
    if (from === undefined) return "from none\n";
    const { state, digest, model, steps } = from.needed.runAt(from.index);
    const { step } = this.#job.from!;
    return `from ${state} ${digest} ${model} ${step === "last" ? steps : step}\n`;
  }
}

/**
 * Whether the results of what it needs are part of what a run of the job computes. WebAssembly is handed none, so its
 * needs are an order and nothing else.
 */
function restsOnNeeds(job: Job): boolean {
  return job.needs !== undefined && job.needs.length > 0 && job.model.kind !== "wasm";
}

/** Whether others are part of what a run of the job computes: by their results, or by a state. */
export function restsOnOthers(job: Job): boolean {
  return job.from !== undefined || restsOnNeeds(job);
}

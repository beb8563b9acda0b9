/** The results of completed runs: a second fold of the journal that keeps the last record of each. Pure. */
import type { CompletedRun, JournalEntry } from "../job/event.ts";
import type { Parameters } from "../job/job.ts";
import { decodePlain } from "../job/plain.ts";
import { filterJobs, filterRuns } from "./selector.ts";

export interface ResultRow {
  readonly job: string;
  readonly run: string;
  /** The job's parameters with the sweep's point over them. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Names of those that the sweep varies. */
  readonly swept: readonly string[];
  readonly steps: number;
  readonly ending: string | undefined;
  readonly ms: number;
  /** The run whose result was taken, when it was not computed anew. */
  readonly reusedFrom: string | undefined;
  /** Decoded: NaN and infinities are numbers. */
  readonly result: unknown;
}

interface Kept {
  readonly record: CompletedRun;
  readonly model: string;
  readonly reusedFrom: string | undefined;
}

/** Feed it every entry of the journal in order, then ask for the rows. */
export class ResultFold {
  readonly #chosenJob: (job: string) => boolean;
  readonly #chosenRun: (job: string, run: string) => boolean;
  readonly #jobs = new Map<string, { parameters: Parameters; runs: Map<string, Kept> }>();

  constructor(selectors: readonly string[]) {
    this.#chosenJob = filterJobs(selectors);
    const chosen = filterRuns(selectors);
    this.#chosenRun = (job, run) => chosen(job, run, "completed");
  }

  apply(entry: JournalEntry): void {
    switch (entry.type) {
      case "job.planned":
        this.#job(entry.job.id).parameters = decodePlain(
          entry.job.parameters,
        ) as Parameters;
        return;
      case "runs.started":
        this.#forgetOthers(entry);
        return;
      case "runs.completed":
        for (const record of entry.runs) this.#keep(entry.job, entry.model, record);
        return;
      case "run.reused": {
        const { job, run } = entry.from;
        this.#keep(entry.job, entry.model, entry.run, job === run ? job : `${job}/${run}`);
        return;
      }
    }
  }

  *rows(): IterableIterator<ResultRow> {
    for (const [job, { parameters, runs }] of this.#jobs) {
      for (const { record, reusedFrom } of runs.values()) {
        yield {
          job,
          run: record.run,
          parameters: { ...parameters, ...decodeFields(record.point) },
          swept: Object.keys(record.point ?? {}),
          steps: record.steps,
          ending: record.ending,
          ms: record.ms,
          reusedFrom,
          result: decodePlain(record.result),
        };
      }
    }
  }

  #job(id: string) {
    let job = this.#jobs.get(id);
    if (job === undefined) this.#jobs.set(id, job = { parameters: {}, runs: new Map() });
    return job;
  }

  #keep(job: string, model: string, record: CompletedRun, reusedFrom?: string): void {
    if (!this.#chosenJob(job) || !this.#chosenRun(job, record.run)) return;
    this.#job(job).runs.set(record.run, { record, model, reusedFrom });
  }

  /** A run begun with other parameters or another model has no result until that one ends. */
  #forgetOthers(entry: JournalEntry & { readonly type: "runs.started" }): void {
    const runs = this.#jobs.get(entry.job)?.runs;
    if (runs === undefined || runs.size === 0) return;
    for (let i = 0; i + 1 < entry.runs.length; i += 2) {
      const kept = runs.get(entry.runs[i]!);
      if (kept === undefined) continue;
      if (kept.record.digest !== entry.runs[i + 1] || kept.model !== entry.model) {
        runs.delete(entry.runs[i]!);
      }
    }
  }
}

function decodeFields(point: CompletedRun["point"]): Readonly<Record<string, unknown>> {
  return point === undefined ? {} : decodePlain(point) as Record<string, unknown>;
}

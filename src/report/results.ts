/**
 * The results of completed runs: a second fold of the journal that keeps the last record of each, and gives
 * them in the order of the manifest. Pure.
 */
import type { CompletedRun, FileSum, JournalEntry } from "../job/event.ts";
import { Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import { decodePlain } from "../job/plain.ts";
import { type Parent, runName } from "../job/run.ts";
import { runId } from "../plan/digest.ts";
import { isSameSpec } from "../plan/same_spec.ts";
import { countPoints, type Point, pointAt } from "../plan/sweep.ts";
import { formatCount } from "./format.ts";
import { filterRuns } from "./selector.ts";

export interface ResultRow {
  readonly job: string;
  readonly run: string;
  /** The job's parameters with the sweep's point over them, as they were when it was computed. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Names of those that the sweep varies. */
  readonly swept: readonly string[];
  readonly steps: number;
  readonly ending: string | undefined;
  readonly ms: number;
  /** How often it was begun anew until it was done, the last time included. */
  readonly attempts: number;
  /** The run whose result was taken, when it was not computed anew. */
  readonly reusedFrom: string | undefined;
  /** What it has begun from, when not at step 0. */
  readonly parent: Parent | undefined;
  /** Digest of the model that computed it. */
  readonly model: string;
  /** Another version of the model than the job's last plan names. */
  readonly isOlderModel: boolean;
  /** Not of the job's last plan. */
  readonly isEarlier: boolean;
  /** Decoded: NaN and infinities are numbers. */
  readonly result: unknown;
  /** The run's file in which the result is, when it was too long for the journal; `result` is undefined then. */
  readonly resultFile: ResultFile | undefined;
  /** The shard in whose tree its files are, where the tree is cut. */
  readonly shard?: string | undefined;
}

export interface ResultFile {
  readonly name: string;
  /** What it must be, to the byte; absent in older trees. */
  readonly sum: FileSum | undefined;
}

export interface ResultReading {
  /** Job by job, each in the order of its manifest; what is of earlier plans comes after all others. */
  readonly rows: readonly ResultRow[];
  /** Runs of the last plans that were chosen, completed or not. */
  readonly planned: number;
  /** Rows of earlier plans, also when they were not asked for. */
  readonly earlier: number;
}

/** What of a completed run is kept: neither its series nor its log. */
interface Kept
  extends Pick<CompletedRun, "digest" | "point" | "steps" | "ending" | "ms" | "attempt" | "from"> {
  readonly run: string;
  readonly result: unknown;
  readonly files: CompletedRun["files"];
  readonly model: string;
  readonly reusedFrom: string | undefined;
  readonly shard: string | undefined;
  /** The job as it was planned then. */
  readonly job: Job | undefined;
}

interface JobResults {
  job: Job | undefined;
  model: string | undefined;
  /** The job has come to its end without those of its runs that are missing. */
  isStopped: boolean;
  readonly runs: Map<string, Kept>;
  /** Whose run has been begun anew since with other parameters. */
  readonly superseded: Kept[];
}

/** A row takes about a kilobyte, and four gigabytes are all that the runtime's heap ever has. */
export const RESULT_ROWS_MAX = 2_500_000;

/** Feed it every entry of the journal in order, then read it. */
export class ResultFold {
  readonly #chosen: (job: string, run: string) => boolean;
  readonly #jobs = new Map<string, JobResults>();
  readonly #rowsMax: number;
  #kept = 0;

  constructor(selectors: readonly string[], rowsMax = RESULT_ROWS_MAX) {
    this.#rowsMax = rowsMax;
    const chosen = filterRuns(selectors);
    this.#chosen = (job, run) => chosen(job, run, "completed");
  }

  /** Where the tree is cut, the place of an entry tells in whose journal it stands. */
  apply(entry: JournalEntry, { shard }: { readonly shard?: string } = {}): void {
    switch (entry.type) {
      case "job.planned": {
        const kept = this.#job(entry.job.id);
        kept.job = decodePlain(entry.job) as Job;
        kept.model = entry.model.digest;
        kept.isStopped = false;
        return;
      }
      case "job.stopped":
        this.#job(entry.job).isStopped = true;
        return;
      case "runs.started":
        this.#job(entry.job).isStopped = false;
        this.#forgetOthers(entry);
        return;
      case "runs.completed":
        for (const record of entry.runs) this.#keep(entry, record, shard);
        return;
      case "run.reused":
        this.#keep(entry, entry.run, shard, runName(entry.from.job, entry.from.run));
        return;
    }
  }

  read(options: { readonly earlier: boolean }): ResultReading {
    const rows: ResultRow[] = [];
    const earlier: ResultRow[] = [];
    let planned = 0;
    for (const [id, kept] of this.#jobs) {
      const left = new Map(kept.runs);
      for (const run of this.#plannedRuns(kept)) {
        const found = left.get(run);
        // A point that stands in the sweep twice is one run.
        if (found === undefined && kept.runs.has(run)) continue;
        if (found !== undefined || !kept.isStopped) planned++;
        if (found === undefined || !isOfPlan(found, kept.job)) continue;
        left.delete(run);
        rows.push(rowOf(id, found, kept, false));
      }
      // Without a plan that could be read there is nothing they could be earlier than.
      const rest = kept.job === undefined ? rows : earlier;
      for (const found of left.values()) rest.push(rowOf(id, found, kept, kept.job !== undefined));
      for (const found of kept.superseded) earlier.push(rowOf(id, found, kept, true));
      if (kept.job === undefined) planned += left.size;
    }
    return {
      rows: options.earlier ? [...rows, ...earlier] : rows,
      planned,
      earlier: earlier.length,
    };
  }

  /** The completed runs of the last plans. */
  rows(): readonly ResultRow[] {
    return this.read({ earlier: false }).rows;
  }

  /** The runs of the last plan that were chosen, in the order of the manifest. */
  *#plannedRuns({ job }: JobResults): IterableIterator<string> {
    if (job === undefined) return;
    const count = countPoints(job.sweep);
    for (let index = 0; index < count; index++) {
      const run = runId(job, pointAt(job.sweep, index));
      if (this.#chosen(job.id, run)) yield run;
    }
  }

  #job(id: string): JobResults {
    let kept = this.#jobs.get(id);
    if (kept === undefined) {
      kept = {
        job: undefined,
        model: undefined,
        isStopped: false,
        runs: new Map(),
        superseded: [],
      };
      this.#jobs.set(id, kept);
    }
    return kept;
  }

  #keep(
    { job: id, model }: { readonly job: string; readonly model: string },
    record: CompletedRun,
    shard: string | undefined,
    reusedFrom?: string,
  ): void {
    if (!this.#chosen(id, record.run)) return;
    if (++this.#kept > this.#rowsMax) throw tooMany(this.#rowsMax);
    const { run, digest, point, steps, ending, ms, attempt, result, files, from } = record;
    const { job, runs, superseded } = this.#job(id);
    const before = runs.get(run);
    if (before !== undefined && before.digest !== digest) supersede(before, superseded);
    runs.set(run, {
      run,
      digest,
      steps,
      ms,
      attempt,
      result,
      files: fileOf(result) === undefined ? undefined : files,
      model,
      reusedFrom,
      shard,
      job,
      ...(point === undefined ? {} : { point }),
      ...(ending === undefined ? {} : { ending }),
      ...(from === undefined ? {} : { from }),
    });
  }

  /** A run begun with other parameters or another model has no result until that one ends. */
  #forgetOthers(entry: JournalEntry & { readonly type: "runs.started" }): void {
    const { runs, superseded } = this.#job(entry.job);
    if (runs.size === 0) return;
    for (let i = 0; i + 1 < entry.runs.length; i += 2) {
      const kept = runs.get(entry.runs[i]!);
      if (kept === undefined) continue;
      if (kept.digest !== entry.runs[i + 1] || kept.model !== entry.model) {
        runs.delete(entry.runs[i]!);
        if (kept.digest !== entry.runs[i + 1]) supersede(kept, superseded);
      }
    }
  }
}

/** What the journal itself holds stays; files make way for those of the run that takes its place. */
function supersede(kept: Kept, superseded: Kept[]): void {
  if (fileOf(kept.result) === undefined) superseded.push(kept);
}

/** Whether the plan still asks for what was computed: the same run may have other fixed parameters now. */
function isOfPlan(kept: Kept, job: Job | undefined): boolean {
  return isSameSpec(kept.job, job, decodeFields(kept.point) as Point);
}

function rowOf(id: string, kept: Kept, { job, model }: JobResults, isEarlier: boolean): ResultRow {
  const { run, point, steps, ending, ms, attempt, reusedFrom } = kept;
  const file = fileOf(kept.result);
  const parameters = (kept.job ?? job)?.parameters ?? {};
  return {
    job: id,
    run,
    parameters: { ...parameters, ...decodeFields(point) },
    swept: Object.keys(point ?? {}),
    steps,
    ending,
    ms,
    attempts: attempt,
    reusedFrom,
    parent: kept.from,
    model: kept.model,
    isOlderModel: model !== undefined && kept.model !== model,
    isEarlier,
    result: file === undefined ? decodePlain(kept.result) : undefined,
    resultFile: file === undefined ? undefined : { name: file, sum: kept.files?.[file] },
    ...(kept.shard !== undefined && { shard: kept.shard }),
  };
}

/** `{"$file": …}` as the journal has it; an object of the model's own with such a key is written otherwise. */
function fileOf(result: unknown): string | undefined {
  const file = typeof result === "object" && result !== null && "$file" in result
    ? result.$file
    : undefined;
  return typeof file === "string" ? file : undefined;
}

function decodeFields(point: CompletedRun["point"]): Readonly<Record<string, unknown>> {
  return point === undefined ? {} : decodePlain(point) as Record<string, unknown>;
}

/** Told before the heap is full: what would come then is no sentence. */
function tooMany(rowsMax: number): Fault {
  return new Fault(
    "usage",
    `There are more than ${
      formatCount(rowsMax)
    } results here, more than can be looked at together.`,
    {
      hint:
        "Name some of the jobs. Of a tree that is cut, take shard by shard: simrun results --tree\n" +
        "TREE/shards/1-of-8 -o 1.parquet; DuckDB reads '*.parquet' as one table.",
    },
  );
}

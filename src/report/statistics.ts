/** How runs ended, and how many only after a retry: counted event by event, so that it can be told at any time. Pure. */
import type { RequeueCause, RunEvent } from "../job/event.ts";
import type { FailureClass } from "../job/run.ts";

/**
 * Runs by how they ended. One that is computed again after it had completed (more steps, a changed model, on request)
 * is another one; one that failed and is taken up again is the same.
 */
export interface StatisticsCounts {
  readonly firstAttempt: number;
  /** Completed, and an attempt had failed before. */
  readonly afterRetry: number;
  readonly failed: number;
  /** By a person, and not taken up again. */
  readonly cancelled: number;
  /** Begun and not ended; what was never begun is not counted. */
  readonly unfinished: number;
  /** Took the result of an equal run: never computed, and in none of the numbers above. */
  readonly reused: number;
  /** Attempts after one that had failed, of the runs that completed after a retry or failed. */
  readonly retries: number;
}

/** What attempts failed of. A run that failed of two things is counted with both. */
export interface FailureCause {
  readonly cause: FailureClass | RequeueCause;
  /** Attempts that failed of it. */
  readonly attempts: number;
  /** Runs with such an attempt. */
  readonly runs: number;
  /** Of them those that completed, and those that failed in the end; the others are neither yet. */
  readonly recovered: number;
  readonly failed: number;
}

/** The numbers, to be counted up. */
export type Counts = { -readonly [name in keyof StatisticsCounts]: StatisticsCounts[name] };
export type Cause = { -readonly [name in keyof FailureCause]: FailureCause[name] };

/** A run that has begun and not completed; all that is kept of completed ones are the numbers. */
interface Row {
  counts: Counts;
  /** Empty until it is begun. */
  digest: string;
  /** Which of the numbers it is in; `unneeded`, in none: its job has come to its end without it. */
  state: "firstAttempt" | "afterRetry" | "failed" | "cancelled" | "unfinished" | "unneeded";
  /** When it was last heard of. */
  atMs: number;
  /** Failed attempts by what they failed of. */
  failures: Map<Cause["cause"], number> | undefined;
}

class JobRows {
  readonly rows = new Map<string, Row>();
  /** By the model's file name. */
  readonly counts = new Map<string, Counts>();
  readonly names = new Map<string, string>();
  /** Digest of the model of its last plan. */
  model = "";
  isStopped = false;

  countsOf(model: string): Counts {
    const name = this.names.get(model) ?? model;
    let counts = this.counts.get(name);
    if (counts === undefined) this.counts.set(name, counts = zeroCounts());
    return counts;
  }
}

/** The statistics of one tree. Fed with its events in their order, from its journal or as they happen. */
export class Statistics {
  readonly #sinceMs: number;
  readonly #jobs = new Map<string, JobRows>();
  readonly #causes = new Map<Cause["cause"], Cause>();

  /** Counted are runs that ended at `sinceMs` or later; of those without an end the ones last heard of since then. */
  constructor(sinceMs = -Infinity) {
    this.#sinceMs = sinceMs;
  }

  /** `atMs`: when it happened. */
  apply(event: RunEvent, atMs: number): void {
    switch (event.type) {
      case "job.planned": {
        const job = this.#job(event.job.id);
        job.names.set(event.model.digest, event.model.name);
        job.model = event.model.digest;
        job.isStopped = false;
        return;
      }
      case "runs.started": {
        const job = this.#job(event.job);
        const counts = job.countsOf(event.model);
        job.isStopped = false;
        for (let i = 0; i + 1 < event.runs.length; i += 2) {
          this.#started(job, event.runs[i]!, event.runs[i + 1]!, counts, atMs);
        }
        return;
      }
      case "runs.completed": {
        const job = this.#job(event.job);
        const counts = job.countsOf(event.model);
        for (const { run } of event.runs) this.#completed(job, run, counts, atMs);
        return;
      }
      case "run.reused": {
        const job = this.#job(event.job);
        const { run } = event.run;
        this.#count(job.rows.get(run), -1);
        job.rows.delete(run);
        if (atMs >= this.#sinceMs) job.countsOf(event.model).reused++;
        return;
      }
      case "run.failed":
        this.#become(this.#rowOf(event.job, event.run), "failed", atMs, event.failure.class);
        return;
      case "runs.requeued": {
        const { isStopped } = this.#job(event.job);
        for (const run of event.runs) {
          const state = isStopped ? "unneeded" : "unfinished";
          const cause = event.counted ? event.cause : undefined;
          this.#become(this.#rowOf(event.job, run), state, atMs, cause);
        }
        return;
      }
      case "runs.cancelled":
        for (const run of event.runs) {
          this.#become(this.#rowOf(event.job, run), "cancelled", atMs);
        }
        return;
      case "runs.retried":
        for (const run of event.runs) this.#retried(this.#job(event.job), run, atMs);
        return;
      case "run.resumed":
      case "run.checkpointed": {
        const row = this.#job(event.job).rows.get(event.run);
        if (row?.state === "unfinished") this.#become(row, row.state, atMs);
        return;
      }
      case "job.stopped": {
        const job = this.#job(event.job);
        job.isStopped = true;
        for (const row of job.rows.values()) {
          if (row.state === "unfinished") this.#become(row, "unneeded", row.atMs);
        }
        return;
      }
    }
    // Other events say nothing of how a run ended.
  }

  /** The numbers of each job with each of its models. They go on counting when more is applied. */
  *groups(): IterableIterator<{
    readonly job: string;
    readonly model: string;
    readonly counts: StatisticsCounts;
  }> {
    for (const [job, { counts }] of this.#jobs) {
      for (const [model, numbers] of counts) yield { job, model, counts: numbers };
    }
  }

  causes(): Iterable<FailureCause> {
    return this.#causes.values();
  }

  #started(job: JobRows, run: string, digest: string, counts: Counts, atMs: number): void {
    const row = job.rows.get(run);
    if (row === undefined) {
      const begun: Row = { counts, digest, state: "unfinished", atMs, failures: undefined };
      job.rows.set(run, begun);
      return this.#count(begun, 1);
    }
    // Another spec under the same id is another run. The one before stays what it was, unless it had no end.
    const isOther = row.digest !== "" && row.digest !== digest;
    if (!isOther || row.state === "unfinished" || row.state === "unneeded") this.#count(row, -1);
    if (isOther) row.failures = undefined;
    row.counts = counts;
    row.digest = digest;
    row.state = "unfinished";
    row.atMs = atMs;
    this.#count(row, 1);
  }

  #completed(job: JobRows, run: string, counts: Counts, atMs: number): void {
    const row = job.rows.get(run);
    if (row?.failures !== undefined) {
      this.#become(row, "afterRetry", atMs);
    } else {
      this.#count(row, -1);
      if (atMs >= this.#sinceMs) counts.firstAttempt++;
    }
    job.rows.delete(run);
  }

  /** One that was never begun waits now as if nobody had ever cancelled it. */
  #retried(job: JobRows, run: string, atMs: number): void {
    const row = job.rows.get(run);
    if (row === undefined) return;
    if (row.digest !== "" || row.failures !== undefined) {
      return this.#become(row, "unfinished", atMs);
    }
    this.#count(row, -1);
    job.rows.delete(run);
  }

  #become(row: Row, state: Row["state"], atMs: number, cause?: Cause["cause"]): void {
    this.#count(row, -1);
    row.state = state;
    row.atMs = atMs;
    if (cause !== undefined) {
      row.failures ??= new Map();
      row.failures.set(cause, (row.failures.get(cause) ?? 0) + 1);
    }
    this.#count(row, 1);
  }

  /** Adds a run to the numbers that it belongs to now, or takes it out of them again. */
  #count(row: Row | undefined, by: 1 | -1): void {
    if (row === undefined || row.atMs < this.#sinceMs || row.state === "unneeded") return;
    const { counts, state, failures } = row;
    counts[state] += by;
    if (failures === undefined) return;
    const isRecovered = state === "afterRetry";
    const isFailed = state === "failed";
    // No attempt comes after the last one of a run that failed.
    if (isFailed) counts.retries -= by;
    for (const [name, attempts] of failures) {
      const cause = this.#cause(name);
      cause.attempts += by * attempts;
      cause.runs += by;
      if (isRecovered) cause.recovered += by;
      if (isFailed) cause.failed += by;
      if (isRecovered || isFailed) counts.retries += by * attempts;
    }
  }

  #cause(name: Cause["cause"]): Cause {
    let cause = this.#causes.get(name);
    if (cause === undefined) {
      cause = { cause: name, attempts: 0, runs: 0, recovered: 0, failed: 0 };
      this.#causes.set(name, cause);
    }
    return cause;
  }

  #job(id: string): JobRows {
    let job = this.#jobs.get(id);
    if (job === undefined) this.#jobs.set(id, job = new JobRows());
    return job;
  }

  /** A run may be cancelled, or fail for what it needs, before it was ever begun. */
  #rowOf(id: string, run: string): Row {
    const job = this.#job(id);
    let row = job.rows.get(run);
    if (row !== undefined) return row;
    const counts = job.countsOf(job.model);
    row = { counts, digest: "", state: "unneeded", atMs: -Infinity, failures: undefined };
    job.rows.set(run, row);
    return row;
  }
}

/** Of nothing. */
export function zeroCounts(): Counts {
  return {
    firstAttempt: 0,
    afterRetry: 0,
    failed: 0,
    cancelled: 0,
    unfinished: 0,
    reused: 0,
    retries: 0,
  };
}

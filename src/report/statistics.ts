/** How runs ended, and how many only after a retry: counted event by event, so that it can be told at any time. Pure. */
import type { RunEvent } from "../job/event.ts";
import type { Cause, Counts, FailureCause, StatisticsCounts } from "./statistics_counts.ts";
import { Begun, JobRows, type Row } from "./statistics_rows.ts";

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
        job.isStopped = false;
        this.#started(job, event.runs, job.countsOf(event.model), atMs);
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
        this.#leave(job.take(event.run.run));
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
        const row = this.#job(event.job).get(event.run);
        if (row?.state === "unfinished") this.#become(row, row.state, atMs);
        return;
      }
      case "job.stopped": {
        const job = this.#job(event.job);
        job.isStopped = true;
        for (const row of job.all()) {
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

  /** `runs`: each id with its digest behind it. */
  #started(job: JobRows, runs: readonly string[], counts: Counts, atMs: number): void {
    const begun = new Begun(runs, counts, atMs);
    let isNew = 0;
    for (let i = 0; i + 1 < runs.length; i += 2) {
      if (job.begin(runs[i]!, begun)) isNew++;
      else this.#startedAgain(job.get(runs[i]!)!, runs[i + 1]!, counts, atMs);
    }
    if (atMs >= this.#sinceMs) counts.unfinished += isNew;
  }

  #startedAgain(row: Row, digest: string, counts: Counts, atMs: number): void {
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
    const row = job.take(run);
    if (row !== undefined && !(row instanceof Begun) && row.failures !== undefined) {
      return this.#become(row, "afterRetry", atMs);
    }
    this.#leave(row);
    if (atMs >= this.#sinceMs) counts.firstAttempt++;
  }

  /** What became of it is in the numbers no more. */
  #leave(row: Row | Begun | undefined): void {
    if (!(row instanceof Begun)) return this.#count(row, -1);
    if (row.atMs >= this.#sinceMs) row.counts.unfinished--;
  }

  /** One that was never begun waits now as if nobody had ever cancelled it. */
  #retried(job: JobRows, run: string, atMs: number): void {
    const row = job.get(run);
    if (row === undefined) return;
    if (row.digest !== "" || row.failures !== undefined) {
      return this.#become(row, "unfinished", atMs);
    }
    this.#count(row, -1);
    job.take(run);
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
    const known = job.get(run);
    if (known !== undefined) return known;
    const counts = job.countsOf(job.model);
    const row: Row = {
      counts,
      digest: "",
      state: "unneeded",
      atMs: -Infinity,
      failures: undefined,
    };
    job.add(run, row);
    return row;
  }
}

/** The runs of one job as the journal tells of them, a row each: ten million take half a gigabyte. Reads no file. */
import type { CompletedRun, ModelIdentity } from "../job/event.ts";
import type { Job } from "../job/job.ts";
import type { Failure, Parent } from "../job/run.ts";
import { RunColumns } from "./run_columns.ts";
import type { Location, PastRun, PastState, Proposed, RareFacts } from "./past_run.ts";

const STATES: readonly PastState[] = [
  "running",
  "queued",
  "completed",
  "failed",
  "cancelled",
  "held",
];

const COMPLETED = STATES.indexOf("completed");

export class JobHistory {
  job: Job | undefined;
  model: ModelIdentity | undefined;
  /** Runs of the last plan. */
  count = 0;
  readonly #modelNames = new Map<string, string>();
  /** No more of its runs are needed, by the plan it had last. */
  stopped: { readonly after: number; readonly of: number; readonly why: string } | undefined;
  /** By run: what a search proposed, whichever definition it had then. */
  readonly proposed = new Map<string, Proposed>();
  /** The shard whose journal is being read, of a tree that is cut. */
  reads: string | undefined;
  /** How many different plans this job has had; with one, every row belongs to it. */
  generations = 0;
  readonly #columns = new RunColumns();
  readonly #rare = new Map<number, RareFacts>();
  /** What runs have begun from, that did not begin at step 0. */
  readonly parents = new Map<string, Parent>();
  /** Rows that know why they went back to it. */
  readonly #requeued = new Set<number>();
  #counts = { running: 0, queued: 0, completed: 0, failed: 0, cancelled: 0, held: 0 };

  get size(): number {
    return this.#columns.ids.size;
  }

  /** A new plan of this job. */
  planned(job: Job, model: ModelIdentity, count: number): void {
    this.job = job;
    this.model = model;
    this.count = count;
    this.generations++;
    this.stopped = undefined;
    this.#modelNames.set(model.digest, model.name);
  }

  /** The file name that a model had when it had this digest. */
  modelName(digest: string): string | undefined {
    return this.#modelNames.get(digest);
  }

  get counts(): Readonly<Record<PastState, number>> {
    return this.#counts;
  }

  row(run: string): number | undefined {
    return this.#columns.ids.find(run);
  }

  find(run: string): PastRun | undefined {
    const row = this.row(run);
    return row === undefined ? undefined : this.at(row);
  }

  at(row: number): PastRun {
    const { ids, digests, models, steps, savedSteps, attempts, ms } = this.#columns;
    return {
      run: ids.at(row),
      state: this.stateAt(row),
      digest: digests.get(row),
      model: models.get(row) ?? "",
      steps: steps.get(row),
      savedStep: savedSteps.get(row),
      attempt: attempts.get(row),
      ms: ms.get(row),
    };
  }

  /** As {@linkcode at} tells it, and so the next three, for who looks at millions of rows: no object is made. */
  runAt(row: number): string {
    return this.#columns.ids.at(row);
  }

  stateAt(row: number): PastState {
    return STATES[this.#columns.states.get(row)]!;
  }

  /** Steps asked for at the last start; steps done once completed. */
  stepsAt(row: number): number {
    return this.#columns.steps.get(row);
  }

  shardAt(row: number): string | undefined {
    return this.#columns.shards.get(row);
  }

  rare(run: string): RareFacts {
    if (this.#rare.size === 0) return {};
    const row = this.row(run);
    return (row === undefined ? undefined : this.#rare.get(row)) ?? {};
  }

  /** The shard in whose tree a run's files are; undefined where the tree is not cut. */
  shardOf(run: string): string | undefined {
    const row = this.row(run);
    return row === undefined ? undefined : this.shardAt(row);
  }

  /** Whether it was completed in another shard. */
  isDoneElsewhere(run: string, shard: string): boolean {
    const row = this.row(run);
    if (row === undefined || this.#columns.states.get(row) !== COMPLETED) return false;
    return this.#columns.shards.get(row) !== shard;
  }

  /** Where the result of a completed run is written. */
  location(run: string): Location {
    const row = this.row(run);
    return row === undefined
      ? undefined
      : this.#columns.places.at(this.#columns.placeNumbers.get(row));
  }

  /** The job as it was planned when the run completed; or when somebody cancelled or paused it before it began. */
  planOf(run: string): Job | undefined {
    const row = this.row(run);
    return row === undefined ? undefined : this.#columns.plans.get(row);
  }

  /** Of a completed run. */
  stepsAsked(run: string): number {
    const row = this.row(run);
    if (row === undefined) return 0;
    return this.#rare.get(row)?.stepsAsked ?? this.#columns.steps.get(row);
  }

  *rows(): IterableIterator<PastRun> {
    for (let row = 0; row < this.size; row++) yield this.at(row);
  }

  /** Digest of the model, milliseconds and steps of each. No object is made for it. */
  forEachCompleted(visit: (model: string, ms: number, steps: number) => void): void {
    const { ids, states, models, steps, ms } = this.#columns;
    for (let row = 0; row < this.size; row++) {
      if (states.get(row) === COMPLETED) {
        const before = this.parents.size > 0 ? this.parents.get(ids.at(row))?.step ?? 0 : 0;
        visit(models.get(row) ?? "", ms.get(row), steps.get(row) - before);
      }
    }
  }

  /** What a step took on average in completed runs; undefined when none was computed. */
  get stepMs(): number | undefined {
    let [ms, steps] = [0, 0];
    this.forEachCompleted((_, runMs, runSteps) => {
      ms += runMs;
      steps += runSteps;
    });
    return ms > 0 && steps > 0 ? ms / steps : undefined;
  }

  /** Digest of the model of a run's last attempt; empty for one that was never started. */
  modelOf(run: string): string {
    const row = this.row(run);
    return (row === undefined ? undefined : this.#columns.models.get(row)) ?? "";
  }

  started(run: string, digest: string, model: string, steps: number, attempt: number): void {
    const row = this.#rowOf(run);
    this.stopped = undefined;
    // Another spec under the same id is another run: what was saved for the old one is no use to it.
    const { digests, models, steps: stepsAsked, savedSteps, attempts } = this.#columns;
    if (digests.replace(row, digest) || models.get(row) !== model) {
      savedSteps.set(row, 0);
      if (this.parents.size > 0) this.parents.delete(run);
    }
    models.set(row, model);
    stepsAsked.set(row, steps);
    attempts.set(row, attempt);
    if (this.#rare.size > 0) this.#rare.delete(row);
    if (this.#requeued.size > 0) this.#requeued.delete(row);
    this.#become(row, "running");
  }

  completed(
    facts: CompletedRun,
    model: string,
    location: Location,
    reusedFrom?: RareFacts["reusedFrom"],
  ): void {
    const row = this.#rowOf(facts.run);
    const columns = this.#columns;
    columns.digests.set(row, facts.digest);
    columns.models.set(row, model);
    columns.plans.set(row, this.job);
    const stepsAsked = Math.max(columns.steps.get(row), facts.steps);
    columns.steps.set(row, facts.steps);
    columns.attempts.set(row, facts.attempt);
    columns.ms.set(row, facts.ms);
    columns.placeNumbers.set(row, columns.places.numberOf(location));
    this.#become(row, "completed");
    const { ending, from } = facts;
    if (from !== undefined) this.parents.set(facts.run, from);
    if (ending !== undefined) this.#note(row, { ending, stepsAsked });
    if (reusedFrom !== undefined) this.#note(row, { reusedFrom });
  }

  failed(run: string, attempt: number, failure: Failure): void {
    const row = this.#rowOf(run);
    this.#columns.attempts.set(row, attempt);
    this.#become(row, "failed");
    this.#note(row, { failure });
  }

  requeued(run: string, counted: boolean, why: NonNullable<RareFacts["requeued"]>): void {
    const row = this.#rowOf(run);
    const { attempts } = this.#columns;
    if (!counted && attempts.get(row) > 0) attempts.set(row, attempts.get(row) - 1);
    this.#become(row, "queued");
    // What only waited beside another, or stopped with all others, has no story of its own.
    if (!counted && (why.cause === "slot-lost" || why.cause === "stopped")) return;
    this.#note(row, { requeued: why });
    this.#requeued.add(row);
  }

  cancelled(run: string): void {
    this.#become(this.#planned(run), "cancelled");
  }

  held(run: string): void {
    this.#become(this.#planned(run), "held");
  }

  /** Waits like any other from now on: somebody has let it go on. */
  continued(run: string): void {
    const row = this.#rowOf(run);
    this.#become(row, "queued");
    this.#forgetRequeue(row);
  }

  /** Somebody tries it again, as if for the first time. */
  retried(run: string): void {
    this.continued(run);
    this.#columns.attempts.set(this.#rowOf(run), 0);
  }

  /** A new simrun: what the one before let wait before its next attempt is in the queue like any other. */
  forgetRequeues(shard?: string): void {
    for (const row of this.#requeued) {
      if (this.#columns.shards.get(row) === shard) this.#forgetRequeue(row);
    }
  }

  saved(run: string, step: number, at: string, bytes: number): void {
    const row = this.#rowOf(run);
    this.#columns.savedSteps.set(row, step);
    this.#note(row, { savedAt: at, savedBytes: bytes });
  }

  /** What was saved before is cleared away. */
  begunAnew(run: string): void {
    this.resumed(run, 0);
    this.parents.delete(run);
  }

  resumed(run: string, step: number): void {
    this.#columns.savedSteps.set(this.#rowOf(run), step);
  }

  repaired(run: string, step: number, again: boolean): void {
    const row = this.#rowOf(run);
    this.#columns.savedSteps.set(row, step);
    if (again) this.#become(row, "queued");
  }

  /** What somebody should know of it. */
  noted(run: string, facts: Pick<RareFacts, "degraded" | "warning">): void {
    this.#note(this.#rowOf(run), facts);
  }

  /** The row of a run of which something was said; one that never began is what it was planned as then. */
  #planned(run: string): number {
    const row = this.#rowOf(run);
    if (this.#columns.digests.is(row, "")) this.#columns.plans.set(row, this.job);
    return row;
  }

  #forgetRequeue(row: number): void {
    if (!this.#requeued.delete(row)) return;
    const { requeued: _, ...others } = this.#rare.get(row)!;
    this.#rare.set(row, others);
  }

  #note(row: number, facts: RareFacts): void {
    this.#rare.set(row, { ...this.#rare.get(row), ...facts });
  }

  #become(row: number, state: PastState): void {
    this.#counts[this.stateAt(row)]--;
    this.#counts[state]++;
    this.#columns.states.set(row, STATES.indexOf(state));
    if (this.reads !== undefined) this.#columns.shards.set(row, this.reads);
  }

  #rowOf(run: string): number {
    const { ids } = this.#columns;
    const known = ids.find(run);
    if (known !== undefined) return known;
    this.#counts[STATES[0]!]++;
    return ids.add(run);
  }
}

/** A job that is needed and in no plan: its runs as the tree tells of them, by the plan it had last. */
import type { Job } from "../job/job.ts";
import type { NeededState } from "../job/model.ts";
import type { JobHistory, PastRun } from "../queue/history.ts";
import { runId } from "./digest.ts";
import { digestOfRuns, indicesBelow, type NeededJob, type NeededRun } from "./needed_job.ts";
import { isSameSpec } from "./same_spec.ts";
import { countPoints, type Point, pointAt } from "./sweep.ts";

export class PastJob implements NeededJob {
  readonly job: Job;
  readonly count: number;
  readonly #past: JobHistory;
  #digestOfAll: string | undefined;

  constructor(job: Job, past: JobHistory) {
    this.job = job;
    this.count = countPoints(job.sweep);
    this.#past = past;
  }

  /** Undefined for a job that was never planned, or of which the plan is lost. */
  static of(past: JobHistory | undefined): PastJob | undefined {
    return past?.job === undefined ? undefined : new PastJob(past.job, past);
  }

  runAt(index: number): NeededRun {
    const run = runId(this.job, pointAt(this.job.sweep, index));
    const before = this.#past.find(run);
    const { digest = "", model = "" } = before ?? {};
    const steps = this.#past.stepsAsked(run);
    const state = this.#stateOf(before, index);
    const isSpared = state === "unfinished" && this.#past.stopped !== undefined;
    return { run, state, digest, model, steps, ...(isSpared && { isSpared }) };
  }

  pointAt(index: number): Point {
    const point = pointAt(this.job.sweep, index);
    const proposal = this.#past.proposed.get(runId(this.job, point));
    return proposal === undefined ? point : { ...point, ...proposal.values };
  }

  digestOfAll(): string {
    return this.#digestOfAll ??= digestOfRuns(this, indicesBelow(this.count));
  }

  /** A result of other parameters or of fewer steps than were asked for last is not the one that is needed. */
  #stateOf(before: PastRun | undefined, index: number): NeededState {
    if (before?.state === "failed" || before?.state === "cancelled") return before.state;
    if (before?.state !== "completed") return "unfinished";
    const { run, steps } = before;
    const point = pointAt(this.job.sweep, index);
    const isAsked = steps === this.job.steps || this.#past.rare(run).ending !== undefined;
    return isAsked && isSameSpec(this.#past.planOf(run), this.job, point)
      ? "completed"
      : "unfinished";
  }
}

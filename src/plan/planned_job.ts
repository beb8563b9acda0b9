/** A job as it is planned: what is to be done with each of its runs, a byte a run, and who each of them is. */
import type { ModelIdentity } from "../job/event.ts";
import type { Job } from "../job/job.ts";
import type { NeededState } from "../job/model.ts";
import { restingDigest } from "../job/run_digest.ts";
import type { JobHistory } from "../queue/history.ts";
import { type Decision, DECISIONS, RUNNING_DECISIONS } from "./decision.ts";
import { SpecDigester } from "./digest.ts";
import type { Foundation } from "./foundation.ts";
import { digestOfRuns, indicesBelow, type NeededJob, type NeededRun } from "./needed_job.ts";
import { countPoints, type Point, pointAt } from "./sweep.ts";

/** A job, its model's identity and the content of its inputs: what a plan is made of. */
export interface JobToPlan {
  readonly job: Job;
  readonly model: ModelIdentity;
  readonly inputDigests: { readonly [name: string]: string };
  /** What a model that is a file exports. */
  readonly exports?: readonly string[];
}

/** Begun before, to another end than was asked for. */
const LEFT_UNDONE: ReadonlySet<Decision> = new Set([
  "resume",
  "retry",
  "uncancelled",
  "extend",
  "cancelled",
  "paused",
  "held-model",
]);

export class PlannedJob implements NeededJob {
  readonly number: number;
  readonly job: Job;
  readonly model: ModelIdentity;
  readonly count: number;
  /** Number of this job's first run among all planned runs. */
  readonly offset: number;
  readonly decisions: Uint8Array;
  /** How many runs have each decision, in the order of {@linkcode DECISIONS}. */
  readonly tally = new Float64Array(DECISIONS.length);
  /** What its runs rest on, as it is planned; absent when they need nothing. */
  foundation: Foundation | undefined;
  readonly #digester: SpecDigester;
  readonly #past: JobHistory | undefined;
  #digestOfAll: string | undefined;

  /** `past` is what the tree tells of its runs. */
  constructor(number: number, offset: number, from: JobToPlan, past?: JobHistory) {
    this.number = number;
    this.offset = offset;
    this.job = from.job;
    this.model = from.model;
    this.count = countPoints(from.job.sweep);
    this.decisions = new Uint8Array(this.count);
    this.#digester = new SpecDigester(from.job, from.inputDigests);
    this.#past = past;
  }

  /** Identity of the run at an index: computed anew each time, never kept for all. */
  identify(index: number): { run: string; digest: string } {
    const point = pointAt(this.job.sweep, index);
    return { run: this.#digester.runId(point), digest: this.#digestAt(index, point) };
  }

  /** Of its identity only what it computes, which is half of the work. */
  digestAt(index: number): string {
    return this.#digestAt(index, pointAt(this.job.sweep, index));
  }

  #digestAt(index: number, point: Point): string {
    const own = this.#digester.digest(point);
    if (this.foundation === undefined) return own;
    return restingDigest(own, this.foundation.digestAt(index));
  }

  /** Nothing is known of any of its runs. */
  allNew(): void {
    const code = DECISIONS.indexOf("new");
    this.decisions.fill(code);
    this.tally[code] = this.count;
  }

  decisionAt(index: number): Decision {
    return DECISIONS[this.decisions[index]!]!;
  }

  isToRun(index: number): boolean {
    return this.decisions[index]! < RUNNING_DECISIONS;
  }

  countOf(decision: Decision): number {
    return this.tally[DECISIONS.indexOf(decision)]!;
  }

  get toRun(): number {
    return this.tally.subarray(0, RUNNING_DECISIONS).reduce((sum, count) => sum + count, 0);
  }

  /** Whether the tree knows any of its runs. */
  get hasPast(): boolean {
    return this.#past !== undefined;
  }

  /** How far an earlier simrun came with a run that is not done, and of which something is of use. */
  reachedBefore(index: number): number {
    if (!LEFT_UNDONE.has(this.decisionAt(index))) return 0;
    const before = this.#past?.find(this.identify(index).run);
    if (before === undefined) return 0;
    if (before.state === "completed") return before.steps;
    const { failure } = before.state === "failed" ? this.#past!.rare(before.run) : {};
    return failure?.step ?? before.savedStep;
  }

  /** How it ends when all goes as planned. */
  stateAt(index: number): NeededState {
    const decision = this.decisionAt(index);
    if (decision === "cancelled") return "cancelled";
    return decision === "held-model" ? "unfinished" : "completed";
  }

  /** The result that those who need it will find, when all goes as planned. */
  runAt(index: number): NeededRun {
    const { run, digest } = this.identify(index);
    const state = this.stateAt(index);
    const planned = { run, state, digest, model: this.model.digest, steps: this.job.steps };
    const decision = this.decisionAt(index);
    if (decision !== "done" && decision !== "stale-model") return planned;
    // What is there may be of an earlier model, and may have ended by its own rule before other numbers of steps.
    const before = this.#past!.find(run)!;
    return { ...planned, model: before.model, steps: this.#past!.stepsAsked(run) };
  }

  digestOfAll(): string {
    return this.#digestOfAll ??= digestOfRuns(this, indicesBelow(this.count));
  }
}

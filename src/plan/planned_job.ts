/** A job as it is planned: what is to be done with each of its runs, a byte a run, and who each of them is. */
import type { ModelIdentity } from "../job/event.ts";
import { type Job, waitsForOthers } from "../job/job.ts";
import type { NeededState } from "../job/model.ts";
import { restingDigest } from "../job/run_digest.ts";
import type { JobHistory } from "../queue/history.ts";
import { type Decision, DECISIONS, RUNNING_DECISIONS } from "./decision.ts";
import { SpecDigester } from "./digest.ts";
import type { Foundation } from "./foundation.ts";
import type { Guide } from "./guide.ts";
import { digestOfRuns, indicesBelow, type NeededJob, type NeededRun } from "./needed_job.ts";
import { countPoints, type Point, pointAt } from "./sweep.ts";

/** A job, its model's identity and the content of its inputs: what a plan is made of. */
export interface JobToPlan {
  readonly job: Job;
  readonly model: ModelIdentity;
  readonly inputDigests: { readonly [name: string]: string };
  /** What a model that is a file exports. */
  readonly exports?: readonly string[];
  /** Leads its runs by the results of those before; absent where they do not depend on each other. */
  readonly guide?: Guide;
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
  readonly guide: Guide | undefined;
  /** Runs that turned out to be not needed. */
  spared = 0;
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
    this.guide = from.guide;
    this.decisions = new Uint8Array(this.count);
    this.#digester = new SpecDigester(from.job, from.inputDigests);
    this.#past = past;
  }

  /** Identity of the run at an index: computed anew each time, never kept for all. */
  identify(index: number): { run: string; digest: string } {
    const point = this.pointAt(index);
    return { run: this.#digester.runId(point), digest: this.#digestAt(index, point) };
  }

  /** Of its identity only what it computes, which is half of the work. */
  digestAt(index: number): string {
    return this.#digestAt(index, this.pointAt(index));
  }

  #digestAt(index: number, point: Point): string {
    const own = this.#digester.digest(point);
    if (this.foundation === undefined) return own;
    return restingDigest(own, this.foundation.digestAt(index));
  }

  /** The sweep's values of a run; of one that a search has not settled yet its number only. */
  pointAt(index: number): Point {
    const point = pointAt(this.job.sweep, index);
    const proposal = this.guide?.proposalAt(index);
    return proposal === undefined ? point : { ...point, ...proposal.values };
  }

  /** Whether its runs may have to wait for what other runs come to. */
  get isStaggered(): boolean {
    return waitsForOthers(this.job) || this.guide?.search !== undefined;
  }

  /** Whether this one may have to: a search has gone on without what is tried again. */
  mayHaveToWait(index: number): boolean {
    if (waitsForOthers(this.job)) return true;
    return this.guide?.search !== undefined && index >= this.guide.ended;
  }

  /** What is done with a run. */
  decide(index: number, decision: Decision): void {
    const code = DECISIONS.indexOf(decision);
    this.decisions[index] = code;
    this.tally[code]!++;
    if (decision === "not-needed") this.spared++;
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

  /** How an earlier simrun has stopped it. */
  get stoppedBefore(): JobHistory["stopped"] {
    return this.#past?.stopped;
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
    if (decision === "counted") return "failed";
    return decision === "held-model" ? "unfinished" : "completed";
  }

  /** The result that those who need it will find, when all goes as planned. */
  runAt(index: number): NeededRun {
    const { run, digest } = this.identify(index);
    const state = this.stateAt(index);
    const planned = { run, state, digest, model: this.model.digest, steps: this.job.steps };
    const decision = this.decisionAt(index);
    if (decision === "not-needed") return { ...planned, state: "unfinished", isSpared: true };
    if (decision !== "done" && decision !== "stale-model") return planned;
    // What is there may be of an earlier model, and may have ended by its own rule before other numbers of steps.
    const before = this.#past!.find(run)!;
    return { ...planned, model: before.model, steps: this.#past!.stepsAsked(run) };
  }

  digestOfAll(): string {
    // What a guide settles as it goes on is another thing each time.
    if (this.guide !== undefined) return digestOfRuns(this, indicesBelow(this.count));
    return this.#digestOfAll ??= digestOfRuns(this, indicesBelow(this.count));
  }
}

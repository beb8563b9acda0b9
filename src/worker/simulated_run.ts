/** One run in the simulation thread, from its first to its last step; every order in it counts. */
import type { Job } from "../job/job.ts";
import { decodePlain } from "../job/plain.ts";
import type { Failure } from "../job/run.ts";
import { pointAt } from "../plan/sweep.ts";
import { RunContext } from "./context.ts";
import { EndingRule } from "./ending_rule.ts";
import { branchedState, initialState } from "./first_state.ts";
import type { Instance, LoadedModel } from "./model.ts";
import { LOG_TO_DISK_AFTER_MS } from "./inline_limits.ts";
import { Measuring } from "./measuring.ts";
import { ACTIVITY, CONTROL, GAP_MS_MAX, ORDER, type Resume } from "./protocol.ts";
import type { RandomState } from "./random.ts";
import { mayBeTriedAgain, RunFailure, timeoutWords } from "./run_failure.ts";
import type { Plain, RunParts } from "./run_parts.ts";
import { RunRecord } from "./run_record.ts";
import { Saving } from "./saving.ts";
import {
  adaptChunk,
  isOrdered,
  mustYield,
  nextMultiple,
  refusePromise,
  stepAlong,
} from "./stepping.ts";
import { placesOf, putTogether, takeApart } from "./state.ts";

/** Kept before a model takes the floor. */
const { stringify } = JSON;
const { compareExchange, exchange, store } = Atomics;

/** One run from its first to its last step in this slot. */
export class SimulatedRun {
  readonly context: RunContext;
  readonly #model: Instance;
  readonly #job: Job;
  readonly #index: number;
  readonly #batch: number;
  readonly #parts: RunParts;
  #state: unknown;
  readonly #startedAt = performance.now();
  /** The clock at the last look: asking it costs as much as many a step. */
  #now = this.#startedAt;
  /** Its first step in this slot begins; what `init` takes is not counted. */
  #computingFrom = this.#startedAt;
  /** The agent's clock at that moment. */
  #livedFrom = 0;
  #msBefore = 0;
  #lookedAt = 0;
  #isGivenBack = false;
  readonly #saving: Saving;
  readonly #measuring: Measuring;
  readonly #rule: EndingRule;
  readonly #record: RunRecord;

  constructor(
    model: LoadedModel,
    job: Job,
    index: number,
    run: string,
    batch: number,
    parts: RunParts,
  ) {
    this.#model = model.instantiate();
    this.#job = job;
    this.#index = index;
    this.#batch = batch;
    this.#parts = parts;
    const point = pointAt(job.sweep, index);
    this.context = new RunContext(job, run, point, model.params, parts.needs);
    this.#saving = new Saving(job, this.#startedAt);
    const warn = (message: string, step: number) =>
      parts.tell({ type: "warned", batch, index, step, message });
    this.#measuring = new Measuring(this.#model, job, this.context, warn);
    this.#rule = new EndingRule(this.#model, job, this.context);
    this.#record = new RunRecord(
      this.context,
      this.#measuring,
      batch,
      index,
      parts.attempt,
      parts.tell,
    );
  }

  get now(): number {
    return this.#now;
  }

  get step(): number {
    return this.#parts.progress[CONTROL.step]!;
  }

  /** The record of the result as JSON, or undefined when the run was saved and given back. */
  async compute(resume: Resume | undefined): Promise<string | undefined> {
    if (resume === undefined) {
      const state = await initialState(this.#model, this.context);
      this.#saving.plan(state);
      this.#state = state;
    } else await this.#restore(resume);
    this.#now = this.#computingFrom = performance.now();
    this.#livedFrom = this.#parts.progress[CONTROL.livedMs]!;
    store(this.#parts.orders, CONTROL.activity, ACTIVITY.computing);
    const isBeginning = resume === undefined || resume.branch !== undefined;
    if (!this.#advanceToEnd(resume?.step ?? 0, isBeginning)) return undefined;
    const value: unknown = this.#model.result !== undefined
      ? this.#model.result(this.#state, this.context as never)
      : this.#measuring.end(this.#state, this.step);
    const { ending } = this.#rule;
    return this.#record.result(value, { step: this.step, ms: this.#elapsedMs(), ending });
  }

  logOfFailed(failure: Failure): { log?: string } {
    return this.#record.logAtEnd(mayBeTriedAgain(failure, this.#parts.attempt, this.#job));
  }

  async #restore(resume: Resume): Promise<void> {
    const plain = JSON.parse(resume.snapshot.plain) as Plain;
    const saved = putTogether(plain.state, resume.snapshot.tensors);
    this.context.restoreRandom(decodePlain(plain.rng) as RandomState | null);
    this.context.step = resume.step;
    this.#state = this.#model.restore?.(saved, this.context as never) ?? saved;
    this.#measuring.restore(plain.columns);
    this.#record.restore();
    this.#rule.restore(plain.ending);
    this.#msBefore = resume.ms;
    const bytes = resume.snapshot.tensors.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
    this.#saving.resumeAt(resume.step, bytes);
    const { branch } = resume;
    if (branch === undefined) return;
    // The state is another run's, and its own from now on.
    this.#saving.beginAt(branch.step);
    const made = await branchedState(this.#model, this.#job, this.context, this.#state, branch);
    if (made === undefined) return;
    this.#state = made;
    this.#saving.plan(made);
  }

  /** Steps to the end; false when it was asked to give the run back and saved it. */
  #advanceToEnd(from: number, isBeginning: boolean): boolean {
    const { steps, measureEverySteps } = this.#job;
    if (isBeginning && measureEverySteps !== undefined) this.#measuring.row(this.#state, from);
    this.#lookedAt = from;
    if (from < steps && this.#rule.ending === undefined) {
      // Its time was over before, and is no longer now.
      if (this.#isTimeOver) this.#failTimeout(from);
      this.#stepFrom(from);
    }
    if (this.#isGivenBack) return false;
    if (this.#measuring.failsRuns) this.#measuring.end(this.#state, this.step);
    const at = this.#lookedAt;
    if (this.#saving.keepsFinalState(at, this.#now)) this.#save(at, true);
    // A state that no checkpoint could have kept is told in any case, not only where one happened to be due.
    else if (!this.#saving.isOff) takeApart(this.#state);
    return true;
  }

  #stepFrom(from: number): void {
    const { progress, orders } = this.#parts;
    const state = this.#state;
    const ctx = this.context;
    const look = (at: number) => this.#look(at);
    const rule = this.#rule;
    const asksEachStep = rule.everySteps === 1;
    let at = from;
    let to = this.#nextLook(at);
    if (this.#model.step === undefined) {
      for (; to > at; to = look(at)) {
        ctx.step = at;
        const returned: unknown = this.#model.advance!(state, to - at, ctx as never);
        if (at === 0) refusePromise(returned, "advance");
        progress[CONTROL.step] = ctx.step = at = to;
        if (asksEachStep) rule.ask(state);
      }
      return;
    }
    const { step } = this.#model;
    if (at === 0) {
      ctx.step = 0;
      refusePromise(step(state, ctx as never), "step");
      progress[CONTROL.step] = ctx.step = at = 1;
      if (asksEachStep && rule.ask(state)) to = at;
    }
    if (!asksEachStep) return stepAlong(step, state, ctx, { progress, orders }, at, to, look);
    for (; at < to && !isOrdered(orders) || (to = look(at)) > at;) {
      ctx.step = at;
      step(state, ctx as never);
      progress[CONTROL.step] = ctx.step = ++at;
      if (rule.ask(state)) to = at;
    }
  }

  /** Between two steps: measures, saves, obeys. Answers at which step to look again; `at` to stop. */
  #look(at: number): number {
    const { steps, measureEverySteps } = this.#job;
    const { everySteps } = this.#rule;
    this.context.step = at;
    compareExchange(this.#parts.orders, CONTROL.order, ORDER.look, ORDER.none);
    const now = performance.now();
    adaptChunk(this.#parts.pace, now - this.#now, at - this.#lookedAt);
    this.#now = now;
    // Ordered before the first step after a checkpoint, which counts the row of its step.
    const isMeasured = at === this.#lookedAt;
    this.#lookedAt = at;
    if (!isMeasured) {
      if (measureEverySteps !== undefined && at % measureEverySteps === 0) {
        this.#measuring.row(this.#state, at);
        this.#record.flushRows(this.#parts.progress[CONTROL.seriesBytesMax] || Infinity);
      }
      if (everySteps > 1 && at % everySteps === 0) this.#rule.ask(this.#state);
    }
    if (now - this.#startedAt > LOG_TO_DISK_AFTER_MS) this.#record.logToDisk();
    if (at >= steps || this.#rule.ending !== undefined) return at;
    if (this.#isTimeOver) this.#failTimeout(at);
    if (mustYield(this.#parts.orders)) {
      this.#saveNow(at);
      this.#record.logToDisk();
      this.#isGivenBack = true;
      return at;
    }
    if (this.#saving.isDue(at, now, this.#parts.progress)) {
      this.#save(at, this.#saving.mustStay(at));
    }
    return this.#nextLook(at);
  }

  #nextLook(step: number): number {
    const { steps, measureEverySteps } = this.#job;
    let to = Math.min(steps, step + this.#parts.pace.chunkSteps);
    if (measureEverySteps !== undefined) to = Math.min(to, nextMultiple(step, measureEverySteps));
    const { everySteps } = this.#rule;
    if (everySteps > 1) to = Math.min(to, nextMultiple(step, everySteps));
    return Math.min(to, this.#saving.nextLook(step));
  }

  get #isTimeOver(): boolean {
    const { timeoutMs } = this.#job;
    return timeoutMs !== undefined && this.#elapsedMs() >= timeoutMs;
  }

  /** What was computed is kept: with more time it goes on from here. */
  #failTimeout(at: number): never {
    this.#saveNow(at);
    throw new RunFailure("timeout", timeoutWords(this.#job, at, this.#elapsedMs()));
  }

  /** As it is, if it is not saved already. */
  #saveNow(at: number): void {
    if (!this.#saving.isOff && at !== this.#saving.step) this.#save(at, true);
  }

  /** Hands the state to the agent. When both buffers are busy it is skipped, unless `must`. */
  #save(step: number, must: boolean): void {
    const { orders } = this.#parts;
    // No timeout ends what keeps the state, however large that is.
    const before = exchange(orders, CONTROL.activity, ACTIVITY.saving);
    this.#handOver(step, must);
    store(orders, CONTROL.activity, before);
  }

  #handOver(step: number, must: boolean): void {
    const beganAt = performance.now();
    const parts = takeApart(this.#state);
    const place = this.#parts.buffers.take(parts, must);
    if (place === undefined) return;
    const plain: Plain = {
      state: parts.plain,
      rng: this.context.randomState(),
      columns: this.#measuring.columns ?? null,
      ...(this.#rule.ending === undefined ? {} : { ending: this.#rule.ending }),
    };
    const series = this.#measuring.takeForCheckpoint();
    this.#now = performance.now();
    this.#saving.saved(step, this.#now);
    const text = stringify(plain);
    const stallMs = performance.now() - beganAt;
    // What it waited for a buffer is no part of what a checkpoint costs that need not wait.
    if (!must) this.#saving.stalled(step, stallMs);
    this.#parts.tell({
      type: "snapshot",
      batch: this.#batch,
      index: this.#index,
      step,
      ms: this.#elapsedMs(),
      plain: text,
      tensors: placesOf(parts),
      ...place,
      series,
      dependsOnSteps: this.context.dependsOnSteps,
      stallMs,
    });
  }

  /** Time of computing, of earlier attempts too. Not the time in which the whole process was suspended. */
  #elapsedMs(): number {
    const livedMs = this.#parts.progress[CONTROL.livedMs]! - this.#livedFrom + GAP_MS_MAX;
    return this.#msBefore + Math.min(this.#now - this.#computingFrom, livedMs);
  }
}

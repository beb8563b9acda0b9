/**
 * One run in the simulation thread, from its first to its last step: steps, measures, asks whether it is done,
 * hands out snapshots of its state.
 */
import { DEFAULT_ON_NAN, isKeptState, type Job, nextKept, type OnNan } from "../job/job.ts";
import type { Context, Ending } from "../job/model.ts";
import { decodePlain } from "../job/plain.ts";
import { pointAt } from "../plan/sweep.ts";
import { AutoInterval } from "./auto_interval.ts";
import { RunContext } from "./context.ts";
import type { Instance, LoadedModel } from "./model.ts";
import {
  LOG_INLINE_CHARACTERS_MAX,
  LOG_TO_DISK_AFTER_MS,
  RESULT_CHARACTERS_MAX,
  RESULT_INLINE_CHARACTERS_MAX,
  SERIES_INLINE_CHARACTERS_MAX,
} from "./inline_limits.ts";
import { describeReturned, plainResult } from "./outcome.ts";
import {
  ACTIVITY,
  type BranchOrder,
  CONTROL,
  type FromSimulation,
  GAP_MS_MAX,
  ORDER,
  type ToSimulation,
} from "./protocol.ts";
import type { RandomState } from "./random.ts";
import { findNotFinite, notFiniteWords, RunFailure, timeoutWords } from "./run_failure.ts";
import { Series } from "./series.ts";
import { isOrdered, mustYield, nextMultiple, refusePromise, stepAlong } from "./stepping.ts";
import type { SnapshotBuffers } from "./snapshot_buffers.ts";
import { BadState, putTogether, takeApart } from "./state.ts";

/** Kept before a model takes the floor. */
const { stringify } = JSON;

const OTHER_MODEL =
  "its model is not the one that has computed the state it begins from, and exports no " +
  "branch(state, ctx) that would fit it; --accept-model takes the state as it is";

type Resume = NonNullable<Extract<ToSimulation, { type: "batch" }>["resume"]>;

/** Taken before a model could change it. */
const { compareExchange, exchange, store } = Atomics;

/** Steps are done in chunks of about this long between two looks at the orders. */
const CHUNK_MS = 5;
const CHUNK_STEPS_MAX = 2 ** 30;
/** `done` of an `advance` model is asked this often unless the job says when to measure. */
const DONE_EVERY_STEPS = 1000;
/** Rows beyond this go to disk before the next checkpoint; earlier where the slot has less memory for them. */
const SERIES_CHARACTERS_MAX = 1 << 23;

/** A run that took longer keeps its final state, even if no checkpoint was due. */
const FINAL_STATE_AFTER_MS = 5000;

/** What a checkpoint keeps beside the arrays. */
interface Plain {
  readonly state: unknown;
  readonly rng: RandomState | null;
  readonly columns: readonly string[] | null;
  /** The final state of a run that ended by its own rule: it must not go on after a crash. */
  readonly ending?: string;
}

/** What a run shares with the others of its thread. */
export interface RunParts {
  readonly orders: Int32Array;
  readonly progress: Float64Array;
  readonly buffers: SnapshotBuffers;
  readonly tell: (message: FromSimulation) => void;
  /** How many steps to do between two looks at orders and clock. */
  readonly pace: { chunkSteps: number };
  /** What the run needs. */
  readonly needs: () => Context["needs"];
}

/** One run from its first to its last step in this slot. */
export class SimulatedRun {
  readonly context: RunContext;
  readonly #model: Instance;
  readonly #job: Job;
  readonly #index: number;
  readonly #batch: number;
  readonly #parts: RunParts;
  #series = new Series();
  #state: unknown;
  #ending: string | undefined;
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
  #savedStep = -1;
  /** The step of the state that it began with in this slot, of another run; −1 for others. */
  #begunAt = -1;
  #savedAt = this.#startedAt;
  #autoInterval: AutoInterval | undefined;
  #seriesOnDisk = false;
  #logOnDisk = false;
  #isWarned = false;
  #measuredEnd: { readonly value: unknown } | undefined;

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
  }

  get now(): number {
    return this.#now;
  }

  get step(): number {
    return this.#parts.progress[CONTROL.step]!;
  }

  /** The record of the result as JSON, or undefined when the run was saved and given back. */
  async compute(resume: Resume | undefined): Promise<string | undefined> {
    if (resume === undefined) await this.#init();
    else this.#restore(resume);
    if (resume?.branch !== undefined) await this.#branch(resume.branch);
    this.#now = this.#computingFrom = performance.now();
    this.#livedFrom = this.#parts.progress[CONTROL.livedMs]!;
    store(this.#parts.orders, CONTROL.activity, ACTIVITY.computing);
    const isBeginning = resume === undefined || resume.branch !== undefined;
    const finished = this.#advanceToEnd(resume?.step ?? 0, isBeginning);
    if (!finished) return undefined;
    return this.#result();
  }

  logAtEnd(): { log?: string } {
    const text = this.context.takeLog();
    if (text === "") return {};
    if (!this.#logOnDisk && text.length <= LOG_INLINE_CHARACTERS_MAX) return { log: text };
    this.#parts.tell({ type: "log", batch: this.#batch, index: this.#index, text });
    return {};
  }

  async #init(): Promise<void> {
    const made: unknown = this.#model.init === undefined
      ? {}
      : this.#model.init(this.context as never);
    const state: unknown = made instanceof Promise ? await made : made;
    if (typeof state !== "object" || state === null) {
      const what = describeReturned(state);
      throw new BadState(`init() returned ${what}; a state is an object, changed in place`);
    }
    // Said before the first step, not at the first checkpoint hours later.
    if (this.#job.checkpoint.every.kind !== "off") this.#planSaving(takeApart(state).bytes);
    this.#state = state;
  }

  #restore(resume: Resume): void {
    const plain = JSON.parse(resume.snapshot.plain) as Plain;
    const saved = putTogether(plain.state, resume.snapshot.tensors);
    this.context.restoreRandom(decodePlain(plain.rng) as RandomState | null);
    this.context.step = resume.step;
    this.#state = this.#model.restore?.(saved, this.context as never) ?? saved;
    if (plain.columns !== null) this.#series = new Series(plain.columns);
    this.#seriesOnDisk = plain.columns !== null;
    this.#logOnDisk = true;
    this.#msBefore = resume.ms;
    this.#savedStep = resume.step;
    this.#ending = plain.ending;
    const { tensors } = resume.snapshot;
    this.#planSaving(tensors.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
  }

  /** The state is another run's, and its own from now on. */
  async #branch({ step, parameters: encoded, isOtherModel }: BranchOrder): Promise<void> {
    const { branch } = this.#model;
    this.#begunAt = step;
    if (isOtherModel && (branch === undefined || this.#job.model.kind === "wasm")) {
      throw new RunFailure("needs", OTHER_MODEL);
    }
    if (branch === undefined) return;
    const { context } = this;
    const parameters = context.withDefaults(decodePlain(encoded) as Record<string, unknown>);
    const returned: unknown = branch(this.#state, context as never, { step, parameters });
    const made: unknown = returned instanceof Promise ? await returned : returned;
    if (made !== undefined && (typeof made !== "object" || made === null)) {
      const what = describeReturned(made);
      throw new BadState(
        `branch() returned ${what}; it changes the state in place, or returns one`,
      );
    }
    if (made !== undefined) this.#state = made;
    if (this.#job.checkpoint.every.kind !== "off") this.#planSaving(takeApart(this.#state).bytes);
  }

  #planSaving(bytes: number): void {
    const cadence = this.#job.checkpoint.every;
    if (cadence.kind === "auto") this.#autoInterval = new AutoInterval(bytes, cadence.learned);
  }

  /** Steps to the end; false when it was asked to give the run back and saved it. */
  #advanceToEnd(from: number, isBeginning: boolean): boolean {
    const { steps, measureEverySteps } = this.#job;
    if (isBeginning && measureEverySteps !== undefined) this.#measureRow(from);
    this.#lookedAt = from;
    if (from < steps && this.#ending === undefined) {
      // Its time was over before, and is no longer now.
      if (this.#isTimeOver) this.#failTimeout(from);
      this.#stepFrom(from);
    }
    if (this.#isGivenBack) return false;
    // What fails the run must not stand in its last checkpoint.
    if (this.#onNan === "fail") this.#measureEnd();
    if (this.#keepsFinalState(this.#lookedAt)) this.#save(this.#lookedAt, true);
    // A state that no checkpoint could have kept is told in any case, not only where one happened to be due.
    else if (this.#job.checkpoint.every.kind !== "off") takeApart(this.#state);
    return true;
  }

  #stepFrom(from: number): void {
    const { progress, orders } = this.#parts;
    const state = this.#state;
    const ctx = this.context;
    const look = (at: number) => this.#look(at);
    const asksEachStep = this.#doneEvery === 1;
    let at = from;
    let to = this.#nextLook(at);
    if (this.#model.step === undefined) {
      for (; to > at; to = look(at)) {
        ctx.step = at;
        const returned: unknown = this.#model.advance!(state, to - at, ctx as never);
        if (at === 0) refusePromise(returned, "advance");
        progress[CONTROL.step] = ctx.step = at = to;
        if (asksEachStep) this.#askDone();
      }
      return;
    }
    const { step } = this.#model;
    if (at === 0) {
      ctx.step = 0;
      refusePromise(step(state, ctx as never), "step");
      progress[CONTROL.step] = ctx.step = at = 1;
      if (asksEachStep && this.#askDone()) to = at;
    }
    if (!asksEachStep) return stepAlong(step, state, ctx, { progress, orders }, at, to, look);
    for (; at < to && !isOrdered(orders) || (to = look(at)) > at;) {
      ctx.step = at;
      step(state, ctx as never);
      progress[CONTROL.step] = ctx.step = ++at;
      if (this.#askDone()) to = at;
    }
  }

  /** Between two steps: measures, saves, obeys. Answers at which step to look again; `at` to stop. */
  #look(at: number): number {
    const { steps, measureEverySteps } = this.#job;
    const doneEvery = this.#doneEvery;
    this.context.step = at;
    compareExchange(this.#parts.orders, CONTROL.order, ORDER.look, ORDER.none);
    const now = performance.now();
    this.#adaptChunk(now - this.#now, at - this.#lookedAt);
    this.#now = now;
    // Ordered before the first step after a checkpoint, which counts the row of its step.
    const isMeasured = at === this.#lookedAt;
    this.#lookedAt = at;
    if (!isMeasured) {
      if (measureEverySteps !== undefined && at % measureEverySteps === 0) {
        this.#measureRow(at);
        this.#flushRows();
      }
      if (doneEvery > 1 && at % doneEvery === 0) this.#askDone();
    }
    if (now - this.#startedAt > LOG_TO_DISK_AFTER_MS) this.#logToDisk();
    if (at >= steps || this.#ending !== undefined) return at;
    if (this.#isTimeOver) this.#failTimeout(at);
    if (mustYield(this.#parts.orders)) {
      if (this.#job.checkpoint.every.kind !== "off" && at !== this.#savedStep) this.#save(at, true);
      this.#logToDisk();
      this.#isGivenBack = true;
      return at;
    }
    if (this.#isDue(at, now)) this.#save(at, this.#mustStay(at));
    return this.#nextLook(at);
  }

  #nextLook(step: number): number {
    const { steps, measureEverySteps } = this.#job;
    const cadence = this.#job.checkpoint.every;
    let to = Math.min(steps, step + this.#parts.pace.chunkSteps);
    if (measureEverySteps !== undefined) to = Math.min(to, nextMultiple(step, measureEverySteps));
    if (this.#doneEvery > 1) to = Math.min(to, nextMultiple(step, this.#doneEvery));
    if (cadence.kind === "steps") to = Math.min(to, nextMultiple(step, cadence.steps));
    return Math.min(to, nextKept(this.#job.checkpoint, step));
  }

  /** After so many steps the model is asked whether it is done; 0 for one that never says so. */
  get #doneEvery(): number {
    if (this.#model.done === undefined) return 0;
    return this.#job.measureEverySteps ?? (this.#model.step === undefined ? DONE_EVERY_STEPS : 1);
  }

  #askDone(): boolean {
    const ending = this.#model.done!(this.#state, this.context as never) as
      | Ending
      | undefined
      | false;
    if (ending === undefined || ending === false) return false;
    if (typeof ending === "string" && ending.startsWith("diverged")) {
      throw new RunFailure("diverged", ending);
    }
    if (typeof ending !== "string" || !ending.startsWith("converged")) {
      throw new BadState(
        `done() returned ${describeReturned(ending)}; ` +
          'it returns "converged", "diverged: why", or nothing',
      );
    }
    this.#ending = ending;
    return true;
  }

  #measureRow(step: number): void {
    if (this.#model.measure === undefined) return;
    const measured = this.#model.measure(this.#state, this.context as never);
    this.#series.add(step, measured);
    this.#checkFinite(measured, step);
  }

  #flushRows(): void {
    const most = Math.min(
      SERIES_CHARACTERS_MAX,
      this.#parts.progress[CONTROL.seriesBytesMax] || Infinity,
    );
    if (this.#series.length <= most) return;
    this.#seriesOnDisk = true;
    const text = this.#series.take();
    this.#parts.tell({ type: "rows", batch: this.#batch, index: this.#index, text });
  }

  /** The measurement that is the result of a model without `result`. */
  #measureEnd(): unknown {
    if (this.#model.result !== undefined || this.#model.measure === undefined) return undefined;
    if (this.#measuredEnd === undefined) {
      const value: unknown = this.#model.measure(this.#state, this.context as never);
      this.#measuredEnd = { value };
      this.#checkFinite(value, this.step);
    }
    return this.#measuredEnd.value;
  }

  get #onNan(): OnNan {
    return this.#job.onNan ?? DEFAULT_ON_NAN;
  }

  #checkFinite(measured: unknown, step: number): void {
    if (this.#onNan === "ignore" || this.#isWarned) return;
    const found = findNotFinite(measured);
    if (found === undefined) return;
    const message = notFiniteWords(found, step);
    if (this.#onNan === "fail") throw new RunFailure("not-finite", message);
    this.#isWarned = true;
    this.#parts.tell({ type: "warned", batch: this.#batch, index: this.#index, step, message });
  }

  get #isTimeOver(): boolean {
    const { timeoutMs } = this.#job;
    return timeoutMs !== undefined && this.#elapsedMs() >= timeoutMs;
  }

  /** What was computed is kept: with more time it goes on from here. */
  #failTimeout(at: number): never {
    if (this.#job.checkpoint.every.kind !== "off" && at !== this.#savedStep) this.#save(at, true);
    throw new RunFailure("timeout", timeoutWords(this.#job, at, this.#elapsedMs()));
  }

  /** Chunks grow until one takes about CHUNK_MS, and shrink when steps get slower. */
  #adaptChunk(elapsedMs: number, steps: number): void {
    const { pace } = this.#parts;
    if (elapsedMs > 2 * CHUNK_MS) pace.chunkSteps = Math.max(1, steps >>> 1);
    else if (steps === pace.chunkSteps && elapsedMs < CHUNK_MS / 2) {
      pace.chunkSteps = Math.min(steps * 2, CHUNK_STEPS_MAX);
    }
  }

  #isDue(step: number, now: number): boolean {
    const cadence = this.#job.checkpoint.every;
    if (this.#mustStay(step)) return true;
    switch (cadence.kind) {
      case "off":
        return false;
      case "steps":
        // A checkpoint that found both buffers busy is made up for at the next look.
        return step - Math.max(this.#savedStep, 0) >= cadence.steps ||
          step % cadence.steps === 0 && step !== this.#savedStep;
      case "time":
        return now - this.#savedAt >= cadence.everyMs;
      case "auto":
        return this.#autoInterval!.isDue(now - this.#savedAt, this.#parts.progress);
    }
  }

  /**
   * A run that lived to its first checkpoint, or for a while, keeps its last state, so that more steps can go
   * on from it. What took less is as soon computed again, and leaves no file.
   */
  #keepsFinalState(step: number): boolean {
    const cadence = this.#job.checkpoint.every;
    if (cadence.kind === "off" || step === this.#savedStep) return false;
    if (this.#job.checkpoint.wanted?.last || this.#mustStay(step)) return true;
    if (cadence.kind === "steps") return step >= cadence.steps;
    const longMs = Math.min(
      cadence.kind === "time" ? cadence.everyMs : Infinity,
      FINAL_STATE_AFTER_MS,
    );
    // What it has begun with was saved for it, and says nothing of how long it takes.
    return this.#savedStep > this.#begunAt || this.#now - this.#startedAt >= longMs;
  }

  /** Somebody counts on the state of just this step. */
  #mustStay(step: number): boolean {
    const { checkpoint } = this.#job;
    return step !== this.#savedStep && checkpoint.every.kind !== "off" &&
      isKeptState(checkpoint, step);
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
      columns: this.#series.columns ?? null,
      ...(this.#ending === undefined ? {} : { ending: this.#ending }),
    };
    const series = this.#series.take();
    if (series !== "") this.#seriesOnDisk = true;
    this.#savedStep = step;
    this.#now = this.#savedAt = performance.now();
    const text = stringify(plain);
    const stallMs = performance.now() - beganAt;
    // What it waited for a buffer is no part of what a checkpoint costs that need not wait.
    if (!must) this.#autoInterval?.saved(step, stallMs);
    this.#parts.tell({
      type: "snapshot",
      batch: this.#batch,
      index: this.#index,
      step,
      ms: this.#elapsedMs(),
      plain: text,
      tensors: parts.arrays.map(({ name, dtype, length, offset }) => ({
        name,
        dtype,
        length,
        offset,
      })),
      ...place,
      series,
      dependsOnSteps: this.context.dependsOnSteps,
      stallMs,
    });
  }

  #result(): string {
    const { context } = this;
    const value: unknown = this.#model.result !== undefined
      ? this.#model.result(this.#state, context as never)
      : this.#measureEnd();
    let result = plainResult(value ?? null);
    const text = stringify(result);
    if (text.length > RESULT_CHARACTERS_MAX) {
      const most = `${RESULT_CHARACTERS_MAX >> 20} MiB`;
      throw new BadState(
        `result is ${Math.round(text.length / 2 ** 20)} MiB when written down; ${most} is the ` +
          "most: keep what is large in the state, whose checkpoints can be exported",
      );
    }
    if (text.length > RESULT_INLINE_CHARACTERS_MAX) {
      this.#file("result.json", text);
      result = { $file: "result.json" };
    }
    const series = this.#series.take();
    const inline = !this.#seriesOnDisk && series.length <= SERIES_INLINE_CHARACTERS_MAX;
    // Also when there is no new row: earlier ones that met a failing disk may still wait to be written.
    if (!inline) this.#file("series.csv", series);
    return stringify({
      index: this.#index,
      step: this.step,
      ms: Math.round(this.#elapsedMs() * 1000) / 1000,
      ...(this.#ending === undefined ? {} : { ending: this.#ending }),
      result,
      ...(inline && series !== "" ? { series } : {}),
      ...this.logAtEnd(),
    });
  }

  #file(name: "series.csv" | "result.json", text: string): void {
    this.#parts.tell({ type: "file", batch: this.#batch, index: this.#index, name, text });
  }

  #logToDisk(): void {
    const text = this.context.takeLog();
    if (text === "") return;
    this.#logOnDisk = true;
    this.#parts.tell({ type: "log", batch: this.#batch, index: this.#index, text });
  }

  /** Time of computing, of earlier attempts too. Not the time in which the whole process was suspended. */
  #elapsedMs(): number {
    const livedMs = this.#parts.progress[CONTROL.livedMs]! - this.#livedFrom + GAP_MS_MAX;
    return this.#msBefore + Math.min(this.#now - this.#computingFrom, livedMs);
  }
}

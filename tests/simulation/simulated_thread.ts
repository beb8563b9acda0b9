/** The simulation thread of a simulated slot: speaks the protocol of the real one, computes the toy model in simulated time. */
import { type Job, nextKept } from "../../src/job/job.ts";
import {
  ACTIVITY,
  CONTROL,
  type FromSimulation,
  type ToSimulation,
} from "../../src/worker/protocol.ts";
import type {
  StartThread,
  ThreadHandle,
  ThreadHandlers,
} from "../../src/worker/simulation_thread.ts";
import { mustYield, nextMultiple } from "../../src/worker/stepping.ts";
import * as toy from "./toy_model.ts";
import type { VirtualTime } from "./virtual_time.ts";

type Batch = Extract<ToSimulation, { type: "batch" }>;

/** What happens to a thread at a step. */
export type StepFate = "goes on" | "hangs" | "kills its process";

/** The course of the world, as far as threads take part in it. */
export interface ThreadWorld {
  readonly time: VirtualTime;
  /** How long a step takes. */
  readonly stepMs: number;
  /** A series shorter than this stands in the journal. */
  readonly inlineCharactersMax: number;
  fate(job: Job, run: string, step: number): StepFate;
  /** A run is computed from here on. */
  begins(job: Job, run: string, step: number): void;
  killProcess(): void;
}

export function threadStarter(world: ThreadWorld): StartThread {
  return ({ control }, _grants, handlers) => new SimulatedThread(world, control, handlers);
}

class SimulatedThread implements ThreadHandle {
  readonly #world: ThreadWorld;
  readonly #handlers: ThreadHandlers;
  readonly #orders: Int32Array;
  readonly #progress: Float64Array;
  readonly #jobs = new Map<number, Job>();
  #work: Promise<void>;
  #isOver = false;

  constructor(world: ThreadWorld, control: SharedArrayBuffer, handlers: ThreadHandlers) {
    this.#world = world;
    this.#handlers = handlers;
    this.#orders = new Int32Array(control);
    this.#progress = new Float64Array(control);
    this.#work = world.time.sleep(20).then(() => {
      const inspection = { params: undefined, exports: ["init", "step"] };
      this.#tell({ type: "started", inspection });
    });
  }

  post(message: ToSimulation): void {
    if (message.type === "start") return;
    this.#work = this.#work.then(async () => {
      await this.#world.time.sleep(0.1);
      if (message.type === "job") this.#jobs.set(message.number, message.job);
      else if (message.type === "batch") {
        await this.#runBatch(message, this.#jobs.get(message.job)!);
      }
    });
  }

  terminate(): void {
    this.#isOver = true;
  }

  #tell(message: Exclude<FromSimulation, { type: "alive" }>): void {
    if (!this.#isOver) this.#handlers.onMessage(message);
  }

  async #runBatch(batch: Batch, job: Job): Promise<void> {
    this.#orders[CONTROL.batch] = batch.batch;
    for (const [i, { index, run }] of batch.runs.entries()) {
      const giveBack = () => {
        const indices = batch.runs.slice(i).map((one) => one.index);
        this.#tell({ type: "yielded", batch: batch.batch, indices });
      };
      if (mustYield(this.#orders)) {
        giveBack();
        break;
      }
      this.#progress[CONTROL.index] = index;
      this.#progress[CONTROL.step] = batch.resume?.step ?? 0;
      this.#progress[CONTROL.begun]!++;
      this.#orders[CONTROL.activity] = ACTIVITY.computing;
      const text = await this.#compute(batch, job, index, run);
      if (text === undefined) {
        giveBack();
        break;
      }
      this.#tell({ type: "results", batch: batch.batch, text: `[${text}]` });
    }
    this.#orders[CONTROL.activity] = ACTIVITY.idle;
    this.#tell({ type: "ended", batch: batch.batch });
  }

  /** The result as text; undefined when the run was asked back. */
  async #compute(batch: Batch, job: Job, index: number, run: string): Promise<string | undefined> {
    const { resume } = batch;
    const state = resume === undefined
      ? toy.begin(job, index)
      : toy.restore(resume.step, resume.snapshot);
    if (resume?.branch !== undefined) toy.branch(state, job);
    this.#world.begins(job, run, state.step);
    const { every } = job.checkpoint;
    const steps = every.kind === "steps" ? every.steps : Infinity;
    let saved = state.step;
    let seriesOnDisk = state.step > 0 && resume?.branch === undefined;
    const save = async () => {
      saved = state.step;
      const rows = toy.takeRows(state);
      if (rows !== "") seriesOnDisk = true;
      await this.#save(batch.batch, index, state, rows);
    };
    while (state.step < job.steps) {
      const due = nextMultiple(state.step, steps);
      const kept = nextKept(job.checkpoint, state.step);
      const to = Math.min(job.steps, due, kept, state.step + 5);
      await this.#world.time.sleep((to - state.step) * this.#world.stepMs);
      await this.#meetFate(job, run, to);
      toy.advance(state, to - state.step, job);
      this.#progress[CONTROL.step] = state.step;
      const isAsked = mustYield(this.#orders);
      if (
        state.step === due || state.step === kept ||
        isAsked && every.kind !== "off" && state.step > saved
      ) await save();
      if (isAsked && state.step < job.steps) return undefined;
    }
    // The final state is kept where checkpoints were due, so that more steps can go on from it.
    const isWanted = job.steps >= steps || job.checkpoint.wanted?.last === true;
    if (isWanted && state.step > saved) await save();
    const series = toy.takeRows(state);
    const inline = !seriesOnDisk && series.length <= this.#world.inlineCharactersMax;
    if (!inline) {
      this.#tell({ type: "file", batch: batch.batch, index, name: "series.csv", text: series });
    }
    return JSON.stringify({
      index,
      step: state.step,
      ms: 1,
      result: toy.resultOf(state),
      ...(inline && series !== "" ? { series } : {}),
    });
  }

  async #meetFate(job: Job, run: string, step: number): Promise<void> {
    const fate = this.#world.fate(job, run, step);
    if (fate === "kills its process") this.#world.killProcess();
    // A busy thread hears nothing and says nothing; what stops it is the end of its process.
    if (fate !== "goes on") await new Promise<never>(() => {});
  }

  async #save(batch: number, index: number, state: toy.ToyState, series: string): Promise<void> {
    let buffer = this.#freeBuffer();
    while (buffer === undefined) {
      this.#orders[CONTROL.activity] = ACTIVITY.waitingForDisk;
      await this.#world.time.sleep(1);
      buffer = this.#freeBuffer();
    }
    this.#orders[CONTROL.activity] = ACTIVITY.computing;
    this.#orders[CONTROL.buffers[buffer]!] = 1;
    const shared = new SharedArrayBuffer(state.recent.byteLength);
    new Float64Array(shared).set(state.recent);
    this.#tell({
      type: "snapshot",
      batch,
      index,
      step: state.step,
      ms: 1,
      plain: toy.plainOf(state),
      tensors: [{ name: "recent", dtype: "F64", length: state.recent.length, offset: 0 }],
      buffer,
      shared,
      series,
      dependsOnSteps: false,
      stallMs: 0,
    });
  }

  #freeBuffer(): 0 | 1 | undefined {
    if (this.#orders[CONTROL.buffers[0]!] === 0) return 0;
    return this.#orders[CONTROL.buffers[1]!] === 0 ? 1 : undefined;
  }
}

/** The runs of one batch whose model is PLECS: all in one call, or one after the other in segments with checkpoints. */
import type { Job } from "../job/job.ts";
import { DEFAULT_PLECS_TIMEOUT_MS, type PlecsModel } from "../job/plecs.ts";
import { decodePlain, encodePlain } from "../job/plain.ts";
import type { FailureClass } from "../job/run.ts";
import { sweptParameters } from "../plan/point_numbers.ts";
import { pointAt } from "../plan/sweep.ts";
import { simulateBatch } from "../plecs/batch.ts";
import { pieceOf, simulateOptions } from "../plecs/options.ts";
import { PlecsFault } from "../plecs/plecs_fault.ts";
import type { RpcValue } from "../plecs/value.ts";
import { readWaveforms } from "../plecs/waveforms.ts";
import { type HarvestSaved, PlecsHarvest, type PlecsPlace } from "./plecs_harvest.ts";
import { GivenBack, type PlecsServer } from "./plecs_server.ts";
import { CONTROL, type FromSimulation, type ToSimulation } from "./protocol.ts";
import { RunFailure, timeoutWords } from "./run_failure.ts";
import { mustYield } from "./stepping.ts";

type Batch = Extract<ToSimulation, { type: "batch" }>;

/** What stands in a checkpoint. */
interface Saved {
  readonly state: RpcValue;
  readonly harvest: HarvestSaved;
}

export interface PlecsParts {
  readonly orders: Int32Array;
  readonly progress: Float64Array;
  readonly server: PlecsServer;
  /** Of a run and attempt. */
  readonly folderOf: (run: string, attempt: number) => string;
  readonly tell: (message: FromSimulation) => void;
  /** A run has ended well. */
  readonly keep: (record: string) => void;
  /** It has failed. */
  readonly fail: (index: number, thrown: unknown) => void;
}

/** Without another word: checkpoints take no more than a fiftieth of the time, nor are they taken all the time. */
const COST_SHARE = 50;
const LEAST_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 20;

export class PlecsBatch {
  readonly #batch: Batch;
  readonly #job: Job;
  readonly #model: PlecsModel;
  readonly #parts: PlecsParts;
  /** Runs that have not ended, by their place in the batch. */
  readonly #open: Set<number>;
  #savedAtMs = -Infinity;
  #savedStep = 0;

  constructor(batch: Batch, job: Job, model: PlecsModel, parts: PlecsParts) {
    this.#batch = batch;
    this.#job = job;
    this.#model = model;
    this.#parts = parts;
    this.#open = new Set(batch.runs.keys());
  }

  /** Answers the indices of runs that are given back. */
  async compute(): Promise<number[]> {
    try {
      if (this.#model.segments === 1) await this.#together();
      else await this.#oneByOne();
    } catch (error) {
      if (!(error instanceof GivenBack)) throw error;
    }
    return [...this.#open].map((at) => this.#batch.runs[at]!.index);
  }

  async #together(): Promise<void> {
    const { runs, attempt } = this.#batch;
    const { server, orders } = this.#parts;
    if (mustYield(orders)) return;
    const timeoutMs = this.#job.timeoutMs ?? DEFAULT_PLECS_TIMEOUT_MS;
    const options = runs.map(({ index }) =>
      simulateOptions(this.#model, this.#parametersOf(index), timeoutMs)
    );
    let harvested: Promise<void> = Promise.resolve();
    let beganAt = performance.now();
    await simulateBatch(options, {
      simulate: async (list) => {
        await harvested;
        beganAt = performance.now();
        // At worst they are computed one after the other.
        const count = Array.isArray(list) ? list.length : 1;
        return await server.simulate(list, count * timeoutMs);
      },
      tell: (at, simulated, together) => {
        const ms = (performance.now() - beganAt) / together;
        harvested = harvested.then(() =>
          this.#end(at, async () => {
            if ("fault" in simulated) throw this.#failure(simulated.fault, 0, ms);
            const harvest = this.#harvestOf(at);
            await harvest.add(wavesOf(simulated.answer));
            return harvest.record(this.#job.steps, ms);
          })
        );
      },
      mayGoOn: () => !mustYield(orders),
      // Whoever of them made PLECS fall over does not drag the others along a second time.
    }, attempt > 1);
    await harvested;
  }

  async #oneByOne(): Promise<void> {
    for (const at of [...this.#open]) {
      this.#parts.progress[CONTROL.index] = this.#batch.runs[at]!.index;
      this.#parts.progress[CONTROL.step] = this.#batch.resume?.step ?? 0;
      this.#parts.progress[CONTROL.begun]!++;
      await this.#end(at, () => this.#inSegments(at));
    }
  }

  /** What it answers is the record; what it throws is why it failed. */
  async #end(at: number, work: () => Promise<string>): Promise<void> {
    try {
      this.#parts.keep(await work());
    } catch (thrown) {
      if (thrown instanceof GivenBack) throw thrown;
      this.#parts.fail(this.#batch.runs[at]!.index, thrown);
    }
    this.#open.delete(at);
  }

  async #inSegments(at: number): Promise<string> {
    const { resume, runs } = this.#batch;
    const { server, orders, progress } = this.#parts;
    const saved = resume && decodePlain(JSON.parse(resume.snapshot.plain)) as Saved;
    const harvest = this.#harvestOf(at, saved?.harvest);
    const parameters = this.#parametersOf(runs[at]!.index);
    let state = saved?.state;
    let ms = resume?.ms ?? 0;
    this.#savedStep = resume?.step ?? 0;
    this.#savedAtMs = ms;
    for (let step = this.#savedStep; step < this.#model.segments; step++) {
      if (mustYield(orders)) {
        if (step > this.#savedStep) await this.#save(at, step, ms, state!, harvest, true);
        throw new GivenBack();
      }
      const timeoutMs = (this.#job.timeoutMs ?? DEFAULT_PLECS_TIMEOUT_MS) - ms;
      if (timeoutMs <= 0) throw this.#failure(new PlecsFault("timeout", ""), step, ms);
      const piece = { ...pieceOf(this.#model, step), ...(state !== undefined && { state }) };
      const options = simulateOptions(this.#model, parameters, timeoutMs, piece);
      const beganAt = performance.now();
      try {
        await harvest.add(wavesOf(await server.simulate(options, timeoutMs)));
        if (step + 1 < this.#model.segments) state = await server.systemState();
      } catch (error) {
        const failure = error instanceof PlecsFault;
        throw failure ? this.#failure(error, step, ms + performance.now() - beganAt) : error;
      }
      ms += performance.now() - beganAt;
      progress[CONTROL.step] = step + 1;
      if (step + 1 === this.#model.segments) break;
      if (this.#isDue(step + 1, ms)) await this.#save(at, step + 1, ms, state!, harvest, false);
    }
    return harvest.record(this.#job.steps, ms);
  }

  #isDue(step: number, ms: number): boolean {
    const { every } = this.#job.checkpoint;
    const since = ms - this.#savedAtMs;
    switch (every.kind) {
      case "off":
        return false;
      case "steps":
        return step - this.#savedStep >= every.steps;
      case "time":
        return since >= every.everyMs;
      case "auto":
        return since >=
          Math.max(LEAST_EVERY_MS, COST_SHARE * this.#parts.progress[CONTROL.writtenMs]!);
    }
  }

  /** Where both buffers are still being written it is left for the next time, unless it must be. */
  async #save(
    at: number,
    step: number,
    ms: number,
    state: RpcValue,
    harvest: PlecsHarvest,
    must: boolean,
  ): Promise<void> {
    const { orders, tell } = this.#parts;
    if (this.#job.checkpoint.every.kind === "off") return;
    const beganAt = performance.now();
    let buffer = freeBuffer(orders);
    while (must && buffer === undefined) {
      await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
      buffer = freeBuffer(orders);
    }
    if (buffer === undefined) return;
    const { series, saved } = harvest.take();
    const plain: Saved = { state, harvest: saved };
    Atomics.store(orders, CONTROL.buffers[buffer]!, 1);
    this.#savedStep = step;
    this.#savedAtMs = ms;
    tell({
      type: "snapshot",
      batch: this.#batch.batch,
      index: this.#batch.runs[at]!.index,
      step,
      ms,
      plain: JSON.stringify(encodePlain(plain)),
      tensors: [],
      buffer,
      shared: new SharedArrayBuffer(8),
      series,
      dependsOnSteps: true,
      stallMs: performance.now() - beganAt,
    });
  }

  #harvestOf(at: number, saved?: HarvestSaved): PlecsHarvest {
    const { index, run } = this.#batch.runs[at]!;
    const { batch, attempt } = this.#batch;
    const folder = this.#parts.folderOf(run, attempt);
    const place: PlecsPlace = { index, run, batch, folder };
    return new PlecsHarvest(this.#job, this.#model, place, this.#parts.tell, saved);
  }

  #parametersOf(index: number) {
    const point = pointAt(this.#job.sweep, index);
    return { ...this.#job.parameters, ...sweptParameters(this.#job.sweep, point) };
  }

  #failure({ kind, message }: PlecsFault, step: number, ms: number): RunFailure {
    if (kind !== "timeout") return new RunFailure(CLASSES[kind], message);
    const { timeoutMs } = this.#job;
    const said = message === "" ? "" : ` (${message})`;
    if (timeoutMs !== undefined && ms >= timeoutMs) {
      return new RunFailure("timeout", `${timeoutWords(this.#job, step, ms)}${said}`);
    }
    const hours = Math.round((timeoutMs ?? DEFAULT_PLECS_TIMEOUT_MS) / 1000);
    const words = `PLECS ended it after its time limit of ${hours} s${said}: ` +
      "give the job a longer timeout:";
    return new RunFailure("timeout", words);
  }
}

const CLASSES: { readonly [kind in Exclude<PlecsFault["kind"], "timeout">]: FailureClass } = {
  transient: "transient",
  busy: "transient",
  "not-loaded": "transient",
  own: "plecs-failed",
  "too-large": "plecs-failed",
  foreign: "plecs-failed",
};

function wavesOf(answer: RpcValue) {
  try {
    return readWaveforms(answer);
  } catch (error) {
    if (!(error instanceof PlecsFault)) throw error;
    throw new RunFailure("plecs-failed", error.message);
  }
}

function freeBuffer(orders: Int32Array): 0 | 1 | undefined {
  return ([0, 1] as const).find((one) => Atomics.load(orders, CONTROL.buffers[one]!) === 0);
}

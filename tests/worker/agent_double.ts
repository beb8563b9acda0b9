/** An agent for tests: runs batches in this thread and keeps what it is handed as the real one would. */
import assert from "node:assert/strict";
import type { RunResult } from "../../src/campaign/slot_messages.ts";
import type { Job } from "../../src/job/job.ts";
import type { ModelModule } from "../../src/job/model.ts";
import { DTYPE_BYTES, type Snapshot } from "../../src/job/snapshot.ts";
import type { LoadedModel } from "../../src/worker/model.ts";
import {
  CONTROL,
  type FromSimulation,
  ORDER,
  type ToSimulation,
} from "../../src/worker/protocol.ts";
import { RunLoop } from "../../src/worker/run_loop.ts";

type Batch = Extract<ToSimulation, { type: "batch" }>;
type Resume = NonNullable<Batch["resume"]>;
type Told<T extends FromSimulation["type"]> = Extract<FromSimulation, { type: T }>;

/** A snapshot as it stands in a checkpoint: copied out of the shared buffer the moment it came. */
export interface Saved extends Resume {
  readonly index: number;
  readonly buffer: 0 | 1;
  readonly dependsOnSteps: boolean;
  /** Length of the series that belongs to it. */
  readonly seriesLength: number;
}

export class AgentDouble {
  readonly control = new SharedArrayBuffer(CONTROL.bytes);
  readonly orders = new Int32Array(this.control);
  readonly told: FromSimulation[] = [];
  readonly saved: Saved[] = [];
  /** The series as it is on disk, inline rows of the result included. */
  series = "";
  /** The disk is slow: buffers stay busy. */
  isSlow = false;
  /** What a checkpoint is said to take to be written. */
  writtenMs = 0;
  readonly #loop: RunLoop;
  #batches = 0;

  constructor(model: ModelModule) {
    this.#loop = new RunLoop(loaded(model), this.control, (message) => this.#hear(message));
  }

  /** Runs one batch; answers what was told of it. */
  async run(
    job: Job,
    options: { indices?: number[]; resume?: Resume } & Pick<Batch, "needs"> = {},
  ) {
    const from = this.told.length;
    const { indices = [0], resume, needs } = options;
    const batch: Batch = {
      type: "batch",
      batch: ++this.#batches,
      job: 1,
      attempt: 1,
      runs: indices.map((index) => ({ index, run: `run-${index}` })),
      ...(needs === undefined ? {} : { needs }),
      ...(resume === undefined ? {} : { resume }),
    };
    await this.#loop.runBatch(batch, job);
    const told = this.told.slice(from);
    assert.deepEqual(told.at(-1), { type: "ended", batch: this.#batches });
    return told;
  }

  /** Goes on from a snapshot as after a crash: the series is cut back to it. */
  async resume(job: Job, saved: Saved) {
    this.series = this.series.slice(0, saved.seriesLength);
    this.askToYield(false);
    return await this.run(job, { indices: [saved.index], resume: saved });
  }

  askToYield(isAsked = true): void {
    this.order(isAsked ? "yield" : "none");
  }

  order(name: keyof typeof ORDER): void {
    Atomics.store(this.orders, CONTROL.order, ORDER[name]);
  }

  free(buffer: 0 | 1): void {
    Atomics.store(this.orders, CONTROL.buffers[buffer], 0);
    Atomics.notify(this.orders, CONTROL.buffers[buffer]);
  }

  all<T extends FromSimulation["type"]>(type: T): Told<T>[] {
    return this.told.filter((message): message is Told<T> => message.type === type);
  }

  get results(): RunResult[] {
    return this.all("results").flatMap(({ text }) => JSON.parse(text));
  }

  #hear(message: FromSimulation): void {
    this.told.push(message);
    if (message.type === "snapshot") this.#keep(message);
    if (message.type === "file" && message.name === "series.csv") this.series += message.text;
    if (message.type === "results") {
      for (const { series } of JSON.parse(message.text)) this.series += series ?? "";
    }
  }

  #keep(message: Told<"snapshot">): void {
    const { step, ms, index, plain, buffer, dependsOnSteps } = message;
    this.series += message.series;
    const tensors = message.tensors.map(({ name, dtype, length, offset }) => ({
      name,
      dtype,
      length,
      bytes: new Uint8Array(message.shared, offset, length * DTYPE_BYTES[dtype]).slice(),
    }));
    const snapshot: Snapshot = { plain, tensors };
    const seriesLength = this.series.length;
    this.saved.push({ index, step, ms, snapshot, buffer, dependsOnSteps, seriesLength });
    const progress = new Float64Array(this.control);
    progress[CONTROL.writtenMs] = this.writtenMs;
    progress[CONTROL.writtenStep] = step;
    if (!this.isSlow) this.free(buffer);
  }
}

function loaded(model: ModelModule): LoadedModel {
  return {
    url: "file:///models/model.ts",
    params: model.params,
    exports: Object.keys(model),
    instantiate: () => model,
  };
}

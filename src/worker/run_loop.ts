/**
 * Runs the runs of a batch, one after the other, and tells what became of them.
 * Nothing here depends on when it is interrupted: a result is a function of model, parameters and seed alone.
 */
import type { Job } from "../job/job.ts";
import type { RunContext } from "./context.ts";
import type { LoadedModel } from "./model.ts";
import { failureOf } from "./outcome.ts";
import { ACTIVITY, CONTROL, type FromSimulation, type ToSimulation } from "./protocol.ts";
import { NeededResults } from "./needed_results.ts";
import { SimulatedRun } from "./simulated_run.ts";
import { SnapshotBuffers } from "./snapshot_buffers.ts";
import { mustYield } from "./stepping.ts";
import { straysSurface } from "./strays.ts";

/** Kept before a model takes the floor. */
const { store } = Atomics;

type Batch = Extract<ToSimulation, { type: "batch" }>;

/** Results of tiny runs wait this long for company. */
const RESULTS_TOGETHER_MS = 40;
/** More than this makes a line of its own: nobody waits for a line without end. */
const RESULTS_TOGETHER_CHARACTERS = 1 << 20;

export class RunLoop {
  readonly #model: LoadedModel;
  readonly #orders: Int32Array;
  readonly #progress: Float64Array;
  readonly #buffers: SnapshotBuffers;
  readonly #tell: (message: FromSimulation) => void;
  readonly #needs = new NeededResults();
  #context: RunContext | undefined;
  /** The run at hand, while it has its batch to itself. */
  #alone: { stray?: unknown } | undefined;
  #results: string[] = [];
  #resultsSince = 0;
  #resultsLength = 0;
  /** Handed from run to run: runs of one model take steps of much the same length. */
  readonly #pace = { chunkSteps: 1 };

  constructor(model: LoadedModel, control: SharedArrayBuffer, tell: (m: FromSimulation) => void) {
    this.#model = model;
    this.#orders = new Int32Array(control);
    this.#progress = new Float64Array(control);
    this.#buffers = new SnapshotBuffers(
      this.#orders,
      this.#progress[CONTROL.snapshotBytesMax] || Infinity,
    );
    this.#tell = tell;
  }

  /** A line of the current run's log; what a model prints outside of a run is nobody's. */
  log(text: string): void {
    this.#context?.log(text);
  }

  /** Lays an error nobody waits for at the run at hand; false when it may be another's. */
  blame(thrown: unknown): boolean {
    if (this.#alone === undefined) return false;
    this.#alone.stray ??= thrown;
    return true;
  }

  async runBatch(batch: Batch, job: Job): Promise<void> {
    store(this.#orders, CONTROL.batch, batch.batch);
    const alone: { stray?: unknown } = {};
    this.#alone = batch.runs.length === 1 ? alone : undefined;
    for (let i = 0; i < batch.runs.length; i++) {
      if (mustYield(this.#orders)) {
        this.#flushResults(batch.batch);
        const indices = batch.runs.slice(i).map((run) => run.index);
        this.#tell({ type: "yielded", batch: batch.batch, indices });
        break;
      }
      const { index, run } = batch.runs[i]!;
      this.#progress[CONTROL.index] = index;
      this.#progress[CONTROL.step] = batch.resume?.step ?? 0;
      this.#progress[CONTROL.begun]!++;
      store(this.#orders, CONTROL.activity, ACTIVITY.preparing);
      let one: SimulatedRun | undefined;
      try {
        one = new SimulatedRun(
          this.#model,
          job,
          index,
          run,
          batch.batch,
          this.#parts(batch, index),
        );
        this.#context = one.context;
        const result = await one.compute(batch.resume);
        if (result === undefined) {
          this.#flushResults(batch.batch);
          const indices = batch.runs.slice(i).map((run) => run.index);
          this.#tell({ type: "yielded", batch: batch.batch, indices });
          break;
        }
        if (this.#alone !== undefined) await straysSurface();
        if ("stray" in alone) throw alone.stray;
        this.#keepResult(result, one.now, batch.batch);
      } catch (thrown) {
        this.#flushResults(batch.batch);
        const failure = failureOf(thrown, this.#progress[CONTROL.step]!, this.#model.url);
        this.#tell({
          type: "failed",
          batch: batch.batch,
          index,
          failure,
          ...one?.logOfFailed(failure),
        });
      }
    }
    this.#context = undefined;
    this.#alone = undefined;
    store(this.#orders, CONTROL.activity, ACTIVITY.idle);
    await straysSurface();
    this.#flushResults(batch.batch);
    this.#tell({ type: "ended", batch: batch.batch });
  }

  #parts({ attempt, needs }: Batch, index: number) {
    return {
      attempt,
      needs: () => this.#needs.of(needs, index),
      orders: this.#orders,
      progress: this.#progress,
      buffers: this.#buffers,
      tell: this.#tell,
      pace: this.#pace,
    };
  }

  #keepResult(text: string, now: number, batch: number): void {
    if (this.#results.length === 0) this.#resultsSince = now;
    this.#results.push(text);
    this.#resultsLength += text.length;
    if (
      now - this.#resultsSince > RESULTS_TOGETHER_MS ||
      this.#resultsLength > RESULTS_TOGETHER_CHARACTERS
    ) this.#flushResults(batch);
  }

  #flushResults(batch: number): void {
    if (this.#results.length === 0) return;
    this.#tell({ type: "results", batch, text: `[${this.#results.join(",")}]` });
    this.#results = [];
    this.#resultsLength = 0;
  }
}

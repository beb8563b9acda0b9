/**
 * What an agent has in place of a simulation thread where models are commands: the same orders in, the same words
 * out, one program at a time. It lives in the agent itself, for a program is a process of its own.
 */
import type { Job } from "../job/job.ts";
import { killDescendants } from "../command/process_tree.ts";
import { isNoSpace, mayFindRoom } from "../store/disk.ts";
import { Layout } from "../store/layout.ts";
import { CommandRun } from "./command_run.ts";
import { FailedRestart, failedRestartsText } from "./failed_restart.ts";
import { NeededResults } from "./needed_results.ts";
import {
  ACTIVITY,
  CONTROL,
  type FromSimulation,
  type Resume,
  type ToSimulation,
} from "./protocol.ts";
import { RunFailure } from "./run_failure.ts";
import type { ThreadHandle, ThreadHandlers } from "./simulation_thread.ts";
import { mustYield } from "./stepping.ts";

export interface CommandOrders {
  readonly control: SharedArrayBuffer;
  /** Of the tree. */
  readonly root: string;
  readonly epoch: number;
  readonly environment: { readonly [name: string]: string };
  readonly memoryBytesMax: number;
}

/** How often the program that runs is looked at. */
const LOOK_EVERY_MS = 50;
/** Results of short runs wait so long for company. */
const RESULTS_TOGETHER_MS = 40;

type Batch = Extract<ToSimulation, { type: "batch" }>;

let running: CommandRun | undefined;

/** Of the program that runs at the moment, if any. */
export function commandMemoryBytes(): number {
  return running?.memoryBytes ?? 0;
}

/** No program outlives its slot. */
export function endCommands(): void {
  running?.kill();
  killDescendants();
}

export function startCommands(orders: CommandOrders, handlers: ThreadHandlers): ThreadHandle {
  const thread = new CommandThread(orders, handlers.onMessage);
  return {
    post: (message) => thread.receive(message),
    terminate: () => endCommands(),
  };
}

/** What is thrown beside failures of the run comes from the files of its folder, or from what its result holds. */
function failedBy(thrown: unknown, step: number) {
  if (thrown instanceof RunFailure) {
    return { failure: { class: thrown.failureClass, message: thrown.message, step } };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const isOfDisk = thrown instanceof Error && "code" in thrown;
  if (!isOfDisk) return { failure: { class: "command-failed" as const, message, step } };
  const failure = { class: "disk" as const, message, step };
  return { failure, noSpace: isNoSpace(thrown), mayPass: mayFindRoom(thrown) };
}

/** Its files are those of the last one. */
function whyNone(failed: readonly FailedRestart[]): RunFailure {
  failed.at(-1)!.keep();
  return new RunFailure("command-failed", failedRestartsText(failed));
}

class CommandThread {
  readonly #orders: CommandOrders;
  readonly #tell: (message: Exclude<FromSimulation, { type: "alive" }>) => void;
  readonly #jobs = new Map<number, Job>();
  readonly #layout: Layout;
  readonly #flags: Int32Array;
  readonly #progress: Float64Array;
  readonly #needs = new NeededResults();
  readonly #told = new Map<number, Set<string>>();
  #turn: Promise<void> = Promise.resolve();
  #hearOlder: (resume: Resume | undefined) => void = () => {};
  #sharedFolder = 0;
  #isSharedFolderMade = false;
  #results: string[] = [];
  #resultsSince = 0;

  constructor(
    orders: CommandOrders,
    tell: (message: Exclude<FromSimulation, { type: "alive" }>) => void,
  ) {
    this.#orders = orders;
    this.#tell = tell;
    this.#layout = new Layout(orders.root);
    this.#flags = new Int32Array(orders.control);
    this.#progress = new Float64Array(orders.control);
  }

  receive(message: ToSimulation): void {
    if (message.type === "job") {
      this.#jobs.set(message.number, message.job);
      this.#told.set(message.number, new Set());
    }
    if (message.type === "older") this.#hearOlder(message.resume);
    if (message.type === "batch") this.#turn = this.#turn.then(() => this.#runBatch(message));
  }

  async #runBatch(batch: Batch): Promise<void> {
    const job = this.#jobs.get(batch.job)!;
    Atomics.store(this.#flags, CONTROL.batch, batch.batch);
    const looks = setInterval(() => {
      running?.look();
      // What is done waits for no one that takes long.
      if (performance.now() - this.#resultsSince > RESULTS_TOGETHER_MS) {
        this.#flushResults(batch.batch);
      }
    }, LOOK_EVERY_MS);
    for (let i = 0; i < batch.runs.length; i++) {
      const isGivenBack = mustYield(this.#flags) || !await this.#runOne(batch, job, i);
      if (!isGivenBack) continue;
      this.#flushResults(batch.batch);
      const indices = batch.runs.slice(i).map(({ index }) => index);
      this.#tell({ type: "yielded", batch: batch.batch, indices });
      break;
    }
    clearInterval(looks);
    Atomics.store(this.#flags, CONTROL.activity, ACTIVITY.idle);
    this.#flushResults(batch.batch);
    this.#tell({ type: "ended", batch: batch.batch });
  }

  /** False when it was given back. */
  async #runOne(
    order: Batch,
    job: Job,
    at: number,
    failedRestarts: readonly FailedRestart[] = [],
  ): Promise<boolean> {
    const { batch, job: number, attempt, runs, needs, resume } = order;
    const { index, run } = runs[at]!;
    const { model } = job;
    if (model.kind !== "command") throw new Error(`${job.id} is no command`);
    this.#progress[CONTROL.index] = index;
    this.#progress[CONTROL.step] = resume?.step ?? 0;
    this.#progress[CONTROL.begun]!++;
    Atomics.store(this.#flags, CONTROL.activity, ACTIVITY.preparing);
    const { environment, epoch, memoryBytesMax } = this.#orders;
    // A folder takes as long to make and to remove as a short program takes to run.
    const isShared = runs.length > 1;
    const folder = isShared
      ? this.#layout.sharedWorkFolder(epoch, Deno.pid, this.#sharedFolder)
      : this.#layout.workFolder(job.id, run, epoch, attempt);
    const isMade = isShared && this.#isSharedFolderMade;
    const place = { folder, isMade, run, index, batch, attempt };
    const one = new CommandRun(job, model, place, {
      orders: this.#flags,
      progress: this.#progress,
      environment,
      memoryBytesMax,
      needs: () => this.#needs.of(needs, index),
      told: this.#told.get(number)!,
      tell: this.#tell as (message: FromSimulation) => void,
    }, resume);
    running = one;
    let older: Resume | undefined;
    let failed = failedRestarts;
    try {
      const result = await one.compute();
      if (result === undefined) return false;
      if (failedRestarts.length > 0) this.#tell({ type: "proven", batch, index });
      this.#keepResult(result, batch);
    } catch (thrown) {
      if (thrown instanceof FailedRestart) {
        failed = [...failedRestarts, thrown];
        older = await this.#askOlder(batch, index, thrown);
      }
      if (older === undefined) {
        this.#flushResults(batch);
        const step = this.#progress[CONTROL.step]!;
        const why = thrown instanceof FailedRestart ? whyNone(failed) : thrown;
        this.#tell({ type: "failed", batch, index, ...failedBy(why, step), ...one.logAtEnd() });
      }
    } finally {
      running = undefined;
      if (isShared) this.#isSharedFolderMade = one.leftEmpty;
      if (isShared && !one.leftEmpty) this.#sharedFolder++;
      if (!isShared && one.leftEmpty) Deno.removeSync(folder);
    }
    if (older === undefined) return true;
    return await this.#runOne({ ...order, resume: older }, job, at, failed);
  }

  /** The checkpoint before the one that it could not go on from. */
  async #askOlder(
    batch: number,
    index: number,
    { step, message }: FailedRestart,
  ): Promise<Resume | undefined> {
    // To read it is not computing: no time limit cuts that off.
    Atomics.store(this.#flags, CONTROL.activity, ACTIVITY.saving);
    const answer = new Promise<Resume | undefined>((done) => this.#hearOlder = done);
    const reason = `going on from step ${step} failed: ${message}`;
    this.#tell({ type: "refuted", batch, index, step, reason });
    return await answer;
  }

  #keepResult(text: string, batch: number): void {
    const now = performance.now();
    if (this.#results.length === 0) this.#resultsSince = now;
    this.#results.push(text);
    if (now - this.#resultsSince > RESULTS_TOGETHER_MS) this.#flushResults(batch);
  }

  #flushResults(batch: number): void {
    if (this.#results.length === 0) return;
    this.#tell({ type: "results", batch, text: `[${this.#results.join(",")}]` });
    this.#results = [];
  }
}

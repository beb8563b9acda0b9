/**
 * What an agent has in place of a simulation thread where models are commands: the same orders in, the same words
 * out, one program at a time. It lives in the agent itself, for a program is a process of its own.
 */
import type { CommandModel } from "../job/command.ts";
import type { Job } from "../job/job.ts";
import { loadGlobs } from "../command/globs.ts";
import { killDescendants } from "../command/process_tree.ts";
import type { Variables } from "../command/program.ts";
import { isNoSpace, mayFindRoom } from "../store/disk.ts";
import { Layout } from "../store/layout.ts";
import { CommandRun, type Conclude } from "./command_run.ts";
import { jobEnvironment } from "./command_values.ts";
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
import { SharedFolders } from "./shared_folders.ts";
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

interface CommandJob {
  readonly job: Job;
  readonly model: CommandModel;
  /** Of all its programs. */
  readonly environment: Variables;
  /** What was said of it already. */
  readonly told: Set<string>;
}

interface Begun {
  readonly one: CommandRun;
  readonly batch: number;
  readonly index: number;
  readonly folder: string;
  readonly isShared: boolean;
}

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
  readonly #jobs = new Map<number, CommandJob>();
  readonly #layout: Layout;
  readonly #flags: Int32Array;
  readonly #progress: Float64Array;
  readonly #needs = new NeededResults();
  readonly #folders: SharedFolders;
  /** Ended well, and not concluded yet. */
  #last: Begun & { readonly conclude: Conclude } | undefined;
  /** Prepared while the one before it runs. */
  #next: Begun | undefined;
  #turn: Promise<void> = Promise.resolve();
  #hearOlder: (resume: Resume | undefined) => void = () => {};
  #results: string[] = [];
  #resultsSince = 0;

  constructor(
    orders: CommandOrders,
    tell: (message: Exclude<FromSimulation, { type: "alive" }>) => void,
  ) {
    this.#orders = orders;
    this.#tell = tell;
    this.#layout = new Layout(orders.root);
    this.#folders = new SharedFolders((number) =>
      this.#layout.sharedWorkFolder(orders.epoch, Deno.pid, number)
    );
    this.#flags = new Int32Array(orders.control);
    this.#progress = new Float64Array(orders.control);
  }

  receive(message: ToSimulation): void {
    if (message.type === "job") this.#learn(message.number, message.job);
    if (message.type === "older") this.#hearOlder(message.resume);
    if (message.type === "batch") this.#turn = this.#turn.then(() => this.#runBatch(message));
  }

  #learn(number: number, job: Job): void {
    const { model } = job;
    if (model.kind !== "command") throw new Error(`${job.id} is no command`);
    const environment = jobEnvironment(model, job, this.#orders.environment);
    this.#jobs.set(number, { job, model, environment, told: new Set() });
    const hasGlobs = model.checkpoint !== undefined || (model.keep?.length ?? 0) > 0;
    if (hasGlobs) this.#turn = this.#turn.then(loadGlobs);
  }

  async #runBatch(batch: Batch): Promise<void> {
    Atomics.store(this.#flags, CONTROL.batch, batch.batch);
    const looks = setInterval(() => {
      running?.look();
      // What is done waits for no one that takes long.
      if (performance.now() - this.#resultsSince > RESULTS_TOGETHER_MS) {
        this.#flushResults(batch.batch);
      }
    }, LOOK_EVERY_MS);
    for (let i = 0; i < batch.runs.length; i++) {
      const isGivenBack = mustYield(this.#flags) || !await this.#runOne(batch, i);
      if (!isGivenBack) continue;
      this.#concludeLast();
      await this.#next?.one.discard();
      this.#next = undefined;
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
    at: number,
    failedRestarts: readonly FailedRestart[] = [],
  ): Promise<boolean> {
    const { batch, runs, resume } = order;
    const { index } = runs[at]!;
    const hasNext = at + 1 < runs.length;
    this.#progress[CONTROL.index] = index;
    this.#progress[CONTROL.step] = resume?.step ?? 0;
    this.#progress[CONTROL.begun]!++;
    Atomics.store(this.#flags, CONTROL.activity, ACTIVITY.preparing);
    const begun = this.#next ?? this.#begin(order, at);
    this.#next = undefined;
    running = begun.one;
    let isPutOff = false;
    let older: Resume | undefined;
    let failed = failedRestarts;
    try {
      const conclude = await begun.one.compute(() => {
        this.#concludeLast();
        if (!hasNext) return;
        this.#next = this.#begin(order, at + 1);
        this.#next.one.prepare();
      });
      if (conclude === undefined) return false;
      isPutOff = hasNext;
      if (isPutOff) this.#last = { ...begun, conclude };
      else {
        const result = conclude();
        if (failedRestarts.length > 0) this.#tell({ type: "proven", batch, index });
        this.#keepResult(result, batch);
      }
    } catch (thrown) {
      this.#concludeLast();
      if (thrown instanceof FailedRestart) {
        failed = [...failedRestarts, thrown];
        older = await this.#askOlder(batch, index, thrown);
      }
      if (older === undefined) {
        this.#tellFailed(begun, thrown instanceof FailedRestart ? whyNone(failed) : thrown);
      }
    } finally {
      running = undefined;
      if (!isPutOff) this.#leave(begun);
    }
    if (older === undefined) return true;
    return await this.#runOne({ ...order, resume: older }, at, failed);
  }

  #begin({ batch, job: number, attempt, runs, needs, resume }: Batch, at: number): Begun {
    const { index, run } = runs[at]!;
    const { job, model, environment, told } = this.#jobs.get(number)!;
    const { epoch, memoryBytesMax } = this.#orders;
    const isShared = runs.length > 1;
    const where = isShared
      ? this.#folders.take()
      : { folder: this.#layout.workFolder(job.id, run, epoch, attempt), isMade: false };
    const one = new CommandRun(job, model, { ...where, run, index, batch, attempt }, {
      orders: this.#flags,
      progress: this.#progress,
      environment,
      memoryBytesMax,
      needs: () => this.#needs.of(needs, index),
      told,
      tell: this.#tell as (message: FromSimulation) => void,
    }, resume);
    return { one, batch, index, folder: where.folder, isShared };
  }

  /** The run before: whoever comes next is started first, for while a program runs nobody needs this thread. */
  #concludeLast(): void {
    const last = this.#last;
    if (last === undefined) return;
    this.#last = undefined;
    try {
      this.#keepResult(last.conclude(), last.batch);
    } catch (thrown) {
      this.#tellFailed(last, thrown);
    }
    this.#leave(last);
  }

  #tellFailed({ one, batch, index }: Begun, why: unknown): void {
    this.#flushResults(batch);
    const failed = failedBy(why, one.step);
    this.#tell({ type: "failed", batch, index, ...failed, ...one.logOfFailed(failed.failure) });
  }

  #leave({ one, folder, isShared }: Begun): void {
    if (!one.leftEmpty()) return;
    if (isShared) this.#folders.giveBack(folder);
    else Deno.removeSync(folder);
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

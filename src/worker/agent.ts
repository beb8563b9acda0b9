/**
 * The agent: the main thread of a slot's process. Hears the orchestrator's orders and answers them,
 * keeps the simulation thread fed, writes what it hands over, watches that it lives.
 */
import { load } from "../job/load.ts";
import {
  EXIT_GAVE_UP,
  type FromSlot,
  type ModelProblem,
  type OutsideKind,
  type ToSlot,
} from "../campaign/slot_messages.ts";
import { type Grants, isModelFile, type Job } from "../job/job.ts";
import { decodePlain } from "../job/plain.ts";
import type { Parent, ParentOrder } from "../job/run.ts";
import type { Checkpoint, Rejected } from "../store/checkpoint.ts";
import { Layout } from "../store/layout.ts";
import { dirname } from "../job/path.ts";
import { filePath, fileUrl } from "./file_url.ts";
import { memoryText, Overseer } from "./overseer.ts";
import { readableOf } from "./own_folder.ts";
import type { startCommands } from "./command_thread.ts";
import { CONTROL, type FromSimulation, ORDER, type ToSimulation } from "./protocol.ts";
import type { Writer } from "./run_files.ts";
import { type Batch, SlotFiles } from "./slot_files.ts";
import { SlotNeeds } from "./slot_needs.ts";
import type { StartThread, ThreadHandle, ThreadHandlers } from "./simulation_thread.ts";
import { mustYield } from "./stepping.ts";
import { type SetNiceness, ThreadNiceness } from "./thread_niceness.ts";

/** How long an agent that lost its orchestrator may take for the write in hand. */
const LAST_WRITE_MS = 10_000;

interface SlotJob extends Writer {
  readonly number: number;
  /** What programs are handed of the user's environment; absent for other models. */
  readonly environment?: { readonly [name: string]: string };
}

export type StartOutside = typeof startCommands;

/** Stand for the URL of a module: all models of such a kind run in one place. */
const OUTSIDE: { readonly [kind in OutsideKind]: string } = {
  command: "command:",
  plecs: "plecs:",
};

/** What an agent asks of its process. */
export interface AgentPorts {
  /** Sends one line to the orchestrator; does nothing when that is gone. */
  tell(line: string): void;
  readonly startThread: StartThread;
  /** What runs models of this kind, loaded when there is one. Absent where nothing can be run outside. */
  readonly loadOutside?: (kind: OutsideKind) => Promise<StartOutside>;
  /** Resident memory of the process. */
  memoryBytes(): number;
  /** Threads of models in the process, those that should have ended included; undefined where nobody knows. */
  countThreads?(): number | undefined;
  /** Absent where threads have no niceness of their own. */
  readonly setNiceness?: SetNiceness;
  exit(status: number): void;
}

export class Agent {
  readonly #jobs = new Map<number, SlotJob>();
  readonly #batches = new Map<number, Batch>();
  /** Batches not handed to the simulation thread yet. */
  #waiting: Batch[] = [];
  readonly #needs = new SlotNeeds();
  readonly #files = new SlotFiles((message) => this.tell(message));
  /** Shared with the thread of the moment only: one that lives on disturbs none after it. */
  #orders = new Int32Array(new SharedArrayBuffer(CONTROL.bytes));
  readonly #overseer = new Overseer({
    job: (batch) => this.#jobOf(batch),
    indices: (batch) => this.#batches.get(batch)!.runs.map(({ index }) => index),
  }, this.#orders.buffer as SharedArrayBuffer);
  readonly #ports: AgentPorts;
  #thread: ThreadHandle | undefined;
  readonly #outside = new Map<string, StartOutside>();
  #threadModel = "";
  #threadGrants = "";
  #threadJobs = new Map<number, Job>();
  readonly #niceness: ThreadNiceness;
  /** A thread that was to end goes on, so this process is good for no other model. */
  #isHaunted = false;
  #running = new Set<number>();
  /** All disk work, one piece after the other: a result is told after what it rests on is durable. */
  #disk: Promise<void> = Promise.resolve();
  #pumping = false;
  #closing = false;

  constructor(ports: AgentPorts) {
    this.#ports = ports;
    this.#niceness = new ThreadNiceness(ports.setNiceness);
  }

  tell(message: FromSlot): void {
    this.#ports.tell(JSON.stringify(message));
  }

  receive(message: Exclude<ToSlot, { type: "exit" }>): void {
    switch (message.type) {
      case "inspect":
        void this.#inspect(message.model, message.allow);
        return;
      case "expect":
        void this.#loadOutside(message.kind);
        return;
      case "job": {
        const { root, job: plain, type: _type, holder: _holder, ...parts } = message;
        const job = decodePlain(plain) as Job;
        this.#jobs.set(message.number, { ...parts, job, layout: new Layout(root) });
        return;
      }
      case "needs":
        return this.#needs.hear(message);
      case "batch":
        this.#needs.begin(message);
        this.#batches.set(message.batch, message);
        this.#waiting.push(message);
        void this.#pump();
        return;
      case "yield":
        return this.#yield();
    }
  }

  /** Waits for the write in hand, not for ever. What stands behind it is not begun: another may hold the tree. */
  async finish(): Promise<void> {
    this.#closing = true;
    const late = new Promise<void>((done) => setTimeout(done, LAST_WRITE_MS));
    await Promise.race([this.#disk.then(() => this.#files.kept()), late]);
  }

  /** Hands waiting batches to the simulation thread, changing it where the model changes. */
  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting[0]!;
        const slotJob = this.#jobs.get(batch.job)!;
        const { job, number } = slotJob;
        const url = await this.#placeOf(job);
        const grants = grantsOf(job);
        const isOther = url !== this.#threadModel || this.#threadGrants !== keyOf(grants);
        const { priority } = batch;
        const mustBeIdle = isOther || !this.#niceness.isRightFor(priority);
        if (mustBeIdle && this.#running.size > 0) return;
        const isStarted = isOther || !this.#niceness.becomeRightFor(priority);
        if (isStarted) await this.#vacate();
        if (this.#isHaunted) return this.#ports.exit(EXIT_GAVE_UP);
        if (isStarted) {
          this.#start(url, grants, slotJob);
          this.#niceness.becomeRightFor(priority);
        }
        this.#waiting.shift();
        this.#running.add(batch.batch);
        // A module is loaded once by its thread; the files of a command are read for each run.
        const mayHaveChanged = isStarted || this.#outside.has(url);
        if (mayHaveChanged && !await this.#isAsPlanned(batch)) {
          const message = `${job.model.path} changed after it was planned; run simrun again`;
          this.#failRunning({ message });
          continue;
        }
        // As it is now: a search is told anew with the points of each batch, also while the thread starts.
        const latest = this.#jobs.get(number)!.job;
        if (this.#threadJobs.get(number) !== latest) {
          this.#threadJobs.set(number, latest);
          this.#order({ type: "job", number, job: latest });
        }
        const resume = await this.#resume(batch);
        // Meanwhile the model proved unusable, or the files did.
        if (resume === undefined || !this.#batches.has(batch.batch)) continue;
        const runs = batch.runs.map(({ index, run }) => ({ index, run }));
        this.#overseer.ordered(batch.batch, resume.resume?.ms);
        const more = { ...this.#needs.of(batch.batch), ...resume };
        const { attempt } = batch;
        this.#order({ type: "batch", batch: batch.batch, job: batch.job, attempt, runs, ...more });
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** The URL of its module, or what stands for it. */
  async #placeOf({ model }: Job): Promise<string> {
    return isModelFile(model) ? fileUrl(model.path) : await this.#loadOutside(model.kind);
  }

  async #loadOutside(kind: OutsideKind): Promise<string> {
    const place = OUTSIDE[kind];
    if (this.#outside.has(place)) return place;
    const start = await this.#ports.loadOutside?.(kind);
    if (start !== undefined) this.#outside.set(place, start);
    return place;
  }

  /**
   * A thread loads the model as it is now. Results of an edited one must not stand under the digest of the
   * one that was planned.
   */
  async #isAsPlanned(batch: Batch): Promise<boolean> {
    const { job, modelDigest } = this.#jobs.get(batch.job)!;
    const { identifyModel } = await load<typeof import("./model_identity.ts")>(
      import.meta.resolve("./model_identity.ts"),
    );
    // A model that is gone is told of by the thread, with its place.
    const identity = await identifyModel(job.model).catch(() => undefined);
    return identity === undefined || identity.digest === modelDigest;
  }

  /** Where a batch begins; undefined when the files of an earlier attempt cannot be dealt with. */
  async #resume(batch: Batch): Promise<Pick<SimulationBatch, "resume"> | undefined> {
    const { index, past, parent } = batch.runs[0]!;
    if (past === "none" && parent === undefined) return {};
    await this.#disk;
    const files = await this.#files.of(batch, this.#jobs.get(batch.job)!, index);
    try {
      if (past === "clear") await files.startOver();
      const found = past === "look" ? await files.resume() : { rejected: [] };
      const checkpoint = found.checkpoint ??
        (parent && await this.#files.begin(batch, this.#jobs.get(batch.job)!, index, parent));
      const isTold = past === "look" || checkpoint?.identity.parent !== undefined;
      return this.#goOn(batch, checkpoint, isTold ? found.rejected : undefined);
    } catch (error) {
      this.#files.tellNotBegun(batch, index, error);
      this.#end(batch.batch);
      return undefined;
    }
  }

  /** With `rejected` it is told of. */
  #goOn(
    batch: Batch,
    checkpoint: Checkpoint | undefined,
    rejected: readonly Rejected[] | undefined,
  ): Pick<SimulationBatch, "resume"> {
    const { index, parent } = batch.runs[0]!;
    const { step = 0, ms = 0, parent: own } = checkpoint?.identity ?? {};
    // It has made the state its own, and gone no step on from it.
    const begins = own !== undefined && own.step === step;
    if (rejected !== undefined) {
      const more = { ...(own && { parent: own }), ...(begins && { begins }) };
      this.tell({ type: "resumed", batch: batch.batch, index, step, rejected, ...more });
    }
    if (checkpoint === undefined) return {};
    const branch = begins ? branchOf(own, parent, this.#jobs.get(batch.job)!) : {};
    return { resume: { step, ms, snapshot: checkpoint.snapshot, ...branch } };
  }

  /** To a command that could not go on: the checkpoint before. */
  async #older(message: Extract<FromSimulation, { type: "refuted" }>): Promise<void> {
    const [batch, writer] = this.#writerOf(message.batch);
    const found = await this.#files.older(batch, writer, message);
    const resume = found === undefined ? {} : this.#goOn(batch, found.checkpoint, found.rejected);
    this.#order({ type: "older", batch: message.batch, ...resume });
  }

  #order(message: ToSimulation): void {
    this.#thread!.post(message);
  }

  async #inspect(model: string, allow: Grants): Promise<void> {
    await this.#vacate();
    this.#start(model, allow);
  }

  /** An isolate sets half a GiB aside, and gives it back when it is gone: below the cap there is room for three. */
  async #vacate(): Promise<void> {
    if (this.#thread !== undefined) this.#endThread();
    const late = performance.now() + END_WITHIN_MS;
    while ((this.#ports.countThreads?.() ?? 0) > 0 && performance.now() < late) {
      await new Promise((soon) => setTimeout(soon, 1));
    }
  }

  #start(url: string, { read, net }: Grants, job?: SlotJob): void {
    this.#threadModel = url;
    this.#threadGrants = keyOf({ read, net });
    this.#threadJobs = new Map();
    this.#niceness.begin();
    const control = new SharedArrayBuffer(CONTROL.bytes);
    this.#orders = new Int32Array(control);
    this.#overseer.begin(control);
    const handlers: ThreadHandlers = {
      onMessage: (message) => this.#hear(message),
      onLost: (message) => this.#lostThread(message),
    };
    const outside = this.#outside.get(url);
    this.#thread = outside !== undefined
      ? this.#startOutside(outside, control, job!, handlers)
      : this.#ports.startThread(
        { model: url, control },
        { read: [...readableOf(dirname(filePath(url))), ...read], net },
        handlers,
      );
  }

  #startOutside(
    start: StartOutside,
    control: SharedArrayBuffer,
    { layout: { root }, epoch, environment = {} }: SlotJob,
    handlers: ThreadHandlers,
  ): ThreadHandle {
    const { memoryBytesMax } = this.#overseer;
    // A thread begins as nice as its process; programs are told.
    this.#ports.setNiceness?.(0);
    return start({ control, root, epoch, environment, memoryBytesMax }, handlers);
  }

  /** An idle thread ends at once. One that a model keeps busy burns a core until its process ends. */
  #endThread(): void {
    this.#thread?.terminate();
    this.#thread = undefined;
    setTimeout(() => {
      const most = this.#thread === undefined ? 0 : 1;
      if ((this.#ports.countThreads?.() ?? 0) <= most) return;
      this.#isHaunted = true;
      // What was begun meanwhile goes on in another slot, and is not to blame.
      if (this.#running.size > 0) this.#ports.exit(EXIT_GAVE_UP);
    }, END_WITHIN_MS);
  }

  #hear(message: Exclude<FromSimulation, { type: "alive" }>): void {
    this.#overseer.heard(message);
    if (!this.#isSound(message)) {
      return this.#lostThread("the thread of the model said what makes no sense");
    }
    switch (message.type) {
      case "started":
        this.tell({ type: "inspected", model: this.#threadModel, inspection: message.inspection });
        return;
      case "unusable":
        if (this.#running.size > 0) return this.#failRunning(message.problem);
        this.tell({ type: "uninspectable", model: this.#threadModel, problem: message.problem });
        return;
      case "snapshot": {
        const orders = this.#orders;
        return this.#then(async () => {
          const writtenMs = await this.#files.save(...this.#writerOf(message.batch), message);
          tellWritten(orders.buffer, message.step, writtenMs);
          Atomics.store(orders, CONTROL.buffers[message.buffer]!, 0);
          Atomics.notify(orders, CONTROL.buffers[message.buffer]!);
        });
      }
      case "file":
        return this.#then(() => this.#files.write(...this.#writerOf(message.batch), message));
      case "rows":
        return this.#then(() => this.#files.rows(...this.#writerOf(message.batch), message));
      case "log":
        return this.#then(() => this.#files.log(...this.#writerOf(message.batch), message));
      case "keep":
        return this.#then(() => this.#files.keep(...this.#writerOf(message.batch), message));
      case "refuted":
        return this.#then(() => this.#older(message));
      case "proven":
        return this.#then(() => this.#files.prove(...this.#writerOf(message.batch), message));
      case "results":
        // The last of two equal keys counts: whatever the text holds, it speaks of runs of this batch.
        return this.#thenKept(() => {
          this.#files.tellSums(this.#batches.get(message.batch)!);
          this.#ports.tell(`{"runs":${message.text},"batch":${message.batch},"type":"results"}`);
        });
      case "failed":
        if (message.failure.class === "out-of-memory" && !this.#outside.has(this.#threadModel)) {
          return this.#outOfMemory(message);
        }
        return this.#thenKept(() => this.tell(message));
      case "warned":
      case "yielded":
        return this.#thenKept(() => this.tell(message));
      case "ended":
        return this.#thenKept(() => this.#end(message.batch));
    }
  }

  /** A model shares the thread with what speaks for it, and may have got hold of its voice. */
  #isSound(message: Exclude<FromSimulation, { type: "alive" }>): boolean {
    if (!("batch" in message)) return true;
    if (!this.#running.has(message.batch)) return false;
    const { runs } = this.#batches.get(message.batch)!;
    const isOfBatch = (index: number) => runs.some((run) => run.index === index);
    switch (message.type) {
      case "results":
        return typeof message.text === "string" && !message.text.includes("\n");
      case "yielded":
        return message.indices.length <= runs.length && message.indices.every(isOfBatch);
      case "ended":
        return true;
      default:
        return isOfBatch(message.index);
    }
  }

  /** What the model holds on to would make the next run fail as well: the process ends. */
  #outOfMemory(message: Extract<FromSimulation, { type: "failed" }>): void {
    const { failure } = message;
    const { memoryBytesMax } = this.#overseer;
    const text = memoryText(this.#ports.memoryBytes(), memoryBytesMax);
    this.#giveUp({
      ...message,
      failure: {
        ...failure,
        message: `${failure.message} (${text})`,
        memoryBytes: memoryBytesMax,
      },
      isLast: true,
    });
  }

  #writerOf(batch: number): [Batch, Writer] {
    const assigned = this.#batches.get(batch)!;
    return [assigned, this.#jobs.get(assigned.job)!];
  }

  #then(work: () => void | Promise<void>): void {
    this.#disk = this.#disk.then(() => this.#closing ? undefined : work());
  }

  /** When also the files are durable that are kept beside all that. */
  #thenKept(work: () => void): void {
    this.#then(() => {
      const kept = this.#files.kept();
      return kept === undefined ? work() : kept.then(work);
    });
  }

  #end(batch: number): void {
    this.#files.close(this.#batches.get(batch)!);
    this.#batches.delete(batch);
    this.#needs.end(batch);
    this.#running.delete(batch);
    if (this.#running.size === 0) Atomics.store(this.#orders, CONTROL.order, ORDER.none);
    void this.#pump();
  }

  #jobOf(batch: number): Job | undefined {
    const number = this.#batches.get(batch)?.job;
    return number === undefined ? undefined : this.#jobs.get(number)!.job;
  }

  #yield(): void {
    if (this.#running.size > 0) Atomics.store(this.#orders, CONTROL.order, ORDER.yield);
    for (const { batch, runs } of this.#waiting) {
      this.tell({ type: "yielded", batch, indices: runs.map((run) => run.index) });
      this.#batches.delete(batch);
      this.#needs.end(batch);
    }
    this.#waiting = [];
  }

  /** Begins to look after the simulation thread, a few times a second. */
  watch(memoryBytesMax: number): void {
    this.#overseer.memoryBytesMax = memoryBytesMax;
    const every = setInterval(() => {
      const sight = this.#overseer.look(
        performance.now(),
        this.#ports.memoryBytes(),
        mustYield(this.#orders),
      );
      if (sight.kind === "well") {
        if (sight.isComputing) this.#askToLook();
        if (sight.message === undefined) return;
        // What takes so long may have to be written soon; a slot of short runs never loads it.
        void this.#files.load();
        return this.tell(sight.message);
      }
      if (sight.kind === "haunted") return this.#ports.exit(EXIT_GAVE_UP);
      if (sight.kind === "give-up") {
        clearInterval(every);
        return this.#giveUp(sight.message);
      }
      console.error(`error: ${sight.words}`);
      this.#ports.exit(1);
    }, LOOK_EVERY_MS);
  }

  #askToLook(): void {
    Atomics.compareExchange(this.#orders, CONTROL.order, ORDER.none, ORDER.look);
  }

  /** The thread cannot be stopped, so the process ends; what is being written is finished first. */
  #giveUp(message: FromSlot): void {
    this.#then(async () => {
      this.tell(message);
      await new Promise((done) => setTimeout(done, 0));
      this.#ports.exit(EXIT_GAVE_UP);
    });
  }

  /** The model was good at planning and cannot be loaded any more: its file was changed or lost since. */
  #failRunning(problem: ModelProblem): void {
    this.#forgetThread();
    for (const batch of [...this.#running]) {
      for (const { index } of this.#batches.get(batch)!.runs) {
        const failure = { class: "model-error" as const, ...problem, step: 0 };
        this.tell({ type: "failed", batch, index, failure });
      }
      this.#end(batch);
    }
  }

  #forgetThread(): void {
    this.#endThread();
    this.#overseer.forget();
    this.#threadModel = "";
  }

  /** The thread ended by an exception outside of a run, e.g. a rejected promise or a timer of the model. */
  #lostThread(message: string): void {
    const life = this.#overseer.life(performance.now());
    if (life === undefined && this.#running.size === 0) {
      this.tell({ type: "uninspectable", model: this.#threadModel, problem: { message } });
      return this.#forgetThread();
    }
    if (life === undefined) {
      // Between two runs: which one it was the orchestrator finds out by trying them one at a time.
      console.error(message);
      return this.#ports.exit(1);
    }
    const { batch, index, step } = life;
    const failure = { class: "model-error" as const, message, step };
    this.#giveUp({ type: "failed", batch, index, failure, isLast: true });
  }
}

type SimulationBatch = Extract<ToSimulation, { type: "batch" }>;
const LOOK_EVERY_MS = 200;
const END_WITHIN_MS = 1000;

/** The thread chooses its interval by it, where it is free to. */
function tellWritten(control: ArrayBufferLike, step: number, ms: number): void {
  const progress = new Float64Array(control);
  progress[CONTROL.writtenMs] = ms;
  progress[CONTROL.writtenStep] = step;
}

/** What a model is told that adapts the state of another run. */
function branchOf(
  { step, model }: Parent,
  order: ParentOrder | undefined,
  { modelDigest, anyModel }: SlotJob,
): Pick<NonNullable<SimulationBatch["resume"]>, "branch"> {
  const parameters = order?.parameters ?? {};
  return { branch: { step, parameters, isOtherModel: model !== modelDigest && !anyModel } };
}

function grantsOf({ inputs, allow }: Job): Grants {
  return { read: [...Object.values(inputs), ...allow?.read ?? []], net: allow?.net ?? [] };
}

function keyOf({ read, net }: Grants): string {
  return JSON.stringify([read, net]);
}

/**
 * The agent: the main thread of a slot's process. Hears the orchestrator's orders and answers them,
 * keeps the simulation thread fed, writes what it hands over, watches that it lives.
 */
import { load } from "../job/load.ts";
import {
  EXIT_GAVE_UP,
  type FromSlot,
  type ModelProblem,
  type ToSlot,
} from "../campaign/slot_messages.ts";
import type { Grants, Job } from "../job/job.ts";
import { decodePlain } from "../job/plain.ts";
import { Layout } from "../store/layout.ts";
import { type Beginning, Beginnings } from "./beginnings.ts";
import { DiskWork } from "./disk_work.ts";
import { ModelThread, type ThreadPorts } from "./model_thread.ts";
import { Overseer } from "./overseer.ts";
import { CONTROL, type FromSimulation, giveBack } from "./protocol.ts";
import type { Writer } from "./run_files.ts";
import { type Batch, SlotFiles } from "./slot_files.ts";
import { SlotNeeds } from "./slot_needs.ts";
import { isSound } from "./sound_message.ts";

/** How long an agent that lost its orchestrator may take for the write in hand. */
const LAST_WRITE_MS = 10_000;
const LOOK_EVERY_MS = 200;

interface SlotJob extends Writer {
  readonly number: number;
  /** What programs are handed of the user's environment; absent for other models. */
  readonly environment?: { readonly [name: string]: string };
}

/** What an agent asks of its process. */
export interface AgentPorts extends ThreadPorts {
  /** Sends one line to the orchestrator; does nothing when that is gone. */
  tell(line: string): void;
  /** Resident memory of the process. */
  memoryBytes(): number;
  exit(status: number): void;
}

export class Agent {
  readonly #jobs = new Map<number, SlotJob>();
  readonly #batches = new Map<number, Batch>();
  /** Batches not handed to the simulation thread yet. */
  #waiting: Batch[] = [];
  readonly #needs = new SlotNeeds();
  readonly #files = new SlotFiles((message) => this.tell(message));
  readonly #disk = new DiskWork(this.#files);
  readonly #beginnings = new Beginnings(this.#files, (message) => this.tell(message));
  readonly #ports: AgentPorts;
  readonly #overseer: Overseer;
  readonly #thread: ModelThread;
  #running = new Set<number>();
  #pumping = false;

  constructor(ports: AgentPorts) {
    this.#ports = ports;
    const control = new SharedArrayBuffer(CONTROL.bytes);
    this.#overseer = new Overseer({
      job: (batch) => this.#jobOf(batch),
      indices: (batch) => this.#batches.get(batch)!.runs.map(({ index }) => index),
    }, control);
    this.#thread = new ModelThread(ports, this.#overseer, control, {
      onMessage: (message) => this.#hear(message),
      onLost: (message) => this.#lostThread(message),
      onHaunted: () => {
        // What was begun meanwhile goes on in another slot, and is not to blame.
        if (this.#running.size > 0) this.#ports.exit(EXIT_GAVE_UP);
      },
    });
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
        void this.#thread.load(message.kind);
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

  /** To be called before the process ends; it may take a while. */
  finish(): Promise<void> {
    return this.#disk.finish(LAST_WRITE_MS);
  }

  /** Hands on waiting batches, to another thread where the model is another. */
  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting[0]!;
        const { priority } = batch;
        const slotJob = this.#jobs.get(batch.job)!;
        const place = await this.#thread.placeOf(slotJob.job);
        if (!this.#thread.isRightFor(place, priority) && this.#running.size > 0) return;
        const isStarted = await this.#thread.becomeRightFor(place, priority, slotJob);
        if (this.#thread.isHaunted) return this.#ports.exit(EXIT_GAVE_UP);
        this.#waiting.shift();
        this.#running.add(batch.batch);
        // A module is loaded once by its thread; the files of a command are read for each run.
        const mayHaveChanged = isStarted || this.#thread.isOutside;
        if (mayHaveChanged && !await this.#isAsPlanned(batch)) {
          const message =
            `${slotJob.job.model.path} changed after it was planned; run simrun again`;
          this.#failRunning({ message });
          continue;
        }
        this.#thread.tellJob(batch.job, this.#jobs.get(batch.job)!.job);
        const beginning = await this.#beginningOf(batch);
        // Meanwhile the model proved unusable, or the files did.
        if (beginning === undefined || !this.#batches.has(batch.batch)) continue;
        const runs = batch.runs.map(({ index, run }) => ({ index, run }));
        this.#overseer.ordered(batch.batch, beginning.resume?.ms);
        const { attempt, job: number } = batch;
        const order = { type: "batch", batch: batch.batch, job: number, attempt, runs } as const;
        this.#thread.post({ ...order, ...this.#needs.of(batch.batch), ...beginning });
      }
    } finally {
      this.#pumping = false;
    }
  }

  /** A thread loads the model as it is now. Results of an edited one must not stand under the digest of the planned one. */
  async #isAsPlanned(batch: Batch): Promise<boolean> {
    const { job, modelDigest } = this.#jobs.get(batch.job)!;
    const { isStill } = await load<typeof import("./model_identity.ts")>(
      import.meta.resolve("./model_identity.ts"),
    );
    return await isStill(job.model, modelDigest);
  }

  /** Where a batch begins; undefined when that cannot be dealt with. */
  async #beginningOf(batch: Batch): Promise<Beginning | undefined> {
    const { past, parent } = batch.runs[0]!;
    if (past === "none" && parent === undefined) return {};
    await this.#disk.done;
    const beginning = await this.#beginnings.of(batch, this.#jobs.get(batch.job)!);
    if (beginning === undefined) this.#end(batch.batch);
    return beginning;
  }

  async #inspect(model: string, grants: Grants): Promise<void> {
    await this.#thread.vacate();
    this.#thread.start({ model, grants });
  }

  #hear(message: Exclude<FromSimulation, { type: "alive" }>): void {
    this.#overseer.heard(message);
    const running = (batch: number) =>
      this.#running.has(batch) ? this.#batches.get(batch) : undefined;
    if (!isSound(message, running)) {
      return this.#lostThread("the thread of the model said what makes no sense");
    }
    switch (message.type) {
      case "started":
        this.tell({ type: "inspected", model: this.#thread.model, inspection: message.inspection });
        return;
      case "unusable":
        if (this.#running.size > 0) return this.#failRunning(message.problem);
        this.tell({ type: "uninspectable", model: this.#thread.model, problem: message.problem });
        return;
      case "snapshot": {
        const { orders } = this.#thread;
        return this.#disk.add(async () => {
          const writtenMs = await this.#files.save(...this.#writerOf(message.batch), message);
          giveBack(orders, message, writtenMs);
        });
      }
      case "file":
      case "rows":
      case "log":
      case "keep":
      case "proven":
        return this.#disk.add(() => this.#files.heed(...this.#writerOf(message.batch), message));
      case "refuted":
        return this.#disk.add(async () => {
          const { batch } = message;
          const older = await this.#beginnings.older(...this.#writerOf(batch), message);
          this.#thread.post({ type: "older", batch, ...older });
        });
      case "results":
        // The last of two equal keys counts: whatever the text holds, it speaks of runs of this batch.
        return this.#disk.addAfterKept(() => {
          this.#files.tellSums(this.#batches.get(message.batch)!);
          this.#ports.tell(`{"runs":${message.text},"batch":${message.batch},"type":"results"}`);
        });
      case "failed":
        if (message.failure.class === "out-of-memory" && !this.#thread.isOutside) {
          // What the model holds on to would make the next run fail as well.
          return this.#giveUp(this.#overseer.outOfMemory(message, this.#ports.memoryBytes()));
        }
        return this.#disk.addAfterKept(() => this.tell(message));
      case "warned":
      case "yielded":
        return this.#disk.addAfterKept(() => this.tell(message));
      case "ended":
        return this.#disk.addAfterKept(() => this.#end(message.batch));
    }
  }

  #writerOf(batch: number): [Batch, Writer] {
    const assigned = this.#batches.get(batch)!;
    return [assigned, this.#jobs.get(assigned.job)!];
  }

  #end(batch: number): void {
    this.#files.close(this.#batches.get(batch)!);
    this.#batches.delete(batch);
    this.#needs.end(batch);
    this.#running.delete(batch);
    if (this.#running.size === 0) this.#thread.askNothing();
    void this.#pump();
  }

  #jobOf(batch: number): Job | undefined {
    const number = this.#batches.get(batch)?.job;
    return number === undefined ? undefined : this.#jobs.get(number)!.job;
  }

  #yield(): void {
    if (this.#running.size > 0) this.#thread.askToYield();
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
        this.#thread.mustYield,
      );
      if (sight.kind === "well") {
        if (sight.isComputing) this.#thread.askToLook();
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

  /** The thread cannot be stopped, so the process ends; what is being written is finished first. */
  #giveUp(message: FromSlot): void {
    this.#disk.add(async () => {
      this.tell(message);
      await new Promise((done) => setTimeout(done, 0));
      this.#ports.exit(EXIT_GAVE_UP);
    });
  }

  /** The model was good at planning and cannot be loaded any more: its file was changed or lost since. */
  #failRunning(problem: ModelProblem): void {
    this.#thread.forget();
    for (const batch of [...this.#running]) {
      for (const { index } of this.#batches.get(batch)!.runs) {
        const failure = { class: "model-error" as const, ...problem, step: 0 };
        this.tell({ type: "failed", batch, index, failure });
      }
      this.#end(batch);
    }
  }

  /** The thread ended by an exception outside of a run, e.g. a rejected promise or a timer of the model. */
  #lostThread(message: string): void {
    const life = this.#overseer.life(performance.now());
    if (life === undefined && this.#running.size === 0) {
      this.tell({ type: "uninspectable", model: this.#thread.model, problem: { message } });
      return this.#thread.forget();
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

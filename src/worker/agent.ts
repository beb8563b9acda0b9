/**
 * The agent: the main thread of a slot's process. Hears the orchestrator's orders and answers them,
 * keeps the simulation thread fed, writes what it hands over, watches that it lives.
 */
import {
  EXIT_GAVE_UP,
  type FromSlot,
  type ModelProblem,
  type ToSlot,
} from "../campaign/slot_messages.ts";
import { DTYPE_BYTES } from "../job/snapshot.ts";
import type { Job } from "../job/job.ts";
import { decodePlain } from "../job/plain.ts";
import { isNoSpace } from "../store/disk.ts";
import { Layout } from "../store/layout.ts";
import { dirname } from "../store/path.ts";
import { filePath, fileUrl } from "./file_url.ts";
import { LifeWatch } from "./life_watch.ts";
import { CONTROL, type FromSimulation, type ToSimulation } from "./protocol.ts";
import type { RunFiles, Writer } from "./run_files.ts";
import type { StartThread, ThreadHandle } from "./simulation_thread.ts";

type Batch = Extract<ToSlot, { type: "batch" }>;

/** How long an agent that lost its orchestrator may take for the write in hand. */
const LAST_WRITE_MS = 10_000;

interface SlotJob extends Writer {
  readonly number: number;
}

/** What an agent asks of its process. */
export interface AgentPorts {
  /** Sends one line to the orchestrator; does nothing when that is gone. */
  tell(line: string): void;
  readonly startThread: StartThread;
  /** Resident memory of the process. */
  memoryBytes(): number;
  exit(status: number): void;
}

export class Agent {
  readonly #jobs = new Map<number, SlotJob>();
  readonly #batches = new Map<number, Batch>();
  /** Batches not handed to the simulation thread yet. */
  #waiting: Batch[] = [];
  readonly #files = new Map<string, RunFiles>();
  #runFiles: Promise<typeof import("./run_files.ts")> | undefined;
  readonly #control = new SharedArrayBuffer(CONTROL.bytes);
  readonly #orders = new Int32Array(this.#control);
  readonly #watch = new LifeWatch(this.#control, (batch) => this.#hangMs(batch));
  readonly #ports: AgentPorts;
  #thread: ThreadHandle | undefined;
  #threadModel = "";
  #threadJobs = new Set<number>();
  #running = new Set<number>();
  /** All disk work, one piece after the other: a result is told after what it rests on is durable. */
  #disk: Promise<void> = Promise.resolve();
  #pumping = false;
  #closing = false;

  constructor(ports: AgentPorts) {
    this.#ports = ports;
  }

  tell(message: FromSlot): void {
    this.#ports.tell(JSON.stringify(message));
  }

  receive(message: Exclude<ToSlot, { type: "exit" }>): void {
    switch (message.type) {
      case "inspect":
        return this.#start(message.model, []);
      case "job": {
        const { number, modelDigest, epoch, anyModel } = message;
        const layout = new Layout(message.root);
        const job = decodePlain(message.job) as Job;
        this.#jobs.set(number, { number, job, modelDigest, anyModel, epoch, layout });
        return;
      }
      case "batch":
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
    await Promise.race([this.#disk, late]);
  }

  /** Hands waiting batches to the simulation thread, changing it where the model changes. */
  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#waiting[0]!;
        const { job, number } = this.#jobs.get(batch.job)!;
        const url = fileUrl(job.model.path);
        const grants = Object.values(job.inputs);
        const isStarted = url !== this.#threadModel ||
          grants.length > 0 && !this.#threadJobs.has(number);
        if (isStarted) {
          if (this.#running.size > 0) return;
          this.#start(url, grants);
        }
        this.#waiting.shift();
        this.#running.add(batch.batch);
        if (isStarted && !await this.#isAsPlanned(batch)) {
          const message = `${job.model.path} changed after it was planned; run simrun again`;
          this.#failRunning({ message });
          continue;
        }
        if (!this.#threadJobs.has(number)) {
          this.#threadJobs.add(number);
          this.#order({ type: "job", number, job });
        }
        const resume = await this.#resume(batch);
        // Meanwhile the model proved unusable, or the files did.
        if (resume === undefined || !this.#batches.has(batch.batch)) continue;
        const runs = batch.runs.map(({ index, run }) => ({ index, run }));
        this.#order({ type: "batch", batch: batch.batch, job: batch.job, runs, ...resume });
      }
    } finally {
      this.#pumping = false;
    }
  }

  /**
   * A thread loads the model as it is now. Results of an edited one must not stand under the digest of the
   * one that was planned.
   */
  async #isAsPlanned(batch: Batch): Promise<boolean> {
    const { job, modelDigest } = this.#jobs.get(batch.job)!;
    const { identifyModel } = await import("./model_identity.ts");
    // A model that is gone is told of by the thread, with its place.
    const identity = await identifyModel(job.model.path).catch(() => undefined);
    return identity === undefined || identity.digest === modelDigest;
  }

  /** Where a batch begins; undefined when the files of an earlier attempt cannot be dealt with. */
  async #resume(batch: Batch): Promise<Pick<SimulationBatch, "resume"> | undefined> {
    const { index, past } = batch.runs[0]!;
    if (past === "none") return {};
    await this.#disk;
    const files = await this.#filesOf(batch, index);
    try {
      if (past === "clear") {
        await files.startOver();
        return {};
      }
      const { checkpoint, rejected } = await files.resume();
      const step = checkpoint?.identity.step ?? 0;
      this.tell({ type: "resumed", batch: batch.batch, index, step, rejected });
      if (checkpoint === undefined) return {};
      return { resume: { step, ms: checkpoint.identity.ms, snapshot: checkpoint.snapshot } };
    } catch (error) {
      this.#tellDiskFailed(batch.batch, index, error);
      this.#end(batch.batch);
      return undefined;
    }
  }

  /** What writes needs compression, which takes 20 ms to load: when a run has lived a while, or at need. */
  #loadRunFiles(): Promise<typeof import("./run_files.ts")> {
    return this.#runFiles ??= import("./run_files.ts");
  }

  async #filesOf(batch: Batch, index: number): Promise<RunFiles> {
    const { RunFiles } = await this.#loadRunFiles();
    const key = `${batch.batch}:${index}`;
    let files = this.#files.get(key);
    if (files === undefined) {
      const { run, digest } = batch.runs.find((one) => one.index === index)!;
      files = new RunFiles(this.#jobs.get(batch.job)!, { run, digest, attempt: batch.attempt });
      this.#files.set(key, files);
    }
    return files;
  }

  #order(message: ToSimulation): void {
    this.#thread!.post(message);
  }

  #start(url: string, grants: readonly string[]): void {
    this.#thread?.terminate();
    this.#threadModel = url;
    this.#threadJobs = new Set();
    this.#thread = this.#ports.startThread(
      { model: url, control: this.#control },
      { read: [dirname(filePath(url)), ...grants] },
      {
        onMessage: (message) => this.#hear(message),
        onLost: (message) => this.#lostThread(message),
      },
    );
  }

  #hear(message: Exclude<FromSimulation, { type: "alive" }>): void {
    switch (message.type) {
      case "started":
        this.tell({ type: "inspected", model: this.#threadModel, inspection: message.inspection });
        return;
      case "unusable":
        if (this.#running.size > 0) return this.#failRunning(message.problem);
        this.tell({ type: "uninspectable", model: this.#threadModel, problem: message.problem });
        return;
      case "snapshot":
        return this.#then(() => this.#save(message));
      case "file":
        return this.#then(() => this.#writeFile(message));
      case "log":
        return this.#then(() => this.#appendLog(message));
      case "results":
        return this.#then(() =>
          this.#ports.tell(`{"type":"results","batch":${message.batch},"runs":${message.text}}`)
        );
      case "failed":
        return this.#then(() => this.tell(message));
      case "yielded":
        return this.#then(() => this.tell(message));
      case "ended":
        return this.#then(() => this.#end(message.batch));
    }
  }

  #then(work: () => void | Promise<void>): void {
    this.#disk = this.#disk.then(() => this.#closing ? undefined : work());
  }

  async #save(message: Extract<FromSimulation, { type: "snapshot" }>): Promise<void> {
    const batch = this.#batches.get(message.batch)!;
    const files = await this.#filesOf(batch, message.index);
    const { index, step } = message;
    const tensors = message.tensors.map(({ name, dtype, length, offset }) => ({
      name,
      dtype,
      length,
      bytes: new Uint8Array(message.shared, offset, length * DTYPE_BYTES[dtype]) as Uint8Array,
    }));
    try {
      const saved = await files.save(message, { plain: message.plain, tensors }, message.series);
      this.tell({ type: "saved", batch: batch.batch, index, step, ...saved });
      await files.prune();
    } catch (error) {
      this.#tellUnsaved(batch.batch, index, error);
    } finally {
      Atomics.store(this.#orders, CONTROL.buffers[message.buffer]!, 0);
      Atomics.notify(this.#orders, CONTROL.buffers[message.buffer]!);
    }
  }

  #tellUnsaved(batch: number, index: number, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.tell({ type: "unsaved", batch, index, reason, noSpace: isNoSpace(error) });
  }

  /** A result that cannot be kept is no result: the orchestrator hears of it before the results come. */
  async #writeFile(message: Extract<FromSimulation, { type: "file" }>): Promise<void> {
    const files = await this.#filesOf(this.#batches.get(message.batch)!, message.index);
    try {
      if (message.name === "series.csv") await files.appendSeries(message.text);
      else await files.writeResult(message.name, message.text);
    } catch (error) {
      this.#tellDiskFailed(message.batch, message.index, error);
    }
  }

  #tellDiskFailed(batch: number, index: number, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const failure = { class: "disk" as const, message, step: 0 };
    this.tell({ type: "failed", batch, index, failure, noSpace: isNoSpace(error) });
  }

  async #appendLog(message: Extract<FromSimulation, { type: "log" }>): Promise<void> {
    const files = await this.#filesOf(this.#batches.get(message.batch)!, message.index);
    try {
      await files.appendLog(message.text);
    } catch (error) {
      this.#tellUnsaved(message.batch, message.index, error);
    }
  }

  #end(batch: number): void {
    for (const { index } of this.#batches.get(batch)!.runs) this.#files.delete(`${batch}:${index}`);
    this.#batches.delete(batch);
    this.#running.delete(batch);
    if (this.#running.size === 0) Atomics.store(this.#orders, CONTROL.yield, 0);
    void this.#pump();
  }

  #hangMs(batch: number): number {
    const job = this.#batches.get(batch)?.job;
    return job === undefined ? Infinity : this.#jobs.get(job)!.job.hangMs;
  }

  #yield(): void {
    if (this.#running.size > 0) Atomics.store(this.#orders, CONTROL.yield, 1);
    for (const { batch, runs } of this.#waiting) {
      this.tell({ type: "yielded", batch, indices: runs.map((run) => run.index) });
      this.#batches.delete(batch);
    }
    this.#waiting = [];
  }

  /** Begins to look after the simulation thread, a few times a second. */
  watch(memoryBytesMax: number): void {
    const every = setInterval(() => {
      const life = this.#watch.look(performance.now());
      if (life === undefined) return;
      void this.#loadRunFiles();
      const memoryBytes = this.#ports.memoryBytes();
      const { batch, index, step } = life;
      if (memoryBytes > memoryBytesMax) {
        clearInterval(every);
        const message = `uses ${mebibytes(memoryBytes)}, more than its ${
          mebibytes(memoryBytesMax)
        }`;
        this.#giveUp({
          type: "failed",
          batch,
          index,
          failure: { class: "out-of-memory", message, step },
          isLast: true,
        });
      } else if (life.stillMs > life.limitMs) {
        clearInterval(every);
        this.#giveUp({ type: "hung", batch, index, step, afterMs: life.stillMs });
      } else if (life.begunMs > 200) {
        this.tell({ type: "progress", batch, index, step, memoryBytes });
      }
    }, LOOK_EVERY_MS);
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
    this.#thread?.terminate();
    this.#thread = undefined;
    this.#threadModel = "";
  }

  /** The thread ended by an exception outside of a run, e.g. a rejected promise or a timer of the model. */
  #lostThread(message: string): void {
    const life = this.#watch.look(performance.now());
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

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** What a slot writes of the runs it computes, each answered with a message: checkpoints, series, results, logs. */
import { load } from "../job/load.ts";
import type { ParentOrder } from "../job/run.ts";
import type { Checkpoint, Rejected } from "../store/checkpoint.ts";
import type { FromSlot, ToSlot } from "../campaign/slot_messages.ts";
import { DTYPE_BYTES } from "../job/snapshot.ts";
import { isNoSpace, mayFindRoom } from "../store/disk.ts";
import type { FromSimulation } from "./protocol.ts";
import type { RunFiles, Writer } from "./run_files.ts";

export type Batch = Extract<ToSlot, { type: "batch" }>;
type Snapshot = Extract<FromSimulation, { type: "snapshot" }>;
type Text = Extract<FromSimulation, { type: "file" }>;
type Rows = Extract<FromSimulation, { type: "rows" }>;
type Log = Extract<FromSimulation, { type: "log" }>;
type Keep = Extract<FromSimulation, { type: "keep" }>;
type Refuted = Extract<FromSimulation, { type: "refuted" }>;
type Proven = Extract<FromSimulation, { type: "proven" }>;

/** Runs whose files are kept at the same time. */
const KEPT_AT_A_TIME = 16;

export class SlotFiles {
  readonly #open = new Map<string, RunFiles>();
  readonly #tell: (message: FromSlot) => void;
  readonly #keeping = new Set<Promise<void>>();
  #module: Promise<typeof import("./run_files.ts")> | undefined;

  constructor(tell: (message: FromSlot) => void) {
    this.#tell = tell;
  }

  /** What writes needs compression, which takes 20 ms to load: when a run has lived a while, or at need. */
  load(): Promise<typeof import("./run_files.ts")> {
    return this.#module ??= load<typeof import("./run_files.ts")>(
      import.meta.resolve("./run_files.ts"),
    );
  }

  async of(batch: Batch, writer: Writer, index: number): Promise<RunFiles> {
    const { RunFiles } = await this.load();
    const key = keyOf(batch, index);
    let files = this.#open.get(key);
    if (files === undefined) {
      const { run, digest } = batch.runs.find((one) => one.index === index)!;
      files = new RunFiles(writer, { run, digest, attempt: batch.attempt });
      this.#open.set(key, files);
    }
    return files;
  }

  /** The state of another run, made this one's own and told of. */
  async begin(
    batch: Batch,
    writer: Writer,
    index: number,
    parent: ParentOrder,
  ): Promise<Checkpoint> {
    const { beginFrom } = await load<typeof import("./branching.ts")>(
      import.meta.resolve("./branching.ts"),
    );
    const beganAt = performance.now();
    const begun = await beginFrom(parent, writer, index, await this.of(batch, writer, index));
    const { checkpoint, written, parent: from } = begun;
    const { step } = from;
    const stallMs = performance.now() - beganAt - written.ms;
    this.#tell({ type: "saved", batch: batch.batch, index, step, ...written, stallMs, from });
    return checkpoint;
  }

  /** What a thread hands over that is only to be written. */
  heed(
    batch: Batch,
    writer: Writer,
    message: Text | Rows | Log | Keep | Proven,
  ): Promise<void> {
    switch (message.type) {
      case "file":
        return this.#write(batch, writer, message);
      case "rows":
        return this.#rows(batch, writer, message);
      case "log":
        return this.#log(batch, writer, message);
      case "keep":
        return this.#beginToKeep(batch, writer, message);
      case "proven":
        return this.#prove(batch, writer, message);
    }
  }

  /** Answers how long it took, whether or not it could be written. */
  async save(batch: Batch, writer: Writer, message: Snapshot): Promise<number> {
    const files = await this.of(batch, writer, message.index);
    const beganAt = performance.now();
    const { index, step, stallMs } = message;
    const tensors = message.tensors.map(({ name, dtype, length, offset }) => ({
      name,
      dtype,
      length,
      bytes: new Uint8Array(message.shared, offset, length * DTYPE_BYTES[dtype]) as Uint8Array,
    }));
    try {
      const saved = await files.save(message, { plain: message.plain, tensors }, message.series);
      this.#tell({ type: "saved", batch: batch.batch, index, step, ...saved, stallMs });
      await files.prune();
    } catch (error) {
      this.#tellUnsaved(batch, index, error);
    }
    return performance.now() - beganAt;
  }

  /** A result that cannot be kept is no result: the orchestrator hears of it before the results come. */
  async #write(batch: Batch, writer: Writer, { index, name, text }: Text): Promise<void> {
    const files = await this.of(batch, writer, index);
    try {
      if (name === "series.csv") await files.appendSeries(text);
      else await files.writeResult(name, text);
    } catch (error) {
      this.tellDiskFailed(batch, index, error);
    }
  }

  /** What cannot be written now is kept, and goes with the next rows. */
  async #rows(batch: Batch, writer: Writer, { index, text }: Rows): Promise<void> {
    const files = await this.of(batch, writer, index);
    try {
      await files.appendSeries(text);
    } catch (error) {
      this.#tellUnsaved(batch, index, error);
    }
  }

  async #log(batch: Batch, writer: Writer, { index, text }: Log): Promise<void> {
    const files = await this.of(batch, writer, index);
    try {
      await files.appendLog(text);
    } catch (error) {
      this.#tellUnsaved(batch, index, error);
    }
  }

  /**
   * Begins to keep files: of several runs at the same time, for a disk that is waited for once for all of them is quicker
   * than one that is waited for by each. Resolves when there is room for more.
   */
  async #beginToKeep(batch: Batch, writer: Writer, message: Keep): Promise<void> {
    const files = await this.of(batch, writer, message.index);
    const one = this.#keep(files, batch, message).finally(() => this.#keeping.delete(one));
    this.#keeping.add(one);
    if (this.#keeping.size >= KEPT_AT_A_TIME) await Promise.race(this.#keeping);
  }

  /** Files of a result that cannot be kept are no result. */
  async #keep(files: RunFiles, batch: Batch, message: Keep): Promise<void> {
    try {
      await files.keepFiles(message);
    } catch (error) {
      if (message.areResult) this.tellDiskFailed(batch, message.index, error);
      else this.#tellUnsaved(batch, message.index, error);
    }
  }

  /** When all that was begun is durable; undefined when it is. To be waited for before anybody hears of a result. */
  kept(): Promise<unknown> | undefined {
    return this.#keeping.size === 0 ? undefined : Promise.all(this.#keeping);
  }

  /** The checkpoint before one that a command could not go on from, if there is any. */
  async older(
    batch: Batch,
    writer: Writer,
    { index, step, reason }: Refuted,
  ): Promise<{ checkpoint: Checkpoint; rejected: readonly Rejected[] } | undefined> {
    const files = await this.of(batch, writer, index);
    try {
      const { checkpoint, rejected } = await files.older(step, reason);
      return checkpoint && { checkpoint, rejected };
    } catch (error) {
      this.tellDiskFailed(batch, index, error);
      return undefined;
    }
  }

  async #prove(batch: Batch, writer: Writer, { index }: Proven): Promise<void> {
    const files = await this.of(batch, writer, index);
    try {
      await files.settleSuspects();
    } catch (error) {
      this.tellDiskFailed(batch, index, error);
    }
  }

  /** What is on disk by now; of a run that goes on it is told again with its own result. */
  tellSums(batch: Batch): void {
    for (const { index } of batch.runs) {
      const files = this.#open.get(keyOf(batch, index))?.sums;
      if (files !== undefined) this.#tell({ type: "filed", batch: batch.batch, index, files });
    }
  }

  /** What keeps a run from its first step in this slot: the disk, or a state that is not there. */
  tellNotBegun(batch: Batch, index: number, error: unknown): void {
    if (!(error instanceof Error) || error.name !== "NoState") {
      return this.tellDiskFailed(batch, index, error);
    }
    const failure = { class: "needs" as const, message: error.message, step: 0 };
    this.#tell({ type: "failed", batch: batch.batch, index, failure });
  }

  tellDiskFailed({ batch }: Batch, index: number, error: unknown): void {
    const failure = { class: "disk" as const, message: wordsOf(error), step: 0 };
    const mayPass = mayFindRoom(error);
    this.#tell({ type: "failed", batch, index, failure, noSpace: isNoSpace(error), mayPass });
  }

  /** Nothing more is written of these runs. */
  close(batch: Batch): void {
    for (const { index } of batch.runs) this.#open.delete(keyOf(batch, index));
  }

  #tellUnsaved({ batch }: Batch, index: number, error: unknown): void {
    const noSpace = isNoSpace(error);
    this.#tell({ type: "unsaved", batch, index, reason: wordsOf(error), noSpace });
  }
}

function keyOf({ batch }: Batch, index: number): string {
  return `${batch}:${index}`;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

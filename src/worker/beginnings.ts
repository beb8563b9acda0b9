/** Where runs begin that have files, or a parent: at a checkpoint of their own, at the state of another run, or anew. */
import type { FromSlot } from "../campaign/slot_messages.ts";
import type { Parent, ParentOrder } from "../job/run.ts";
import type { Checkpoint, Rejected } from "../store/checkpoint.ts";
import type { FromSimulation, Resume } from "./protocol.ts";
import type { Writer } from "./run_files.ts";
import type { Batch, SlotFiles } from "./slot_files.ts";

/** For its thread: where the one run of a batch goes on; from its first step where nothing is said. */
export interface Beginning {
  readonly resume?: Resume;
}

export class Beginnings {
  readonly #files: SlotFiles;
  readonly #tell: (message: FromSlot) => void;

  constructor(files: SlotFiles, tell: (message: FromSlot) => void) {
    this.#files = files;
    this.#tell = tell;
  }

  /** Undefined when the files of an earlier attempt cannot be dealt with, which it has told. */
  async of(batch: Batch, writer: Writer): Promise<Beginning | undefined> {
    const { index, past, parent } = batch.runs[0]!;
    const files = await this.#files.of(batch, writer, index);
    try {
      if (past === "clear") await files.startOver();
      const found = past === "look" ? await files.resume() : { rejected: [] };
      const checkpoint = found.checkpoint ??
        (parent && await this.#files.begin(batch, writer, index, parent));
      const isTold = past === "look" || checkpoint?.identity.parent !== undefined;
      return this.#at(checkpoint, batch, writer, isTold ? found.rejected : undefined);
    } catch (error) {
      this.#files.tellNotBegun(batch, index, error);
      return undefined;
    }
  }

  /** For a command that could not go on: the checkpoint before. */
  async older(
    batch: Batch,
    writer: Writer,
    message: Extract<FromSimulation, { type: "refuted" }>,
  ): Promise<Beginning> {
    const found = await this.#files.older(batch, writer, message);
    return found === undefined ? {} : this.#at(found.checkpoint, batch, writer, found.rejected);
  }

  /** With `rejected` it is told of. */
  #at(
    checkpoint: Checkpoint | undefined,
    batch: Batch,
    writer: Writer,
    rejected: readonly Rejected[] | undefined,
  ): Beginning {
    const { index, parent } = batch.runs[0]!;
    const { step = 0, ms = 0, parent: own } = checkpoint?.identity ?? {};
    // It has made the state its own, and gone no step on from it.
    const begins = own !== undefined && own.step === step;
    if (rejected !== undefined) {
      const more = { ...(own && { parent: own }), ...(begins && { begins }) };
      this.#tell({ type: "resumed", batch: batch.batch, index, step, rejected, ...more });
    }
    if (checkpoint === undefined) return {};
    const branch = begins ? branchOf(own, parent, writer) : {};
    return { resume: { step, ms, snapshot: checkpoint.snapshot, ...branch } };
  }
}

/** What a model is told that adapts the state of another run. */
function branchOf(
  { step, model }: Parent,
  order: ParentOrder | undefined,
  { modelDigest, anyModel }: Writer,
): Pick<Resume, "branch"> {
  const parameters = order?.parameters ?? {};
  return { branch: { step, parameters, isOtherModel: model !== modelDigest && !anyModel } };
}

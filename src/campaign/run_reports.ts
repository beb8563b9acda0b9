/** What slots say of runs on their way: gone on with, saved, not saved, warned of. Each is written to the journal. */
import type { RunEvent } from "../job/event.ts";
import { checkpointedLine } from "./journal_lines.ts";
import type { Progress } from "./progress.ts";
import type { Slot, SlotBatch } from "./slot.ts";
import type { FromSlot } from "./slot_messages.ts";
import type { Tally } from "./tally.ts";
import type { World } from "./world.ts";

/** A sweep of a hundred thousand runs may have the same to say of each. */
const WARNINGS_MAX = 100;
export interface RunReportsParts {
  readonly world: World;
  readonly tally: Tally;
  readonly progress: Progress;
  append(event: RunEvent): void;
  noRoom(reason: string): unknown;
}

export class RunReports {
  readonly #parts: RunReportsParts;

  constructor(parts: RunReportsParts) {
    this.#parts = parts;
  }

  resumed(slot: Slot, batch: SlotBatch, message: Extract<FromSlot, { type: "resumed" }>): void {
    const number = batch.job.offset + message.index;
    const { run } = batch.identities.get(number)!;
    slot.sawStep(batch, number, message.step, this.#parts.world.now(), message.step);
    this.#parts.progress.reached(number, message.step);
    const { step, rejected, parent, begins = false } = message;
    if (parent !== undefined) batch.parents.set(number, parent);
    // How long the rest of it takes says nothing of the others.
    if (step > 0 && !begins) batch.whole = false;
    const wasSaved = batch.job.decisionAt(message.index) === "resume";
    if ((step === 0 || begins) && rejected.length === 0 && !wasSaved) return;
    this.#parts.append({ type: "run.resumed", job: batch.job.job.id, run, step, rejected });
  }

  saved(slot: Slot, batch: SlotBatch, message: Extract<FromSlot, { type: "saved" }>): void {
    const number = batch.job.offset + message.index;
    const { run } = batch.identities.get(number)!;
    this.#parts.append(checkpointedLine(batch, run, message));
    this.#parts.progress.reached(number, message.step);
    batch.isUnsaved = false;
    if (slot.current?.number === number) {
      slot.current.checkpoint = {
        step: message.step,
        at: this.#parts.world.wallClock().toISOString(),
      };
    }
  }

  unsaved(batch: SlotBatch, message: Extract<FromSlot, { type: "unsaved" }>): void {
    batch.isUnsaved = true;
    if (message.noSpace) this.#parts.noRoom(message.reason);
    const { run } = batch.identities.get(batch.job.offset + message.index)!;
    if (!this.#parts.tally.degrade(batch.job.job.id, run)) return;
    const { reason } = message;
    this.#parts.append({ type: "run.degraded", job: batch.job.job.id, run, reason });
  }

  warned(batch: SlotBatch, message: Extract<FromSlot, { type: "warned" }>): void {
    const { run } = batch.identities.get(batch.job.offset + message.index)!;
    const count = this.#parts.tally.warn(batch.job);
    if (count > WARNINGS_MAX) return;
    const { step, message: text } = message;
    const more = count === WARNINGS_MAX ? "; more warnings of this job are not told" : "";
    this.#parts.append({
      type: "run.warned",
      job: batch.job.job.id,
      run,
      step,
      message: text + more,
    });
  }
}

/** What the runs of a slot need, as its agent was told: kept as text, and handed on with each batch. */
import type { ToSlot } from "../campaign/slot_messages.ts";

/** Objects with a list for each needed job, as JSON text that `encodePlain` writes. */
export interface BatchNeeds {
  /** What all runs of the batch need. */
  readonly shared?: string;
  /** What else one of them needs, by its index. */
  readonly own?: ReadonlyMap<number, string>;
}

export class SlotNeeds {
  #shared: { readonly job: number; readonly text: string } | undefined;
  /** Told of runs whose batch has not come yet. */
  #own: { readonly job: number; readonly texts: Map<number, string> } | undefined;
  readonly #byBatch = new Map<number, BatchNeeds>();

  hear({ job, index, text }: Extract<ToSlot, { type: "needs" }>): void {
    if (index === undefined) {
      this.#shared = { job, text };
      return;
    }
    if (this.#own?.job !== job) this.#own = { job, texts: new Map() };
    this.#own.texts.set(index, text);
  }

  /** The batch for which all was told. */
  begin({ batch, job }: Extract<ToSlot, { type: "batch" }>): void {
    const shared = this.#shared?.job === job ? { shared: this.#shared.text } : {};
    const own = this.#own?.job === job ? { own: this.#own.texts } : {};
    this.#own = undefined;
    if ("shared" in shared || "own" in own) this.#byBatch.set(batch, { ...shared, ...own });
  }

  of(batch: number): { readonly needs?: BatchNeeds } {
    const needs = this.#byBatch.get(batch);
    return needs === undefined ? {} : { needs };
  }

  end(batch: number): void {
    this.#byBatch.delete(batch);
  }
}

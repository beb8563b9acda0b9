/**
 * Hands a slot what the runs of a batch rest on, before the batch itself. The loop reads nothing: it asks the world,
 * and goes on; the batches of a slot stay in their order meanwhile.
 */
import type { Foundation, NeededRuns } from "../plan/foundation.ts";
import type { NeededJob } from "../plan/needed_job.ts";
import type { PlannedJob } from "../plan/plan.ts";
import { Foundations } from "./foundations.ts";
import type { RunTable } from "./run_table.ts";
import type { Slot, SlotBatch } from "./slot.ts";
import type { SlotPort } from "./world.ts";

/** Where the results of needed runs come from. */
export interface ResultPort {
  /**
   * A list of `NeededResult`s in the order of the job, as JSON text that `encodePlain` would write: of these runs,
   * or of all. Rejects with an Error that says why when that cannot be, also when it would be longer than that.
   */
  read(
    needed: NeededJob,
    indices: readonly number[] | undefined,
    charactersMax: number,
  ): Promise<string>;
}

/** What one run may be handed, all that it needs together. */
export const NEEDS_CHARACTERS_MAX = 1 << 26;

export interface Handing {
  /** Whether the slot is still to have the batch. */
  isWanted(): boolean;
  /** The run cannot have what it needs. */
  fail(number: number, why: string): void;
  then(): void;
}

export class Handout {
  readonly #foundations: Foundations;
  readonly #results: ResultPort | undefined;
  readonly #byBatch = new WeakMap<SlotBatch["identities"], Foundation>();
  /** What all runs of a job share stays in the slot until those of another job share something. */
  readonly #shared = new WeakMap<SlotPort, { readonly key: string; readonly characters: number }>();
  readonly #turns = new WeakMap<SlotPort, Promise<void>>();

  /** Without a port for results, needs are an order and nothing else. */
  constructor(table: RunTable, results: ResultPort | undefined) {
    this.#foundations = new Foundations(table);
    this.#results = results;
  }

  /** Who the runs of a batch are. What they rest on is settled with that. */
  identify(job: PlannedJob, numbers: readonly number[]): SlotBatch["identities"] {
    const { identities, foundation } = this.#foundations.identify(job, numbers);
    if (foundation !== undefined) this.#byBatch.set(identities, foundation);
    return identities;
  }

  /** Calls on when the slot has been told all; at once when there is nothing to tell. */
  provide(slot: Slot, batch: SlotBatch, handing: Handing): void {
    const { port } = slot;
    const foundation = this.#byBatch.get(batch.identities);
    const results = foundation === undefined ? undefined : this.#results;
    const before = port && this.#turns.get(port);
    if (port === undefined || results === undefined && before === undefined) return handing.then();
    const turn = (async () => {
      await before;
      if (results !== undefined) await this.#tell(port, batch, foundation!, results, handing);
      handing.then();
    })();
    const ended = turn.finally(() => {
      if (this.#turns.get(port) === ended) this.#turns.delete(port);
    });
    this.#turns.set(port, ended);
  }

  async #tell(
    port: SlotPort,
    batch: SlotBatch,
    foundation: Foundation,
    results: ResultPort,
    handing: Handing,
  ): Promise<void> {
    const { offset, number: job } = batch.job;
    let left = NEEDS_CHARACTERS_MAX;
    for (const number of [...batch.open]) {
      const index = number - offset;
      const [shared, own] = split(foundation.at(index));
      try {
        const key = keyOf(job, shared);
        let known = this.#shared.get(port);
        if (shared.length > 0 && known?.key !== key) {
          const text = await textOf(shared, results, NEEDS_CHARACTERS_MAX);
          if (!handing.isWanted()) return;
          port.send({ type: "needs", job, text });
          this.#shared.set(port, known = { key, characters: text.length });
        }
        if (shared.length > 0) left = NEEDS_CHARACTERS_MAX - known!.characters;
        // All runs of the batch share what was told.
        if (own.length === 0) return;
        const text = await textOf(own, results, left);
        if (!handing.isWanted()) return;
        port.send({ type: "needs", job, index, text });
      } catch (error) {
        handing.fail(number, error instanceof Error ? error.message : String(error));
      }
    }
  }
}

/** Names what is shared by all that it is. */
function keyOf(job: number, shared: readonly NeededRuns[]): string {
  const parts = shared.map(({ needed }) => `${needed.job.id} ${needed.digestOfAll()}`);
  return [job, ...parts].join("\n");
}

/** What all runs of the job need, and what only this one does. */
function split(needs: readonly NeededRuns[]): [shared: NeededRuns[], own: NeededRuns[]] {
  const isShared = ({ indices }: NeededRuns) => indices === undefined;
  return [needs.filter(isShared), needs.filter((need) => !isShared(need))];
}

/** An object with a list for each needed job. */
async function textOf(
  needs: readonly NeededRuns[],
  results: ResultPort,
  charactersMax: number,
): Promise<string> {
  const parts: string[] = [];
  let left = charactersMax;
  for (const { needed, indices } of needs) {
    const text = await results.read(needed, indices, left);
    left -= text.length;
    parts.push(`${JSON.stringify(needed.job.id)}:${text}`);
  }
  return `{${parts.join(",")}}`;
}

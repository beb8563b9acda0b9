/**
 * Hands a slot what the runs of a batch rest on, before the batch itself. The loop reads nothing: it asks the world,
 * and goes on; the batches of a slot stay in their order meanwhile.
 */
import { encodeFields } from "../job/plain.ts";
import type { ParentOrder } from "../job/run.ts";
import type { Foundation, NeededRuns } from "../plan/foundation.ts";
import type { NeededJob } from "../plan/needed_job.ts";
import type { PlannedJob } from "../plan/plan.ts";
import { sweptParameters, takeRepeat } from "../plan/point_numbers.ts";
import { pointAt } from "../plan/sweep.ts";
import { Foundations } from "./foundations.ts";
import type { RunTable } from "./run_table.ts";
import type { Slot, SlotBatch } from "./slot.ts";
import type { SlotPort } from "./world.ts";

/** Where the results of needed runs come from. */
export interface ResultPort {
  /**
   * A `NeededResult` for each of these runs, or of all, as JSON text that `encodePlain` would write. Rejects with an
   * Error that says why when that cannot be, also when all of it together would be longer than that.
   */
  read(
    needed: NeededJob,
    indices: readonly number[] | undefined,
    charactersMax: number,
  ): Promise<readonly string[]>;
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

  /** What a run begins from, for its slot; undefined at step 0. */
  parentOf({ job, identities }: SlotBatch, number: number): ParentOrder | undefined {
    const from = job.job.from && this.#byBatch.get(identities)?.begunFrom(number - job.offset);
    if (from === undefined) return undefined;
    const { needed, index } = from;
    const { run, digest, model, steps } = needed.runAt(index);
    const { id, sweep, seed, parameters } = needed.job;
    const point = pointAt(sweep, index);
    return {
      job: id,
      run,
      digest,
      model,
      step: job.job.from!.step,
      steps,
      seed,
      repeat: takeRepeat(sweep, point).repeat,
      parameters: encodeFields({ ...parameters, ...sweptParameters(sweep, point) }),
    };
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
    const numbers = [...batch.open];
    if (numbers.length === 0) return;
    const [shared] = split(foundation.at(numbers[0]! - offset));
    let left = NEEDS_CHARACTERS_MAX;
    if (shared.length > 0) {
      const key = keyOf(job, shared);
      const known = this.#shared.get(port);
      let characters = known?.key === key ? known.characters : undefined;
      if (characters === undefined) {
        try {
          const [text] = await textsOf([shared], results, left);
          if (!handing.isWanted()) return;
          port.send({ type: "needs", job, text: text! });
          characters = text!.length;
          this.#shared.set(port, { key, characters });
        } catch (error) {
          for (const number of numbers) handing.fail(number, wordsOf(error));
          return;
        }
      }
      left -= characters;
    }
    const tellOwn = async (some: readonly number[]): Promise<void> => {
      const needs = some.map((number) => split(foundation.at(number - offset))[1]);
      if (needs[0]!.length === 0) return;
      try {
        const texts = await textsOf(needs, results, left);
        if (!handing.isWanted()) return;
        texts.forEach((text, i) =>
          port.send({ type: "needs", job, index: some[i]! - offset, text })
        );
      } catch (error) {
        if (some.length === 1) return handing.fail(some[0]!, wordsOf(error));
        // Whose needs cannot be had is found by trying one at a time; the others may have theirs.
        for (const number of some) await tellOwn([number]);
      }
    };
    await tellOwn(numbers);
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

/**
 * For each of some runs, which need runs of the same jobs, an object with a list for each needed job. What they need
 * is read together: one after the other would read the same lines of the journal as often.
 */
async function textsOf(
  needs: readonly (readonly NeededRuns[])[],
  results: ResultPort,
  charactersMax: number,
): Promise<string[]> {
  const parts: string[][] = needs.map(() => []);
  let left = charactersMax;
  for (const [part, { needed, indices }] of needs[0]!.entries()) {
    const asked = indices && [...new Set(needs.flatMap((one) => one[part]!.indices!))];
    const entries = await results.read(needed, asked, left);
    const places = asked && new Map(asked.map((index, place) => [index, place]));
    for (const [run, one] of needs.entries()) {
      const own = places === undefined
        ? entries
        : one[part]!.indices!.map((index) => entries[places.get(index)!]!);
      const text = `${JSON.stringify(needed.job.id)}:[${own.join(",")}]`;
      left -= text.length;
      parts[run]!.push(text);
    }
  }
  return parts.map((one) => `{${one.join(",")}}`);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

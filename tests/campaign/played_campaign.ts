/** A campaign played in simulated time: slots that take as long as a run is said to take, and a look at every moment. */
import assert from "node:assert/strict";
import { Campaign } from "../../src/campaign/campaign.ts";
import type { CampaignOptions } from "../../src/campaign/campaign_options.ts";
import type { Outcome } from "../../src/campaign/outcome.ts";
import type { RunTable } from "../../src/campaign/run_table.ts";
import type { FromSlot, RunResult, ToSlot } from "../../src/campaign/slot_messages.ts";
import type { SlotExit, SlotHandlers, SlotPort } from "../../src/campaign/world.ts";
import { FakeWorld } from "./fake_world.ts";

type Batch = Extract<ToSlot, { type: "batch" }>;

/** What becomes of one attempt of a run. */
export interface Course {
  readonly ms: number;
  readonly ends: "completes" | "fails" | "fails for a passing reason" | "kills its slot";
  /** In a slot that has less it is out of memory. */
  readonly needsBytes?: number;
  /** Its index when absent. */
  readonly result?: unknown;
}

export interface PlayOptions {
  readonly course: (job: number, index: number, attempt: number) => Course;
  readonly slotStartMs?: number;
  /** A process that was told to exit takes so long. */
  readonly slotEndMs?: number;
  /** Called when a run begins, and when nothing more happens at a moment. */
  readonly began?: (job: number, index: number) => void;
  readonly settled?: () => void;
}

/** A slot that computes by the clock of its world, one run after the other. */
class PlayedSlot implements SlotPort {
  readonly #play: Played;
  readonly #handlers: SlotHandlers;
  #batches: Batch[] = [];
  #results: RunResult[] = [];
  #at = 0;
  #cancel: (() => void) | undefined;
  #begunMs = 0;
  isGone = false;

  constructor(play: Played, handlers: SlotHandlers, readonly memoryBytesMax: number) {
    this.#play = play;
    this.#handlers = handlers;
    this.#cancel = play.world.after(play.options.slotStartMs ?? 0, () => {
      this.#tell({ type: "ready" });
    });
  }

  get runs(): readonly string[] {
    return this.#batches.flatMap(({ runs }) => runs.map(({ run }) => run));
  }

  /** The run that is being computed. */
  get current(): { readonly job: number; readonly index: number } | undefined {
    const [batch] = this.#batches;
    return batch && { job: batch.job, index: batch.runs[this.#at]!.index };
  }

  send(message: ToSlot): void {
    if (this.isGone) return;
    if (message.type === "batch") {
      this.#batches.push(message);
      if (this.#batches.length === 1) this.#begin();
    }
    if (message.type === "yield") this.#yield();
    if (message.type === "exit") {
      const end = () => this.#exit({ status: 0, signal: null });
      this.#play.world.after(this.#play.options.slotEndMs ?? 0, end);
    }
  }

  kill(): void {
    queueMicrotask(() => this.#exit({ status: 137, signal: "SIGKILL" }));
  }

  #begin(): void {
    const { job, attempt, runs } = this.#batches[0]!;
    const { index } = runs[this.#at]!;
    const course = this.#play.options.course(job, index, attempt);
    const savedMs = this.#play.saved.get(`${job}/${index}`) ?? 0;
    this.#begunMs = this.#play.world.nowMs - savedMs;
    this.#play.began(job, index, this.memoryBytesMax);
    this.#cancel = this.#play.world.after(Math.max(0, course.ms - savedMs), () => {
      if ((course.needsBytes ?? 0) > this.memoryBytesMax) {
        return this.#exit({ status: 133, signal: "SIGTRAP" }, "Reached heap limit");
      }
      if (course.ends === "kills its slot") return this.#exit({ status: 1, signal: "SIGSEGV" });
      this.#ended(course);
    });
  }

  #ended(course: Course): void {
    const { batch, runs } = this.#batches[0]!;
    const { index } = runs[this.#at]!;
    if (course.ends !== "completes") {
      const name = course.ends === "fails" ? "model-error" : "transient";
      const failure = { class: name, message: "boom", step: 1 } as const;
      this.#tell({ type: "failed", batch, index, failure });
    } else this.#results.push({ index, step: 100, ms: course.ms, result: course.result ?? index });
    if (++this.#at === runs.length) this.#flush();
    if (this.#batches.length > 0) this.#begin();
  }

  #flush(): void {
    const { batch } = this.#batches.shift()!;
    const results = this.#results;
    this.#results = [];
    this.#at = 0;
    this.#tell({ type: "results", batch, runs: results });
  }

  /** Saves the run it is at, tells what was done, and gives back the rest. */
  #yield(): void {
    this.#cancel?.();
    const [working] = this.#batches;
    if (working === undefined) return;
    const current = working.runs[this.#at]!;
    const doneMs = this.#play.world.nowMs - this.#begunMs;
    this.#play.saved.set(`${working.job}/${current.index}`, doneMs);
    const results = this.#results;
    const rest = this.#batches.map(({ batch, runs }, i) => ({
      batch,
      indices: runs.slice(i === 0 ? this.#at : 0).map(({ index }) => index),
    }));
    this.#batches = [];
    this.#results = [];
    this.#at = 0;
    if (results.length > 0) {
      this.#tell({ type: "results", batch: working.batch, runs: results });
    }
    for (const { batch, indices } of rest) this.#tell({ type: "yielded", batch, indices });
  }

  #exit(exit: Pick<SlotExit, "status" | "signal">, stderr = ""): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#cancel?.();
    this.#play.slots.delete(this);
    this.#handlers.onExit({ ...exit, stderr });
  }

  #tell(message: FromSlot): void {
    if (!this.isGone) this.#handlers.onMessage(message);
  }
}

export class Played {
  readonly world = new FakeWorld();
  readonly campaign: Campaign;
  readonly table: RunTable;
  readonly options: PlayOptions;
  readonly slots = new Set<PlayedSlot>();
  /** Milliseconds of computing that a checkpoint holds, by job number and index. */
  readonly saved = new Map<string, number>();
  /** In the order in which they were begun, with the time. */
  readonly begun: {
    readonly job: number;
    readonly index: number;
    readonly atMs: number;
    readonly memoryBytesMax: number;
  }[] = [];
  slotsMost = 0;
  /** What all slots together were allowed, at most. */
  memoryBytesMost = 0;

  constructor(table: RunTable, options: PlayOptions & { readonly campaign: CampaignOptions }) {
    this.table = table;
    this.options = options;
    this.world.startSlot = (handlers, memoryBytesMax) => {
      const slot = new PlayedSlot(this, handlers, memoryBytesMax);
      this.slots.add(slot);
      const bytes = [...this.slots].reduce((sum, one) => sum + one.memoryBytesMax, 0);
      this.memoryBytesMost = Math.max(this.memoryBytesMost, bytes);
      this.slotsMost = Math.max(this.slotsMost, this.slots.size);
      return slot as never;
    };
    this.campaign = new Campaign(this.world, table, options.campaign);
  }

  began(job: number, index: number, memoryBytesMax: number): void {
    this.begun.push({ job, index, atMs: this.world.nowMs, memoryBytesMax });
    this.options.began?.(job, index);
  }

  /** To its end; `at` are things that happen at their time. */
  async play(
    at: readonly { readonly ms: number; readonly then: () => void }[] = [],
  ): Promise<Outcome> {
    let outcome: Outcome | undefined;
    for (const { ms, then } of at) this.world.after(ms, then);
    void this.campaign.run().then((ended) => outcome = ended);
    await this.world.settle();
    for (let moments = 0; outcome === undefined; moments++) {
      assert.ok(moments < 100_000, "the campaign comes to no end");
      assert.ok(this.world.timers > 0, "nothing will ever happen any more");
      await this.world.passesToNext();
      this.options.settled?.();
    }
    return outcome;
  }
}

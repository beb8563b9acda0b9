/**
 * A world for campaigns: a journal that becomes durable on command, slots that are scripted by the test,
 * a clock that stands still. It says at once when a campaign does what it must not.
 */
import assert from "node:assert/strict";
import { Campaign } from "../../src/campaign/campaign.ts";
import type { CampaignOptions } from "../../src/campaign/campaign_options.ts";
import type { Outcome } from "../../src/campaign/outcome.ts";
import { MemoryBudget } from "../../src/campaign/memory_budget.ts";
import { RunTable } from "../../src/campaign/run_table.ts";
import {
  EXIT_GAVE_UP,
  type FromSlot,
  type RunResult,
  type ToSlot,
} from "../../src/campaign/slot_messages.ts";
import type { SlotExit, SlotHandlers, SlotPort, World } from "../../src/campaign/world.ts";
import type { RunEvent } from "../../src/job/event.ts";
import type { Job } from "../../src/job/job.ts";
import type { FailureClass } from "../../src/job/run.ts";
import { makePlan, type Plan, type PlanOptions } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";

type Batch = Extract<ToSlot, { type: "batch" }>;
export type EventOf<T extends RunEvent["type"]> = Extract<RunEvent, { type: T }>;

/** A slot's process as the test plays it. */
export class FakeSlot implements SlotPort {
  readonly sent: ToSlot[] = [];
  isGone = false;
  isKilled = false;
  readonly #handlers: SlotHandlers;
  readonly #world: FakeWorld;
  readonly #done = new Set<number>();

  constructor(world: FakeWorld, handlers: SlotHandlers, readonly memoryBytesMax: number) {
    this.#world = world;
    this.#handlers = handlers;
  }

  send(message: ToSlot): void {
    assert.ok(!this.isGone, `sent to a slot that is gone: ${message.type}`);
    if (message.type === "batch") this.#checkBatch(message);
    this.sent.push(message);
  }

  kill(): void {
    this.isKilled = true;
    queueMicrotask(() => {
      if (!this.isGone) this.dies({ status: 137, signal: "SIGKILL" });
    });
  }

  /** Batches it was sent, oldest first. */
  get batches(): Batch[] {
    return this.sent.filter((message): message is Batch => message.type === "batch");
  }

  get last(): Batch {
    return this.batches.at(-1)!;
  }

  /** The batch it is at: the oldest one it was not done with. */
  get working(): Batch | undefined {
    return this.batches.find(({ batch }) => !this.#done.has(batch));
  }

  says(message: FromSlot): void {
    this.#handlers.onMessage(message);
  }

  async ready(): Promise<void> {
    this.says({ type: "ready" });
    await this.#world.settle();
  }

  /** Completes runs of a batch, all of them unless indices are given. */
  async completes(batch: Batch = this.working!, indices = indicesOf(batch)): Promise<void> {
    if (indices.length === batch.runs.length) this.#done.add(batch.batch);
    const runs: RunResult[] = indices.map((index) => ({ index, step: 100, ms: 1, result: index }));
    this.says({ type: "results", batch: batch.batch, runs });
    await this.#world.settle();
  }

  async fails(
    index: number,
    failure: FailureClass = "model-error",
    more: { noSpace?: boolean; mayPass?: boolean } = {},
  ): Promise<void> {
    const { batch, runs } = this.working!;
    if (runs.length === 1) this.#done.add(batch);
    this.says({
      type: "failed",
      batch,
      index,
      failure: { class: failure, message: "boom", step: 7 },
      ...more,
    });
    await this.#world.settle();
  }

  /** The agent found the run hung: it says so and ends its process. */
  async hangs(index: number, batch: Batch = this.working!): Promise<void> {
    this.says({ type: "hung", batch: batch.batch, index, step: 5, afterMs: 3000 });
    this.dies({ status: EXIT_GAVE_UP, signal: null, stderr: "" });
    await this.#world.settle();
  }

  dies(exit: Partial<SlotExit> = {}): void {
    assert.ok(!this.isGone, "a slot dies once");
    this.isGone = true;
    this.#handlers.onExit({ status: 1, signal: null, stderr: "", ...exit });
  }

  async crashes(exit: Partial<SlotExit> = {}): Promise<void> {
    this.dies(exit);
    await this.#world.settle();
  }

  /** Gives back what it holds, as an agent does that was asked to yield. */
  async yields(batch: Batch = this.working!, indices = indicesOf(batch)): Promise<void> {
    if (indices.length === batch.runs.length) this.#done.add(batch.batch);
    this.says({ type: "yielded", batch: batch.batch, indices });
    await this.#world.settle();
  }

  /** Every start is durable before a slot hears of the run (rule R10), and its job is known. */
  #checkBatch(message: Batch): void {
    assert.ok(
      this.sent.some((sent) => sent.type === "job" && sent.number === message.job),
      "a batch of a job that the slot was not told of",
    );
    for (const { run } of message.runs) {
      const started = this.#world.startedAttempt(run);
      assert.equal(started, message.attempt, `${run} is not journalled as started`);
    }
  }
}

export class FakeWorld implements World {
  readonly slots: FakeSlot[] = [];
  /** Events that are on disk, in order. */
  readonly durable: RunEvent[] = [];
  nowMs = 0;
  /** Lines wait for {@linkcode FakeWorld.flush} while the disk is slow. */
  isSlow = false;
  journalFault: Error | undefined;
  startFault: Error | undefined;
  readonly #started = new Map<string, number>();
  readonly #waiting: { event: RunEvent; done: () => void; fail: (error: Error) => void }[] = [];

  readonly journal = {
    append: (event: RunEvent) => {
      const copy = JSON.parse(JSON.stringify(event)) as RunEvent;
      if (this.journalFault !== undefined) return Promise.reject(this.journalFault);
      if (!this.isSlow) {
        this.#write(copy);
        return Promise.resolve();
      }
      return new Promise<void>((done, fail) => this.#waiting.push({ event: copy, done, fail }));
    },
  };

  startSlot(handlers: SlotHandlers, memoryBytesMax: number): SlotPort {
    if (this.startFault !== undefined) throw this.startFault;
    const slot = new FakeSlot(this, handlers, memoryBytesMax);
    this.slots.push(slot);
    return slot;
  }

  now(): number {
    return this.nowMs;
  }

  readonly #timers = new Map<symbol, { readonly at: number; readonly then: () => void }>();

  after(ms: number, then: () => void): () => void {
    const timer = Symbol();
    this.#timers.set(timer, { at: this.nowMs + ms, then });
    return () => this.#timers.delete(timer);
  }

  /** Lets time pass; timers that are due meanwhile go off, each at its moment. */
  async passes(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end);
      if (due.length === 0) break;
      const [timer, { at, then }] = due.reduce((a, b) => (b[1].at < a[1].at ? b : a));
      this.#timers.delete(timer);
      this.nowMs = Math.max(this.nowMs, at);
      then();
      await this.settle();
    }
    this.nowMs = end;
    await this.settle();
  }

  /** Lets time pass to the next timer. */
  async passesToNext(): Promise<void> {
    const next = Math.min(...[...this.#timers.values()].map(({ at }) => at));
    await this.passes(Math.max(0, next - this.nowMs));
  }

  /** Timers that were set and have not gone off. */
  get timers(): number {
    return this.#timers.size;
  }

  wallClock(): Date {
    return new Date("2026-01-02T03:04:05Z");
  }

  /** Makes what was appended durable, in order. */
  async flush(lines = Infinity): Promise<void> {
    for (const { event, done } of this.#waiting.splice(0, lines)) {
      this.#write(event);
      done();
    }
    await this.settle();
  }

  /** The disk is gone: whatever waits, and all later lines, are refused. */
  async breakJournal(error: Error): Promise<void> {
    this.journalFault = error;
    for (const { fail } of this.#waiting.splice(0)) fail(error);
    await this.settle();
  }

  /** Lets promises that are settled be heard. */
  async settle(): Promise<void> {
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }

  events<T extends RunEvent["type"]>(type: T): EventOf<T>[] {
    return this.durable.filter((event): event is EventOf<T> => event.type === type);
  }

  /** The last attempt of a run that is on disk as started. */
  startedAttempt(run: string): number | undefined {
    return this.#started.get(run);
  }

  #write(event: RunEvent): void {
    this.durable.push(event);
    if (event.type !== "runs.started") return;
    for (let i = 0; i < event.runs.length; i += 2) this.#started.set(event.runs[i]!, event.attempt);
  }

  /** The newest slot. */
  get slot(): FakeSlot {
    return this.slots.at(-1)!;
  }
}

export interface Staged {
  readonly world: FakeWorld;
  readonly campaign: Campaign;
  readonly table: RunTable;
  readonly plan: Plan;
  /** The outcome once there is one. */
  outcome(): Outcome | undefined;
  /** Plans more jobs and wakes the campaign. */
  add(...jobs: Job[]): Promise<void>;
}

const ALL_NEW: PlanOptions = { rerun: "none", reuse: false, acceptModel: false };

/** A campaign over new runs of these jobs, begun. */
export async function stage(
  jobs: readonly Job[],
  options: Partial<CampaignOptions> & {
    prepare?: (world: FakeWorld) => void;
    past?: History;
  } = {},
): Promise<Staged> {
  const { prepare, past, ...rest } = options;
  const world = new FakeWorld();
  prepare?.(world);
  const plan = planOf(jobs, undefined, past);
  const { memory = new MemoryBudget(Number.MAX_SAFE_INTEGER, rest.slots ?? 1) } = rest;
  const table = new RunTable(
    plan.total,
    undefined,
    ({ job }) => memory.sizeFor(job.memoryBytes, job.cores),
  );
  table.add(plan, () => 0);
  const campaign = new Campaign(world, table, {
    root: "/tree",
    epoch: 1,
    holder: "test",
    slots: 1,
    withFiles: () => undefined,
    ...rest,
  });
  let ended: Outcome | undefined;
  void campaign.run().then((outcome) => ended = outcome);
  await world.settle();
  const add = async (...more: Job[]) => {
    assert.ok(campaign.hold());
    table.add(planOf(more, table), () => 0);
    campaign.release();
    await world.settle();
  };
  return { world, campaign, table, plan, outcome: () => ended, add };
}

function planOf(jobs: readonly Job[], after?: RunTable, past = new History()): Plan {
  const toPlan = jobs.map((job) => ({
    job,
    model: { name: "model.ts", digest: "m1" },
    inputDigests: {},
  }));
  return makePlan(toPlan, past, ALL_NEW, after);
}

export function indicesOf(batch: Batch): number[] {
  return batch.runs.map(({ index }) => index);
}

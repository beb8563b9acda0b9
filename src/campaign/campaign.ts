/**
 * The loop of a campaign: events of slots in, orders and journal lines out. It never computes, waits or reads.
 *
 * The crash contract: *write the event, then act on it*. A start is durable before the slot hears of the
 * run; a result is counted and told only when it is durable. A replay may repeat work, and never loses
 * or invents it.
 */
import type { CompletedRun, RunEvent } from "../job/event.ts";
import { assertNever } from "../job/fault.ts";
import type { Live } from "../job/live.ts";
import type { Failure } from "../job/run.ts";
import type { PlannedJob } from "../plan/plan.ts";
import { BatchSizes, takeBatch, takeLarge } from "./batching.ts";
import { classifyExit, retryCause, withAdvice } from "./causes.ts";
import type { RunTable } from "./run_table.ts";
import { Slot, type SlotBatch } from "./slot.ts";
import { type Assignment, EXIT_GAVE_UP, type FromSlot, type RunResult } from "./slot_messages.ts";
import { checkpointedLine, completedRun, startedLine } from "./journal_lines.ts";
import { forecast } from "./forecast.ts";
import { Tally } from "./tally.ts";
import type { SlotExit, World } from "./world.ts";

export interface CampaignOptions {
  readonly root: string;
  readonly epoch: number;
  /** Names the holder of the tree's lock: with it a slot knows whether it may still write. */
  readonly holder: string;
  readonly slots: number;
  /** Stop when so many runs failed. */
  readonly maxFails?: number;
  /** Go on from checkpoints that another version of the model wrote. */
  readonly acceptModel?: boolean;
  /** The runs of a job that left files to look into: checkpoints, a series. */
  readonly withFiles: (job: string) => ReadonlySet<string> | undefined;
  /** Every event, once it is durable. Must not throw. */
  readonly onEvent?: (event: RunEvent) => void;
}

export type StopReason = "asked" | "max-fails" | "no-space" | "broken";

export interface Outcome {
  readonly stopped: StopReason | undefined;
  readonly completed: number;
  readonly failed: number;
  readonly remaining: number;
  /** What broke, for `broken` and `no-space`. */
  readonly cause?: unknown;
}

/** A slot that dies so often with no run to blame for it will not live the next time either. */
const DEATHS_MAX = 5;

export class Campaign {
  readonly tally: Tally;
  readonly #world: World;
  readonly #table: RunTable;
  readonly #options: CampaignOptions;
  readonly #sizes = new BatchSizes();
  readonly #slots: Slot[] = [];
  #batches = 0;
  #slotLimit: number;
  #stop: StopReason | undefined;
  #cause: unknown;
  /** Journal lines not durable yet. */
  #pending = 0;
  #resolve: (outcome: Outcome) => void = () => {};
  #ended = false;
  #isRunning = false;
  /** How much of the work was shown as done. */
  #fraction = 0;
  #holds = 0;

  constructor(world: World, table: RunTable, options: CampaignOptions) {
    this.#world = world;
    this.#table = table;
    this.#options = options;
    this.#slotLimit = options.slots;
    this.tally = new Tally(table);
  }

  /** Runs until nothing is left or it was stopped. `warm` slots are taken as the first ones. */
  run(): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#isRunning = true;
      this.#fill();
      this.#endIfDone();
    });
  }

  /** More runs are on their way: it does not end before {@linkcode Campaign.release}. False when it has ended. */
  hold(): boolean {
    if (this.#ended) return false;
    this.#holds++;
    return true;
  }

  /** What it was held for is in the table now, or will not come. */
  release(): void {
    this.#holds--;
    this.#fill();
    this.#endIfDone();
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** `checkpoint` saves what runs and gives it back; `now` kills. Both leave a tree that resumes. */
  stop(how: "checkpoint" | "now", reason: StopReason = "asked", cause?: unknown): void {
    if (this.#ended) return;
    this.#stop ??= reason;
    this.#cause ??= cause;
    for (const slot of [...this.#slots]) {
      if (how === "now") slot.port?.kill();
      else if (slot.batches.size > 0) slot.port?.send({ type: "yield" });
    }
    if (how === "now") {
      for (const slot of this.#slots) this.#forget(slot);
    }
    this.#endIfDone();
  }

  live(): Pick<Live, "running" | "counts" | "steps" | "slots" | "work"> {
    const now = this.#world.now();
    const running = this.#slots.flatMap((slot) => slot.live(now) ?? []);
    const work = forecast(
      this.tally.jobs((job) => this.#sizes.runMs(job)),
      running,
      this.#slotLimit,
    );
    // A better guess of what is left must not look like work undone.
    if (work !== undefined) this.#fraction = Math.max(this.#fraction, work.fraction);
    return {
      slots: this.#slotLimit,
      running,
      counts: this.tally.counts(),
      steps: this.tally.steps(running),
      work: work && { fraction: this.#fraction, etaMs: work.etaMs },
    };
  }

  // --- slots -----------------------------------------------------------------------------------

  /** Starts slots as long as there is work for them, and hands out batches. */
  #fill(): void {
    if (!this.#isRunning || this.#stop !== undefined || this.#ended) return;
    let idle = this.#slots.filter((slot) => slot.batches.size === 0).length;
    this.#makeRoomForLarge();
    const ready = this.#table.ready.size + this.#table.readyForLarge.size;
    for (; this.#slots.length < this.#slotLimit && idle < ready; idle++) {
      const slot = new Slot(this.#freeId());
      this.#slots.push(slot);
      this.#start(slot);
      if (this.#stop !== undefined) return;
    }
    for (const slot of this.#slots) this.#feed(slot);
  }

  /** The slot whose run was out of memory mostly ends and becomes the large one; else an idle one does. */
  #makeRoomForLarge(): void {
    if (this.#table.readyForLarge.size === 0 || this.#slots.some((slot) => slot.isLarge)) return;
    const idle = this.#slots.find((slot) => slot.ready && slot.batches.size === 0);
    if (idle === undefined) return;
    idle.ready = false;
    idle.port?.kill();
  }

  #freeId(): number {
    let id = 0;
    while (this.#slots.some((slot) => slot.id === id)) id++;
    return id;
  }

  #start(slot: Slot): void {
    slot.ready = false;
    slot.isLarge = this.#table.readyForLarge.size > 0 &&
      !this.#slots.some((other) => other !== slot && other.isLarge);
    slot.jobsKnown.clear();
    try {
      slot.port = this.#world.startSlot({
        onMessage: (message) => this.#hear(slot, message),
        onExit: (exit) => this.#lost(slot, exit),
      }, slot.isLarge);
    } catch (error) {
      // The system gives no process: what runs already is saved, the rest waits for a better time.
      this.#slots.splice(this.#slots.indexOf(slot), 1);
      this.stop("checkpoint", "broken", error);
    }
  }

  #feed(slot: Slot): void {
    while (slot.ready && this.#stop === undefined) {
      const taken = this.#take(slot);
      if (taken === undefined) return;
      const identities = new Map(
        taken.numbers.map((number) => [number, taken.job.identify(number - taken.job.offset)]),
      );
      const { job, attempt } = taken;
      const batch: SlotBatch = {
        id: ++this.#batches,
        job,
        attempt,
        open: new Set(taken.numbers),
        identities,
        runs: taken.numbers.length,
        files: new Map(),
        sent: false,
        whole: true,
      };
      if (slot.batches.size === 0) slot.busySince = this.#world.now();
      slot.batches.set(batch.id, batch);
      this.#append(startedLine(batch), () => this.#send(slot, batch));
    }
  }

  /** The next batch for a slot. What only the large one can run has the large one to itself. */
  #take(slot: Slot): ReturnType<typeof takeBatch> {
    if (slot.isLarge && this.#table.readyForLarge.size > 0) {
      return slot.batches.size > 0 ? undefined : takeLarge(this.#table);
    }
    const next = this.#table.ready.peek();
    if (next === undefined) return undefined;
    const ahead = this.#isSuspicious(slot) ? 1 : this.#sizes.ahead(this.#table.jobOf(next));
    if (slot.batches.size >= ahead) return undefined;
    return takeBatch(
      this.#table,
      this.#sizes,
      this.#slotLimit,
      (job, number) => this.#hasFiles(job, number),
    );
  }

  /** It is at a run that was there when a slot ended: whatever waits behind it may be given back once more. */
  #isSuspicious({ working }: Slot): boolean {
    if (working === undefined) return false;
    for (const number of working.open) if (this.#table.isAlone(number)) return true;
    return false;
  }

  /** Whether a run may have files of an earlier attempt: by the folder it has, or because its slot was lost. */
  #hasFiles(job: PlannedJob, number: number): boolean {
    // By the journal it had checkpoints: that there are none any more is found out, and told.
    if (job.decisionAt(number - job.offset) === "resume" || this.#table.isAlone(number)) {
      return true;
    }
    const runs = this.#options.withFiles(job.job.id);
    if (runs === undefined || runs.size === 0) return false;
    return runs.has(job.identify(number - job.offset).run);
  }

  /** The start is durable: the slot may hear of the batch, unless things changed meanwhile. */
  #send(slot: Slot, batch: SlotBatch): void {
    if (slot.batches.get(batch.id) !== batch || slot.port === undefined) return;
    if (this.#stop !== undefined) {
      this.#giveBack(slot, batch, [...batch.open], { cause: "stopped", counted: false });
      return this.#endIfDone();
    }
    const { job } = batch;
    if (!slot.jobsKnown.has(job.number)) {
      slot.jobsKnown.add(job.number);
      slot.port.send({
        type: "job",
        number: job.number,
        job: job.job,
        modelDigest: job.model.digest,
        root: this.#options.root,
        epoch: this.#options.epoch,
        holder: this.#options.holder,
        anyModel: this.#options.acceptModel ?? false,
      });
    }
    batch.sent = true;
    slot.port.send({
      type: "batch",
      batch: batch.id,
      job: job.number,
      attempt: batch.attempt,
      runs: [...batch.identities].map(([number, { run, digest }]) => ({
        index: number - job.offset,
        run,
        digest,
        past: this.#pastOf(job, number),
      })),
    });
  }

  /** What a slot does about files of earlier attempts. Asked to compute anew, the first attempt clears them. */
  #pastOf(job: PlannedJob, number: number): Assignment["past"] {
    if (!this.#hasFiles(job, number)) return "none";
    const isAnew = job.decisionAt(number - job.offset) === "asked";
    return isAnew && !this.#table.isAlone(number) ? "clear" : "look";
  }

  // --- what slots say --------------------------------------------------------------------------

  #hear(slot: Slot, message: FromSlot): void {
    if (message.type === "ready") {
      slot.ready = true;
      return this.#feed(slot);
    }
    if (message.type === "inspected" || message.type === "uninspectable") {
      // Seen at planning already; runs whose model cannot be loaded any more are told as failed.
      return;
    }
    const batch = slot.batches.get(message.batch);
    if (batch === undefined) return;
    switch (message.type) {
      case "progress":
        slot.memoryBytes = message.memoryBytes;
        return slot.sawStep(
          batch,
          batch.job.offset + message.index,
          message.step,
          this.#world.now(),
        );
      case "resumed":
        return this.#resumed(slot, batch, message);
      case "saved":
        return this.#saved(slot, batch, message);
      case "unsaved":
        return this.#unsaved(batch, message);
      case "filed":
        batch.files.set(batch.job.offset + message.index, message.files);
        return;
      case "results":
        return this.#completed(slot, batch, message.runs);
      case "failed":
        if (message.isLast) slot.ready = false;
        return this.#failed(slot, batch, message.index, message.failure, message);
      case "hung": {
        slot.ready = false;
        const seconds = Math.round(message.afterMs / 1000);
        const failure: Failure = {
          class: "hang",
          message: `no step for ${seconds} s after step ${message.step}; its slot was stopped`,
          step: message.step,
        };
        return this.#failed(slot, batch, message.index, failure, {});
      }
      case "yielded": {
        const numbers = message.indices.map((index) => index + batch.job.offset);
        this.#giveBack(slot, batch, numbers, { cause: "stopped", counted: false });
        return this.#endIfDone();
      }
      default:
        assertNever(message);
    }
  }

  #resumed(slot: Slot, batch: SlotBatch, message: Extract<FromSlot, { type: "resumed" }>): void {
    const number = batch.job.offset + message.index;
    const { run } = batch.identities.get(number)!;
    slot.sawStep(batch, number, message.step, this.#world.now(), message.step);
    const { step, rejected } = message;
    const wasSaved = batch.job.decisionAt(message.index) === "resume";
    if (step === 0 && rejected.length === 0 && !wasSaved) return;
    this.#append({ type: "run.resumed", job: batch.job.job.id, run, step, rejected });
  }

  #saved(slot: Slot, batch: SlotBatch, message: Extract<FromSlot, { type: "saved" }>): void {
    const number = batch.job.offset + message.index;
    const { run } = batch.identities.get(number)!;
    this.#append(checkpointedLine(batch, run, message));
    if (slot.current?.number === number) {
      slot.current.checkpoint = { step: message.step, at: this.#world.wallClock().toISOString() };
    }
  }

  #unsaved(batch: SlotBatch, message: Extract<FromSlot, { type: "unsaved" }>): void {
    const { run } = batch.identities.get(batch.job.offset + message.index)!;
    if (!this.tally.degrade(batch.job.job.id, run)) return;
    const { reason } = message;
    this.#append({ type: "run.degraded", job: batch.job.job.id, run, reason });
  }

  #completed(slot: Slot, batch: SlotBatch, results: readonly RunResult[]): void {
    const { job } = batch;
    const runs: CompletedRun[] = [];
    for (const result of results) {
      const number = job.offset + result.index;
      if (!batch.open.delete(number)) continue;
      this.#table.settle(number);
      runs.push(completedRun(batch, number, result));
    }
    slot.deaths = 0;
    this.#endBatchIfEmpty(slot, batch);
    if (runs.length === 0) return;
    const model = job.model.digest;
    this.#append({ type: "runs.completed", job: job.job.id, model, runs }, () => {
      this.tally.complete(job, runs.length);
      this.#endIfDone();
    });
    this.#feed(slot);
  }

  #failed(
    slot: Slot,
    batch: SlotBatch,
    index: number,
    failure: Failure,
    more: { readonly noSpace?: boolean; readonly log?: string },
  ): void {
    const number = batch.job.offset + index;
    if (!batch.open.has(number)) return;
    if (more.noSpace) {
      this.#giveBack(slot, batch, [number], { cause: "disk", counted: false });
      return this.stop("checkpoint", "no-space", failure.message);
    }
    const cause = retryCause(failure.class, slot.isLarge);
    if (cause !== undefined && batch.attempt <= batch.job.job.retries) {
      const { message } = failure;
      const large = cause === "out-of-memory";
      const why = { cause, counted: true, alone: true, large, message };
      return this.#giveBack(slot, batch, [number], why);
    }
    batch.open.delete(number);
    this.#table.settle(number);
    const { run } = batch.identities.get(number)!;
    const job = batch.job.job.id;
    this.#endBatchIfEmpty(slot, batch);
    const log = more.log === undefined ? {} : { log: more.log };
    const told = withAdvice(failure, this.#slotLimit);
    const { attempt } = batch;
    this.#append({ type: "run.failed", job, run, attempt, failure: told, ...log }, () => {
      this.tally.fail(batch.job);
      const { maxFails } = this.#options;
      if (maxFails !== undefined && this.tally.failed >= maxFails) {
        this.stop("checkpoint", "max-fails");
      }
      this.#endIfDone();
    });
    this.#feed(slot);
  }

  /** Runs of a batch go back to the queue; journalled, so that `status` knows them as waiting. */
  #giveBack(
    slot: Slot,
    batch: SlotBatch,
    numbers: readonly number[],
    why: {
      readonly cause: Extract<RunEvent, { type: "runs.requeued" }>["cause"];
      readonly counted: boolean;
      readonly alone?: boolean;
      readonly large?: boolean;
      readonly message?: string;
    },
  ): void {
    const open = numbers.filter((number) => batch.open.delete(number));
    batch.whole = false;
    for (const number of open) {
      const { counted, alone = false, large = false } = why;
      this.#table.requeue(number, { counted, alone, large });
    }
    this.#endBatchIfEmpty(slot, batch);
    if (open.length === 0) return;
    this.#append({
      type: "runs.requeued",
      job: batch.job.job.id,
      runs: open.map((number) => batch.identities.get(number)!.run),
      cause: why.cause,
      counted: why.counted,
      ...(why.message === undefined ? {} : { message: why.message }),
    }, () => {
      this.#fill();
      this.#endIfDone();
    });
  }

  #endBatchIfEmpty(slot: Slot, batch: SlotBatch): void {
    if (batch.open.size > 0) return;
    slot.batches.delete(batch.id);
    if (slot.current?.batch === batch) slot.current = undefined;
    const now = this.#world.now();
    if (batch.sent && batch.whole) {
      this.#sizes.learn(batch.job, batch.runs, Math.max(now - slot.busySince, 1e-3));
    }
    slot.busySince = now;
  }

  // --- slots that end --------------------------------------------------------------------------

  /**
   * A slot's process ended. The run it was at is known when it was alone in its batch; of a larger batch
   * nobody is blamed: its runs are run again one at a time, and the guilty one will be found then.
   * A slot that gave up has named the guilty one already, and who never heard of a batch did not die of it.
   */
  #lost(slot: Slot, exit: SlotExit): void {
    const step = slot.current?.step ?? 0;
    const peak = slot.memoryBytes;
    slot.memoryBytes = 0;
    slot.port = undefined;
    slot.ready = false;
    slot.current = undefined;
    if (this.#ended) return;
    const gaveUp = exit.status === EXIT_GAVE_UP && exit.signal === null;
    const suspect = !gaveUp && slot.working?.sent === true ? slot.working : undefined;
    slot.deaths = gaveUp || suspect !== undefined ? 0 : slot.deaths + 1;
    const why = { cause: "slot-lost", counted: false } as const;
    for (const batch of [...slot.batches.values()]) {
      const open = [...batch.open];
      if (batch !== suspect || this.#stop !== undefined) this.#giveBack(slot, batch, open, why);
      else if (open.length > 1) this.#giveBack(slot, batch, open, { ...why, alone: true });
      else {this.#failed(
          slot,
          batch,
          open[0]! - batch.job.offset,
          classifyExit(exit, step, peak),
          {},
        );}
    }
    if (this.#stop === undefined && slot.deaths > DEATHS_MAX) {
      const words = classifyExit(exit, 0).message;
      return this.stop("checkpoint", "broken", new Error(`slots cannot be kept running: ${words}`));
    }
    // There is work, or what was given back will soon be: the slot's core is not left idle.
    if (this.#stop === undefined && this.#table.counts.ready > 0) this.#start(slot);
    else this.#slots.splice(this.#slots.indexOf(slot), 1);
    this.#endIfDone();
  }

  /** Batches of a slot that is gone; their starts are in the journal, so a resume will find them. */
  #forget(slot: Slot): void {
    for (const batch of slot.batches.values()) batch.open.clear();
    slot.batches.clear();
    slot.current = undefined;
  }

  // --- the journal and the end -----------------------------------------------------------------

  #append(event: RunEvent, then?: () => void): void {
    this.#pending++;
    this.#world.journal.append(event).then(() => {
      this.#pending--;
      this.#options.onEvent?.(event);
      then?.();
      this.#endIfDone();
    }, (error) => {
      // Without a journal nothing may be promised any more.
      this.#pending--;
      this.stop("now", "broken", error);
    });
  }

  #endIfDone(): void {
    if (!this.#isRunning || this.#ended || this.#pending > 0) return;
    if (this.#holds > 0 && this.#stop === undefined) return;
    if (this.#slots.some((slot) => slot.batches.size > 0)) return;
    if (this.#stop === undefined && this.#table.counts.ready + this.#table.counts.assigned > 0) {
      return;
    }
    this.#ended = true;
    for (const slot of this.#slots) slot.port?.send({ type: "exit" });
    this.#resolve({
      stopped: this.#stop,
      completed: this.tally.completed,
      failed: this.tally.failed,
      remaining: this.#table.counts.ready + this.#table.counts.assigned,
      ...(this.#cause === undefined ? {} : { cause: this.#cause }),
    });
  }
}

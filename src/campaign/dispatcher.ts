/**
 * Who computes what: starts slots, hands them batches, asks runs back. It decides by the table and the clock, and
 * leaves what slots say to the campaign.
 */
import type { RequeueCause, RunEvent } from "../job/event.ts";
import type { Rates } from "../queue/rates.ts";
import { type Ahead, BatchSizes, takeBatch, takeLarge, type Taken } from "./batching.ts";
import { startedLine } from "./journal_lines.ts";
import { PastFiles } from "./past_files.ts";
import type { RunTable } from "./run_table.ts";
import { leastUrgentFirst, Slot, type SlotBatch } from "./slot.ts";
import type { FromSlot } from "./slot_messages.ts";
import type { SlotExit, World } from "./world.ts";

export interface DispatchOptions {
  readonly root: string;
  readonly epoch: number;
  /** Names the holder of the tree's lock: with it a slot knows whether it may still write. */
  readonly holder: string;
  readonly slots: number;
  /** Runs that go to a slot together, at most. */
  readonly batchMax?: number;
  /** What earlier campaigns have taught. */
  readonly rates?: Rates;
  /** Go on from checkpoints that another version of the model wrote. */
  readonly acceptModel?: boolean;
  /** The runs of a job that left files to look into: checkpoints, a series. */
  readonly withFiles: (job: string) => ReadonlySet<string> | undefined;
}

/** What the dispatcher asks of the campaign. */
export interface DispatchPorts {
  /** Whether more may be started. */
  isOpen(): boolean;
  hear(slot: Slot, message: FromSlot): void;
  lost(slot: Slot, exit: SlotExit): void;
  /** The system gives no process. */
  broken(error: unknown): void;
  append(event: RunEvent, then: () => void): void;
  giveBack(slot: Slot, batch: SlotBatch, cause: RequeueCause): void;
}

/** A slot that is done before this is not worth asking back from. */
const PREEMPT_ABOVE_MS = 100;
/** A slot that has to give back a run that nobody wants any more is not waited for longer. */
const GRACE_MS = 5_000;

export class Dispatcher {
  readonly slots: Slot[] = [];
  readonly sizes: BatchSizes;
  /** What people allow; the machine may have less to give at times. */
  #slotsWished: number;
  #slotsToSpare = Infinity;
  #mayStart = true;
  #batches = 0;
  readonly #past: PastFiles;
  /** Timers of slots that have to give something back. */
  readonly #graces = new Set<() => void>();
  #look: (() => void) | undefined;
  readonly #world: World;
  readonly #table: RunTable;
  readonly #options: DispatchOptions;
  readonly #ports: DispatchPorts;

  constructor(world: World, table: RunTable, options: DispatchOptions, ports: DispatchPorts) {
    this.#world = world;
    this.#table = table;
    this.#options = options;
    this.#ports = ports;
    this.#slotsWished = options.slots;
    this.#past = new PastFiles(table, options.withFiles);
    this.sizes = new BatchSizes(options.batchMax, options.rates);
  }

  /** Runs that are computed at the same time, at most. */
  get slotLimit(): number {
    return Math.min(this.#slotsWished, this.#slotsToSpare);
  }

  /** Somebody wishes so many. */
  resize(slots: number): void {
    this.#slotsWished = slots;
    this.#fit("control");
  }

  /** The machine has only so many cores to spare, at least one; without a number as many as are wished. */
  restrain(slots = Infinity): void {
    this.#slotsToSpare = Math.max(1, slots);
    this.#fit("load");
  }

  /** Whether runs may be started; what is computed goes on either way. */
  letStart(mayStart: boolean): void {
    this.#mayStart = mayStart;
    if (mayStart) this.fill();
  }

  /** More slots are started when there is work for them; of fewer, those at the least urgent work give it back. */
  #fit(cause: RequeueCause): void {
    const slots = this.slotLimit;
    for (const slot of this.slots) slot.isRetiring = slot.isLeaving;
    const stays = this.slots.filter(({ isLeaving }) => !isLeaving);
    const tooMany = Math.max(0, stays.length - slots);
    const excess = stays.toSorted(leastUrgentFirst).slice(0, tooMany);
    for (const slot of excess) {
      slot.isRetiring = true;
      if (slot.batches.size === 0) this.retire(slot);
      // What nobody saves comes to its end first.
      else if (slot.savesItsWork) this.askBack(slot, cause);
    }
    this.fill();
  }

  /** Ends a slot that has nothing to do. */
  retire(slot: Slot): void {
    slot.ready = false;
    slot.isLeaving = true;
    slot.port?.send({ type: "exit" });
  }

  /** Starts slots as long as there is work for them, and hands out batches. */
  fill(): void {
    if (!this.#isOpen) return;
    let idle = this.slots.filter((slot) => slot.batches.size === 0 && !slot.isRetiring).length;
    const { ready } = this.#table.counts;
    const stay = () => this.slots.filter((slot) => !slot.isRetiring).length;
    for (; stay() < this.slotLimit && idle < ready; idle++) {
      const slot = new Slot(this.#freeId());
      this.slots.push(slot);
      this.start(slot);
      if (!this.#ports.isOpen()) return;
    }
    for (const slot of this.slots) this.feed(slot);
    this.#preempt();
  }

  start(slot: Slot): void {
    slot.ready = false;
    slot.yielding = undefined;
    slot.isCondemned = false;
    slot.isLeaving = false;
    slot.isLarge = this.#table.readyForLargeCount > 0 &&
      !this.slots.some((other) => other !== slot && other.isLarge);
    slot.jobsKnown.clear();
    try {
      slot.port = this.#world.startSlot({
        onMessage: (message) => this.#ports.hear(slot, message),
        onExit: (exit) => this.#ports.lost(slot, exit),
      }, slot.isLarge);
    } catch (error) {
      // What runs already is saved, the rest waits for a better time.
      this.drop(slot);
      this.#ports.broken(error);
    }
  }

  drop(slot: Slot): void {
    this.slots.splice(this.slots.indexOf(slot), 1);
  }

  feed(slot: Slot): void {
    while (
      slot.ready && slot.yielding === undefined && !slot.isRetiring && this.#isOpen
    ) {
      if (this.#becomesLarge(slot)) return;
      const taken = this.#take(slot);
      if (taken === undefined) return;
      const batch = this.#batchOf(taken);
      if (slot.batches.size === 0) slot.busySince = this.#world.now();
      slot.batches.set(batch.id, batch);
      const isAnew = taken.numbers.some((number) => this.#past.isAnew(batch.job, number));
      this.#ports.append(startedLine(batch, isAnew), () => this.#send(slot, batch));
    }
  }

  /** Everything a slot holds is saved and given back, for this reason, at its next step boundary. */
  askBack(slot: Slot, cause: RequeueCause): void {
    if (slot.batches.size === 0 || slot.yielding !== undefined) return;
    slot.yielding = cause;
    slot.yields++;
    slot.port?.send({ type: "yield" });
  }

  /** The same, and not for longer than a few seconds. */
  demandBack(slot: Slot): void {
    this.askBack(slot, "control");
    const { port, yields } = slot;
    const cancel = this.#world.after(GRACE_MS, () => {
      this.#graces.delete(cancel);
      if (slot.port !== port || slot.yields !== yields || slot.yielding === undefined) return;
      slot.isCondemned = true;
      port?.kill();
    });
    this.#graces.add(cancel);
  }

  /** Nobody is waited for any more. */
  stop(): void {
    for (const cancel of this.#graces) cancel();
    this.#graces.clear();
    this.#look?.();
  }

  /** What a slot has before it. */
  aheadOf(slot: Slot): Ahead | undefined {
    const { working } = slot;
    if (working === undefined) return undefined;
    let ms = 0;
    let runs = 0;
    const batches = new Map<number, number>();
    for (const { job, open } of slot.batches.values()) {
      batches.set(job.number, (batches.get(job.number) ?? 0) + 1);
      ms += open.size * (this.sizes.expectedMs(job) ?? Infinity);
      runs += open.size;
    }
    return { job: working.job, priority: working.priority, ms, runs, batches };
  }

  /** The next batch for a slot. What only the large one can run has the large one to itself. */
  #take(slot: Slot): Taken | undefined {
    const now = this.#world.now();
    if (slot.isLarge && this.#isLargeNext(now)) {
      return slot.batches.size > 0 ? undefined : takeLarge(this.#table, now);
    }
    if (slot.batches.size > 0) {
      // What an idle slot can begin at once does not wait behind others.
      const idle = this.slots.filter((one) => one.batches.size === 0 && !one.isRetiring).length;
      if (this.#isSuspicious(slot) || this.#table.counts.ready <= idle) return undefined;
    }
    return takeBatch(this.#table, this.sizes, {
      now,
      slots: this.slotLimit,
      ahead: this.aheadOf(slot),
      mustBeAlone: (job, number) => this.#past.areThere(job, number),
    });
  }

  /** It is at a run that was there when a slot ended: whatever waits behind it may be given back once more. */
  #isSuspicious({ working }: Slot): boolean {
    if (working === undefined) return false;
    for (const number of working.open) if (this.#table.isAlone(number)) return true;
    return false;
  }

  #batchOf({ job, attempt, numbers }: Taken): SlotBatch {
    return {
      id: ++this.#batches,
      job,
      attempt,
      priority: this.#table.priorityOf(numbers[0]!),
      open: new Set(numbers),
      identities: new Map(numbers.map((number) => [number, job.identify(number - job.offset)])),
      runs: numbers.length,
      isUnsaved: false,
      files: new Map(),
      sent: false,
      whole: true,
    };
  }

  /** The start is durable: the slot may hear of the batch, unless things changed meanwhile. */
  #send(slot: Slot, batch: SlotBatch): void {
    if (slot.batches.get(batch.id) !== batch || slot.port === undefined) return;
    if (slot.yielding !== undefined) return this.#ports.giveBack(slot, batch, slot.yielding);
    if (!this.#ports.isOpen()) return this.#ports.giveBack(slot, batch, "stopped");
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
        past: this.#past.take(job, number),
      })),
    });
  }

  /** A critical run does not wait for what is less urgent: the least urgent of it is saved and comes back later. */
  #preempt(): void {
    const waiting = this.#table.readyOf[0];
    if (waiting === 0) return;
    const stays = this.slots.filter((slot) => !slot.isRetiring);
    const isFree = (slot: Slot) => slot.batches.size === 0 || slot.yielding !== undefined;
    let coming = stays.filter(isFree).length;
    for (const slot of stays.toSorted(leastUrgentFirst)) {
      if (coming >= waiting) return;
      if (isFree(slot) || !slot.mayBePreempted) continue;
      coming++;
      const expectedMs = this.aheadOf(slot)?.ms ?? 0;
      const isOverdue = this.#world.now() - slot.busySince > PREEMPT_ABOVE_MS;
      if (expectedMs > PREEMPT_ABOVE_MS || isOverdue) this.askBack(slot, "preempted");
      else this.#lookAgain();
    }
  }

  /** What was expected to be done soon may not be. */
  #lookAgain(): void {
    if (this.#look !== undefined) return;
    this.#look = this.#world.after(PREEMPT_ABOVE_MS + 1, () => {
      this.#look = undefined;
      this.fill();
    });
  }

  /** Of what only a large slot can take and what any can, the more urgent comes first. */
  #isLargeNext(now: number): boolean {
    const large = this.#table.readyForLarge.peek(now);
    const normal = this.#table.ready.peek(now);
    if (large === undefined || normal === undefined) return large !== undefined;
    return this.#table.priorityOf(large) <= this.#table.priorityOf(normal);
  }

  /** The slot whose run was out of memory mostly ends and becomes the large one; else the next empty one does. */
  #becomesLarge(slot: Slot): boolean {
    if (slot.batches.size > 0 || !this.#isLargeNext(this.#world.now())) return false;
    // One is, or is about to be.
    if (this.slots.some(({ isLarge, isCondemned }) => isLarge || isCondemned)) return false;
    slot.ready = false;
    slot.isCondemned = true;
    slot.port?.kill();
    return true;
  }

  get #isOpen(): boolean {
    return this.#mayStart && this.#ports.isOpen();
  }

  #freeId(): number {
    let id = 0;
    while (this.slots.some((slot) => slot.id === id)) id++;
    return id;
  }
}

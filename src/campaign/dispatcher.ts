/** Who computes what, by table and clock: starts slots, hands them batches, asks runs back. What slots say is the campaign's. */
import type { RequeueCause, RunEvent } from "../job/event.ts";
import type { Job } from "../job/job.ts";
import type { ParentOrder } from "../job/run.ts";
import type { PlannedJob } from "../plan/plan.ts";
import type { Rates } from "../queue/rates.ts";
import { aheadOf, BatchSizes, takeBatch, type Taken } from "./batching.ts";
import { startedLine } from "./journal_lines.ts";
import { withProposals } from "./told_proposals.ts";
import { MemoryBudget } from "./memory_budget.ts";
import { PastFiles } from "./past_files.ts";
import { holderOf } from "./lanes.ts";
import type { RunTable } from "./run_table.ts";
import { leastUrgentFirst, type Slot, type SlotBatch } from "./slot.ts";
import type { Assignment } from "./slot_messages.ts";
import { SlotPool, type SlotPorts } from "./slot_pool.ts";
import type { World } from "./world.ts";

export interface DispatchOptions {
  readonly root: string;
  readonly epoch: number;
  /** Names the holder of the tree's lock: with it a slot knows whether it may still write. */
  readonly holder: string;
  readonly slots: number;
  /** Plenty when absent. */
  readonly memory?: MemoryBudget;
  /** Runs that go to a slot together, at most. */
  readonly batchMax?: number;
  /** What earlier campaigns have taught. */
  readonly rates?: Rates;
  /** The job as its slots are told of it, with what earlier campaigns have taught of its model. */
  readonly taught?: (job: PlannedJob) => Job;
  /** Go on from checkpoints that another version of the model wrote. */
  readonly acceptModel?: boolean;
  /** What programs are handed of the user's environment. */
  readonly environment?: () => { readonly [name: string]: string };
  /** The runs of a job that left files to look into: checkpoints, a series. */
  readonly withFiles: (job: string) => ReadonlySet<string> | undefined;
}

/** What the dispatcher asks of the campaign. */
export interface DispatchPorts extends Omit<SlotPorts, "askBack"> {
  append(event: RunEvent, then: () => void): void;
  /** Who these runs are, now that what they need has ended. */
  identify(job: PlannedJob, numbers: readonly number[]): SlotBatch["identities"];
  /** What a run begins from, when not at step 0. */
  parentOf(batch: SlotBatch, number: number): ParentOrder | undefined;
  /** Tells the slot what the runs need, and then calls on. */
  provide(slot: Slot, batch: SlotBatch, then: () => void): void;
  giveBack(slot: Slot, batch: SlotBatch, cause: RequeueCause): void;
}

/** A slot that is done before this is not worth asking back from. */
const PREEMPT_ABOVE_MS = 100;
/** A slot that has to give back what nobody wants is not waited for longer. */
const GRACE_MS = 5_000;

export class Dispatcher {
  readonly pool: SlotPool;
  readonly sizes: BatchSizes;
  /** So many runs may be started before somebody looks again. */
  #startsMax = Infinity;
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
    const { slots, memory = new MemoryBudget(Number.MAX_SAFE_INTEGER, slots) } = options;
    this.pool = new SlotPool(world, table, { slots, memory }, {
      ...ports,
      isOpen: () => this.#isOpen,
      askBack: (slot, cause) => this.askBack(slot, cause),
    });
    table.watchLanes((lane) => holderOf(lane, this.slots) !== undefined);
    this.#past = new PastFiles(table, options.withFiles);
    this.sizes = new BatchSizes(options.batchMax, options.rates);
  }

  get slots(): readonly Slot[] {
    return this.pool.slots;
  }

  /** Somebody wishes so many slots. */
  resize(slots: number): void {
    this.pool.resize(slots);
    this.fill();
  }

  /** The machine has only so many cores to spare; without a number as many as are wished. */
  restrain(slots = Infinity): void {
    this.pool.restrain(slots);
    this.fill();
  }

  /** From now on so many runs may be started; what is computed goes on either way. */
  letStart(runs: number): void {
    const wasOpen = this.#startsMax > 0;
    this.#startsMax = runs;
    if (!wasOpen && runs > 0) this.fill();
  }

  /** Starts slots as long as there is work for them, and hands out batches. */
  fill(): void {
    if (!this.#isOpen) return;
    this.pool.fill(this.#world.now());
    if (!this.#isOpen) return;
    for (const slot of this.slots) this.#feed(slot);
    this.#preempt();
  }

  /** Its process has ended, and what it had was given back. */
  lost(slot: Slot): void {
    this.pool.drop(slot);
    this.fill();
  }

  feed(slot: Slot): void {
    const isAwaited = this.#table.hasLanes || this.pool.keptFor !== undefined;
    this.#feed(slot);
    // The lane that it leaves, or what was kept free and is needed no more, may be for another.
    if (isAwaited) this.fill();
  }

  #feed(slot: Slot): void {
    while (
      slot.ready && slot.yielding === undefined && !slot.isRetiring && this.#isOpen
    ) {
      if (this.#isInTheWay(slot)) return;
      const taken = this.#take(slot);
      if (taken === undefined) return;
      this.#startsMax -= taken.numbers.length;
      const batch = this.#batchOf(taken);
      if (slot.batches.size === 0) slot.busySince = this.#world.now();
      slot.batches.set(batch.id, batch);
      const isAnew = taken.numbers.some((number) => this.#past.isAnew(batch.job, number));
      const send = () => this.#send(slot, batch);
      const line = startedLine(batch, isAnew);
      this.#ports.append(line, () => this.#ports.provide(slot, batch, send));
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

  /** The next batch for a slot. */
  #take(slot: Slot): Taken | undefined {
    const { size } = slot;
    if (slot.batches.size > 0) {
      // What an idle slot can begin at once does not wait behind others.
      const isLast = this.#table.readyIn(size) <= this.pool.idle(size);
      if (this.#isSuspicious(slot) || isLast) return undefined;
    }
    return takeBatch(this.#table, this.sizes, {
      now: this.#world.now(),
      size,
      slots: this.pool.places(size),
      ahead: aheadOf(slot, this.sizes),
      most: this.#startsMax,
      mustBeAlone: (job, number) => this.#past.isReadFirst(job, number),
    });
  }

  /** It is at a run that was there when a slot ended: whatever waits behind it may be given back once more. */
  #isSuspicious({ working }: Slot): boolean {
    if (working === undefined) return false;
    for (const number of working.open) if (this.#table.isAlone(number)) return true;
    return false;
  }

  #batchOf({ job, attempt, numbers, raise }: Taken): SlotBatch {
    return {
      id: ++this.#batches,
      job,
      attempt,
      priority: this.#table.priorityOf(numbers[0]!),
      raise,
      open: new Set(numbers),
      identities: this.#ports.identify(job, numbers),
      runs: numbers.length,
      isUnsaved: false,
      files: new Map(),
      parents: new Map(),
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
    if (job.guide?.search !== undefined || !slot.jobsKnown.has(job.number)) {
      slot.jobsKnown.add(job.number);
      slot.port.send({
        type: "job",
        number: job.number,
        job: withProposals(this.#options.taught?.(job) ?? job.job, job, slot),
        modelDigest: job.model.digest,
        root: this.#options.root,
        epoch: this.#options.epoch,
        holder: this.#options.holder,
        anyModel: this.#options.acceptModel ?? false,
        ...(job.job.model.kind === "command" &&
          { environment: this.#options.environment?.() ?? {} }),
      });
    }
    batch.sent = true;
    const runs: Assignment[] = [];
    for (const number of batch.open) {
      const { run, digest } = batch.identities.get(number)!;
      const past = this.#past.take(job, number);
      const parent = job.job.from && this.#ports.parentOf(batch, number);
      runs.push({ index: number - job.offset, run, digest, past, ...(parent && { parent }) });
    }
    const { id, attempt, priority } = batch;
    slot.port.send({ type: "batch", batch: id, job: job.number, attempt, priority, runs });
  }

  /** A critical run does not wait for what is less urgent: the least urgent of it is saved and comes back later. */
  #preempt(): void {
    const now = this.#world.now();
    for (const lane of this.#table.takenLanes(0)) {
      const holder = holderOf(lane, this.slots)!;
      if (holder.mayBePreempted) this.askBack(holder, "preempted");
    }
    for (const size of this.#table.readySizes(now)) {
      const waiting = this.#table.readyOf(size, 0);
      if (waiting > 0 && !this.#preemptFor(size, waiting)) this.pool.makeRoom(size, now);
    }
  }

  /** Whether so many slots of that size are free, or will be. */
  #preemptFor(size: number, waiting: number): boolean {
    const stays = this.pool.staying.filter((slot) => slot.size === size);
    const isFree = (slot: Slot) => slot.batches.size === 0 || slot.yielding !== undefined;
    let coming = stays.filter(isFree).length;
    for (const slot of stays.toSorted(leastUrgentFirst)) {
      if (coming >= waiting) break;
      if (isFree(slot) || !slot.mayBePreempted) continue;
      coming++;
      const expectedMs = aheadOf(slot, this.sizes)?.ms ?? 0;
      const isOverdue = this.#world.now() - slot.busySince > PREEMPT_ABOVE_MS;
      if (expectedMs > PREEMPT_ABOVE_MS || isOverdue) this.askBack(slot, "preempted");
      else this.#lookAgain();
    }
    return coming >= waiting;
  }

  /** What was expected to be done soon may not be. */
  #lookAgain(): void {
    if (this.#look !== undefined) return;
    this.#look = this.#world.after(PREEMPT_ABOVE_MS + 1, () => {
      this.#look = undefined;
      this.fill();
    });
  }

  /** Runs that need another size wait: an empty slot may have to leave for one of theirs, or its place is kept for it. */
  #isInTheWay(slot: Slot): boolean {
    const now = this.#world.now();
    if (slot.batches.size > 0) return this.pool.isKeptFree(slot.size, now);
    const sizes = this.#table.readySizes(now);
    if (sizes.some((size) => size !== slot.size)) this.pool.fill(now);
    if (slot.isRetiring || this.pool.isKeptFree(slot.size, now)) return true;
    const before = sizes.slice(0, Math.max(0, sizes.indexOf(slot.size)));
    return !this.pool.mayBegin(slot.size, before);
  }

  get #isOpen(): boolean {
    return this.#startsMax > 0 && this.#ports.isOpen();
  }
}

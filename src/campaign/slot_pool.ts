/**
 * The slots of a campaign: how many there are, of which sizes, and who goes when others need the place. No slot is
 * started for which there is no core or no memory; what is asked back was saved first.
 */
import type { RequeueCause } from "../job/event.ts";
import type { MemoryBudget } from "./memory_budget.ts";
import type { RunTable } from "./run_table.ts";
import { leastUrgentFirst, Slot } from "./slot.ts";
import type { FromSlot } from "./slot_messages.ts";
import type { SlotExit, World } from "./world.ts";

export interface SlotPorts {
  /** Whether more may be started. */
  isOpen(): boolean;
  hear(slot: Slot, message: FromSlot): void;
  lost(slot: Slot, exit: SlotExit): void;
  /** The system gives no process. */
  broken(error: unknown): void;
  /** Everything the slot holds is to be saved and given back. */
  askBack(slot: Slot, cause: RequeueCause): void;
}

export class SlotPool {
  readonly slots: Slot[] = [];
  readonly memory: MemoryBudget;
  /** All that ever were, by their ids: one that starts again knows how its predecessors ended. */
  readonly #places: Slot[] = [];
  /** What people allow; the machine may have less to give at times. */
  #wished: number;
  #toSpare = Infinity;
  readonly #world: World;
  readonly #table: RunTable;
  readonly #ports: SlotPorts;

  constructor(
    world: World,
    table: RunTable,
    { slots, memory }: { readonly slots: number; readonly memory: MemoryBudget },
    ports: SlotPorts,
  ) {
    this.#world = world;
    this.#table = table;
    this.#wished = slots;
    this.memory = memory;
    this.#ports = ports;
  }

  /** Runs that are computed at the same time, at most. */
  get limit(): number {
    return Math.min(this.#wished, this.#toSpare);
  }

  /** Those that are not about to end. */
  get staying(): Slot[] {
    return this.slots.filter((slot) => !slot.isRetiring);
  }

  /** Slots of a size that have nothing to do yet. */
  idle(size: number): number {
    let idle = 0;
    for (const slot of this.slots) {
      if (slot.size === size && slot.batches.size === 0 && !slot.isRetiring) idle++;
    }
    return idle;
  }

  /** Somebody wishes so many. */
  resize(slots: number): void {
    this.#wished = slots;
    this.memory.resize(slots);
    this.#fit("control");
  }

  /** The machine has only so many cores to spare, at least one. */
  restrain(slots: number): void {
    this.#toSpare = Math.max(1, slots);
    this.#fit("load");
  }

  /** Ends a slot that has nothing to do. */
  retire(slot: Slot): void {
    slot.ready = false;
    slot.isRetiring = true;
    slot.isLeaving = true;
    slot.port?.send({ type: "exit" });
  }

  drop(slot: Slot): void {
    this.slots.splice(this.slots.indexOf(slot), 1);
  }

  /** Starts slots as long as there is work for them, a core and memory; the most urgent comes first. */
  fill(now: number): void {
    const sizes = this.#table.readySizes(now);
    for (const [rank, size] of sizes.entries()) {
      const waiting = this.#table.readyIn(size);
      for (let idle = this.idle(size); idle < waiting; idle++) {
        if (!this.#hasRoom(size)) {
          // What is about to come free is not for what is less urgent.
          if (this.#reclaim(size, sizes.slice(0, rank + 1))) return;
          break;
        }
        this.#start(size);
        if (!this.#ports.isOpen()) return;
      }
      const hasPlace = this.slots.some((slot) => slot.size === size && !slot.isRetiring);
      if (!hasPlace && this.makeRoom(size, now)) return;
    }
  }

  /**
   * Asks slots of other sizes to leave, so that one of this size can start: idle ones, then what is less urgent than
   * the run it is for, or as urgent and smaller: never both of two each other. False when that would not suffice:
   * then nobody is disturbed.
   */
  makeRoom(size: number, now: number): boolean {
    const next = this.#table.nextQueue(size, now).peek(now);
    if (next === undefined) return false;
    const priority = this.#table.priorityOf(next);
    const sizes = this.#table.readySizes(now);
    const kept = sizes.slice(0, sizes.indexOf(size) + 1);
    const leaving = this.#leavingFor(
      size,
      this.staying
        .filter(({ size: other, working }) => {
          if (working === undefined) return !kept.includes(other);
          return other !== size && (working.priority > priority ||
            working.priority === priority && other < size);
        })
        .toSorted(leastToLoseFirst),
    );
    if (leaving === undefined) return false;
    for (const slot of leaving) this.#letGo(slot, "memory");
    return true;
  }

  /** Idle slots go if that makes room for one of this size; those of `kept` sizes stay. Whether room will be. */
  #reclaim(size: number, kept: readonly number[]): boolean {
    const idle = this.staying
      .filter((slot) => slot.batches.size === 0 && !kept.includes(slot.size));
    const leaving = this.#leavingFor(size, idle);
    for (const slot of leaving ?? []) this.retire(slot);
    return leaving !== undefined;
  }

  /** The first of these that must leave before one of this size can start; undefined when all are not enough. */
  #leavingFor(size: number, candidates: readonly Slot[]): Slot[] | undefined {
    const leaving: Slot[] = [];
    // What is about to leave anyway is waited for.
    let freeBytes = this.freeBytes;
    for (const slot of this.slots) if (slot.isRetiring) freeBytes += this.#costOf(slot);
    let places = this.limit - this.staying.length;
    const isEnough = () => places > 0 && this.#isWithin(this.memory.bytesOf(size), freeBytes);
    for (const slot of candidates) {
      if (isEnough()) break;
      leaving.push(slot);
      freeBytes += this.#costOf(slot);
      places++;
    }
    return isEnough() ? leaving : undefined;
  }

  /** Of fewer, those at the least urgent work give it back; more are started when there is work for them. */
  #fit(cause: RequeueCause): void {
    for (const slot of this.slots) slot.isRetiring = slot.isLeaving;
    const stays = this.staying;
    const tooMany = Math.max(0, stays.length - this.limit);
    for (const slot of stays.toSorted(leastUrgentFirst).slice(0, tooMany)) {
      this.#letGo(slot, cause);
    }
  }

  /** It takes nothing more, and ends when it is empty. */
  #letGo(slot: Slot, cause: RequeueCause): void {
    slot.isRetiring = true;
    if (slot.batches.size === 0) this.retire(slot);
    // What nobody saves comes to its end first.
    else if (slot.savesItsWork) this.#ports.askBack(slot, cause);
  }

  #start(size: number): void {
    const slot = this.#freePlace();
    slot.size = size;
    slot.memoryBytesMax = this.memory.bytesOf(size);
    slot.begin();
    this.slots.push(slot);
    try {
      slot.port = this.#world.startSlot({
        onMessage: (message) => this.#ports.hear(slot, message),
        onExit: (exit) => this.#ports.lost(slot, exit),
      }, slot.memoryBytesMax);
    } catch (error) {
      // What runs already is saved, the rest waits for a better time.
      this.drop(slot);
      this.#ports.broken(error);
    }
  }

  #freePlace(): Slot {
    let id = 0;
    while (this.slots.some((slot) => slot.id === id)) id++;
    return this.#places[id] ??= new Slot(id);
  }

  #hasRoom(size: number): boolean {
    return this.staying.length < this.limit &&
      this.#isWithin(this.memory.bytesOf(size), this.freeBytes);
  }

  /** What no slot has. */
  get freeBytes(): number {
    return this.slots.reduce((free, slot) => free - this.#costOf(slot), this.memory.totalBytes);
  }

  /** Even shares count as what they are now: when there are more slots than at first, the older ones have more. */
  #costOf({ size, memoryBytesMax }: Slot): number {
    return size === 0 ? this.memory.bytesOf(0) : memoryBytesMax;
  }

  /** Shares are fractions: what lacks a hair is enough. */
  #isWithin(bytes: number, freeBytes: number): boolean {
    return bytes <= freeBytes + 1e-9 * this.memory.totalBytes;
  }
}

/** Idle ones, then those whose work would be saved, the least urgent first. */
function leastToLoseFirst(a: Slot, b: Slot): number {
  return Number(b.savesItsWork) - Number(a.savesItsWork) || leastUrgentFirst(a, b);
}

/**
 * The slots of a campaign: how many there are, of which sizes, and who goes when others need the place. No slot is
 * started for which there is no core or no memory; what is asked back was saved first.
 */
import type { RequeueCause } from "../job/event.ts";
import { coresOf, type MemoryBudget } from "./memory_budget.ts";
import { type ReadyGroup, readyGroups } from "./ready_groups.ts";
import type { RunTable } from "./run_table.ts";
import { leastToLoseFirst, leastUrgentFirst, Slot } from "./slot.ts";
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

/** Slots of each size that ready runs need. */
type Needed = Map<number, number>;

export class SlotPool {
  readonly slots: Slot[] = [];
  readonly memory: MemoryBudget;
  /** All that ever were, by their ids: one that starts again knows how its predecessors ended. */
  readonly #places: Slot[] = [];
  /** Cores that people allow; the machine may have fewer to give at times. */
  #wished: number;
  #toSpare = Infinity;
  /** What comes after these runs is not begun before they have their place. */
  keptFor: ReadyGroup | undefined;
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

  /** Cores that are computed on at the same time, at most; a run has one, unless it asks for more. */
  get limit(): number {
    if (this.#toSpare >= this.#wished) return this.#wished;
    return Math.min(this.#wished, Math.max(this.#toSpare, this.#narrowest()));
  }

  /** Slots of this size that there may be side by side, if there are no others. */
  places(size: number): number {
    return Math.max(1, Math.floor(this.limit / coresOf(size)));
  }

  /** However much others compute, one run goes on, also where each takes several cores. */
  #narrowest(): number {
    const busy = this.slots.flatMap(({ batches, size }) => batches.size > 0 ? [size] : []);
    const cores = [...this.#table.sizesAsked(), ...busy].map(coresOf);
    return cores.length === 0 ? 1 : Math.min(...cores);
  }

  /**
   * Whether there are cores for what an empty slot would begin, beside empty ones of sizes that come `before`. There are
   * unless there were more slots, and some of them have not ended what they had.
   */
  mayBegin(size: number, before: readonly number[] = []): boolean {
    const isMeant = (slot: Slot) =>
      slot.batches.size > 0 || !slot.isRetiring && before.includes(slot.size);
    return coresOfAll(this.slots.filter(isMeant)) + coresOf(size) <= this.limit;
  }

  /** Whether slots of this size take nothing more for now, because others wait for what they have. */
  isKeptFree(size: number, now: number): boolean {
    if (this.keptFor === undefined || this.keptFor.size === size) return false;
    const level = this.#table.levelIn(size, now);
    return level > this.keptFor.level ||
      level === this.keptFor.level && size < this.keptFor.size;
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

  /**
   * Starts slots as long as there is work for them, cores and memory; the most urgent comes first. Where it lacks what
   * less urgent or smaller work has, nothing of that is begun anew: else many small runs would keep a large one waiting
   * for ever.
   */
  fill(now: number): void {
    this.keptFor = undefined;
    const needed: Needed = new Map();
    for (const group of readyGroups(this.#table, now)) {
      const { size } = group;
      const waiting = this.#need(group, needed);
      for (let idle = this.idle(size); idle < waiting; idle++) {
        if (!this.#hasRoom(size)) {
          // What is about to come free is not for what is less urgent.
          if (this.#reclaim(group, needed)) return;
          break;
        }
        this.#start(size);
        if (!this.#ports.isOpen()) return;
      }
      if (this.idle(size) > 0 && !this.mayBegin(size)) return void (this.keptFor = group);
      if (this.idle(size) >= waiting) continue;
      const leaving = this.#leavingFor(size, this.#yieldingTo(group, needed));
      if (leaving === undefined) continue;
      this.keptFor = group;
      const hasPlace = this.slots.some((slot) => slot.size === size && !slot.isRetiring);
      if (!hasPlace) this.#clearAway(leaving);
      return;
    }
  }

  /**
   * Asks slots of other sizes to leave, so that one of this size can start: idle ones, then what is less urgent than
   * the run it is for, or as urgent and smaller: never both of two each other. When that would not suffice nobody is
   * disturbed.
   */
  makeRoom(size: number, now: number): void {
    const needed: Needed = new Map();
    for (const group of readyGroups(this.#table, now)) {
      this.#need(group, needed);
      if (group.size !== size) continue;
      const leaving = this.#leavingFor(size, this.#yieldingTo(group, needed));
      this.#clearAway(leaving ?? []);
      return;
    }
  }

  /** Where one of them saves nothing, it and its like are waited for, whichever ends first, and none is disturbed. */
  #clearAway(leaving: readonly Slot[]): void {
    if (!leaving.every(({ savesItsWork }) => savesItsWork)) return;
    for (const slot of leaving) this.#letGo(slot, "memory");
  }

  /** Counts slots of each size that these runs and those before them need. */
  #need({ size, runs }: ReadyGroup, needed: Needed): number {
    const waiting = Math.min(this.#table.readyIn(size), (needed.get(size) ?? 0) + runs);
    needed.set(size, waiting);
    return waiting;
  }

  /** Slots of other sizes that have nothing to do, or whose work comes after what waits for one of this size. */
  #yieldingTo({ size, level }: ReadyGroup, needed: Needed): Slot[] {
    const later = this.staying.filter((slot) =>
      slot.working !== undefined && slot.size !== size &&
      (slot.level > level || slot.level === level && slot.size < size)
    );
    return [...this.#idleBeyond(needed), ...later].toSorted(leastToLoseFirst);
  }

  /** Slots without work that nothing needs which comes first. */
  #idleBeyond(needed: Needed): Slot[] {
    const left = new Map(needed);
    return this.staying.filter(({ size, batches }) => {
      if (batches.size > 0) return false;
      const kept = left.get(size) ?? 0;
      left.set(size, kept - 1);
      return kept <= 0;
    });
  }

  /** Idle slots go if that makes room for one of this size, but for those that are needed. Whether room will be. */
  #reclaim(group: ReadyGroup, needed: Needed): boolean {
    const idle = this.#idleBeyond(needed);
    // As soon as processes have ended, rather than when those are done that are about to leave.
    const soon = this.#leavingFor(group.size, idle, this.#taken);
    const leaving = soon ?? this.#leavingFor(group.size, idle);
    for (const slot of leaving ?? []) this.retire(slot);
    if (soon !== undefined) this.keptFor = group;
    return leaving !== undefined;
  }

  /**
   * Which of these must leave before one of this size can start, the first rather; undefined when all are not enough.
   * What is about to leave anyway is waited for, unless it is said to be `there`.
   */
  #leavingFor(
    size: number,
    candidates: readonly Slot[],
    there: readonly Slot[] = this.staying,
  ): Slot[] | undefined {
    const isEnough = (leaving: readonly Slot[]) => {
      const left = there.filter((slot) => !leaving.includes(slot));
      const cores = coresOfAll(left) + coresOf(size);
      const bytes = left.reduce((sum, slot) => sum + this.#costOf(slot), this.memory.bytesOf(size));
      return cores <= this.limit && this.#isWithin(bytes, this.memory.totalBytes);
    };
    let leaving: Slot[] = [];
    for (const slot of candidates) {
      if (isEnough(leaving)) break;
      leaving.push(slot);
    }
    if (!isEnough(leaving)) return undefined;
    // A large one that was added last may make it needless that small ones go.
    for (const slot of leaving) {
      const others = leaving.filter((other) => other !== slot);
      if (isEnough(others)) leaving = others;
    }
    return leaving;
  }

  /** Of fewer, those at the least urgent work give it back; more are started when there is work for them. */
  #fit(cause: RequeueCause): void {
    for (const slot of this.slots) slot.isRetiring = slot.isLeaving;
    let cores = coresOfAll(this.#taken);
    for (const slot of this.staying.toSorted(leastUrgentFirst)) {
      if (cores <= this.limit) return;
      cores -= coresOf(slot.size);
      this.#letGo(slot, cause);
    }
  }

  /** That stay, and those that leave as long as they compute. */
  get #taken(): Slot[] {
    return this.slots.filter((slot) => !slot.isRetiring || slot.batches.size > 0);
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
    return coresOfAll(this.#taken) + coresOf(size) <= this.limit &&
      this.#isWithin(this.memory.bytesOf(size), this.freeBytes);
  }

  /** What no slot has. */
  get freeBytes(): number {
    return this.slots.reduce((free, slot) => free - this.#costOf(slot), this.memory.totalBytes);
  }

  /** Even shares count as what they are now: when there are more slots than at first, the older ones have more. */
  #costOf({ size, memoryBytesMax }: Slot): number {
    return this.memory.isEven(size) ? this.memory.bytesOf(size) : memoryBytesMax;
  }

  /** Shares are fractions: what lacks a hair is enough. */
  #isWithin(bytes: number, freeBytes: number): boolean {
    return bytes <= freeBytes + 1e-9 * this.memory.totalBytes;
  }
}

function coresOfAll(slots: readonly Slot[]): number {
  return slots.reduce((sum, { size }) => sum + coresOf(size), 0);
}

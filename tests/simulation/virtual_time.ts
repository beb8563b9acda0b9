/**
 * Time and processes of a simulated machine. Everything that waits, waits here; nothing really does. A process can be
 * killed or stopped at any moment: what it awaits then never comes, or comes late, and it does nothing more till then.
 */
import { AsyncLocalStorage } from "node:async_hooks";

interface Event {
  at: number;
  readonly order: number;
  readonly process: SimulatedProcess | undefined;
  readonly fire: () => void;
  cancelled: boolean;
}

/** The runtime's own, taken before anything is put in its place. */
const { setImmediate: nextTurn, Date: RealDate } = globalThis;
const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  now: performance.now,
};

const START = RealDate.UTC(2026, 0, 1);

export class SimulatedProcess {
  state: "running" | "stopped" | "dead" = "running";
  /** What became due while it was stopped. */
  readonly parked: Event[] = [];
  readonly #onDeath: (() => void)[] = [];

  constructor(readonly name: string) {}

  onDeath(listener: () => void): void {
    if (this.state === "dead") listener();
    else this.#onDeath.push(listener);
  }

  /** For {@linkcode VirtualTime.kill}. */
  die(): void {
    if (this.state === "dead") return;
    this.state = "dead";
    this.parked.length = 0;
    for (const listener of this.#onDeath) listener();
  }
}

const current = new AsyncLocalStorage<SimulatedProcess | undefined>();

/** The process in whose name the running code runs; undefined for the simulation itself. */
export function currentProcess(): SimulatedProcess | undefined {
  return current.getStore();
}

function here(): SimulatedProcess | "none" {
  return current.getStore() ?? "none";
}

/** Runs code as the simulation itself, in whatever context it was called. */
export function outside<T>(work: () => T): T {
  return current.run(undefined, work);
}

export class VirtualTime {
  #now = 0;
  #orders = 0;
  #heap: Event[] = [];
  readonly #timers = new Map<number, Event>();
  /** What the wall clock is off by: it can be set, unlike the monotonic one. */
  wallOffsetMs = 0;

  get now(): number {
    return this.#now;
  }

  /** Runs code as a process. */
  within<T>(process: SimulatedProcess, work: () => T): T {
    return current.run(process, work);
  }

  /** For the process that runs now, another one, or none. */
  schedule(delayMs: number, fire: () => void, process: SimulatedProcess | "none" = here()): Event {
    const event: Event = {
      at: this.#now + Math.max(0, delayMs),
      order: this.#orders++,
      process: process === "none" ? undefined : process,
      fire,
      cancelled: false,
    };
    this.#push(event);
    return event;
  }

  /** Resolves after so long; never for a process that dies before. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.schedule(ms, resolve));
  }

  kill(process: SimulatedProcess): void {
    process.die();
  }

  stop(process: SimulatedProcess): void {
    if (process.state === "running") process.state = "stopped";
  }

  continue(process: SimulatedProcess): void {
    if (process.state !== "stopped") return;
    process.state = "running";
    for (const event of process.parked.splice(0)) {
      event.at = this.#now;
      this.#push(event);
    }
  }

  /** Lets time pass until something holds. Throws when nothing is left to happen, or after `limitMs`. */
  async drive(isOver: () => boolean, limitMs: number): Promise<void> {
    const end = this.#now + limitMs;
    for (;;) {
      // All that follows from the last event, before the next one happens.
      await new Promise<void>((turn) => nextTurn(turn));
      if (isOver()) return;
      const event = this.#pop();
      if (event === undefined) throw new Error("nothing is left to happen, and it is not over");
      if (event.at > end) throw new Error(`not over after ${limitMs / 1000} simulated seconds`);
      this.#now = Math.max(this.#now, event.at);
      const { process } = event;
      if (event.cancelled || process?.state === "dead") continue;
      if (process?.state === "stopped") process.parked.push(event);
      else current.run(process, event.fire);
    }
  }

  /** Puts this time in the place of the real one, until what is returned is called. */
  install(): () => void {
    const now = () => this.#now;
    const wall = () => START + Math.floor(this.#now + this.wallOffsetMs);
    const timer = (fire: () => void, everyMs: number | undefined, delayMs = 0): number => {
      const id = this.#orders;
      const run = () => {
        if (everyMs === undefined) this.#timers.delete(id);
        else this.#timers.set(id, this.schedule(everyMs, run));
        fire();
      };
      this.#timers.set(id, this.schedule(delayMs, run));
      return id;
    };
    const clear = (id?: number) => {
      const event = this.#timers.get(id ?? -1);
      if (event !== undefined) event.cancelled = true;
      this.#timers.delete(id ?? -1);
    };
    Object.assign(globalThis, {
      setTimeout: (fire: () => void, ms?: number) => timer(fire, undefined, ms),
      setInterval: (fire: () => void, ms = 1) => timer(fire, Math.max(1, ms), ms),
      clearTimeout: clear,
      clearInterval: clear,
      Date: class extends RealDate {
        constructor(...given: []) {
          super(...(given.length === 0 ? [wall()] as unknown as [] : given));
        }
        static override now = wall;
      },
    });
    performance.now = now;
    return () => {
      const { now, ...timers } = real;
      Object.assign(globalThis, timers, { Date: RealDate });
      performance.now = now;
    };
  }

  // --- a binary heap by time, then by order ----------------------------------------------------

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || a.at === b.at && a.order < b.order;
}

/** A slot of the simulated machine: the real agent in a simulated process, with a simulated thread at its side. */
import { EXIT_GAVE_UP, type FromSlot, type ToSlot } from "../../src/campaign/slot_messages.ts";
import type { SlotExit, SlotHandlers } from "../../src/campaign/world.ts";
import { encodePlain } from "../../src/job/plain.ts";
import { raiseFence } from "../../src/store/fence.ts";
import { Layout } from "../../src/store/layout.ts";
import { assertHolder } from "../../src/store/owner.ts";
import { Agent } from "../../src/worker/agent.ts";
import type { SlotHandle } from "../../src/worker/slot_process.ts";
import { parseFromSlot } from "../../src/worker/slot_wire.ts";
import { threadStarter, type ThreadWorld } from "./simulated_thread.ts";
import { currentProcess, SimulatedProcess } from "./virtual_time.ts";

/** What a slot needs to know of its machine. */
export interface SlotWorld extends Omit<ThreadWorld, "killProcess"> {
  /** How long a message is on its way. */
  wireMs(): number;
  /** A process is gone; its files are to be closed. */
  gone(process: SimulatedProcess): void;
}

const START_MS = 60;

export class SimulatedSlot implements SlotHandle {
  readonly process: SimulatedProcess;
  readonly #world: SlotWorld;
  readonly #parent = currentProcess()!;
  readonly #gone = Promise.withResolvers<void>();
  #agent: Agent | undefined;
  #handlers: SlotHandlers | undefined;
  #unheard: FromSlot[] = [];
  /** Orders that came before the process was up. */
  #inPipe: ToSlot[] = [];
  #exit: SlotExit | undefined;
  #isFenced = false;
  /** Messages stay in order, each way. */
  readonly #lastAt = { down: 0, up: 0 };
  readonly #name: string;

  constructor(world: SlotWorld, name: string, readonly another: () => SimulatedSlot) {
    this.#world = world;
    this.#name = name;
    this.process = new SimulatedProcess(name);
    this.process.onDeath(() => world.gone(this.process));
    world.time.schedule(START_MS, () => this.#start(), this.process);
    this.#parent.onDeath(() => world.time.schedule(1, () => this.#finish(), this.process));
  }

  send(message: ToSlot): void {
    const plain = message.type === "job" ? { ...message, job: encodePlain(message.job) } : message;
    const text = JSON.stringify(plain);
    this.#deliver("down", this.process, () => this.#receive(JSON.parse(text)));
  }

  attach(handlers: SlotHandlers): void {
    this.#handlers = handlers;
    queueMicrotask(() => {
      for (const message of this.#unheard.splice(0)) handlers.onMessage(message);
      if (this.#exit !== undefined) handlers.onExit(this.#exit);
    });
  }

  kill(): void {
    this.#end({ status: 137, signal: "SIGKILL", stderr: "" });
  }

  get isGone(): boolean {
    return this.#exit !== undefined;
  }

  gone(): Promise<void> {
    return this.#gone.promise;
  }

  #start(): void {
    const { time } = this.#world;
    this.#agent = new Agent({
      tell: (line) => this.#deliver("up", this.#parent, () => this.#hear(line)),
      startThread: threadStarter({
        ...this.#world,
        time,
        fate: (job, run, step) => this.#world.fate(job, run, step),
        begins: (job, run, step) => this.#world.begins(job, run, step),
        killProcess: () => this.kill(),
      }),
      memoryBytes: () => 50e6,
      exit: (status) => this.#end({ status, signal: null, stderr: "" }),
    });
    this.#agent.watch(Infinity);
    this.#agent.tell({ type: "ready" });
    for (const message of this.#inPipe.splice(0)) this.#receive(message);
  }

  #receive(message: ToSlot): void {
    if (message.type === "exit") return this.#finish();
    if (this.#agent === undefined) return void this.#inPipe.push(message);
    if (message.type !== "job") return this.#agent.receive(message);
    // It knows the disk by a place of its own: what stands around its tree is not the orchestrator's fence.
    const root = message.root.replace(/^\/mnt[^/]*/, (place) => `${place}-${this.#name}`);
    if (!this.#isFenced) this.#standUnder(root, message.holder);
    this.#agent.receive({ ...message, root });
  }

  /** As `agent_process.ts` does it. */
  #standUnder(root: string, holder: string): void {
    this.#isFenced = true;
    const layout = new Layout(root);
    raiseFence(root, () => {
      try {
        assertHolder(layout, holder);
      } catch (error) {
        this.#end({ status: EXIT_GAVE_UP, signal: null, stderr: "" });
        throw error;
      }
    });
  }

  #finish(): void {
    if (this.#agent === undefined) return this.#end({ status: 0, signal: null, stderr: "" });
    void this.#agent.finish().then(() => this.#end({ status: 0, signal: null, stderr: "" }));
  }

  #end(exit: SlotExit): void {
    if (this.#exit !== undefined) return;
    this.#exit = exit;
    this.#world.time.kill(this.process);
    this.#deliver("up", this.#parent, () => {
      this.#gone.resolve();
      this.#handlers?.onExit(exit);
    });
  }

  #hear(line: string): void {
    const message = parseFromSlot(line);
    if (message === undefined) throw new Error(`a slot said what makes no sense: ${line}`);
    if (this.#handlers === undefined) this.#unheard.push(message);
    else this.#handlers.onMessage(message);
  }

  #deliver(way: "up" | "down", to: SimulatedProcess, what: () => void): void {
    const { time } = this.#world;
    const at = Math.max(this.#lastAt[way], time.now + this.#world.wireMs());
    this.#lastAt[way] = at;
    time.schedule(at - time.now, what, to);
  }
}

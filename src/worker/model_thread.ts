/**
 * The thread on which a slot computes, one after the other: for each model a fresh one, as nice as its runs want it, and
 * none before the last one is gone. Where models are programs, what starts these stands in its place.
 */
import type { OutsideKind } from "../campaign/slot_messages.ts";
import { type Grants, isModelFile, type Job, type Priority } from "../job/job.ts";
import { dirname } from "../job/path.ts";
import type { Layout } from "../store/layout.ts";
import type { startCommands } from "./command_thread.ts";
import { filePath, fileUrl } from "./file_url.ts";
import type { Overseer } from "./overseer.ts";
import { readableOf } from "./own_folder.ts";
import { CONTROL, ORDER, type ToSimulation } from "./protocol.ts";
import type { StartThread, ThreadHandle, ThreadHandlers } from "./simulation_thread.ts";
import { mustYield } from "./stepping.ts";
import { type SetNiceness, ThreadNiceness } from "./thread_niceness.ts";

export type StartOutside = typeof startCommands;

/** What a thread asks of its process. */
export interface ThreadPorts {
  readonly startThread: StartThread;
  /** What runs models of this kind, loaded when there is one. Absent where nothing can be run outside. */
  readonly loadOutside?: (kind: OutsideKind) => Promise<StartOutside>;
  /** Threads of models in the process, those that should have ended included; undefined where nobody knows. */
  countThreads?(): number | undefined;
  /** Absent where threads have no niceness of their own. */
  readonly setNiceness?: SetNiceness;
}

/** What hears it. */
export interface ModelThreadHandlers extends ThreadHandlers {
  /** A thread that was to end goes on: this process is good for no other model. */
  onHaunted(): void;
}

/** For whom programs are started. */
export interface ProgramsOf {
  readonly layout: Layout;
  readonly epoch: number;
  /** What programs are handed of the user's environment. */
  readonly environment?: { readonly [name: string]: string };
}

/** What a thread runs, and what it may reach. */
export interface Place {
  /** URL of the model's module, or what stands for it. */
  readonly model: string;
  readonly grants: Grants;
}

/** Stand for the URL of a module: all models of such a kind run in one place. */
const OUTSIDE: { readonly [kind in OutsideKind]: string } = {
  command: "command:",
  plecs: "plecs:",
};

const END_WITHIN_MS = 1000;

export class ModelThread {
  readonly #ports: ThreadPorts;
  readonly #overseer: Overseer;
  readonly #handlers: ModelThreadHandlers;
  readonly #niceness: ThreadNiceness;
  readonly #outside = new Map<string, StartOutside>();
  /** Shared with the thread of the moment only: one that lives on disturbs none after it. */
  #orders: Int32Array<SharedArrayBuffer>;
  #thread: ThreadHandle | undefined;
  #model = "";
  #grants = "";
  /** As they were told to it, by their numbers. */
  #jobs = new Map<number, Job>();
  #isHaunted = false;

  /** `control` is shared with the overseer before the first thread begins. */
  constructor(
    ports: ThreadPorts,
    overseer: Overseer,
    control: SharedArrayBuffer,
    handlers: ModelThreadHandlers,
  ) {
    this.#ports = ports;
    this.#overseer = overseer;
    this.#orders = new Int32Array(control);
    this.#handlers = handlers;
    this.#niceness = new ThreadNiceness(ports.setNiceness);
  }

  /** Of the thread of the moment; another one has others. */
  get orders(): Int32Array<SharedArrayBuffer> {
    return this.#orders;
  }

  get model(): string {
    return this.#model;
  }

  /** Its models are programs, or other people's. */
  get isOutside(): boolean {
    return this.#outside.has(this.#model);
  }

  get isHaunted(): boolean {
    return this.#isHaunted;
  }

  get mustYield(): boolean {
    return mustYield(this.#orders);
  }

  async placeOf({ model, inputs, allow }: Job): Promise<Place> {
    const grants = {
      read: [...Object.values(inputs), ...allow?.read ?? []],
      net: allow?.net ?? [],
    };
    const url = isModelFile(model) ? fileUrl(model.path) : await this.load(model.kind);
    return { model: url, grants };
  }

  /** Loads what runs models of this kind; answers what stands for their modules. */
  async load(kind: OutsideKind): Promise<string> {
    const model = OUTSIDE[kind];
    if (this.#outside.has(model)) return model;
    const start = await this.#ports.loadOutside?.(kind);
    if (start !== undefined) this.#outside.set(model, start);
    return model;
  }

  isRightFor(place: Place, priority: Priority): boolean {
    return this.#isAt(place) && this.#niceness.isRightFor(priority);
  }

  /** To be called while it is idle. Answers whether another one was started; not where this one will not end. */
  async becomeRightFor(place: Place, priority: Priority, programs: ProgramsOf): Promise<boolean> {
    if (this.#isAt(place) && this.#niceness.becomeRightFor(priority)) return false;
    await this.vacate();
    if (this.#isHaunted) return false;
    this.start(place, programs);
    this.#niceness.becomeRightFor(priority);
    return true;
  }

  /** An isolate sets half a GiB aside, and gives it back when it is gone: below the cap there is room for three. */
  async vacate(): Promise<void> {
    if (this.#thread !== undefined) this.#end();
    const late = performance.now() + END_WITHIN_MS;
    while ((this.#ports.countThreads?.() ?? 0) > 0 && performance.now() < late) {
      await new Promise((soon) => setTimeout(soon, 1));
    }
  }

  start({ model, grants }: Place, programs?: ProgramsOf): void {
    this.#model = model;
    this.#grants = keyOf(grants);
    this.#jobs = new Map();
    this.#niceness.begin();
    const control = new SharedArrayBuffer(CONTROL.bytes);
    this.#orders = new Int32Array(control);
    this.#overseer.begin(control);
    const outside = this.#outside.get(model);
    const { read, net } = grants;
    this.#thread = outside !== undefined
      ? this.#startOutside(outside, control, programs!)
      : this.#ports.startThread(
        { model, control },
        { read: [...readableOf(dirname(filePath(model))), ...read], net },
        this.#handlers,
      );
  }

  /** It is no more asked for anything. */
  forget(): void {
    this.#end();
    this.#overseer.forget();
    this.#model = "";
  }

  post(message: ToSimulation): void {
    this.#thread!.post(message);
  }

  /** As it is now: a search is told anew with the points of each batch, also while the thread starts. */
  tellJob(number: number, job: Job): void {
    if (this.#jobs.get(number) === job) return;
    this.#jobs.set(number, job);
    this.post({ type: "job", number, job });
  }

  askToYield(): void {
    Atomics.store(this.#orders, CONTROL.order, ORDER.yield);
  }

  askToLook(): void {
    Atomics.compareExchange(this.#orders, CONTROL.order, ORDER.none, ORDER.look);
  }

  askNothing(): void {
    Atomics.store(this.#orders, CONTROL.order, ORDER.none);
  }

  #isAt({ model, grants }: Place): boolean {
    return model === this.#model && keyOf(grants) === this.#grants;
  }

  #startOutside(
    start: StartOutside,
    control: SharedArrayBuffer,
    { layout: { root }, epoch, environment = {} }: ProgramsOf,
  ): ThreadHandle {
    const { memoryBytesMax } = this.#overseer;
    // A thread begins as nice as its process; programs are told.
    this.#ports.setNiceness?.(0);
    return start({ control, root, epoch, environment, memoryBytesMax }, this.#handlers);
  }

  /** An idle thread ends at once. One that a model keeps busy burns a core until its process ends. */
  #end(): void {
    this.#thread?.terminate();
    this.#thread = undefined;
    setTimeout(() => {
      const most = this.#thread === undefined ? 0 : 1;
      if ((this.#ports.countThreads?.() ?? 0) <= most) return;
      this.#isHaunted = true;
      this.#handlers.onHaunted();
    }, END_WITHIN_MS);
  }
}

function keyOf({ read, net }: Grants): string {
  return JSON.stringify([read, net]);
}

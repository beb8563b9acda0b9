/** A slot's process as the orchestrator holds it: starts it, talks to it over pipes, ends it. */
import type { FromSlot, ToSlot } from "../campaign/slot_messages.ts";
import type { SlotExit, SlotHandlers, SlotPort } from "../campaign/world.ts";
import { encodePlain } from "../job/plain.ts";
import { GIVES_WAY } from "../campaign/niceness.ts";
import { filePath } from "./file_url.ts";
import { readLines } from "./lines.ts";
import { Pulse, PULSE_EVERY_MS } from "./pulse.ts";
import { slotEnvironment } from "./slot_environment.ts";
import { ownWords, parseFromSlot, parsePulse, PASSWORD_VARIABLE, WIRE } from "./slot_wire.ts";

/** The hidden sub-command under which the executable becomes a slot. */
export const SLOT_COMMAND = "__slot";

export interface SlotLimits {
  /** Cap of the JavaScript heap. */
  readonly heapBytesMax: number;
  /** Cap of all resident memory, watched by the agent. */
  readonly memoryBytesMax: number;
}

/** A slot's process in the hands of who started it. */
export interface SlotHandle extends SlotPort {
  /** Hears messages from now on, those that came before first. One listener at a time. */
  attach(handlers: SlotHandlers): void;
  /** Resolves when the process is gone. */
  gone(): Promise<void>;
  readonly isGone: boolean;
  /** Starts one like it. */
  another(): SlotHandle;
}

/** Starts the process of a slot. */
export type StartSlot = (limits: SlotLimits) => SlotHandle;

/** A process of this executable. */
export const startSlotProcess: StartSlot = (limits) => new SlotProcess(limits);

/** One that gives way to others who compete for a core. */
export const startNiceSlot: StartSlot = (limits) => new SlotProcess(limits, GIVES_WAY);

const alive = new Set<number>();

/** Of the slots that this process has started and that have not ended. */
export function slotPids(): readonly number[] {
  return [...alive];
}

const STDERR_KEPT_CHARACTERS = 4096;
/** No message of an agent comes near this. */
const LINE_BYTES_MAX = 2 ** 26;

/**
 * Moves the pipes of the protocol away from stdin and stdout, where a model could reach them: what it
 * prints by any way goes nowhere, and it reads nothing. The shell becomes the slot; no process is added.
 */
const MOVE_PIPES = `exec $nice "$@" ${WIRE.orders}<&0 ${WIRE.answers}>&1 0</dev/null 1>/dev/null`;

/**
 * The kernel refuses memory beyond this, whatever the agent sees in time; a model is told by an exception. More
 * than the slot's own limit by what the runtime sets aside and does not use: of threads, of compiled code.
 */
const SET_ASIDE_BYTES = 3 * 2 ** 29;
const SET_ASIDE_BYTES_A_CORE = 2 ** 25;

/** Should the machine run out of memory all the same, it takes it from a slot, not from who started it. */
const TAKE_ME_FIRST = "{ echo 800 > /proc/self/oom_score_adj; } 2>/dev/null";

function shellOf(memoryBytesMax: number, niceness: number): string[] {
  const setAside = SET_ASIDE_BYTES + navigator.hardwareConcurrency * SET_ASIDE_BYTES_A_CORE;
  const kibibytes = Math.floor((memoryBytesMax + setAside) / 1024);
  const cap = Number.isFinite(kibibytes) ? `ulimit -d ${kibibytes} 2>/dev/null; ` : "";
  // All threads of the slot are to be nice: it must be so before there are any.
  const nice = niceness === 0
    ? "nice="
    : `command -v nice >/dev/null && nice="nice -n ${niceness}" || nice=`;
  return ["/bin/sh", "-c", `${nice}; ${cap}${TAKE_ME_FIRST}; ${MOVE_PIPES}`, "simrun-slot"];
}

export class SlotProcess implements SlotHandle {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #encoder = new TextEncoder();
  #handlers: SlotHandlers | undefined;
  /** What came before anybody listened. */
  #unheard: FromSlot[] = [];
  #exit: SlotExit | undefined;
  #stderr = "";
  #isNonsense = false;
  readonly #limits: SlotLimits;
  readonly #niceness: number;
  /** With it begins every line that is the agent's own. */
  readonly #password = crypto.randomUUID();
  readonly #pulse = new Pulse();
  readonly #beats: ReturnType<typeof setInterval>;

  constructor(limits: SlotLimits, niceness = 0) {
    this.#limits = limits;
    this.#niceness = niceness;
    const [command, ...args] = slotCommand(limits.memoryBytesMax, niceness);
    const heap = `--max-old-space-size=${Math.max(64, Math.floor(limits.heapBytesMax / 2 ** 20))}`;
    this.#child = new Deno.Command(command!, {
      args,
      clearEnv: true,
      env: {
        ...slotEnvironment(),
        DENO_V8_FLAGS: [Deno.env.get("DENO_V8_FLAGS"), heap].filter(Boolean).join(","),
        // What it says of an error is shown by others.
        NO_COLOR: "1",
        [PASSWORD_VARIABLE]: this.#password,
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      // Ctrl-C goes to every process of the terminal's group; what it means is the orchestrator's to say.
      detached: true,
    }).spawn();
    alive.add(this.pid);
    void this.#child.status.then(() => this.#bury());
    this.#input = this.#child.stdin.getWriter();
    this.#beats = setInterval(() => this.#feelPulse(), PULSE_EVERY_MS);
    Deno.unrefTimer(this.#beats);
    void this.#listen();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** A slot that was killed could not end its programs: they are of its group. */
  #bury(): void {
    alive.delete(this.pid);
    try {
      Deno.kill(-this.pid, "SIGKILL");
    } catch {
      // It has left nobody behind.
    }
  }

  attach(handlers: SlotHandlers): void {
    this.#handlers = handlers;
    // Not at once: the caller is still being set up.
    queueMicrotask(() => {
      const unheard = this.#unheard;
      this.#unheard = [];
      for (const message of unheard) this.#handlers?.onMessage(message);
      if (this.#exit !== undefined) this.#handlers?.onExit(this.#exit);
    });
  }

  send(message: ToSlot): void {
    // A slot that is gone says so by its exit; what could not be sent is given back then.
    const plain = message.type === "job" ? { ...message, job: encodePlain(message.job) } : message;
    const line = `${this.#pulse.ordered()} ${JSON.stringify(plain)}\n`;
    this.#input.write(this.#encoder.encode(line)).catch(() => {});
  }

  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }

  async gone(): Promise<void> {
    await this.#child.status;
  }

  get isGone(): boolean {
    return this.#exit !== undefined;
  }

  another(): SlotHandle {
    return new SlotProcess(this.#limits, this.#niceness);
  }

  async #listen(): Promise<void> {
    const [, , status] = await Promise.all([this.#hear(), this.#hearErrors(), this.#child.status]);
    clearInterval(this.#beats);
    const { code, signal } = this.#isNonsense ? { code: 1, signal: null } : status;
    this.#exit = { status: code, signal, stderr: this.#stderr, limits: this.#limits };
    await this.#input.abort().catch(() => {});
    this.#handlers?.onExit(this.#exit);
  }

  async #hear(): Promise<void> {
    for await (const line of readLines(this.#child.stdout, LINE_BYTES_MAX)) {
      const text = ownWords(line, this.#password);
      const orders = text && parsePulse(text);
      if (typeof orders === "number") {
        this.#pulse.heard(orders);
        continue;
      }
      const message = text === undefined ? undefined : parseFromSlot(text);
      if (message === undefined) {
        return this.#disown(
          `it said what makes no sense: ${JSON.stringify((text ?? line).slice(0, 80))}`,
        );
      }
      if (this.#handlers === undefined) this.#unheard.push(message);
      else this.#handlers.onMessage(message);
    }
  }

  /** A slot that cannot be understood is as good as dead; the others are none the worse. */
  #disown(why: string): void {
    this.#stderr = `error: ${why}`;
    this.#isNonsense = true;
    this.kill();
  }

  #feelPulse(): void {
    const trouble = this.#pulse.feel();
    if (trouble !== undefined) this.#disown(trouble);
  }

  async #hearErrors(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.#stderr = (this.#stderr + decoder.decode(chunk, { stream: true }))
        .slice(-STDERR_KEPT_CHARACTERS);
    }
  }
}

function slotCommand(memoryBytesMax: number, niceness: number): string[] {
  const memory = String(Math.floor(memoryBytesMax));
  const shell = shellOf(memoryBytesMax, niceness);
  if (Deno.build.standalone) return [...shell, Deno.execPath(), SLOT_COMMAND, memory];
  const entry = filePath(new URL("./slot_main.ts", import.meta.url).href);
  const flags = ["-A", "--quiet", "--no-prompt", "--no-check", "--unstable-worker-options"];
  return [...shell, Deno.execPath(), "run", ...flags, entry, memory];
}

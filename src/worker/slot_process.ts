/** A slot's process as the orchestrator holds it: starts it, talks to it over pipes, ends it. */
import { fileURLToPath } from "node:url";
import type { FromSlot, ToSlot } from "../campaign/slot_messages.ts";
import type { SlotExit, SlotHandlers, SlotPort } from "../campaign/world.ts";
import { encodePlain } from "../job/plain.ts";
import { readLines } from "./lines.ts";
import { parseFromSlot, WIRE } from "./slot_wire.ts";

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
}

/** Starts the process of a slot. */
export type StartSlot = (limits: SlotLimits) => SlotHandle;

/** A process of this executable. */
export const startSlotProcess: StartSlot = (limits) => new SlotProcess(limits);

const STDERR_KEPT_CHARACTERS = 4096;

/**
 * Moves the pipes of the protocol away from stdin and stdout, where a model could reach them: what it
 * prints by any way goes nowhere, and it reads nothing. The shell becomes the slot; no process is added.
 */
const MOVE_PIPES = [
  "/bin/sh",
  "-c",
  `exec "$@" ${WIRE.orders}<&0 ${WIRE.answers}>&1 0</dev/null 1>/dev/null`,
  "simrun-slot",
];

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

  constructor(limits: SlotLimits) {
    const [command, ...args] = slotCommand(limits.memoryBytesMax);
    const heap = `--max-old-space-size=${Math.max(64, Math.floor(limits.heapBytesMax / 2 ** 20))}`;
    this.#child = new Deno.Command(command!, {
      args,
      env: {
        DENO_V8_FLAGS: [Deno.env.get("DENO_V8_FLAGS"), heap].filter(Boolean).join(","),
        // What it says of an error is shown by others.
        NO_COLOR: "1",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      // Ctrl-C goes to every process of the terminal's group; what it means is the orchestrator's to say.
      detached: true,
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    void this.#listen();
  }

  get pid(): number {
    return this.#child.pid;
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
    this.#input.write(this.#encoder.encode(JSON.stringify(plain) + "\n")).catch(() => {});
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

  async #listen(): Promise<void> {
    const [, , status] = await Promise.all([this.#hear(), this.#hearErrors(), this.#child.status]);
    const { code, signal } = this.#isNonsense ? { code: 1, signal: null } : status;
    this.#exit = { status: code, signal, stderr: this.#stderr };
    await this.#input.abort().catch(() => {});
    this.#handlers?.onExit(this.#exit);
  }

  async #hear(): Promise<void> {
    for await (const line of readLines(this.#child.stdout)) {
      const message = parseFromSlot(line);
      if (message === undefined) {
        // A slot that cannot be understood is as good as dead; the others are none the worse.
        this.#stderr = `error: it said what makes no sense: ${JSON.stringify(line.slice(0, 80))}`;
        this.#isNonsense = true;
        this.kill();
        return;
      }
      if (this.#handlers === undefined) this.#unheard.push(message);
      else this.#handlers.onMessage(message);
    }
  }

  async #hearErrors(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.#stderr = (this.#stderr + decoder.decode(chunk, { stream: true }))
        .slice(-STDERR_KEPT_CHARACTERS);
    }
  }
}

function slotCommand(memoryBytesMax: number): string[] {
  const memory = String(Math.floor(memoryBytesMax));
  if (Deno.build.standalone) return [...MOVE_PIPES, Deno.execPath(), SLOT_COMMAND, memory];
  const entry = fileURLToPath(new URL("./slot_main.ts", import.meta.url));
  const flags = ["-A", "--quiet", "--no-prompt", "--no-check", "--unstable-worker-options"];
  return [...MOVE_PIPES, Deno.execPath(), "run", ...flags, entry, memory];
}

/** One program while it runs: started, listened to, asked to end, and ended with all that it has started. */
import {
  adoptOrphans,
  descendantsOf,
  killDescendants,
  residentBytes,
  signalAll,
} from "./process_tree.ts";
import type { CommandEnd } from "./verdict.ts";

export interface ChildOrders {
  readonly words: readonly string[];
  readonly folder: string;
  readonly environment: { readonly [name: string]: string };
  /** Of both outputs, as it comes. */
  readonly onOutput: (bytes: Uint8Array, isError: boolean) => void;
}

/** Whoever holds an output open after the program itself has ended is not listened to for longer. */
const OUTPUT_AFTER_END_MS = 500;
const QUIET_WAITS = 2;
const WAITS_MAX = 100;

export class Child {
  readonly #child: Deno.ChildProcess;
  readonly #reaper = adoptOrphans();
  /** Pieces of output so far. */
  #heard = 0;
  readonly #readers: ReadableStreamDefaultReader<Uint8Array>[] = [];
  /** Its end, when its outputs have ended as well and nothing that it started is left. */
  readonly ended: Promise<CommandEnd>;

  /** Throws what the system says when it cannot be started. */
  constructor({ words, folder, environment, onOutput }: ChildOrders) {
    this.#child = new Deno.Command(words[0]!, {
      args: words.slice(1),
      cwd: folder,
      clearEnv: true,
      env: environment,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      // A group of its own costs milliseconds, and is needed only where orphans cannot be adopted.
      ...(this.#reaper === undefined && { detached: true }),
    }).spawn();
    const outputs = [
      this.#listen(this.#child.stdout, (bytes) => onOutput(bytes, false)),
      this.#listen(this.#child.stderr, (bytes) => onOutput(bytes, true)),
    ];
    this.ended = this.#end(Promise.all(outputs));
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Of the program and all that it has started. */
  get memoryBytes(): number {
    return residentBytes(this.#all());
  }

  /** Asks all of them to end; who is stopped would not hear it. */
  ask(): void {
    const all = this.#all();
    signalAll(all, "SIGTERM");
    signalAll(all, "SIGCONT");
  }

  kill(): void {
    killDescendants();
    signalAll([this.pid], "SIGKILL");
    if (this.#reaper === undefined) signalAll([-this.pid], "SIGKILL");
  }

  #all(): number[] {
    return [this.pid, ...descendantsOf(this.pid)];
  }

  async #listen(
    stream: ReadableStream<Uint8Array>,
    hear: (bytes: Uint8Array) => void,
  ): Promise<void> {
    const reader = stream.getReader();
    this.#readers.push(reader);
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        this.#heard++;
        hear(value);
      }
    } catch {
      // Given up: somebody else holds it open.
    }
  }

  async #end(outputs: Promise<unknown>): Promise<CommandEnd> {
    const { code, signal } = await this.#child.status;
    const hasLeftOthers = this.#clearAway();
    // What it printed last is not lost because reading it takes long, or because this process stood still.
    for (let quiet = 0, i = 0; quiet < QUIET_WAITS && i < WAITS_MAX; i++) {
      const heard = this.#heard;
      if (await isSettledWithin(outputs, OUTPUT_AFTER_END_MS / QUIET_WAITS)) break;
      quiet = this.#heard === heard ? quiet + 1 : 0;
    }
    for (const reader of this.#readers) await reader.cancel().catch(() => {});
    return { status: code, signal, hasLeftOthers };
  }

  /** What the program has left behind ends with it. Answers whether there was any, where that can be known. */
  #clearAway(): boolean {
    if (this.#reaper === undefined) {
      signalAll([-this.pid], "SIGKILL");
      return false;
    }
    let tries = 0;
    for (; this.#reaper.hasOrphans() && tries < CLEAR_TRIES_MAX; tries++) killDescendants();
    return tries > 0;
  }
}

const CLEAR_TRIES_MAX = 1000;

async function isSettledWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((done) => timer = setTimeout(() => done(false), ms));
  const isSettled = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return isSettled;
}

/** Why a program could not be started, in the user's words. */
export function startWords(program: string, error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return `there is no program ${program}`;
  if (error instanceof Deno.errors.PermissionDenied) return `${program} may not be run`;
  const why = error instanceof Error ? error.message : String(error);
  if (!/Argument list too long|os error 7\b/.test(why)) {
    return `${program} cannot be started: ${why}`;
  }
  return `the words and variables of ${program} are too long for the system: hand long values over ` +
    "in a template, or with pass: file";
}

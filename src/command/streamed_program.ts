/** A program that Deno starts, and whose outputs are streams: on every system. */
import type { Program, ProgramEnd, ProgramOrders } from "./program.ts";

/** Whoever holds an output open after the program itself has ended is not listened to for longer. */
const OUTPUT_AFTER_END_MS = 500;
const QUIET_WAITS = 2;
const WAITS_MAX = 100;

export class StreamedProgram implements Program {
  readonly #child: Deno.ChildProcess;
  readonly #outputs: Promise<unknown>;
  readonly #readers: ReadableStreamDefaultReader<Uint8Array>[] = [];
  /** Pieces of output so far. */
  #heard = 0;
  readonly ended: Promise<ProgramEnd>;

  /** Throws what the system says when it cannot be started. With `ownGroup` it is the first of a process group. */
  constructor({ words, folder, environment, onOutput }: ProgramOrders, ownGroup: boolean) {
    this.#child = new Deno.Command(words[0]!, {
      args: words.slice(1),
      cwd: folder,
      clearEnv: true,
      env: { ...environment.shared, ...environment.own },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...(ownGroup && { detached: true }),
    }).spawn();
    this.#outputs = Promise.all([
      this.#listen(this.#child.stdout, (bytes) => onOutput(bytes, false)),
      this.#listen(this.#child.stderr, (bytes) => onOutput(bytes, true)),
    ]);
    this.ended = this.#child.status.then(({ code, signal }) => ({ status: code, signal }));
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What it printed last is not lost because reading it takes long, or because this process stood still. */
  async hearTheRest(): Promise<void> {
    for (let quiet = 0, i = 0; quiet < QUIET_WAITS && i < WAITS_MAX; i++) {
      const heard = this.#heard;
      if (await isSettledWithin(this.#outputs, OUTPUT_AFTER_END_MS / QUIET_WAITS)) break;
      quiet = this.#heard === heard ? quiet + 1 : 0;
    }
    for (const reader of this.#readers) await reader.cancel().catch(() => {});
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
}

async function isSettledWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((done) => timer = setTimeout(() => done(false), ms));
  const isSettled = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return isSettled;
}

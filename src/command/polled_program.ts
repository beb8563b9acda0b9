/**
 * A program that the C library of Linux starts (`posix_spawn(3)`), and whose end and outputs are waited for together
 * (`poll(2)`): a third of a millisecond less for each than streams take, which counts where programs are short. It holds
 * nothing of this process open but its three streams.
 */
import { type Block, blockOf, EnvironmentBlocks } from "./environment_blocks.ts";
import { bytesOf, type Libc, openLibc, textsOf } from "./libc.ts";
import type { Program, ProgramEnd, ProgramOrders } from "./program.ts";

const O_RDONLY = 0;
const O_CLOEXEC = 0o2000000;
const O_NONBLOCK = 0o4000;
const F_SETFL = 4;
/** The same on all architectures. */
const PIDFD_OPEN = 434n;
const POLLIN = 1;
/** `POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK`: this process ignores SIGPIPE, and a program must not. */
const SIGNALS_AS_USUAL = 0x04 | 0x08;
/** Larger than `posix_spawn_file_actions_t` and `posix_spawnattr_t` are anywhere (80 and 336 bytes). */
const STRUCT_BYTES = 512;
const SIGSET_BYTES = 128;
const PIECE_BYTES = 1 << 16;
/** So long a program is waited for at once: orders and looks at it come a little later then. */
const QUICK_MS = 2;
/** No pipe holds more than this many pieces (`fs.pipe-max-size`). */
const PIECES_AFTER_END_MAX = 64;

const DEV_NULL = textsOf(["/dev/null"])!;

class Starter {
  readonly libc: Libc;
  readonly #attributes = new Uint8Array(STRUCT_BYTES);
  readonly #actions = new Uint8Array(STRUCT_BYTES);
  readonly piece = new Uint8Array(PIECE_BYTES);
  readonly #environments = new EnvironmentBlocks();
  /** What is pointed to while a program is started: nothing else tells the collector that it is needed. */
  #held: readonly Block[] = [];
  readonly #places = new Map<string, string>();

  constructor() {
    this.libc = openLibc();
    this.libc.posix_spawnattr_init(this.#attributes);
    this.libc.posix_spawnattr_setflags(this.#attributes, SIGNALS_AS_USUAL);
    this.libc.posix_spawnattr_setsigdefault(
      this.#attributes,
      new Uint8Array(SIGSET_BYTES).fill(0xff),
    );
    const own = this.#watch(Deno.pid);
    if (own < 0) throw new Error("this kernel has no pidfd_open");
    this.libc.close(own);
  }

  /** A handle that can be waited on until the process has ended; negative where the kernel has none (before 5.3). */
  #watch(pid: number): number {
    return Number(this.libc.syscall(PIDFD_OPEN, BigInt(pid), 0n));
  }

  /** Undefined when it cannot be started, or when it takes more than this to say how. */
  start({ words, folder, environment, onOutput }: ProgramOrders): PolledProgram | undefined {
    const place = this.#placeOf(words[0]!, environment.own.PATH ?? environment.shared.PATH);
    if (place === undefined) return undefined;
    const argv = blockOf(textsOf(words));
    const envp = this.#environments.of(environment);
    const texts = textsOf([place, folder]);
    if (argv === undefined || envp === undefined || texts === undefined) return undefined;
    this.#held = [argv, envp];
    const pipes = new Int32Array(4);
    if (!this.#openPipes(pipes)) return undefined;
    const { libc } = this;
    const actions = this.#actions;
    libc.posix_spawn_file_actions_init(actions);
    libc.posix_spawn_file_actions_addchdir_np(actions, texts.bytes.subarray(texts.starts[1]));
    libc.posix_spawn_file_actions_addopen(actions, 0, DEV_NULL.bytes, O_RDONLY, 0);
    libc.posix_spawn_file_actions_adddup2(actions, pipes[OUT_WRITE]!, 1);
    libc.posix_spawn_file_actions_adddup2(actions, pipes[ERROR_WRITE]!, 2);
    libc.posix_spawn_file_actions_addclosefrom_np(actions, 3);
    const started = new Int32Array(1);
    const error = libc.posix_spawn(
      bytesOf(started),
      texts.bytes,
      actions,
      this.#attributes,
      argv.pointers,
      envp.pointers,
    );
    libc.posix_spawn_file_actions_destroy(actions);
    const pid = started[0]!;
    const end = error === 0 ? this.#watch(pid) : NONE;
    if (end >= 0) return new PolledProgram(this, pid, end, pipes, onOutput);
    if (error === 0) this.#takeBack(pid);
    for (const handle of pipes) libc.close(handle);
    return undefined;
  }

  /** Of one that this process has too few handles to watch. */
  #takeBack(pid: number): void {
    Deno.kill(pid, "SIGKILL");
    this.libc.waitpid(pid, new Uint8Array(4), 0);
  }

  /** New ones for each: what a program does to its end, such as to make it not wait, is not for the next one. */
  #openPipes(pipes: Int32Array<ArrayBuffer>): boolean {
    const { libc } = this;
    const bytes = bytesOf(pipes);
    if (libc.pipe2(bytes, O_CLOEXEC) !== 0) return false;
    const isBoth = libc.pipe2(bytes.subarray(8), O_CLOEXEC) === 0;
    if (!isBoth) { for (const end of pipes.subarray(0, 2)) libc.close(end); }
    else for (const end of [OUT_READ, ERROR_READ]) libc.fcntl(pipes[end]!, F_SETFL, O_NONBLOCK);
    return isBoth;
  }

  /** Found as a shell would find it, in the environment that the program gets. */
  #placeOf(word: string, path: string | undefined): string | undefined {
    if (word.includes("/")) return word;
    const key = `${path}\0${word}`;
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    for (const folder of path?.split(":") ?? []) {
      // One that depends on the folder of the run is not for remembering.
      if (!folder.startsWith("/")) return undefined;
      const place = `${folder}/${word}`;
      if (!isProgram(place)) continue;
      this.#places.set(key, place);
      return place;
    }
    return undefined;
  }
}

let starter: Starter | "unknown" | undefined = "unknown";

/**
 * Starts it, if this system can and nothing is wrong with it: {@linkcode StreamedProgram} takes the rest and says what is.
 * Only for a process that orphans come to: another process that holds an output open is not waited for.
 */
export function startPolled(orders: ProgramOrders): Program | undefined {
  if (starter === "unknown") {
    try {
      starter = new Starter();
    } catch {
      // Another libc, an older one, or a system that forbids it.
      starter = undefined;
    }
  }
  return starter?.start(orders);
}

/** Of the four ends of both pipes, as `pipe2(2)` answers them. */
const OUT_READ = 0;
const OUT_WRITE = 1;
const ERROR_READ = 2;
const ERROR_WRITE = 3;

/** A `struct pollfd` has a handle of 4 bytes, and the events that are asked for and answered, 2 bytes each. */
const POLLFD_WORDS = 2;
const NONE = -1;
const OUTPUTS = 2;
/** Behind both outputs. */
const END = 2;

class PolledProgram implements Program {
  readonly pid: number;
  readonly ended: Promise<ProgramEnd>;
  readonly #starter: Starter;
  readonly #onOutput: ProgramOrders["onOutput"];
  /**
   * All four ends until it is over: as long as somebody holds the ends to write to, only what is printed wakes this process,
   * and not that both outputs are closed one after the other just before the end is told.
   */
  readonly #pipes: Int32Array;
  readonly #handles = new Int32Array(3 * POLLFD_WORDS);
  readonly #events = new Int16Array(this.#handles.buffer);

  constructor(
    starter: Starter,
    pid: number,
    end: number,
    pipes: Int32Array,
    onOutput: ProgramOrders["onOutput"],
  ) {
    this.#starter = starter;
    this.pid = pid;
    this.#onOutput = onOutput;
    this.#pipes = pipes;
    this.#listenTo(0, pipes[OUT_READ]!);
    this.#listenTo(1, pipes[ERROR_READ]!);
    this.#listenTo(END, end);
    this.ended = this.#wait();
  }

  #listenTo(i: number, handle: number): void {
    this.#handles[i * POLLFD_WORDS] = handle;
    this.#events[i * 2 * POLLFD_WORDS + 2] = POLLIN;
  }

  #hasNews(i: number): boolean {
    return this.#events[i * 2 * POLLFD_WORDS + 3] !== 0;
  }

  async #wait(): Promise<ProgramEnd> {
    const { libc } = this.#starter;
    const bytes = bytesOf(this.#handles);
    // Whoever started it has something to do first.
    await undefined;
    // A program that takes a millisecond is not worth being woken up for, from another thread, up to three times.
    const begun = performance.now();
    do {
      if (libc.poll(bytes, 3n, QUICK_MS) > 0 && this.#hasEnded()) return this.#bury();
    } while (performance.now() - begun < QUICK_MS);
    for (;;) {
      // Less than one when a signal has come in between.
      if (await libc.pollAsync(bytes, 3n, -1) > 0 && this.#hasEnded()) return this.#bury();
    }
  }

  /** Hears what there is to be heard, without waiting. */
  #hasEnded(): boolean {
    for (let i = 0; i < OUTPUTS; i++) if (this.#hasNews(i)) this.#hear(i);
    return this.#hasNews(END);
  }

  #bury(): ProgramEnd {
    const { libc } = this.#starter;
    libc.close(this.#handles[END * POLLFD_WORDS]!);
    const status = new Int32Array(1);
    libc.waitpid(this.pid, bytesOf(status), 0);
    return endOf(status[0]!);
  }

  hearTheRest(): Promise<void> {
    // Nobody is left who could print more: what lies in the pipes is all.
    for (let i = 0; i < OUTPUTS; i++) {
      for (let n = 0; n < PIECES_AFTER_END_MAX && this.#hear(i); n++);
    }
    for (const handle of this.#pipes) this.#starter.libc.close(handle);
    return Promise.resolve();
  }

  /** One piece, which is not waited for. False when there is none. */
  #hear(i: number): boolean {
    const { libc, piece } = this.#starter;
    const length = Number(libc.read(this.#handles[i * POLLFD_WORDS]!, piece, BigInt(PIECE_BYTES)));
    if (length > 0) this.#onOutput(piece.subarray(0, length), i === 1);
    return length > 0;
  }
}

/** What `waitpid(2)` answers of one that has ended. */
function endOf(status: number): ProgramEnd {
  const signal = status & 0x7f;
  if (signal === 0) return { status: (status >> 8) & 0xff, signal: null };
  const { signals } = process.getBuiltinModule("node:os").constants;
  const name = Object.entries(signals).find(([, number]) => number === signal)?.[0];
  return { status: 128 + signal, signal: name ?? `signal ${signal}` };
}

function isProgram(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && (mode! & 0o111) !== 0;
  } catch {
    return false;
  }
}

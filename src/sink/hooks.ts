/**
 * A TypeScript module of the user's: `export function on_error(notice) {…}`, named as the events, or a default
 * function for all. It has a process of its own: one that never returns, or that exits, hurts nobody else.
 */
import type { SinkSpec } from "../job/sink.ts";
import type { Notice } from "../notice/notice.ts";
import { fileUrl } from "../worker/file_url.ts";
import { readLines } from "../worker/lines.ts";
import { type HookAnswer, HOOKS_WORD } from "./hooks_process.ts";
import { ownProcess } from "../worker/own_process.ts";
import { NotDelivered, type Sink } from "./sink.ts";

type ModuleSpec = Extract<SinkSpec, { kind: "module" }>;

/** The hidden sub-command under which the executable runs a hooks module. */
export const HOOKS_COMMAND = "__hooks";

const SAID_CHARACTERS_MAX = 200;

export class HooksModule implements Sink {
  readonly batchMax = 100;
  /** A function that throws is called again twice; then the next notice has its turn. */
  readonly triesMax = 3;
  readonly #spec: ModuleSpec;
  #process: HooksProcess | undefined;
  /** Once it is known. */
  #wants: ReadonlySet<string> | undefined;

  constructor(spec: ModuleSpec) {
    this.#spec = spec;
  }

  async deliver(notices: readonly Notice[], signal: AbortSignal): Promise<void> {
    const wanted = notices.filter(({ event }) => this.#wants?.has(event) ?? true);
    if (wanted.length === 0) return;
    const process = this.#process ??= new HooksProcess(fileUrl(this.#spec.path));
    const end = () => this.close();
    signal.addEventListener("abort", end);
    try {
      const { trouble, wants } = await process.ask(wanted);
      if (wants !== undefined) this.#wants = new Set(wants);
      if (trouble !== undefined) throw new NotDelivered(trouble);
    } catch (error) {
      if (process.isGone) this.#process = undefined;
      const stopped = wanted[process.done];
      // All were done; what ended it came later.
      if (stopped === undefined) return;
      const why = signal.aborted
        ? "has not returned in time, and was ended"
        : (error as Error).message;
      const arrived = notices.indexOf(stopped);
      throw new NotDelivered(`${stopped.event}(): ${why}`, { arrived });
    } finally {
      signal.removeEventListener("abort", end);
    }
  }

  close(): void {
    this.#process?.kill();
    this.#process = undefined;
  }
}

class HooksProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #word = crypto.randomUUID();
  #answer = Promise.withResolvers<HookAnswer>();
  #said = "";
  #isGone = false;
  #isAsked = false;
  #done = 0;

  constructor(module: string) {
    this.#answer.promise.catch(() => {});
    const entry = new URL("./hooks_main.ts", import.meta.url);
    this.#child = ownProcess(HOOKS_COMMAND, entry, [module, String(Deno.pid)], {
      env: { [HOOKS_WORD]: this.#word },
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    void this.#hear();
    void this.#hearErrors();
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Of those that were asked last, so many were done. */
  get done(): number {
    return this.#done;
  }

  /** Throws when it ends before it has answered. */
  async ask(notices: readonly Notice[]): Promise<HookAnswer> {
    this.#answer = Promise.withResolvers();
    this.#done = 0;
    this.#isAsked = true;
    if (this.#isGone) throw new NotDelivered(this.#lastWords());
    const line = new TextEncoder().encode(JSON.stringify(notices) + "\n");
    // Should it be gone, its end is heard.
    this.#input.write(line).catch(() => {});
    return await this.#answer.promise;
  }

  kill(): void {
    try {
      Deno.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }

  /** While there are answers to come, those of a moment together: read one by one they would be most of the work. */
  async *#pieces(): AsyncGenerator<Uint8Array> {
    for await (const piece of this.#child.stdout) {
      yield piece;
      if (this.#isAsked) await new Promise((soon) => setTimeout(soon, 1));
    }
  }

  async #hear(): Promise<void> {
    for await (const line of readLines(this.#pieces())) {
      if (!line.startsWith(this.#word)) continue;
      if (line.length === this.#word.length + 2) this.#done++;
      else {
        this.#isAsked = false;
        this.#answer.resolve(JSON.parse(line.slice(this.#word.length + 1)) as HookAnswer);
      }
    }
    await this.#child.status;
    this.#isGone = true;
    this.kill();
    this.#answer.reject(new NotDelivered(this.#lastWords()));
  }

  async #hearErrors(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.#said = (this.#said + decoder.decode(chunk, { stream: true })).slice(-2_000);
    }
  }

  #lastWords(): string {
    const last = this.#said.trim().split("\n").at(-1)!.slice(0, SAID_CHARACTERS_MAX);
    return `its process has ended${last === "" ? "" : `: ${last}`}`;
  }
}

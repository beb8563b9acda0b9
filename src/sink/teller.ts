/** The sinks as a campaign has them: their process is started a little behind it, and told when it is over. */
import type { SinkSpec } from "../job/sink.ts";
import { lastSeqOf } from "../store/journal_tail.ts";
import type { Layout } from "../store/layout.ts";
import { readLines } from "../worker/lines.ts";
import { ownProcess } from "../worker/own_process.ts";
import type { Left } from "./courier.ts";
import { writeSinks } from "./sink_list.ts";

/** The hidden sub-command under which the executable tells sinks. */
export const SINKS_COMMAND = "__sinks";

/**
 * The process starts so long behind the campaign, or at its end if that is sooner. Its start takes more than telling does,
 * and falls so where a short campaign does not feel it. What happens until then stands in the journal, and the list of
 * sinks says since where it is to be told.
 */
const START_MS = 2_000;
/** It ends by itself before; one that does not is left behind by nobody. */
const END_MS = 15_000;
/**
 * While the campaign computes; who is told a moment later has lost nothing. With 19, on a machine that is full, it would be a
 * minute. Behind its end simrun waits for them.
 */
const NICENESS = 10;

export class Teller {
  readonly #command: (niceness: number) => Deno.Command;
  readonly #timer: ReturnType<typeof setTimeout>;
  #process: SinksProcess | undefined;
  /** Why there is no process. */
  #trouble: string | undefined;

  private constructor(command: (niceness: number) => Deno.Command, startMs: number) {
    this.#command = command;
    this.#timer = setTimeout(() => this.#start(NICENESS), startMs);
  }

  /** Only for the holder of the tree's lock, before the campaign writes. Undefined where nobody is to be told. */
  static async start(
    layout: Layout,
    sinks: readonly SinkSpec[],
    startMs = START_MS,
  ): Promise<Teller | undefined> {
    const lastSeq = lastSeqOf(layout);
    await writeSinks(layout, sinks, lastSeq);
    if (sinks.length === 0) return undefined;
    const entry = new URL("./sinks_main.ts", import.meta.url);
    const args = [layout.root, String(lastSeq)];
    const command = (niceness: number) => ownProcess(SINKS_COMMAND, entry, args, { niceness });
    // Nothing notes how far traces were sent: nobody could send later what a killed simrun did not.
    const isAtOnce = sinks.some(({ kind }) => kind === "traces");
    return new Teller(command, isAtOnce ? 0 : startMs);
  }

  /** The campaign is over, and its journal closed. Answers where not all has arrived; never throws. */
  async finish(): Promise<readonly Left[]> {
    this.#start(0);
    const answer = await this.#process?.finish() ?? this.#trouble!;
    if (typeof answer !== "string") return answer;
    return [{ name: "their process", failing: answer, lost: 0 }];
  }

  /** Once. What goes wrong with it is told in the end: no run waits for anybody. */
  #start(niceness: number): void {
    clearTimeout(this.#timer);
    if (this.#process !== undefined || this.#trouble !== undefined) return;
    try {
      this.#process = new SinksProcess(this.#command(niceness).spawn());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#trouble = `it cannot be started: ${why}`;
    }
  }
}

class SinksProcess {
  readonly #child: Deno.ChildProcess;
  readonly #left: Left[] = [];
  readonly #heard: Promise<void>;
  #said = "";

  constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#heard = this.#hear();
    this.#heard.catch(() => {});
  }

  /** Answers where not all has arrived, or why that is not known; never throws. */
  async finish(): Promise<readonly Left[] | string> {
    const kill = () => {
      try {
        Deno.kill(-this.#child.pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    };
    const timer = setTimeout(kill, END_MS);
    try {
      await this.#child.stdin.close().catch(() => {});
      await this.#heard;
      const { success } = await this.#child.status;
      if (success) return this.#left;
    } catch {
      // Told below.
    } finally {
      clearTimeout(timer);
    }
    const why = this.#said.trim().split("\n").at(-1)!.slice(0, 200);
    return why === "" ? "it was ended" : why;
  }

  async #hear(): Promise<void> {
    const errors = async () => {
      const decoder = new TextDecoder();
      for await (const chunk of this.#child.stderr) {
        this.#said = (this.#said + decoder.decode(chunk, { stream: true })).slice(-2_000);
      }
    };
    const lines = async () => {
      for await (const line of readLines(this.#child.stdout)) {
        this.#left.push(JSON.parse(line) as Left);
      }
    };
    await Promise.all([errors(), lines()]);
  }
}

/** The sinks as a campaign has them: their process is started beside it, and told when it is over. */
import type { SinkSpec } from "../job/sink.ts";
import type { Layout } from "../store/layout.ts";
import { readLines } from "../worker/lines.ts";
import type { Left } from "./courier.ts";
import { ownProcess } from "../worker/own_process.ts";
import { writeSinks } from "./sink_list.ts";

/** The hidden sub-command under which the executable tells sinks. */
export const SINKS_COMMAND = "__sinks";

/** It ends by itself before; one that does not is left behind by nobody. */
const END_MS = 15_000;
/** Others compute; who is told a moment later has lost nothing. With 19, on a machine that is full, it would be a minute. */
const NICENESS = 10;

export class Teller {
  readonly #child: Deno.ChildProcess;
  readonly #left: Left[] = [];
  readonly #heard: Promise<void>;
  #said = "";

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#heard = this.#hear();
    this.#heard.catch(() => {});
  }

  /** Only for the holder of the tree's lock, before the campaign writes. Undefined where nobody is to be told. */
  static async start(
    layout: Layout,
    sinks: readonly SinkSpec[],
    afterSeq: number,
  ): Promise<Teller | undefined> {
    await writeSinks(layout, sinks);
    if (sinks.length === 0) return undefined;
    const entry = new URL("./sinks_main.ts", import.meta.url);
    const args = [layout.root, String(afterSeq)];
    return new Teller(ownProcess(SINKS_COMMAND, entry, args, { niceness: NICENESS }).spawn());
  }

  /** The campaign is over, and its journal closed. Answers where not all has arrived; never throws. */
  async finish(): Promise<readonly Left[]> {
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
    return [{ name: "their process", failing: why === "" ? "it was ended" : why, lost: 0 }];
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

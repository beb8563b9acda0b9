/** Keeps a tree's metrics up to date beside a campaign: in a file, at an endpoint, or both, in a process of its own. */
import { Fault } from "../job/fault.ts";
import type { Layout } from "../store/layout.ts";
import { pause } from "../store/pause.ts";
import { writeMetricsFile } from "./metrics_file.ts";
import { type Address, serveMetrics } from "./metrics_server.ts";
import { TreeMetrics } from "./tree_metrics.ts";

export interface KeepOptions {
  /** Replaced every `everyMs`, and a last time at the end. */
  readonly file?: string | undefined;
  readonly listen?: Address | undefined;
  readonly everyMs: number;
  /** Ends by itself when nobody works on the tree. */
  readonly isUntilEnd?: boolean;
  /** What somebody should know, once each time that it changes: the tree is gone, the file cannot be written. */
  readonly onNote?: (text: string) => void;
  readonly onListen?: (address: Address) => void;
}

/**
 * Until the signal aborts. What cannot be done at once throws a Fault: a port in use, a folder that is not there. What
 * goes wrong later is told, and tried again.
 */
export async function keepMetrics(
  layout: Layout,
  options: KeepOptions,
  signal: AbortSignal,
): Promise<void> {
  const { listen, onListen, isUntilEnd = false } = options;
  using metrics = new TreeMetrics(layout);
  const server = listen && serveMetrics(metrics, listen);
  try {
    if (server !== undefined) onListen?.(server.addr);
    const keeper = new Keeper(metrics, options);
    for (let isFirst = true;; isFirst = false) {
      // What has come until it was told to end is in the last one, also when it was told in the middle of one.
      const isLast = signal.aborted;
      const isWorking = await keeper.update(isFirst);
      if (isLast || (isUntilEnd && !isWorking)) return;
      await pause(options.everyMs, signal);
    }
  } finally {
    await server?.shutdown();
  }
}

class Keeper {
  readonly #metrics: TreeMetrics;
  readonly #options: KeepOptions;
  readonly #told: { tree?: string; file?: string } = {};

  constructor(metrics: TreeMetrics, options: KeepOptions) {
    this.#metrics = metrics;
    this.#options = options;
  }

  /** Answers whether somebody works on the tree. */
  async update(isFirst: boolean): Promise<boolean> {
    const { file } = this.#options;
    const { text, fault, isWorking } = await this.#metrics.read(true);
    this.#tell("tree", fault, "The tree can be read again.");
    if (file === undefined) return isWorking;
    try {
      await writeMetricsFile(file, text);
      this.#tell("file", undefined, `${file} can be written again.`);
    } catch (error) {
      if (isFirst || !(error instanceof Fault)) throw error;
      this.#tell("file", error, "");
    }
    return isWorking;
  }

  /** Once, and not every time. */
  #tell(what: "tree" | "file", fault: Fault | undefined, again: string): void {
    const before = this.#told[what];
    if (fault?.message === before) return;
    if (fault === undefined) delete this.#told[what];
    else this.#told[what] = fault.message;
    this.#options.onNote?.(fault === undefined ? again : `${fault.message} Goes on trying.`);
  }
}

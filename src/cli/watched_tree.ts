/** What is shown of a tree again and again: of its journal only what is new is read. Never writes. */
import { ChangedPriorities } from "../report/changed_priorities.ts";
import type { LedJob } from "../report/led_job.ts";
import { queueByPriority, type QueueShare } from "../report/queue_text.ts";
import { type CliContext, type GlobalFlags, treeRoot } from "./context.ts";
import { isLed, ledOf, readStatus, type StatusFlags, type StatusReading } from "./status_reader.ts";
import { TreeFollower } from "./tree_follower.ts";
import { readTree } from "./tree_reader.ts";
import type { History } from "../queue/history.ts";

export interface WatchReading extends StatusReading {
  readonly queue: readonly QueueShare[];
  /** Lines of the journal are missing. */
  readonly isDamaged: boolean;
}

/** What led jobs have come to is found out by all their results: it may take this part of a core. */
const LED_LOAD_MAX = 0.05;

export class WatchedTree implements Disposable {
  readonly #context: CliContext;
  readonly #flags: StatusFlags;
  readonly #selectors: readonly string[];
  readonly #follower: TreeFollower;
  readonly #led: LedReader;
  #priorities = new ChangedPriorities();

  constructor(context: CliContext, flags: StatusFlags, selectors: readonly string[]) {
    this.#context = context;
    this.#flags = flags;
    this.#selectors = selectors;
    this.#led = new LedReader(context, flags);
    this.#follower = new TreeFollower(
      treeRoot(context, flags),
      (entry) => this.#priorities.apply(entry),
      () => this.#priorities = new ChangedPriorities(),
    );
  }

  async read(): Promise<WatchReading> {
    const tree = await this.#follower.read();
    const led = (history: History) => this.#led.read(history);
    const reading = await readStatus(this.#context, this.#flags, this.#selectors, tree, led);
    const { history, isDamaged } = tree;
    const queue = queueByPriority(
      reading.status.jobs,
      history,
      this.#priorities.waiting(history),
    );
    return { ...reading, queue, isDamaged };
  }

  [Symbol.dispose](): void {
    this.#follower[Symbol.dispose]();
  }
}

/** Led jobs as they stand. Their results are read again, so the journal has to be read with its places. */
class LedReader {
  readonly #context: CliContext;
  readonly #flags: GlobalFlags;
  #led: readonly LedJob[] = [];
  #seq = -1;
  #notBeforeMs = 0;

  constructor(context: CliContext, flags: GlobalFlags) {
    this.#context = context;
    this.#flags = flags;
  }

  async read(history: History): Promise<readonly LedJob[]> {
    const beganMs = this.#context.clockMs();
    if (!isLed(history)) return [];
    if (history.lastSeq === this.#seq || beganMs < this.#notBeforeMs) return this.#led;
    this.#seq = history.lastSeq;
    const tree = await readTree(this.#context, { ...this.#flags, quiet: true });
    this.#led = await ledOf(tree.history, tree.layout);
    const endedMs = this.#context.clockMs();
    this.#notBeforeMs = endedMs + (endedMs - beganMs) / LED_LOAD_MAX;
    return this.#led;
  }
}

/** What is shown of a tree again and again: of its journal only what is new is read. Never writes. */
import type { JournalEntry } from "../job/event.ts";
import { History } from "../queue/history.ts";
import { ChangedPriorities } from "../report/changed_priorities.ts";
import type { LedJob } from "../report/led_job.ts";
import { queueByPriority, type QueueShare } from "../report/queue_text.ts";
import { FollowedFold } from "../store/followed_fold.ts";
import type { JournalLocation } from "../store/journal_line.ts";
import { Layout } from "../store/layout.ts";
import { type CliContext, treeRoot } from "./context.ts";
import type { SlurmState } from "../report/slurm_state.ts";
import {
  isLed,
  ledOf,
  readStatus,
  slurmState,
  type StatusFlags,
  type StatusReading,
} from "./status_reader.ts";

export interface WatchReading extends StatusReading {
  readonly queue: readonly QueueShare[];
  /** Lines of the journal are missing. */
  readonly isDamaged: boolean;
}

/** What led jobs have come to is found out by all their results: it may take this part of a core. */
const LED_LOAD_MAX = 0.05;
/** One controller serves all users of a cluster: nobody asks it more often. */
const SLURM_MS = 15_000;

class WatchedFold {
  readonly history = new History();
  readonly priorities = new ChangedPriorities();

  apply(entry: JournalEntry, location: JournalLocation): void {
    this.history.apply(entry, location);
    this.priorities.apply(entry);
  }
}

export class WatchedTree implements Disposable {
  readonly #context: CliContext;
  readonly #flags: StatusFlags;
  readonly #selectors: readonly string[];
  readonly #layout: Layout;
  readonly #journal: FollowedFold<WatchedFold>;
  readonly #led: LedReader;
  readonly #slurm: SlurmReader;

  constructor(context: CliContext, flags: StatusFlags, selectors: readonly string[]) {
    this.#context = context;
    this.#flags = flags;
    this.#selectors = selectors;
    this.#led = new LedReader(context);
    this.#slurm = new SlurmReader(context);
    this.#layout = new Layout(treeRoot(context, flags));
    this.#journal = new FollowedFold(this.#layout, () => new WatchedFold());
  }

  async read(): Promise<WatchReading> {
    const { history, priorities } = await this.#journal.read();
    const reading = await readStatus(
      this.#context,
      this.#flags,
      this.#selectors,
      { layout: this.#layout, history },
      (history, layout) => this.#led.read(history, layout),
      (layout) => this.#slurm.read(layout),
    );
    const queue = queueByPriority(reading.status.jobs, history, priorities.waiting(history));
    return { ...reading, queue, isDamaged: this.#journal.isDamaged };
  }

  [Symbol.dispose](): void {
    this.#journal[Symbol.dispose]();
  }
}

/** Led jobs as they stand, not looked at more often than is cheap. Of the journal it reads their results only. */
class LedReader {
  readonly #context: CliContext;
  #led: readonly LedJob[] = [];
  /** What it was found out from. */
  #history: History | undefined;
  #seq = -1;
  #notBeforeMs = 0;

  constructor(context: CliContext) {
    this.#context = context;
  }

  async read(history: History, layout: Layout): Promise<readonly LedJob[]> {
    const beganMs = this.#context.clockMs();
    if (!isLed(history)) return [];
    if (history === this.#history) {
      if (history.lastSeq === this.#seq || beganMs < this.#notBeforeMs) return this.#led;
    }
    this.#history = history;
    this.#seq = history.lastSeq;
    this.#led = await ledOf(history, layout);
    const endedMs = this.#context.clockMs();
    this.#notBeforeMs = endedMs + (endedMs - beganMs) / LED_LOAD_MAX;
    return this.#led;
  }
}

/** What Slurm says, a while ago at most. Only its first answer is waited for. */
class SlurmReader {
  readonly #context: CliContext;
  #state: SlurmState | undefined;
  #askedMs = -Infinity;

  constructor(context: CliContext) {
    this.#context = context;
  }

  async read(layout: Layout): Promise<SlurmState> {
    const nowMs = this.#context.clockMs();
    if (nowMs - this.#askedMs < SLURM_MS) return this.#state ?? { tasks: [] };
    this.#askedMs = nowMs;
    // A disk that fails here fails for the journal too, which says so.
    const asked = slurmState(layout).catch(() => ({ tasks: [] }))
      .then((state) => this.#state = state);
    return this.#state ?? await asked;
  }
}

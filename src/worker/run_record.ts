/** What one run leaves: the record of its result, and beside it what is too long for that, as files. */
import {
  LOG_INLINE_CHARACTERS_MAX,
  RESULT_CHARACTERS_MAX,
  RESULT_INLINE_CHARACTERS_MAX,
} from "./inline_limits.ts";
import type { RunContext } from "./context.ts";
import type { Measuring } from "./measuring.ts";
import { plainResult } from "./outcome.ts";
import type { FromSimulation } from "./protocol.ts";
import { BadState } from "./state.ts";

/** Kept before a model takes the floor. */
const { stringify } = JSON;

type AboutRun = Extract<FromSimulation, { type: "file" | "rows" | "log" }>;
/** Of each kind of message by itself. */
type OfRun<Message> = Message extends unknown ? Omit<Message, "batch" | "index"> : never;

export class RunRecord {
  readonly #context: RunContext;
  readonly #measuring: Measuring;
  readonly #batch: number;
  readonly #index: number;
  readonly #send: (message: FromSimulation) => void;
  /** As that of an earlier attempt is. */
  #isLogOnDisk: boolean;

  constructor(
    context: RunContext,
    measuring: Measuring,
    batch: number,
    index: number,
    attempt: number,
    send: (message: FromSimulation) => void,
  ) {
    this.#context = context;
    this.#measuring = measuring;
    this.#batch = batch;
    this.#index = index;
    this.#isLogOnDisk = attempt > 1;
    this.#send = send;
  }

  /** An earlier attempt has perhaps written some of its log already. */
  restore(): void {
    this.#isLogOnDisk = true;
  }

  logToDisk(): void {
    const text = this.#context.takeLog();
    if (text === "") return;
    this.#isLogOnDisk = true;
    this.#tell({ type: "log", text });
  }

  /** Of the last attempt a short one goes into the record; when another may follow, all of them into a file. */
  logAtEnd(mayBeTriedAgain = false): { log?: string } {
    const text = this.#context.takeLog();
    if (text === "") return {};
    if (!mayBeTriedAgain && !this.#isLogOnDisk && text.length <= LOG_INLINE_CHARACTERS_MAX) {
      return { log: text };
    }
    this.#tell({ type: "log", text });
    return {};
  }

  /** Rows that are too many to wait for a checkpoint; there is memory for so many. */
  flushRows(bytesMax: number): void {
    const text = this.#measuring.takeTooMany(bytesMax);
    if (text !== undefined) this.#tell({ type: "rows", text });
  }

  /** As JSON. */
  result(
    value: unknown,
    run: { readonly step: number; readonly ms: number; readonly ending: string | undefined },
  ): string {
    let result = plainResult(value ?? null);
    const text = stringify(result);
    if (text.length > RESULT_CHARACTERS_MAX) {
      const most = `${RESULT_CHARACTERS_MAX >> 20} MiB`;
      throw new BadState(
        `result is ${Math.round(text.length / 2 ** 20)} MiB when written down; ${most} is the ` +
          "most: keep what is large in the state, whose checkpoints can be exported",
      );
    }
    if (text.length > RESULT_INLINE_CHARACTERS_MAX) {
      this.#tell({ type: "file", name: "result.json", text });
      result = { $file: "result.json" };
    }
    const { rows, isInline } = this.#measuring.takeLast();
    // Also when there is no new row: earlier ones that met a failing disk may still wait to be written.
    if (!isInline) this.#tell({ type: "file", name: "series.csv", text: rows });
    return stringify({
      index: this.#index,
      step: run.step,
      ms: Math.round(run.ms * 1000) / 1000,
      ...(run.ending === undefined ? {} : { ending: run.ending }),
      result,
      ...(isInline && rows !== "" ? { series: rows } : {}),
      ...this.logAtEnd(),
    });
  }

  #tell(message: OfRun<AboutRun>): void {
    this.#send({ ...message, batch: this.#batch, index: this.#index });
  }
}

/** `simulation.log` in the tree: a line a notice, put aside when it is long. */
import { getRotatingFileSink } from "@logtape/file";
import type { LogRecord, Sink as LineSink } from "@logtape/logtape";
import type { SinkSpec } from "../job/sink.ts";
import type { Notice } from "../notice/notice.ts";
import { noticeLevel, noticeText } from "../notice/notice_text.ts";
import { safeJson } from "../screen/safe_text.ts";
import type { Layout } from "../store/layout.ts";
import { refuseOddFile } from "../store/plain_file.ts";
import type { Sink } from "./sink.ts";

type LogSpec = Extract<SinkSpec, { kind: "log" }>;
type FileSink = LineSink & Disposable;

const BUFFER_CHARACTERS = 1 << 20;

export class LogFile implements Sink {
  readonly batchMax = 10_000;
  /** The file is synced once for what comes together. */
  readonly gatherMs = 500;
  readonly #spec: LogSpec;
  readonly #layout: Layout;
  #file: FileSink | undefined;

  constructor(spec: LogSpec, layout: Layout) {
    this.#spec = spec;
    this.#layout = layout;
  }

  async deliver(notices: readonly Notice[]): Promise<void> {
    // Opened for each: whoever has put it aside by other means finds that lines go into a new one.
    const file = this.#file ??= await this.#open();
    try {
      for (const notice of notices) file(this.#record(notice));
    } finally {
      // Nothing stays in a buffer: what is written has arrived.
      this.close();
    }
  }

  close(): void {
    this.#file?.[Symbol.dispose]();
    this.#file = undefined;
  }

  async #open(): Promise<FileSink> {
    const { format, bytesMax, filesMax } = this.#spec;
    // A link that was put there would lead out of the tree.
    await refuseOddFile(this.#layout.log);
    return getRotatingFileSink(this.#layout.log, {
      maxSize: bytesMax,
      maxFiles: filesMax,
      // Written and synced when it is closed, which is after each delivery.
      bufferSize: BUFFER_CHARACTERS,
      flushInterval: 0,
      formatter: format === "json" ? jsonLine : textLine,
    });
  }

  #record(notice: Notice): LogRecord {
    const text = noticeText(notice);
    return {
      category: ["simrun"],
      level: noticeLevel(notice),
      message: [text],
      rawMessage: text,
      timestamp: Date.parse(notice.at),
      properties: { notice },
    };
  }
}

/** Safe to look at as it is: the package's own formatter would take most of the time of a log. */
function textLine({ level, message, properties }: LogRecord): string {
  const { at } = properties.notice as Notice;
  return `${at} ${level.padEnd(7)} ${message[0]}\n`;
}

/** The notice itself, with the line for people. */
function jsonLine(record: LogRecord): string {
  const { notice } = record.properties as { readonly notice: Notice };
  return safeJson({ level: record.level, ...notice, text: record.message[0] }) + "\n";
}

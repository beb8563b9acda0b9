/** A tree whose journal is written by the test, and sinks that it looks into. */
import type { RunEvent } from "../../src/job/event.ts";
import { NOTICE_EVENTS, type SinkSpec } from "../../src/job/sink.ts";
import type { Notice } from "../../src/notice/notice.ts";
import { Courier, COURIER_TIMES, type CourierParts, type Left } from "../../src/sink/courier.ts";
import { NotDelivered, type Sink } from "../../src/sink/sink.ts";
import { JournalWriter } from "../../src/store/journal.ts";
import type { Layout } from "../../src/store/layout.ts";

export const FAST = { ...COURIER_TIMES, lookEveryMs: 5, backoffMs: 5, backoffMsMax: 20 };

export const aSpec: SinkSpec = {
  kind: "command",
  command: ["true"],
  folder: "/",
  name: "one",
  events: NOTICE_EVENTS,
  progressEveryMs: 60_000,
};

/** Takes what it is given, unless it is told to fail or to hang. */
export class Ear implements Sink {
  readonly batchMax: number;
  readonly triesMax?: number;
  readonly heard: Notice[] = [];
  /** So many deliveries fail before the next that does not. */
  failures = 0;
  hangs = false;

  constructor(batchMax = 100, triesMax?: number) {
    this.batchMax = batchMax;
    if (triesMax !== undefined) this.triesMax = triesMax;
  }

  async deliver(notices: readonly Notice[]): Promise<void> {
    if (this.hangs) await new Promise<never>(() => {});
    if (this.failures-- > 0) throw new NotDelivered("it is not in the mood");
    this.heard.push(...notices);
  }

  /** The runs that were told to have completed. */
  get runs(): string[] {
    return this.heard.flatMap((notice) => notice.event === "on_complete" ? [notice.run] : []);
  }
}

/** A courier that tells all there is, and ends. */
export function tellAll(
  layout: Layout,
  sink: Sink,
  more: Partial<CourierParts> = {},
): Promise<Left> {
  const late = AbortSignal.timeout(2_000);
  const parts = { layout, sink, spec: aSpec, afterSeq: 0, times: FAST, ...more };
  return new Courier(parts).run(AbortSignal.abort(), late);
}

export async function append(layout: Layout, ...events: readonly RunEvent[]): Promise<void> {
  const { writer } = await JournalWriter.open(layout, () => new Date());
  await Promise.all(events.map((event) => writer.append(event)));
  await writer.close();
}

/** Runs of those names have completed. */
export function done(...runs: readonly string[]): RunEvent {
  const record = { digest: "d", attempt: 1, steps: 1, ms: 1, result: null };
  return {
    type: "runs.completed",
    job: "j",
    model: "m",
    runs: runs.map((run) => ({ ...record, run })),
  };
}

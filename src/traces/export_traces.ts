/** Follows a tree's journal and sends traces of what ends, once or beside a campaign. Only reads; takes no lock. */
import { Fault } from "../job/fault.ts";
import { FollowedFold } from "../store/followed_fold.ts";
import type { Layout } from "../store/layout.ts";
import { pause } from "../store/pause.ts";
import { isTelemetryOn, nativeTracer } from "./telemetry.ts";
import type { Trace } from "./trace.ts";
import { TraceMaker } from "./trace_maker.ts";
import { type Sent, TraceSender } from "./trace_sender.ts";

export interface ExportOptions {
  /** What ended behind this entry of the journal is told; its beginning may stand before. All when absent. */
  readonly afterSeq?: number;
  /** What ended then or later. */
  readonly sinceMs?: number;
  /** How often it looks for more, until the signal aborts. Absent: once. */
  readonly everyMs?: number;
}

export interface Exported extends Sent {
  /** Runs that have begun and not ended: their traces come when they have. */
  readonly open: number;
}

type Ended = Exclude<Trace, { readonly kind: "campaign-began" }>;

/** So much of the journal is read at once; what is made of it leaves before the next. */
const PIECE_BYTES = 1 << 20;
/** A line that was not taken back for so long never is, but for a power cut. */
const SURE_MS = 2000;
/** Spans are handed over no faster, so that the part of the runtime that sends them is not buried. */
const SPANS_PER_MS = 5;

/** Only in a process that was started with `OTEL_DENO=true`. The runtime sends what is left when the process ends. */
export async function exportTraces(
  layout: Layout,
  { afterSeq = 0, sinceMs = -Infinity, everyMs }: ExportOptions,
  signal: AbortSignal,
): Promise<Exported> {
  if (!isTelemetryOn()) {
    throw new Fault("usage", "Traces are sent only by a process that began with OTEL_DENO=true.");
  }
  const sender = new TraceSender(nativeTracer(), layout.root);
  const unhurried = new AbortController().signal;
  /** Everything up to here has left. */
  let told = afterSeq;
  let waiting: { readonly trace: Ended; readonly heardMs: number }[] = [];
  const hear = (trace: Trace): void => {
    if (trace.kind === "campaign-began") sender.know(trace);
    else if (trace.seq > told && endMsOf(trace) >= sinceMs) {
      waiting.push({ trace, heardMs: performance.now() });
    }
  };
  using journal = new FollowedFold(layout, (cutAt = Infinity) => {
    // What was made of lines that were taken back is not true, and what comes in their place was not told.
    told = Math.min(told, cutAt);
    waiting = [];
    return new TraceMaker(hear);
  }, { pieceBytes: PIECE_BYTES, mayBeGone: true });
  for (let isLast = everyMs === undefined;; isLast ||= signal.aborted) {
    const read = await journal.readPiece();
    // Behind the last line perhaps nothing ever stands: at the end it is as true as any.
    const trueUpTo = isLast && !read.hasMore ? Infinity : read.safeSeq;
    const sureMs = performance.now() - SURE_MS;
    const spansBefore = sender.sent.spans;
    let count = 0;
    for (const { trace, heardMs } of waiting) {
      if (trace.seq > trueUpTo && heardMs > sureMs) break;
      sender.send(trace);
      count++;
      told = trace.seq;
    }
    waiting = waiting.slice(count);
    await pause((sender.sent.spans - spansBefore) / SPANS_PER_MS, unhurried);
    if (read.hasMore) continue;
    if (isLast) break;
    await pause(everyMs!, signal);
  }
  sender.close(Date.now());
  return { ...sender.sent, open: journal.now.openRuns };
}

function endMsOf(trace: Ended): number {
  return trace.kind === "run" ? trace.span.endMs : trace.endMs;
}

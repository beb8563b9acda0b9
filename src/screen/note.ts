/** What of the events is worth a line while a campaign runs. Pure. */
import type { RunEvent } from "../job/event.ts";
import { runName } from "../job/run.ts";
import { describeFailure, describePlace } from "../report/failure_text.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import { safeText } from "./safe_text.ts";

export interface Note {
  readonly kind: "failed" | "warning" | "info";
  /** The run it is about; absent when it is about none. */
  readonly subject?: string;
  readonly text: string;
  /** Notes of the same topic are said once. */
  readonly topic?: string;
}

export function noteText({ subject, text }: Note): string {
  return subject === undefined ? text : `${subject}: ${text}`;
}

/** The note of an event, safe to print, or undefined for what happens all the time. */
export function noteOf(entry: RunEvent, folder: string): Note | undefined {
  switch (entry.type) {
    case "run.failed": {
      const place = describePlace(entry.failure, folder);
      const text = safeText(describeFailure(entry.failure));
      return {
        kind: "failed",
        subject: safeText(runName(entry.job, entry.run)),
        text: place === undefined ? text : `${text} (${safeText(place)})`,
      };
    }
    case "run.degraded":
      return {
        kind: "warning",
        subject: safeText(runName(entry.job, entry.run)),
        text: safeText(`goes on without checkpoints: ${entry.reason}`),
      };
    case "run.resumed": {
      const subject = safeText(runName(entry.job, entry.run));
      const from = entry.step === 0 ? "begins anew" : `goes on at step ${formatCount(entry.step)}`;
      const [bad, ...more] = entry.rejected;
      if (bad === undefined && entry.step === 0) {
        return {
          kind: "warning",
          subject,
          text: `${from}; its checkpoints are not there any more`,
        };
      }
      if (bad === undefined) return { kind: "info", subject, text: from };
      const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
      return {
        kind: "warning",
        subject,
        text: safeText(`${from}; checkpoint ${bad.file} is not used: ${bad.reason}${others}`),
        topic: `checkpoint not used: ${bad.reason}`,
      };
    }
    case "runs.requeued": {
      if (entry.cause === "stopped") return undefined;
      // These only waited in a slot that ended; the run that it ended with is told of.
      if (entry.cause === "slot-lost" && !entry.counted) return undefined;
      const [first] = entry.runs;
      if (first === undefined) return undefined;
      const subject = safeText(
        entry.runs.length === 1
          ? runName(entry.job, first)
          : `${entry.job} (${formatNumberOf(entry.runs.length, "run")})`,
      );
      const why = entry.message ?? REQUEUE_WORDS[entry.cause];
      return { kind: "warning", subject, text: safeText(`${why}; it is tried again`) };
    }
    default:
      return undefined;
  }
}

const REQUEUE_WORDS = {
  "slot-lost": "its process died",
  "hang": "no step for too long",
  "out-of-memory": "out of memory",
  "disk": "the disk refused to save it",
} as const;

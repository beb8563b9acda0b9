/** What of the events is worth a line while a campaign runs. Pure. */
import type { ControlAction, ControlAnswer } from "../job/control.ts";
import type { RunEvent } from "../job/event.ts";
import { PRIORITY_NAMES } from "../job/job.ts";
import { runName } from "../job/run.ts";
import {
  describeFailure,
  describePlace,
  describeWarning,
  warningKind,
} from "../report/failure_text.ts";
import { formatCount, formatNumberOf, formatWait } from "../report/format.ts";
import { stoppedText } from "../report/led_job.ts";
import { describeCause, isGivenAway } from "../report/requeue_text.ts";
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
      // What was asked for is told of as such.
      if (entry.cause === "stopped" || entry.cause === "control") return undefined;
      // These only waited in a slot that ended; the run that it ended with is told of.
      if (entry.cause === "slot-lost" && !entry.counted) return undefined;
      const [first] = entry.runs;
      if (first === undefined) return undefined;
      const subject = subjectOf(entry.job, first, entry.runs.length);
      if (isGivenAway(entry.cause)) {
        const text = `${describeCause(entry.cause)}; goes on later`;
        return { kind: "warning", subject, text, topic: `${entry.cause}: ${entry.job}` };
      }
      const why = entry.message ?? describeCause(entry.cause);
      const when = entry.waitMs === undefined ? "" : ` in ${formatWait(entry.waitMs)}`;
      const text = safeText(`${why}; it is tried again${when}`);
      // A full disk meets whatever is written: once is enough.
      return { kind: "warning", subject, text, ...(entry.cause === "disk" && { topic: "disk" }) };
    }
    case "job.stopped":
      return { kind: "info", subject: safeText(entry.job), text: safeText(stoppedText(entry)) };
    case "run.warned":
      return {
        kind: "warning",
        subject: safeText(runName(entry.job, entry.run)),
        text: safeText(describeWarning(entry)),
        topic: `warned: ${warningKind(entry.message)}`,
      };
    default:
      return undefined;
  }
}

/** `ising/3fa9c1`, or `ising (12 runs)`. */
function subjectOf(job: string, first: string, runs: number): string {
  return safeText(runs === 1 ? runName(job, first) : `${job} (${formatNumberOf(runs, "run")})`);
}

/** What a person did to runs, and how it is said. */
const REQUEST_WORDS = {
  "runs.cancelled": "cancelled",
  "runs.held": "paused",
  "runs.continued": "continued",
  "runs.retried": "tried again on request",
} as const;

/** Of what was asked for and is no event of a run: what was done. */
export function answerNote(
  { type }: ControlAction,
  { ok, message }: Pick<ControlAnswer, "ok" | "message">,
): Note | undefined {
  if (!ok || type !== "slots" && type !== "submit") return undefined;
  const text = safeText(message.replace(/\.$/, ""));
  return { kind: "warning", ...(type === "submit" && { subject: "submitted" }), text };
}

/** Gathers what was asked of runs: a request that meets a whole sweep comes in many events, and is one note a job. */
export class RequestNotes {
  readonly #runs = new Map<string, { job: string; first: string; count: number; text: string }>();

  /** Whether the event was one of these. */
  gather(entry: RunEvent): boolean {
    switch (entry.type) {
      case "runs.cancelled":
      case "runs.held":
      case "runs.continued":
      case "runs.retried":
        this.#add(entry.job, entry.runs, REQUEST_WORDS[entry.type]);
        return true;
      case "runs.prioritised":
        this.#add(
          entry.job,
          entry.runs,
          `${PRIORITY_NAMES[entry.priority] ?? entry.priority} priority from now on`,
        );
        return true;
      default:
        return false;
    }
  }

  /** The notes of what was gathered since the last time. */
  take(): Note[] {
    const notes = [...this.#runs.values()].map(({ job, first, count, text }): Note => ({
      kind: "warning",
      subject: subjectOf(job, first, count),
      text,
    }));
    this.#runs.clear();
    return notes;
  }

  #add(job: string, runs: readonly string[], text: string): void {
    const key = `${text}\n${job}`;
    const known = this.#runs.get(key);
    if (known !== undefined) known.count += runs.length;
    else if (runs.length > 0) {
      this.#runs.set(key, { job, first: runs[0]!, count: runs.length, text });
    }
  }
}

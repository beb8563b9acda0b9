/** Why a run went back to the queue, in words that follow its name. Pure; messages are to be made safe. */
import type { RequeueCause } from "../job/event.ts";
import { formatMoment } from "./format.ts";
import type { NextAttempt } from "./run_status.ts";

const CAUSE_WORDS: { readonly [cause in RequeueCause]: string } = {
  "stopped": "simrun was stopped",
  "slot-lost": "its process died",
  "hang": "it hung",
  "transient": "failed for a passing reason",
  "out-of-memory": "out of memory",
  "disk": "the disk refused to save it",
  "preempted": "gave its slot to a critical run",
  "control": "gave its slot back on request",
  "load": "gave its core to others who compute on this machine",
  "memory": "made room for a larger run",
};

export function describeCause(cause: RequeueCause): string {
  return CAUSE_WORDS[cause] ?? cause;
}

/** With what is known beyond the cause: `its process died: killed by SIGKILL`. */
export function describeReturn(cause: RequeueCause, message: string | undefined): string {
  return message === undefined ? describeCause(cause) : `${describeCause(cause)}: ${message}`;
}

export interface ReadersClock {
  readonly nowMs: number;
  /** Minutes to add to UTC for the reader's clock. */
  readonly offsetMinutes: number;
}

/** `tried again at 12:03:10 (its process died; attempt 2 of 4)`; without a time when only a slot is missing. */
export function describeNext(next: NextAttempt, clock: ReadersClock): string {
  const most = next.attemptsMax === undefined ? "" : ` of ${next.attemptsMax}`;
  // Who gave its slot away has lost nothing: no attempt is worth counting.
  const why = isGivenAway(next.cause)
    ? describeCause(next.cause)
    : `${describeCause(next.cause)}; attempt ${next.attempt}${most}`;
  if (next.at === undefined) return why;
  return `tried again at ${formatMoment(next.at, clock.nowMs, clock.offsetMinutes)} (${why})`;
}

/** It was computed without a fault, and saved before it went. */
export function isGivenAway(cause: RequeueCause): boolean {
  return GIVEN_AWAY.has(cause);
}

const GIVEN_AWAY: ReadonlySet<RequeueCause> = new Set([
  "preempted",
  "control",
  "load",
  "memory",
  "stopped",
]);

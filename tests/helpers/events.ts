/** Journal entries as a test writes them down: numbered, and fed to a history. */
import type { CompletedRun, JournalEntry, RunEvent } from "../../src/job/event.ts";
import type { JournalLocation } from "../../src/job/journal_location.ts";
import { History } from "../../src/queue/history.ts";

/** The history of these events, as if they stood in a journal; the place of each is its index. */
export function historyOf(...events: readonly RunEvent[]): History {
  const history = new History();
  events.forEach((event, index) => {
    history.apply(entryOf(event, index + 1), placeOf(index));
  });
  return history;
}

export function placeOf(index: number): JournalLocation {
  return { segment: 0, offset: index * 100, bytes: 99, seq: index + 1 };
}

export function entryOf(event: RunEvent, seq: number): JournalEntry {
  // As it comes back from a file: no more than JSON holds.
  return JSON.parse(JSON.stringify({ seq, at: `2026-01-02T03:04:${seq % 60}Z`, ...event }));
}

export function completed(
  run: string,
  digest: string,
  over: Partial<CompletedRun> = {},
): CompletedRun {
  return { run, digest, attempt: 1, steps: 100, ms: 5, result: { x: 1 }, ...over };
}

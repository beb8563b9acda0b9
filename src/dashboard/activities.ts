/** What has happened lately, a line each: failures, retries, requests, checkpoints, runs that completed together. Pure. */
import type { JournalEntry } from "../job/event.ts";
import type { JournalLocation } from "../job/journal_location.ts";
import { PRIORITY_NAMES } from "../job/job.ts";
import { runName } from "../job/run.ts";
import { shardOfName, shardText } from "../job/shard.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import { noteOf } from "../screen/note.ts";

export interface Activity {
  readonly at: string;
  /** How it is shown, and what it means. */
  readonly kind: "good" | "bad" | "warning" | "info";
  readonly text: string;
  /** The run it is about, where it is one. */
  readonly job?: string;
  readonly run?: string;
}

const KEPT_MAX = 40;

const REQUESTS = {
  "runs.cancelled": "cancelled on request",
  "runs.held": "paused on request",
  "runs.continued": "continued on request",
  "runs.retried": "tried again on request",
} as const;

const OUTCOMES: { readonly [outcome: string]: string } = {
  completed: "with everything done",
  failed: "with failures",
  stopped: "before everything was done",
};

/** Paths are told whole. */
export const NO_FOLDER = "\0";

export class Activities {
  #kept: Activity[] = [];
  /** Runs that completed one after the other are one line. */
  #completed: { readonly job: string; readonly first: string; count: number } | undefined;

  #isCut = false;

  /** The newest first. */
  list(): readonly Activity[] {
    return this.#inOrder().toReversed();
  }

  apply(entry: JournalEntry, location?: JournalLocation): void {
    this.#isCut ||= location?.shard !== undefined;
    if (entry.type === "runs.completed") return this.#complete(entry);
    const activity = activityOf(entry, location?.shard);
    if (activity === undefined) return;
    this.#completed = undefined;
    this.#add(activity);
  }

  #complete(entry: JournalEntry & { readonly type: "runs.completed" }): void {
    const { at, job, runs } = entry;
    if (runs.length === 0) return;
    const isMore = this.#completed?.job === job;
    if (isMore) this.#kept.pop();
    else this.#completed = { job, first: runs[0]!.run, count: 0 };
    const { first, count } = this.#completed!;
    const sum = this.#completed!.count = count + runs.length;
    const one = { at, kind: "good", job } as const;
    this.#add(
      sum === 1
        ? { ...one, run: first, text: `${runName(job, first)} completed` }
        : { ...one, text: `${formatCount(sum)} runs of ${job} completed` },
    );
  }

  #add(activity: Activity): void {
    this.#kept.push(activity);
    if (this.#kept.length <= 2 * KEPT_MAX) return;
    this.#kept = this.#inOrder().slice(-KEPT_MAX);
    // Of shards it is perhaps not the last one any more.
    if (this.#isCut) this.#completed = undefined;
  }

  /** Shards' journals are heard one after the other, and not as it happened. */
  #inOrder(): Activity[] {
    if (!this.#isCut) return this.#kept;
    return this.#kept.toSorted((a, b) => a.at < b.at ? -1 : a.at > b.at ? 1 : 0);
  }
}

function activityOf(entry: JournalEntry, cut: string | undefined): Activity | undefined {
  const { at } = entry;
  const shard = cut === undefined ? undefined : shardOfName(cut);
  const who = shard === undefined ? "simrun" : `shard ${shardText(shard)}`;
  switch (entry.type) {
    case "campaign.started":
      return {
        at,
        kind: "info",
        text: `${who} began, with ${formatNumberOf(entry.slots, "slot")} on ${entry.host}`,
      };
    case "campaign.ended":
      return {
        at,
        kind: "info",
        text: `${who} ended, ${OUTCOMES[entry.outcome] ?? entry.outcome}`,
      };
    case "job.planned":
      return {
        at,
        kind: "info",
        text: `${entry.job.id} planned: ${formatNumberOf(entry.count, "run")}`,
      };
    case "runs.cancelled":
    case "runs.held":
    case "runs.continued":
    case "runs.retried":
      return { at, kind: "warning", ...about(entry, REQUESTS[entry.type]) };
    case "runs.prioritised":
      return {
        at,
        kind: "info",
        ...about(entry, `${PRIORITY_NAMES[entry.priority] ?? entry.priority} priority from now on`),
      };
    default: {
      const note = noteOf(entry, NO_FOLDER);
      if (note === undefined) return undefined;
      const { kind, subject, text } = note;
      return {
        at,
        kind: kind === "failed" ? "bad" : kind,
        text: subject === undefined ? text : `${subject}: ${text}`,
        ..."run" in entry && typeof entry.run === "string" && { job: entry.job, run: entry.run },
      };
    }
  }
}

function about(
  { job, runs }: { readonly job: string; readonly runs: readonly string[] },
  what: string,
): Pick<Activity, "text" | "job" | "run"> {
  const [only] = runs;
  return runs.length === 1 && only !== undefined
    ? { text: `${runName(job, only)}: ${what}`, job, run: only }
    : { text: `${job} (${formatNumberOf(runs.length, "run")}): ${what}` };
}

/** What history says of a plan, in words: how long it will take, and when its runs are saved. Pure. */
import type { Plan } from "../plan/plan.ts";
import { formatNumberOf } from "./format.ts";
import { checkpointText, type Lessons, lessonsJson } from "./lessons.ts";
import { formatRange } from "./time_left.ts";

export interface Outlook {
  /** Nine times in ten all is done between these two; undefined when a model was never run. */
  readonly end:
    | {
      readonly lowMs: number;
      readonly highMs: number;
      /** Runs at the same time. */
      readonly slots: number;
      /** By so many runs of so many models. */
      readonly runs: number;
      readonly models: number;
    }
    | undefined;
  /** By id of those jobs that have runs to run. */
  readonly lessons: ReadonlyMap<string, Lessons>;
}

/** What is over sooner is not worth a line. */
const WORTH_A_LINE_MS = 10_000;

/** `takes about 3 to 4 h with 4 slots, by 120 runs of this model`; nothing where that is not known, or no time. */
export function endText({ end }: Outlook): string | undefined {
  if (end === undefined || end.highMs < WORTH_A_LINE_MS) return undefined;
  const range = formatRange(end.lowMs, end.highMs);
  const about = range.startsWith("up to") ? range : `about ${range}`;
  const models = end.models === 1 ? "this model" : "these models";
  return `takes ${about} with ${formatNumberOf(end.slots, "slot")}, ` +
    `by ${formatNumberOf(end.runs, "run")} of ${models}`;
}

/** A job and when its runs are saved, where that was left to simrun and a checkpoint was seen. Jobs alike are one. */
export function savingTexts(plan: Plan, { lessons }: Outlook): [string, string][] {
  const jobs = new Map<string, string[]>();
  for (const { job } of plan.jobs) {
    const one = lessons.get(job.id);
    if (one?.interval === undefined) continue;
    const text = checkpointText(one)!;
    jobs.set(text, [...jobs.get(text) ?? [], job.id]);
  }
  return [...jobs].map(([text, [first, ...others]]) => [
    others.length === 0 ? first! : `${first} and ${formatNumberOf(others.length, "other")}`,
    `checkpoints: ${text}`,
  ]);
}

export function outlookJson({ end, lessons }: Outlook): Readonly<Record<string, unknown>> {
  return {
    ...(end === undefined ? {} : {
      eta_low_seconds: Math.round(end.lowMs) / 1000,
      eta_high_seconds: Math.round(end.highMs) / 1000,
    }),
    learned: Object.fromEntries([...lessons].map(([id, one]) => [id, lessonsJson(one)])),
  };
}

/** Runs jobs for real: a tree in a temporary folder, slots that are processes. And what came of it, to the byte. */
import { crc32 } from "node:zlib";
import type { RunEvent } from "../../src/job/event.ts";
import type { Job } from "../../src/job/job.ts";
import { ResultFold } from "../../src/report/results.ts";
import type { RunRequest } from "../../src/runner/run_request.ts";
import type { Outcome } from "../../src/campaign/outcome.ts";
import { openRunner, type Runner } from "../../src/runner/runner.ts";
import { readRunFile } from "../../src/store/archive.ts";
import { readJournal } from "../../src/store/journal.ts";
import { Layout } from "../../src/store/layout.ts";

export type EventOf<T extends RunEvent["type"]> = Extract<RunEvent, { type: T }>;

export interface Ran {
  readonly outcome: Outcome;
  readonly runner: Runner;
  /** Every event that became durable. */
  events<T extends RunEvent["type"]>(type: T): EventOf<T>[];
}

/** Runs jobs to their end. `onEvent` may act on the runner while it works. */
export async function runJobs(
  root: string,
  jobs: readonly Job[],
  over: Partial<Omit<RunRequest, "onEvent">> = {},
  onEvent: (event: RunEvent, runner: Runner) => void = () => {},
): Promise<Ran> {
  const events: RunEvent[] = [];
  const runner: Runner = await openRunner({
    root,
    jobs,
    slots: 1,
    ...over,
    onEvent(event) {
      events.push(event);
      onEvent(event, runner);
    },
  });
  const outcome = await runner.run();
  return {
    outcome,
    runner,
    events: <T extends RunEvent["type"]>(type: T) =>
      events.filter((event): event is EventOf<T> => event.type === type),
  };
}

export interface Kept {
  readonly steps: number;
  readonly ending: string | undefined;
  /** As JSON, so that two results are equal when every bit is. */
  readonly result: string;
  readonly series: string;
}

/** What a tree holds of each completed run: the result and the series, wherever they are. */
export async function keptResults(root: string): Promise<Record<string, Kept>> {
  const layout = new Layout(root);
  const fold = new ResultFold(["all"]);
  const inline = new Map<string, string | undefined>();
  readJournal(layout, (entry) => {
    fold.apply(entry);
    if (entry.type === "runs.completed") {
      for (const { run, series } of entry.runs) inline.set(`${entry.job}/${run}`, series);
    }
    if (entry.type === "run.reused") {
      inline.set(`${entry.job}/${entry.run.run}`, entry.run.series);
    }
  });
  const kept: Record<string, Kept> = {};
  for (const { job, run, steps, ending, result, resultFile } of fold.rows()) {
    const name = `${job}/${run}`;
    const file = await readRunFile(layout, job, run, "series.csv");
    const series = inline.get(name) ?? (file === undefined ? "" : new TextDecoder().decode(file));
    const text = JSON.stringify(
      resultFile === undefined ? result : { $file: resultFile.name },
      (_, value) => typeof value === "bigint" ? `${value}n` : value,
    );
    kept[name] = { steps, ending, result: text, series };
  }
  return kept;
}

/** A short sum of what is kept, for messages. */
export function sumOf(kept: Record<string, Kept>): string {
  const text = JSON.stringify(Object.entries(kept).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return crc32(text).toString(16);
}

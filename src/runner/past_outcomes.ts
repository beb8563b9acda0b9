/** The numbers of completed runs, read again from the places in the journal where the history saw them. */
import type { CompletedRun } from "../job/event.ts";
import { flatten } from "../job/flat.ts";
import { decodePlain } from "../job/plain.ts";
import type { RunOutcome } from "../plan/guide.ts";
import type { JobHistory } from "../queue/history.ts";
import { readRunFile } from "../store/archive.ts";
import type { JournalLocation } from "../store/journal.ts";
import { EntryReader } from "../store/journal_again.ts";
import type { Layout } from "../store/layout.ts";

/** By run. Of results their numbers only, under dotted names. One that is lost is left out. */
export async function readOutcomes(
  layout: Layout,
  job: string,
  past: JobHistory,
): Promise<Map<string, RunOutcome>> {
  const bySeq = new Map<number, { location: JournalLocation; runs: Set<string> }>();
  for (const { run, state } of past.rows()) {
    const location = past.location(run);
    if (state !== "completed" || location === undefined) continue;
    const known = bySeq.get(location.seq);
    if (known === undefined) bySeq.set(location.seq, { location, runs: new Set([run]) });
    else known.runs.add(run);
  }
  const outcomes = new Map<string, RunOutcome>();
  using reader = new EntryReader(layout);
  for (const { location, runs } of bySeq.values()) {
    const entry = reader.at(location);
    const records = entry.type === "runs.completed"
      ? entry.runs
      : entry.type === "run.reused"
      ? [entry.run]
      : [];
    for (const record of records) {
      if (!runs.has(record.run)) continue;
      const result = await resultOf(layout, job, record);
      if (result !== undefined) {
        outcomes.set(record.run, { result: numbersOf(result.value), steps: record.steps });
      }
    }
  }
  return outcomes;
}

async function resultOf(
  layout: Layout,
  job: string,
  { run, result }: CompletedRun,
): Promise<{ readonly value: unknown } | undefined> {
  const isInFile = typeof result === "object" && result !== null && "$file" in result;
  if (!isInFile) return { value: decodePlain(result) };
  const bytes = await readRunFile(layout, job, run, RESULT_FILE).catch(() => undefined);
  if (bytes === undefined) return undefined;
  try {
    return { value: decodePlain(JSON.parse(new TextDecoder().decode(bytes))) };
  } catch {
    return undefined;
  }
}

const RESULT_FILE = "result.json";

function numbersOf(result: unknown): Record<string, number> {
  const numbers = Object.entries(flatten(result)).flatMap(([name, value]): [string, number][] =>
    typeof value === "number" || typeof value === "bigint" ? [[name, Number(value)]] : []
  );
  return Object.fromEntries(numbers);
}

/** A small invented tree for the tests of reports and the screen: a journal's entries and a live picture. */
import type { JournalEntry, RunEvent } from "../../src/job/event.ts";
import type { Job } from "../../src/job/job.ts";
import type { Live } from "../../src/job/live.ts";
import { runId } from "../../src/plan/digest.ts";
import { History } from "../../src/queue/history.ts";

export const NOW = Date.parse("2026-11-21T12:00:00Z");

export function job(id: string, over: Partial<Job> = {}): Job {
  return {
    id,
    model: { kind: "module", path: `/home/ada/models/${id.split("_")[0]}.ts` },
    priority: 2,
    steps: 1_000_000,
    parameters: {},
    seed: 0,
    checkpoint: { every: { kind: "steps", steps: 10_000 }, keep: 3 },
    inputs: {},
    hangMs: 300_000,
    retries: 3,
    ...over,
  };
}

/** Numbers the events from 1, a second apart, the last one at {@linkcode NOW}. */
export function journal(events: readonly RunEvent[]): JournalEntry[] {
  return events.map((event, i) => ({
    seq: i + 1,
    at: new Date(NOW - (events.length - 1 - i) * 1000).toISOString(),
    ...event,
  }));
}

export function history(events: readonly RunEvent[]): History {
  const folded = new History();
  for (const entry of journal(events)) folded.apply(entry, undefined);
  return folded;
}

export function started(id: string, runs: readonly string[], over = {}): RunEvent {
  return {
    type: "runs.started",
    job: id,
    model: "m1",
    steps: 1_000_000,
    attempt: 1,
    runs: runs.flatMap((run) => [run, `d-${run}`]),
    ...over,
  };
}

export function planned(id: string, count = 1, over: Partial<Job> = {}): RunEvent {
  return {
    type: "job.planned",
    job: job(id, over),
    count,
    model: { name: "m.ts", digest: "m1" },
  };
}

export function completed(id: string, run: string, result: unknown, over = {}): RunEvent {
  return {
    type: "runs.completed",
    job: id,
    model: "m1",
    runs: [{ run, digest: `d-${run}`, attempt: 1, steps: 1_000_000, ms: 1500, result, ...over }],
  };
}

export function failed(id: string, run: string, message: string): RunEvent {
  return {
    type: "run.failed",
    job: id,
    run,
    attempt: 1,
    failure: {
      class: "model-error",
      message,
      step: 12_000,
      place: { file: "/home/ada/models/ising.ts", line: 14, column: 9 },
    },
  };
}

export function saved(id: string, run: string, step: number): RunEvent {
  return {
    type: "run.checkpointed",
    job: id,
    run,
    step,
    file: `step-${step}.ckpt`,
    bytes: 1_200_000,
    rawBytes: 2_400_000,
    ms: 3,
  };
}

/** The runs of a sweep over `T` as simrun names them, completed in the opposite order. */
export function sweepOf(values: readonly number[], over: Partial<Job> = {}): {
  readonly planned: RunEvent;
  readonly runs: readonly string[];
  readonly completed: readonly RunEvent[];
} {
  const parts = [{ kind: "axis", name: "T", axis: { kind: "list", values } }] as const;
  const swept = job("s", { sweep: { parts }, ...over });
  const runs = values.map((T) => runId(swept, { T }));
  const completions = values.map((T, i) =>
    completed("s", runs[i]!, { twice: 2 * T }, { point: { T } })
  );
  return { planned: planned("s", values.length, swept), runs, completed: completions.reverse() };
}

export const SESSION: RunEvent = {
  type: "campaign.started",
  epoch: 7,
  version: "0.1.0",
  host: "node1",
  pid: 4242,
  slots: 2,
  manifests: [],
};

/** The founding example: two climate runs under way, the third waiting. */
export const CLIMATE: readonly RunEvent[] = [
  SESSION,
  planned("climate_2030", 1, { priority: 1 }),
  planned("climate_2040"),
  planned("climate_2050"),
  started("climate_2030", ["climate_2030"]),
  started("climate_2040", ["climate_2040"]),
  saved("climate_2030", "climate_2030", 440_000),
  saved("climate_2040", "climate_2040", 290_000),
];

export const CLIMATE_LIVE: Live = {
  at: "2026-11-21T12:00:00Z",
  epoch: 7,
  pid: 4242,
  host: "node1",
  startedAt: "2026-11-21T11:48:00Z",
  slots: 2,
  running: [
    {
      slot: 0,
      job: "climate_2030",
      run: "climate_2030",
      attempt: 1,
      step: 450_000,
      steps: 1_000_000,
      fromStep: 0,
      elapsedMs: 720_000,
      stepsPerSecond: 625,
      memoryBytes: 3.2e9,
      checkpoint: { step: 440_000, at: "2026-11-21T11:50:00Z" },
    },
    {
      slot: 1,
      job: "climate_2040",
      run: "climate_2040",
      attempt: 2,
      step: 300_000,
      steps: 1_000_000,
      fromStep: 100_000,
      elapsedMs: 500_000,
      stepsPerSecond: 400,
      memoryBytes: 2.8e9,
      checkpoint: { step: 290_000, at: "2026-11-21T11:55:00Z" },
    },
  ],
  counts: { total: 3, skipped: 0, completed: 0, failed: 0, queued: 1 },
  steps: { total: 3_000_000, done: 750_000 },
};

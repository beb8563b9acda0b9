/** A journal with something of every kind of event that is counted, and readers of the text that is made of it. */
import type { Live } from "../../src/job/live.ts";
import type { RunEvent } from "../../src/job/event.ts";
import { JournalWriter } from "../../src/store/journal.ts";
import type { Layout } from "../../src/store/layout.ts";
import { openTree } from "../../src/store/tree.ts";
import { completed, failed, planned, SESSION, started } from "../report/fixtures.ts";

export const BEGAN = Date.parse("2026-03-01T12:00:00Z");

/** Two jobs: one is computed with all that may happen on the way, one waits. */
export const EVENTS: readonly RunEvent[] = [
  SESSION,
  planned("climate", 5),
  planned("heat", 3),
  started("climate", ["a", "b", "c", "d", "e"]),
  {
    type: "run.checkpointed",
    job: "climate",
    run: "a",
    step: 10,
    file: "step-000000000010.ckpt",
    bytes: 1000,
    rawBytes: 4000,
    ms: 250,
    stallMs: 5,
  },
  {
    type: "run.checkpointed",
    job: "climate",
    run: "b",
    step: 20,
    file: "step-000000000020.ckpt",
    bytes: 500,
    rawBytes: 1000,
    ms: 250,
  },
  {
    type: "runs.requeued",
    job: "climate",
    runs: ["a"],
    cause: "hang",
    counted: true,
    message: "no step for 5 min",
  },
  { type: "runs.requeued", job: "climate", runs: ["b", "c"], cause: "preempted", counted: false },
  started("climate", ["a"], { attempt: 2 }),
  {
    type: "run.resumed",
    job: "climate",
    run: "a",
    step: 10,
    rejected: [{ file: "step-000000000011.ckpt", reason: "torn" }],
  },
  { type: "run.warned", job: "climate", run: "a", step: 11, message: "not finite" },
  { type: "run.degraded", job: "climate", run: "a", reason: "no space" },
  completed("climate", "a", { x: 1 }, { attempt: 2, ms: 90_000 }),
  completed("climate", "d", { x: 1 }, { ms: 40 }),
  failed("climate", "e", "x went bad"),
  { type: "runs.cancelled", job: "climate", runs: ["c"] },
  {
    type: "run.reused",
    job: "heat",
    model: "m1",
    from: { job: "climate", run: "d" },
    run: { run: "x", digest: "d-x", attempt: 1, steps: 9, ms: 1, result: 1 },
  },
];

export const ENDED: RunEvent = {
  type: "campaign.ended",
  outcome: "failed",
  completed: 2,
  failed: 1,
  remaining: 2,
};

export function makeTree(root: string): Promise<Layout> {
  return openTree(root, "write");
}

/** Writes events behind those that are there, a second apart. */
export async function append(layout: Layout, events: readonly RunEvent[]): Promise<void> {
  let now = BEGAN;
  const { writer } = await JournalWriter.open(layout, () => new Date(now += 1000));
  for (const event of events) writer.appendSoon(event);
  await writer.close();
}

/** Each line of a text by what stands before its value, without the tree. */
export function valuesOf(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const at = line.lastIndexOf(" ");
    const name = line.slice(0, at).replace(/\{tree="[^"]*",?/, "{").replace("{}", "");
    values.set(name, Number(line.slice(at + 1)));
  }
  return values;
}

export const LIVE: Live = {
  at: "2026-03-01T12:00:30.500Z",
  epoch: 1,
  pid: 2,
  host: "h",
  startedAt: "2026-03-01T12:00:00Z",
  slots: 3,
  givesWay: { slots: 1, of: 4, othersCores: 2 },
  running: [{
    slot: 0,
    job: "climate",
    run: "b",
    attempt: 1,
    step: 30,
    steps: 100,
    fromStep: 20,
    elapsedMs: 10,
    stepsPerSecond: 7,
    memoryBytes: 1 << 20,
  }],
  counts: { total: 8, skipped: 0, completed: 2, failed: 1, queued: 6, held: 1, delayed: 2 },
  steps: { total: 8, done: 2 },
  work: { fraction: 0.5, etaMs: 60_000, lowMs: 50_000, highMs: 80_000 },
  memory: { totalBytes: 1 << 30, freeBytes: 1 << 29 },
  cores: { total: 4, free: 1 },
  disk: {
    level: "near",
    limit: "reserve",
    freeBytes: 5,
    reserveBytes: 4,
    treeBytes: 3,
    budgetBytes: 2,
    bytesPerSecond: 1,
    fullInMs: 1000,
    freedBytes: 0,
  },
};

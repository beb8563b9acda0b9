/** Why a run waits, in words: the first of the reasons that would hold it back. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import type { Job, Priority } from "../../src/job/job.ts";
import { ChangedPriorities } from "../../src/report/changed_priorities.ts";
import type { JobStatus, TreeStatus } from "../../src/report/status.ts";
import { waitingReasons } from "../../src/report/waiting.ts";
import { aJob } from "../helpers/jobs.ts";
import { history, journal, planned } from "./fixtures.ts";

const WORKING: TreeStatus["activity"] = {
  kind: "working",
  pid: 1,
  host: "here",
  since: "2026-01-01T00:00:00Z",
  slots: 4,
  givesWay: undefined,
  heardMs: 10,
};
const NEED = { job: "spinup", runs: "all", accept: "completed" } as const;

function jobOf(id: string, waiting: number, completed = 0): JobStatus {
  const none = { running: 0, paused: 0, interrupted: 0, cancelled: 0, failed: 0 };
  const counts = { ...none, waiting, completed } as unknown as JobStatus["counts"];
  return {
    id,
    runs: waiting + completed,
    counts,
    stepsDone: 0,
    stepsTotal: 1,
    earlierRuns: 0,
  };
}

function reasons(
  job: Job,
  over: Partial<Pick<TreeStatus, "jobs" | "activity" | "disk" | "memory" | "cores">> = {},
  priorities: Record<string, Priority> = {},
  isDelayed = false,
): string[] {
  return waitingReasons(
    { job, isDelayed, priorities: new Map(Object.entries(priorities)) },
    { jobs: [jobOf("a", 3)], activity: WORKING, ...over },
  );
}

Deno.test("waitingReasons() tells needs first, then time, disk, memory, and a slot", () => {
  const disk = {
    level: "full",
    freeBytes: 1e6,
    reserveBytes: 64e6,
  } as unknown as NonNullable<TreeStatus["disk"]>;
  const memory = { totalBytes: 19e9, freeBytes: 3.2e9 };
  const large = aJob({ id: "a", memoryBytes: 8.6e9, needs: [NEED] });
  const jobs = [jobOf("a", 3), jobOf("spinup", 1, 3)];
  const all = { jobs, disk, memory };
  assert.match(reasons(large, all)[0]!, /^It needs spinup: 3 of 4 runs have completed/);
  const { needs: _, ...free } = large;
  assert.deepEqual(reasons(free, all, {}, true), []);
  assert.match(reasons(free, all)[0]!, /^It waits: /);
  assert.deepEqual(reasons(free, { memory }), [
    "It waits for memory: it needs 8.6 GB, and 3.2 GB of 19 GB are free.",
  ]);
  assert.deepEqual(reasons(free, { memory: { totalBytes: 19e9, freeBytes: 9e9 } }), [
    "It waits for a slot.",
  ]);
  assert.deepEqual(reasons(free, { activity: { kind: "ended", at: "", outcome: "stopped" } }), [
    "It waits for the next simrun.",
  ]);
});

Deno.test("waitingReasons() tells of cores that are not free, before memory, and of too few slots", () => {
  const job = aJob({ id: "a", cores: 4, memoryBytes: 8.6e9 });
  const memory = { totalBytes: 19e9, freeBytes: 3.2e9 };
  assert.deepEqual(reasons(job, { memory, cores: { total: 6, free: 2 } }), [
    "It waits for 4 cores: 2 of 6 are free.",
  ]);
  assert.deepEqual(reasons(job, { memory, cores: { total: 3, free: 1 } }), [
    "It waits for 4 cores, and only 3 may be used: simrun slots 4 allows as many.",
  ]);
  assert.match(reasons(job, { memory, cores: { total: 6, free: 4 } })[0]!, /^It waits for memory/);
  assert.match(reasons(aJob({ id: "a" }), { cores: { total: 6, free: 0 } })[0]!, /a slot/);
});

Deno.test("waitingReasons() counts the runs that are more urgent", () => {
  const jobs = [jobOf("a", 3), jobOf("b", 1), jobOf("c", 40), jobOf("d", 7)];
  const priorities = { a: 2, b: 0, c: 1, d: 3 } as const;
  assert.deepEqual(reasons(aJob({ id: "a", priority: 2 }), { jobs }, priorities), [
    "It waits for a slot: 41 runs of priority high or critical come first.",
  ]);
  assert.deepEqual(reasons(aJob({ id: "b", priority: 0 }), { jobs }, priorities), [
    "It waits for a slot.",
  ]);
  const activity = { ...WORKING, givesWay: { slots: 1, of: 4, othersCores: 1 } };
  assert.deepEqual(reasons(aJob({ id: "c", priority: 1 }), { jobs, activity }, priorities), [
    "It waits for a slot: 1 of 4 slots gives way to others on this machine; 1 run of priority " +
    "critical comes first.",
  ]);
});

Deno.test("waitingReasons() counts runs whose priority was changed as what they are now", () => {
  const runs = [
    { type: "campaign.started", epoch: 1 },
    { type: "runs.prioritised", job: "c", runs: ["c0"], priority: 0 },
    { type: "campaign.started", epoch: 2 },
    { type: "runs.prioritised", job: "b", runs: ["b0", "b1", "b2"], priority: 3 },
    { type: "runs.prioritised", job: "c", runs: ["c1", "c2", "c3"], priority: 1 },
    { type: "runs.prioritised", job: "c", runs: ["c3"], priority: 3 },
    { type: "runs.started", job: "c", model: "m", steps: 1, attempt: 1, runs: ["c1", "d1"] },
  ] as unknown as RunEvent[];
  const past = history([planned("b", 4), planned("c", 9), ...runs]);
  const fold = new ChangedPriorities();
  for (const entry of journal(runs)) fold.apply(entry);
  const changed = fold.waiting(past);
  const told = (priority: Priority) =>
    waitingReasons({
      job: aJob({ id: "a", priority }),
      isDelayed: false,
      priorities: new Map([["a", 2], ["b", 0], ["c", 2]]),
      changed,
    }, { jobs: [jobOf("a", 3), jobOf("b", 4), jobOf("c", 8)], activity: WORKING });
  assert.deepEqual(told(2), [
    "It waits for a slot: 2 runs of priority high or critical come first.",
  ]);
  assert.deepEqual(told(3), [
    "It waits for a slot: 11 runs of priority normal, high or critical come first.",
  ]);
});

Deno.test("waitingReasons() does not count among those that come first who waits for its time", () => {
  const jobs = [jobOf("a", 3), { ...jobOf("b", 2), delayed: 2 }, { ...jobOf("c", 4), delayed: 3 }];
  const priorities = { a: 2, b: 0, c: 1 } as const;
  assert.deepEqual(reasons(aJob({ id: "a", priority: 2 }), { jobs }, priorities), [
    "It waits for a slot: 1 run of priority high comes first.",
  ]);
});

Deno.test("waitingReasons() tells of memory where another slot may be and larger runs have what it would take", () => {
  const memory = { totalBytes: 10e9, freeBytes: 0.6e9 };
  const job = aJob({ id: "a" });
  assert.deepEqual(reasons(job, { memory: { ...memory, shareBytes: 2e9 } }), [
    "It waits for memory: a slot takes 2.0 GB, and 600 MB of 10 GB are free.",
  ]);
  assert.deepEqual(reasons(job, { memory: { ...memory, shareBytes: 0.5e9 } }), [
    "It waits for a slot.",
  ]);
  assert.deepEqual(reasons(job, { memory }), ["It waits for a slot."]);
});

/** The fold of the journal: what is known of every run. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import { History } from "../../src/queue/history.ts";
import { completed, historyOf, placeOf } from "../helpers/events.ts";
import { aJob, points } from "../helpers/jobs.ts";

const STARTED: RunEvent = {
  type: "runs.started",
  job: "a",
  model: "m1",
  steps: 100,
  attempt: 1,
  runs: ["r1", "d1", "r2", "d2"],
};
const FAILED: RunEvent = {
  type: "run.failed",
  job: "a",
  run: "r1",
  attempt: 1,
  failure: { class: "model-error", message: "boom", step: 7 },
};
const SAVED: RunEvent = {
  type: "run.checkpointed",
  job: "a",
  run: "r1",
  step: 50,
  file: "step-000000000050.ckpt",
  bytes: 10,
  rawBytes: 20,
  ms: 1,
};

Deno.test("a run that was started and not ended is running", () => {
  const past = historyOf(STARTED).jobs.get("a")!;
  assert.deepEqual(past.find("r2"), {
    run: "r2",
    state: "running",
    digest: "d2",
    model: "m1",
    steps: 100,
    savedStep: 0,
    attempt: 1,
    ms: 0,
  });
  assert.deepEqual(past.counts, {
    running: 2,
    queued: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    held: 0,
  });
});

Deno.test("the last word on a run counts", () => {
  const done: RunEvent = {
    type: "runs.completed",
    job: "a",
    model: "m1",
    runs: [completed("r1", "d1", { ending: "converged" })],
  };
  const past = historyOf(STARTED, FAILED, { ...STARTED, attempt: 2 }, SAVED, done).jobs.get("a")!;
  assert.equal(past.find("r1")!.state, "completed");
  assert.equal(past.find("r1")!.savedStep, 50);
  assert.equal(past.rare("r1").ending, "converged");
  assert.equal(past.rare("r1").failure, undefined, "an old failure is no fact of the new attempt");
  assert.deepEqual(past.location("r1"), placeOf(4));
  assert.deepEqual(past.counts, {
    running: 1,
    queued: 0,
    completed: 1,
    failed: 0,
    cancelled: 0,
    held: 0,
  });
});

Deno.test("a requeue that does not count takes the attempt back", () => {
  const requeued = (counted: boolean): RunEvent => ({
    type: "runs.requeued",
    job: "a",
    runs: ["r1"],
    cause: "stopped",
    counted,
  });
  const twice = { ...STARTED, attempt: 2 };
  assert.equal(historyOf(twice, requeued(false)).jobs.get("a")!.find("r1")!.attempt, 1);
  assert.equal(historyOf(twice, requeued(true)).jobs.get("a")!.find("r1")!.attempt, 2);
  assert.equal(historyOf(twice, requeued(true)).jobs.get("a")!.find("r1")!.state, "queued");
});

Deno.test("a start with another spec or model forgets what was saved", () => {
  for (const change of [{ runs: ["r1", "other"] }, { model: "m2" }]) {
    const past: History = historyOf(STARTED, SAVED, { ...STARTED, ...change });
    assert.equal(past.jobs.get("a")!.find("r1")!.savedStep, 0);
  }
  const same = historyOf(STARTED, SAVED, { ...STARTED, steps: 500 }).jobs.get("a")!;
  assert.equal(same.find("r1")!.savedStep, 50);
});

Deno.test("a resume at an earlier step corrects what is believed saved", () => {
  const resumed: RunEvent = { type: "run.resumed", job: "a", run: "r1", step: 20, rejected: [] };
  assert.equal(historyOf(STARTED, SAVED, resumed).jobs.get("a")!.find("r1")!.savedStep, 20);
});

Deno.test("a reused result counts as completed and names where it is from", () => {
  const past = historyOf({
    type: "run.reused",
    job: "b",
    model: "m1",
    from: { job: "a", run: "r1" },
    run: completed("r9", "d1"),
  }).jobs.get("b")!;
  assert.equal(past.find("r9")!.state, "completed");
  assert.deepEqual(past.rare("r9").reusedFrom, { job: "a", run: "r1" });
});

Deno.test("a job comes back with every parameter, though JSON has no word for some", () => {
  const job = aJob({ id: "a", parameters: { a: NaN, b: [-0, -Infinity], $c: 1 } });
  const written = JSON.parse(
    '{"a":{"$number":"NaN"},"b":[{"$number":"-0"},{"$number":"-Infinity"}],"$c":1}',
  );
  const past = historyOf({
    type: "job.planned",
    job: { ...job, parameters: written },
    count: 1,
    model: { name: "m.ts", digest: "m1" },
  }).jobs.get("a")!;
  assert.deepEqual(past.job, job);
  assert.equal(past.modelName("m1"), "m.ts");
});

Deno.test("a hundred thousand runs are kept apart", () => {
  const runs = Array.from({ length: 100_000 }, (_, i) => [`r${i}`, `d${i}`]).flat();
  const past = historyOf({ ...STARTED, runs }).jobs.get("a")!;
  assert.equal(past.size, 100_000);
  assert.equal(past.find("r99999")!.digest, "d99999");
  assert.equal(past.find("r77")!.digest, "d77");
  assert.equal(past.counts.running, 100_000);
});

Deno.test("the last invocation is known by its start and how it ended", () => {
  const begun: RunEvent = {
    type: "campaign.started",
    epoch: 3,
    version: "0",
    host: "node7",
    pid: 5,
    slots: 1,
    manifests: [],
  };
  const end: RunEvent = {
    type: "campaign.ended",
    outcome: "stopped",
    completed: 0,
    failed: 0,
    remaining: 2,
  };
  assert.equal(historyOf(begun, end).sessionEnded?.outcome, "stopped");
  const again = historyOf(begun, end, begun);
  assert.equal(again.sessionEnded, undefined);
  assert.equal(again.session?.host, "node7");
  assert.equal(again.lastSeq, 3);
});

Deno.test("an event of a later version changes nothing", () => {
  const later = { type: "run.blessed", job: "a", run: "r1" } as unknown as RunEvent;
  const past = historyOf(STARTED, later).jobs.get("a")!;
  assert.equal(past.find("r1")!.state, "running");
});

Deno.test("planned() counts the plans a job has had", () => {
  const planned: RunEvent = {
    type: "job.planned",
    job: aJob({ id: "a", sweep: points(3) }),
    count: 3,
    model: { name: "m.ts", digest: "m1" },
  };
  const past = historyOf(planned, { ...planned, count: 4 }).jobs.get("a")!;
  assert.deepEqual([past.generations, past.count], [2, 4]);
});

Deno.test("cancelled and retried, held and continued runs are what was said last, also under a new simrun", () => {
  const history = new History();
  const apply = journalOf(history);
  apply({ type: "runs.cancelled", job: "j", runs: ["a", "b"] });
  apply({ type: "runs.held", job: "j", runs: ["c", "d"] });
  apply({ type: "runs.retried", job: "j", runs: ["b"] });
  apply({ type: "runs.continued", job: "j", runs: ["d"] });
  const job = history.jobs.get("j")!;
  const states = () => ["a", "b", "c", "d"].map((run) => job.find(run)!.state);
  assert.deepEqual(states(), ["cancelled", "queued", "held", "queued"]);
  apply({
    type: "campaign.started",
    epoch: 2,
    version: "0.1.0",
    host: "h",
    pid: 1,
    slots: 1,
    manifests: [],
  });
  assert.deepEqual(states(), ["cancelled", "queued", "held", "queued"]);
});

Deno.test("a run that waits to be tried again knows why, and until when", () => {
  const history = new History();
  const apply = journalOf(history);
  const runs = { job: "j", runs: ["a"] } as const;
  apply({
    type: "runs.requeued",
    ...runs,
    cause: "hang",
    counted: true,
    message: "m",
    waitMs: 5_000,
  });
  const { requeued } = history.jobs.get("j")!.rare("a");
  assert.deepEqual(requeued, { cause: "hang", message: "m", dueAt: "2026-01-02T03:04:10.000Z" });
});

function journalOf(history: History): (event: RunEvent) => void {
  let seq = 0;
  return (event) => history.apply({ seq: ++seq, at: "2026-01-02T03:04:05.000Z", ...event });
}

/** The timeline of slots: journals in, lanes out; retries, preemptions, kills, and a hundred thousand runs. */
import assert from "node:assert/strict";
import type { JournalEntry, RunEvent } from "../../src/job/event.ts";
import { type Timeline, TimelineFold } from "../../src/report/timeline.ts";
import { CLIMATE_LIVE, completed, failed, planned, saved, SESSION, started } from "./fixtures.ts";

const SECOND = 1000;
const AT_REST = { nowMs: 0, working: false, live: undefined };

/** Events with the second at which each was written. */
function fold(events: readonly (readonly [seconds: number, event: RunEvent])[]): TimelineFold {
  const folded = new TimelineFold();
  for (const [i, [seconds, event]] of events.entries()) {
    const atMs = seconds * SECOND;
    const entry = { seq: i + 1, at: new Date(atMs).toISOString(), ...event } as JournalEntry;
    folded.apply(entry, atMs);
  }
  return folded;
}

/** `a/r1#1 0–10 completed`, lane by lane, in seconds. */
function texts({ lanes }: Timeline): string[][] {
  return lanes.map(({ bars }) =>
    bars.map((bar) =>
      `${bar.job}/${bar.run}#${bar.attempt} ${bar.fromMs / SECOND}–${
        bar.toMs / SECOND
      } ${bar.ended}${bar.count > 1 ? ` ×${bar.count}` : ""}`
    )
  );
}

const requeued = (run: string, cause: "preempted" | "hang" | "stopped"): RunEvent => ({
  type: "runs.requeued",
  job: "a",
  runs: [run],
  cause,
  counted: cause === "hang",
});
const ended: RunEvent = {
  type: "campaign.ended",
  outcome: "completed",
  completed: 1,
  failed: 0,
  remaining: 0,
};
const done = (run: string, seconds: number) => completed("a", run, 1, { ms: seconds * SECOND });

Deno.test("TimelineFold fills lanes from the first on, and a run that is free sooner begins sooner", () => {
  const read = fold([
    [0, SESSION],
    [0, planned("a", 4)],
    [0, started("a", ["r1"])],
    [0, started("a", ["r2"])],
    [10, done("r1", 10)],
    [10, started("a", ["r3"])],
    [30, done("r2", 30)],
    [30, started("a", ["r4"])],
    [40, done("r3", 30)],
    [45, failed("a", "r4", "went bad")],
    [45, ended],
  ]).read(AT_REST);
  assert.deepEqual(texts(read), [
    ["a/r1#1 0–10 completed", "a/r3#1 10–40 completed"],
    ["a/r2#1 0–30 completed", "a/r4#1 30–45 failed"],
  ]);
  assert.deepEqual([read.fromMs, read.toMs], [0, 45 * SECOND]);
  assert.deepEqual(read.sessions.map(({ outcome }) => outcome), ["completed"]);
});

Deno.test("TimelineFold marks checkpoints, retries, preemptions and what went on from a state", () => {
  const { lanes, marks } = fold([
    [0, SESSION],
    [0, started("a", ["r"])],
    [5, saved("a", "r", 500)],
    [10, requeued("r", "preempted")],
    [20, started("a", ["r"])],
    [20, { type: "run.resumed", job: "a", run: "r", step: 500, rejected: [] }],
    [25, requeued("r", "hang")],
    [30, started("a", ["r"], { attempt: 2 })],
    [40, done("r", 25)],
    [40, ended],
  ]).read(AT_REST);
  assert.deepEqual(texts({ lanes } as Timeline), [[
    "a/r#1 0–10 requeued: preempted",
    "a/r#1 20–25 requeued: hang",
    "a/r#2 30–40 completed",
  ]]);
  assert.deepEqual(lanes[0]!.marks.map(({ atMs, kind }) => [atMs / SECOND, kind]), [
    [5, "checkpoint"],
    [10, "preempted"],
    [20, "resumed"],
    [30, "retry"],
  ]);
  assert.deepEqual(marks, { checkpoint: 1, retry: 1, resumed: 1, preempted: 1 });
});

Deno.test("TimelineFold ends what a killed simrun left under way where it was last heard of", () => {
  const killed = fold([
    [0, SESSION],
    [0, started("a", ["r"])],
    [8, saved("a", "r", 500)],
    [100, SESSION],
    [100, started("a", ["r"])],
    [110, done("r", 10)],
    [110, ended],
  ]).read(AT_REST);
  assert.deepEqual(texts(killed), [["a/r#1 0–8 lost", "a/r#1 100–110 completed"]]);
  assert.deepEqual(killed.sessions.map((s) => [s.fromMs / SECOND, s.toMs / SECOND, s.outcome]), [
    [0, 8, "lost"],
    [100, 110, "completed"],
  ]);
});

Deno.test("TimelineFold shows of a working tree what its picture says is computed, until now", () => {
  const nowMs = Date.parse(CLIMATE_LIVE.at) + 2000;
  const began = nowMs - 60_000;
  const folded = new TimelineFold();
  const events = [SESSION, started("a", ["r1", "r2"]), started("climate_2030", ["climate_2030"])];
  for (const [i, event] of events.entries()) {
    folded.apply({ seq: i + 1, at: "", ...event } as JournalEntry, began);
  }
  const read = folded.read({ nowMs, working: true, live: CLIMATE_LIVE });
  const bars = read.lanes.flatMap(({ bars }) => bars);
  assert.deepEqual(
    bars.map(({ job, ended }) => [job, ended]).toSorted(),
    CLIMATE_LIVE.running.map(({ job }) => [job, "running"]).toSorted(),
  );
  assert.ok(bars.every(({ toMs }) => toMs === nowMs));
  assert.equal(read.sessions[0]!.outcome, "working");
  // Killed, and nobody works: the same runs are lost where the journal ends.
  assert.ok(
    folded.read({ nowMs, working: false, live: CLIMATE_LIVE }).lanes
      .every(({ bars }) => bars.every(({ ended, toMs }) => ended === "lost" && toMs === began)),
  );
});

Deno.test("TimelineFold begins runs of a batch one after the other, and none before its batch", () => {
  const batch = (runs: string[]): RunEvent => ({
    type: "runs.completed",
    job: "a",
    model: "m1",
    runs: runs.map((run) => ({ run, digest: "", attempt: 1, steps: 1, ms: 1000, result: 1 })),
  });
  const read = fold([
    [0, SESSION],
    [0, started("a", ["r1", "r2", "r3", "r4"])],
    [0, started("a", ["r5", "r6"])],
    [2, batch(["r1", "r2"])],
    [4, failed("a", "r3", "bad")],
    [5, batch(["r4"])],
    [7, batch(["r5", "r6"])],
    [7, ended],
  ]).read(AT_REST);
  assert.deepEqual(texts(read), [[
    "a/r1#1 0–2 completed ×2",
    "a/r3#1 2–4 failed",
    "a/r4#1 4–5 completed",
    "a/r5#1 5–7 completed ×2",
  ]]);
});

Deno.test("TimelineFold draws a hundred thousand runs with few bars, counts each, and keeps failures and gaps seen", () => {
  const folded = new TimelineFold();
  let seq = 0;
  const say = (seconds: number, event: RunEvent) =>
    folded.apply({ seq: ++seq, at: "", ...event } as JournalEntry, seconds * SECOND);
  say(0, { ...SESSION, slots: 8 } as RunEvent);
  const count = 100_000;
  for (let i = 0; i < count; i++) {
    // After half of them nothing runs for an hour.
    const at = Math.floor(i / 8) * 2 + (i >= count / 2 ? 3600 : 0);
    say(at, started(i % 2 ? "a" : "b", [`r${i}`]));
    if (i % 8 < 7) continue;
    for (let k = i - 7; k <= i; k++) {
      const job = k % 2 ? "a" : "b";
      if (k % 5000 === 0) say(at + 2, failed(job, `r${k}`, "bad"));
      else say(at + 2, completed(job, `r${k}`, 1, { ms: 2000 }));
    }
  }
  const read = folded.read(AT_REST);
  const bars = read.lanes.flatMap(({ bars }) => bars);
  assert.equal(read.lanes.length, 8);
  assert.ok(bars.length < 2000, `${bars.length} bars`);
  const counted = (end: string) =>
    bars.filter(({ ended }) => ended === end).reduce((sum, bar) => sum + bar.count, 0);
  assert.deepEqual([counted("completed"), counted("failed")], [count - 20, 20]);
  for (const { bars } of read.lanes) {
    assert.ok(bars.every((bar) => bar.busyMs <= bar.toMs - bar.fromMs + 1));
    assert.ok(bars.every((bar) => bar.toMs <= 25_002_000 / 2 || bar.fromMs >= 16_000_000));
  }
});

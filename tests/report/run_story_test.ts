/** The story of one run, and what changed from plan to plan. */
import assert from "node:assert/strict";
import { describeChange, jobChanges } from "../../src/report/job_changes.ts";
import { DEFAULT_BACKOFF, DEFAULT_ON_NAN, type Need } from "../../src/job/job.ts";
import type { Axis, Sample } from "../../src/job/sweep.ts";
import { StoryFold } from "../../src/report/run_story.ts";
import { completed, job, journal, planned, saved, SESSION, started } from "./fixtures.ts";

Deno.test("jobChanges() names every field that differs and no other", () => {
  const before = job("a", { parameters: { co2: 450, albedo: 0.3 }, steps: 10 });
  const after = job("a", { parameters: { albedo: 0.3, co2: 460, year: 2030 }, steps: 20 });
  assert.deepEqual(jobChanges(before, before), []);
  assert.deepEqual(jobChanges(before, after).map(describeChange), [
    "steps: 10 -> 20",
    "parameters.co2: 450 -> 460",
    "parameters.year: 2030 is new",
  ]);
  assert.deepEqual(
    jobChanges(after, before).map(describeChange).at(-1),
    "parameters.year: 2030 is gone",
  );
});

Deno.test("jobChanges() does not mind the order of keys, and tells -0 from 0", () => {
  const plain = (parameters: Record<string, never>) => job("a", { parameters });
  const a = plain({ p: { x: 1, y: 2 }, q: 0 } as never);
  const b = plain({ q: 0, p: { y: 2, x: 1 } } as never);
  assert.deepEqual(jobChanges(a, b), []);
  assert.equal(jobChanges(plain({ q: 0 } as never), plain({ q: -0 } as never)).length, 1);
});

Deno.test("describeChange() says sweeps, priorities, checkpoints and times in words", () => {
  const sweep = (
    axis: Axis,
  ) => ({ sweep: { parts: [{ kind: "axis", name: "kind", axis }] } } as const);
  const before = job("a", sweep({ kind: "list", values: [1, 2, "x"] }));
  const after = job("a", {
    ...sweep({ kind: "range", from: 1, to: 100, count: 3, spacing: "log" }),
    priority: 0,
    hangMs: 60_000,
    checkpoint: { every: { kind: "time", everyMs: 120_000 }, keep: 1 },
  });
  assert.deepEqual(jobChanges(before, after).map(describeChange), [
    "sweep.kind: 1, 2, x -> 3 values from 1 to 100, by equal ratios",
    "priority: normal -> critical",
    "checkpoint: every 10,000 steps, the last 3 kept -> every 2 min 00 s, the last 1 kept",
    "hang_after: 5 min 00 s -> 1 min 00 s",
  ]);
  const points = job("a", { sweep: { parts: [{ kind: "points", points: [{ T: 1 }, { T: 2 }] }] } });
  assert.deepEqual(jobChanges(before, points).map(describeChange), [
    "sweep.kind: 1, 2, x is gone",
    "sweep: 2 points is new",
  ]);
});

Deno.test("describeChange() says samples and repeats in words", () => {
  const sample = (count: number, sd: number): Sample => ({
    kind: "sample",
    method: "sobol",
    count,
    seed: 7,
    over: [
      { name: "T", distribution: { kind: "normal", mean: 288, sd, min: 0 } },
      { name: "k", distribution: { kind: "log-uniform", min: 0.1, max: 1 } },
      { name: "scheme", distribution: { kind: "choice", values: ["euler", "rk4"] } },
    ],
  });
  const before = job("a", { sweep: { parts: [sample(256, 2)] } });
  const after = job("a", { sweep: { parts: [sample(512, 3), { kind: "repeat", count: 5 }] } });
  assert.deepEqual(jobChanges(before, after).map(describeChange), [
    "sweep.sample: 256 points by sobol with seed 7 -> 512 points by sobol with seed 7",
    "sweep.T: normal about 288 with deviation 2, at least 0 -> normal about 288 with deviation 3, at least 0",
    "sweep.repeat: 5 times is new",
  ]);
  assert.deepEqual(jobChanges(job("a", {}), before).map(describeChange).slice(2), [
    "sweep.k: log-uniform from 0.1 to 1 is new",
    "sweep.scheme: choice of euler, rk4 is new",
  ]);
});

Deno.test("jobChanges() tells waits, limits and needs; a default that is spelt out is no change", () => {
  const mesh: Need = { job: "mesh", runs: "all", accept: "completed" };
  const before = job("a", { timeoutMs: 7_200_000, needs: [mesh] });
  const after = job("a", {
    onNan: "fail",
    backoff: { firstMs: 0, mostMs: 300_000 },
    needs: [mesh, { job: "spinup", runs: "same-point", accept: "any" }],
  });
  assert.deepEqual(jobChanges(before, after).map(describeChange), [
    "timeout: 2 h 00 min is gone",
    "on_nan: warn -> fail",
    "retry.backoff: 5.0 s -> 0 ms",
    "needs: mesh -> mesh, spinup (same point, however it ends)",
  ]);
  const most = job("a", { backoff: { firstMs: 5_000, mostMs: 600_000 } });
  assert.deepEqual(jobChanges(job("a"), most).map(describeChange), [
    "retry.backoff_max: 5 min 00 s -> 10 min 00 s",
  ]);
  const spelt = job("a", { onNan: DEFAULT_ON_NAN, backoff: DEFAULT_BACKOFF });
  assert.deepEqual(jobChanges(job("a"), spelt), []);
});

Deno.test("StoryFold tells the run's own events only, checkpoints in a row as one", () => {
  const story = new StoryFold("s", "a");
  const events = [
    SESSION,
    planned("s", 2),
    planned("other"),
    started("s", ["a", "b"]),
    saved("s", "a", 1),
    saved("s", "b", 1),
    saved("s", "a", 2),
    completed("s", "b", {}),
    // A run whose digest is the name of another one is not that run.
    started("s", [], { runs: ["c", "a"] }),
    completed("s", "a", {}, { point: { T: 2 } }),
    planned("s", 2, { steps: 5 }),
  ];
  for (const entry of journal(events)) story.apply(entry);
  assert.deepEqual(story.chapters.map(({ kind }) => kind), [
    "planned",
    "started",
    "saved",
    "completed",
    "planned",
  ]);
  const chapter = story.chapters[2]!;
  assert.ok(chapter.kind === "saved" && chapter.count === 2 && chapter.lastStep === 2);
  const last = story.chapters[4]!;
  assert.ok(last.kind === "planned");
  assert.deepEqual(last.changes, [{ field: "steps", from: 1_000_000, to: 5 }]);
  assert.deepEqual(story.point, { T: 2 });
});

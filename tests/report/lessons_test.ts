/** What was learned, in words and in JSON. */
import assert from "node:assert/strict";
import type { Job } from "../../src/job/job.ts";
import { Learned } from "../../src/queue/learned.ts";
import { lessonsJson, lessonsOf, lessonTexts } from "../../src/report/lessons.ts";
import { endText } from "../../src/report/outlook.ts";
import { formatAbout, formatRange, formatTimeLeft } from "../../src/report/time_left.ts";
import { completed, failed, history, job, planned, saved, started } from "./fixtures.ts";

const MODEL = { name: "m.ts", digest: "m1" };
const HOUR = 3_600_000;
const AUTO = { checkpoint: { every: { kind: "auto" }, keep: 3 } } as const;

Deno.test("lessonTexts() tells when an auto job saves, and why then", () => {
  const texts = textsOf(job("ice", AUTO), [
    planned("ice"),
    started("ice", ["r1"]),
    { ...saved("ice", "r1", 5), ms: 90, stallMs: 10 } as never,
  ]);
  assert.equal(texts.checkpoints, "about every 2 min: one takes 100 ms, a failure a day");
  // Of the run itself, where it has saved.
  assert.match(
    textsOf(job("ice", AUTO), [], { ownCostMs: 4_000 }).checkpoints!,
    /^about every 14 min: one takes 4.0 s/,
  );
  assert.match(
    textsOf(job("ice", AUTO), [], { ownCostMs: 100, limitMs: HOUR }).checkpoints!,
    /^about every 27 s: one takes 100 ms, a failure every 1 h$/,
  );
  assert.equal(
    textsOf(job("ice", AUTO), [], { ownCostMs: 60_000 }).checkpoints,
    "about every 2 h: one takes 1 min 00 s, and all of them 1 % of the time at most",
  );
  assert.match(
    textsOf(job("ice", AUTO), [], { ownCostMs: 0.0001, limitMs: 1000 }).checkpoints!,
    /^every 1 s, never more often: /,
  );
});

Deno.test("lessonTexts() says of what size a checkpoint was when another job's is all that is known", () => {
  const events = [
    planned("ice"),
    planned("sea"),
    started("sea", ["r1"]),
    { ...saved("sea", "r1", 5), ms: 100 } as never,
  ];
  assert.equal(
    textsOf(job("ice", AUTO), events).checkpoints,
    "about every 2 min: one of 2.4 MB takes 100 ms, a failure a day",
  );
  assert.equal(
    textsOf(job("ice", AUTO), []).checkpoints,
    "as often as pays; what one takes is not known yet",
  );
});

Deno.test("lessonTexts() tells of memory, failures, times and hang limits, and only of what is known", () => {
  assert.deepEqual(textsOf(job("ice"), []), {});
  const texts = textsOf(job("ice"), [
    planned("ice"),
    started("ice", ["r1", "r2", "r3"]),
    completed("ice", "r1", 1, { ms: 3.0 * HOUR, memoryBytes: 3.2e9, longestStepMs: 1_200_000 }),
    completed("ice", "r2", 1, { ms: 3.1 * HOUR, memoryBytes: 3.1e9 }),
    {
      type: "runs.requeued",
      job: "ice",
      runs: ["r3"],
      cause: "out-of-memory",
      counted: true,
      memoryBytes: 2e9,
    },
    failed("ice", "r3", "boom"),
  ]);
  assert.deepEqual(texts, {
    "a step": "11 ms",
    "a run": "3 h, by 2 runs of its model",
    failures: "slots with runs of its model ended once, in 0 ms of work on the tree",
    memory: "up to 3.2 GB; not enough once: 2.0 GB",
    hung: "after 1 h without a step, as steps are long",
  });
  const short = textsOf(job("ice"), [
    planned("ice"),
    started("ice", ["r1", "r2"]),
    completed("ice", "r1", 1, { ms: 0.3 }),
    completed("ice", "r2", 1, { ms: 0.4 }),
  ]);
  assert.match(short["a run"]!, /^0\.2\d* ms to 0\.\d+ ms, by 2 runs of its model$/);
});

Deno.test("lessonsJson() has the figures, with their units in their names", () => {
  const learned = Learned.of(history([
    planned("ice"),
    started("ice", ["r1"]),
    { ...saved("ice", "r1", 5), ms: 90, stallMs: 10 } as never,
    completed("ice", "r1", 1, { memoryBytes: 3e9 }),
  ]));
  assert.deepEqual(lessonsJson(lessonsOf(job("ice", AUTO), MODEL, learned)), {
    runs: 1,
    step_ms: 0.0015,
    checkpoint_ms: 100,
    checkpoint_bytes: 2_400_000,
    checkpoint_every_seconds: 131.453,
    checkpoint_rule: "balance",
    mean_time_between_failures_seconds: 86_400,
    crashes: 0,
    slots_lost: 0,
    worked_seconds: 0,
    peak_memory_bytes: 3e9,
  });
});

Deno.test("endText() says how long all takes, by what and with how many slots, where that is worth a line", () => {
  const text = (lowMs: number, highMs: number, models = 1) =>
    endText({ end: { lowMs, highMs, slots: 4, runs: 120, models }, lessons: new Map() });
  assert.equal(
    text(3.2 * HOUR, 3.9 * HOUR),
    "takes about 3 to 4 h with 4 slots, by 120 runs of this model",
  );
  assert.equal(
    text(0, 3.9 * HOUR, 2),
    "takes up to 4 h with 4 slots, by 120 runs of these models",
  );
  assert.equal(text(1_000, 9_000), undefined);
  assert.equal(endText({ end: undefined, lessons: new Map() }), undefined);
});

Deno.test("formatRange() rounds away from the middle, in one unit where that says it", () => {
  const minute = 60_000;
  assert.equal(formatRange(3.2 * HOUR, 3.9 * HOUR), "3 to 4 h");
  assert.equal(formatRange(10.2 * minute, 13.1 * minute), "10 to 14 min");
  assert.equal(formatRange(11.9 * minute, 12.2 * minute), "12 min");
  assert.equal(formatRange(62 * minute, 80 * minute), "62 to 80 min");
  assert.equal(formatRange(40_000, 150_000), "40 s to 3 min");
  assert.equal(formatRange(12_000, 30_000), "12 to 30 s");
  assert.equal(formatRange(10 * minute, 20 * HOUR), "10 min to 20 h");
  assert.equal(formatRange(0, 5 * HOUR), "up to 5 h");
  assert.equal(formatRange(400, 1_700), "up to 2 s");
  assert.equal(formatRange(0, 0), "1 s");
  assert.equal(formatRange(90 * HOUR, 200 * HOUR), "3 to 9 d");
});

Deno.test("formatTimeLeft() is the range, or the time where there is none", () => {
  assert.equal(formatTimeLeft({ etaMs: 12_000, lowMs: 10_000, highMs: 20_000 }), "10 to 20 s");
  assert.equal(formatTimeLeft({ etaMs: 12_000, lowMs: undefined, highMs: undefined }), "15 s");
  assert.equal(formatTimeLeft({ etaMs: 12_000, lowMs: 1, highMs: Infinity }), "15 s");
  assert.equal(formatTimeLeft({ etaMs: undefined }), "");
});

Deno.test("formatAbout() has one unit", () => {
  assert.deepEqual(
    [72, 1_000, 59_400, 59_600, 131_000, 3_590_000, 30 * HOUR, 60 * HOUR].map(formatAbout),
    ["72 ms", "1 s", "59 s", "1 min", "2 min", "1 h", "30 h", "3 d"],
  );
});

function textsOf(
  of: Job,
  events: Parameters<typeof history>[0],
  options: Parameters<typeof lessonsOf>[3] = {},
): { readonly [title: string]: string } {
  const lessons = lessonsOf(of, MODEL, Learned.of(history(events)), options);
  return Object.fromEntries(lessonTexts(lessons));
}

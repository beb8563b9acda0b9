/** What an agent makes of a thread that does not look at its time, with a clock of the test's own. */
import assert from "node:assert/strict";
import type { Job } from "../../src/job/job.ts";
import { Overseer } from "../../src/worker/overseer.ts";
import { endlessStepWords } from "../../src/worker/run_failure.ts";
import { ACTIVITY, CONTROL } from "../../src/worker/protocol.ts";
import { aJob } from "../helpers/jobs.ts";

const EVERY_MINUTE = { every: { kind: "time", everyMs: 60_000 }, keep: 3 } as const;

Deno.test("look() ends a run whose thread has not looked since its timeout, after a grace", () => {
  const { lookUntil } = stage({ timeoutMs: 60_000, checkpoint: EVERY_MINUTE, hangMs: 1e9 });
  const { at, sight } = lookUntil(0, 100_000);
  assert.ok(at > 66_000 && at <= 66_600, `${at}`);
  assert.deepEqual(sight, {
    kind: "give-up",
    message: {
      type: "failed",
      batch: 3,
      index: 7,
      failure: {
        class: "timeout",
        message:
          "it computed for 1m 6s, longer than its timeout of 1m, and what it began after step " +
          "1,234 of 1,000,000 did not come to an end; raise timeout and run again: " +
          "it goes on from its last checkpoint",
        step: 1234,
      },
      isLast: true,
    },
  });
});

Deno.test("endlessStepWords() promises no checkpoint to a run that came to none", () => {
  const job = aJob({ timeoutMs: 60_000, checkpoint: EVERY_MINUTE });
  assert.match(endlessStepWords(job, 0, 70_000), /; raise timeout and run again: it begins anew$/);
  assert.match(endlessStepWords(job, 9, 70_000), /: it goes on from its last checkpoint$/);
});

Deno.test("look() gives a short timeout two seconds of grace", () => {
  const { lookUntil } = stage({ timeoutMs: 10, hangMs: 1e9 });
  const { at } = lookUntil(0, 100_000);
  assert.ok(at > 2_000 && at <= 2_600, `${at}`);
});

Deno.test("look() counts what a run had computed before, and that of no other run", () => {
  const { overseer, lookUntil } = stage({ timeoutMs: 60_000, hangMs: 1e9 });
  overseer.ordered(4, 1e9);
  overseer.ordered(3, 50_000);
  const { at } = lookUntil(0, 100_000);
  assert.ok(at > 16_000 && at <= 16_600, `${at}`);
  const next = stage({ timeoutMs: 60_000, hangMs: 1e9 });
  next.overseer.ordered(3, 50_000);
  next.overseer.heard({ type: "ended", batch: 3 });
  assert.ok(next.lookUntil(0, 100_000).at > 66_000);
});

for (const activity of ["preparing", "saving", "waitingForDisk"] as const) {
  Deno.test(`look() takes no time from a run that is ${activity}`, () => {
    const { orders, lookUntil } = stage({ timeoutMs: 100, hangMs: 1e9 });
    Atomics.store(orders, CONTROL.activity, ACTIVITY[activity]);
    assert.equal(lookUntil(0, 30_000).sight.kind, "well");
  });
}

Deno.test("look() ends no run for its timeout that has none", () => {
  assert.equal(stage({ hangMs: 1e9 }).lookUntil(0, 1_000_000).sight.kind, "well");
});

Deno.test("look() tells how long a run made no step, once that is worth a word", () => {
  const { lookUntil, progress } = stage({});
  const told = () => {
    const { sight } = lookUntil(now, now + 200);
    assert.ok(sight.kind === "well" && sight.message?.type === "progress");
    now += 200;
    return sight.message.longestMs;
  };
  let now = 0;
  lookUntil(0, 600);
  now = 600;
  assert.equal(told(), undefined);
  lookUntil(1_000, 7_000);
  now = 7_000;
  progress[CONTROL.step] = 1235;
  assert.ok(told()! >= 6_000);
  progress[CONTROL.step] = 1236;
  assert.ok(told()! >= 6_000);
});

Deno.test("look() counts no time in which the whole process was suspended, and the thread hears of it", () => {
  const { overseer, lookUntil, progress } = stage({ timeoutMs: 60_000, hangMs: 1e9 });
  lookUntil(0, 10_000);
  const before = progress[CONTROL.livedMs]!;
  overseer.look(10_000 + 3_600_000, 1, false);
  assert.ok(progress[CONTROL.livedMs]! - before <= 1_000);
  const { at } = lookUntil(3_610_000, 3_700_000);
  assert.ok(at > 3_610_000 + 54_000, `${at}`);
});

Deno.test("begin() hands the clock on to the next thread", () => {
  const { overseer, lookUntil, progress } = stage({});
  lookUntil(0, 10_000);
  const next = new SharedArrayBuffer(CONTROL.bytes);
  overseer.begin(next);
  assert.ok(progress[CONTROL.livedMs]! > 9_000);
  assert.equal(new Float64Array(next)[CONTROL.livedMs], progress[CONTROL.livedMs]);
});

/** A thread at step 1,234 of run 7 in batch 3, which does not move. */
function stage(over: Partial<Job>) {
  const control = new SharedArrayBuffer(CONTROL.bytes);
  const orders = new Int32Array(control);
  const progress = new Float64Array(control);
  const job = aJob({ steps: 1_000_000, ...over });
  const overseer = new Overseer({ job: () => job, indices: () => [7] }, control);
  Atomics.store(orders, CONTROL.batch, 3);
  Atomics.store(orders, CONTROL.activity, ACTIVITY.computing);
  progress[CONTROL.begun] = 1;
  progress[CONTROL.index] = 7;
  progress[CONTROL.step] = 1234;
  /** Looks five times a second; answers the first sight that is not well, or the last. */
  const lookUntil = (from: number, to: number) => {
    for (let at = from;; at += 200) {
      const sight = overseer.look(at, 1, false);
      if (sight.kind !== "well" || at >= to) return { at, sight };
    }
  };
  return { overseer, orders, progress, lookUntil };
}

/** Who waits and who need not: retries with their waits, critical runs, batches of many jobs. */
import assert from "node:assert/strict";
import { retryWaitMs } from "../../src/campaign/retry.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { stage } from "./fake_world.ts";

const LONG = { checkpoint: { every: { kind: "time", everyMs: 60_000 }, keep: 3 } } as const;

Deno.test("retryWaitMs() is 5 s, 10 s, 20 s … up to the cap, a tenth more or less, the same each time", () => {
  for (const digest of ["00000000", "3fa9c1b2d4e5f607", "ffffffffffffffff"]) {
    for (const [attempt, seconds] of [[1, 5], [2, 10], [3, 20], [4, 40], [7, 300], [99, 300]]) {
      const waitMs = retryWaitMs(attempt!, digest);
      assert.ok(Math.abs(waitMs / (seconds! * 1000) - 1) <= 0.1, `${attempt}: ${waitMs}`);
      assert.equal(waitMs, retryWaitMs(attempt!, digest));
    }
  }
  const waits = Array.from(
    { length: 1000 },
    (_, i) => retryWaitMs(1, (i * 2654435761 >>> 0).toString(16).padStart(8, "0")),
  );
  assert.ok(new Set(waits).size > 500, "they do not all come back together");
  assert.equal(retryWaitMs(3, "00", { firstMs: 0, mostMs: 0 }), 0);
});

Deno.test("a run whose slot died waits longer each time; others have its slot meanwhile", async () => {
  const { world, outcome } = await stage([
    aJob({ id: "poison", retries: 2, backoff: { firstMs: 5_000, mostMs: 60_000 }, ...LONG }),
    aJob({ id: "good", ...LONG }),
  ]);
  await world.slot.ready();
  await world.slot.crashes();
  const [requeued] = world.events("runs.requeued");
  assert.ok(Math.abs(requeued!.waitMs! - 5_000) <= 500);
  assert.equal(requeued!.counted, true);
  await world.slot.ready();
  assert.equal(world.events("runs.started").at(-1)!.job, "good");
  await world.slot.completes();
  await world.passes(4_000);
  assert.equal(world.events("runs.started").length, 2, "it still waits");
  await world.passes(2_000);
  assert.deepEqual(world.events("runs.started").map(({ job, attempt }) => [job, attempt]), [
    ["poison", 1],
    ["good", 1],
    ["poison", 2],
  ]);
  await world.slot.crashes();
  const second = world.events("runs.requeued").at(-1)!;
  assert.ok(Math.abs(second.waitMs! - 10_000) <= 1_000);
  await world.passes(11_001);
  await world.slot.ready();
  await world.slot.crashes();
  assert.equal(world.events("run.failed")[0]!.attempt, 3);
  assert.deepEqual([outcome()?.failed, world.timers], [1, 0]);
});

Deno.test("stop() does not wait for those that wait", async () => {
  const { world, campaign, outcome } = await stage([
    aJob({ retries: 2, backoff: { firstMs: 5_000, mostMs: 60_000 } }),
  ]);
  await world.slot.ready();
  await world.slot.crashes();
  campaign.stop("checkpoint");
  await world.settle();
  assert.deepEqual([outcome()?.stopped, outcome()?.remaining], ["asked", 1]);
  assert.equal(world.timers, 0);
});

Deno.test("a critical run takes the slot of the least urgent one, which is saved and goes on later", async () => {
  const { world, add, outcome } = await stage([
    aJob({ id: "high", priority: 1, ...LONG }),
    aJob({ id: "low", priority: 3, ...LONG }),
  ], { slots: 2 });
  for (const slot of world.slots) await slot.ready();
  await add(aJob({ id: "urgent", priority: 0, ...LONG }));
  const [high, low] = world.slots;
  assert.equal(high!.sent.at(-1)!.type, "batch");
  assert.equal(low!.sent.at(-1)!.type, "yield");
  await low!.yields();
  assert.deepEqual(
    world.events("runs.requeued").map(({ job, cause, counted }) => [
      job,
      cause,
      counted,
    ]),
    [["low", "preempted", false]],
  );
  assert.equal(world.events("runs.started").at(-1)!.job, "urgent");
  world.nowMs += 60_000;
  await low!.completes(low!.last);
  assert.equal(world.events("runs.started").at(-1)!.job, "low");
  await low!.completes(low!.last);
  await high!.completes();
  assert.deepEqual([outcome()?.completed, outcome()?.failed], [3, 0]);
});

Deno.test("what saves no checkpoints, and what is critical itself, is not preempted", async () => {
  const { world, add } = await stage([
    aJob({ id: "unsaved", priority: 3 }),
    aJob({ id: "critical", priority: 0, ...LONG }),
  ], { slots: 2 });
  for (const slot of world.slots) await slot.ready();
  await add(aJob({ id: "urgent", priority: 0, ...LONG }));
  for (const slot of world.slots) assert.equal(slot.sent.at(-1)!.type, "batch");
});

Deno.test("two critical runs take two slots, and no third", async () => {
  const { world, add } = await stage([aJob({ id: "low", sweep: points(3), ...LONG })], {
    slots: 3,
  });
  for (const slot of world.slots) await slot.ready();
  await add(aJob({ id: "urgent", priority: 0, sweep: points(2), ...LONG }));
  const asked = world.slots.filter(({ sent }) => sent.at(-1)!.type === "yield");
  assert.equal(asked.length, 2);
});

Deno.test("a hundred quick jobs of one model go to a slot without a round trip each", async () => {
  const jobs = Array.from({ length: 100 }, (_, i) => aJob({ id: `job-${i}` }));
  const { world, outcome } = await stage(jobs);
  await world.slot.ready();
  world.nowMs += 1;
  await world.slot.completes();
  assert.ok(world.slot.batches.length >= 50, `${world.slot.batches.length} batches`);
  while (outcome() === undefined) {
    world.nowMs += 1;
    await world.slot.completes();
  }
  assert.equal(outcome()?.completed, 100);
});

Deno.test("no slot is given more while an idle one could begin it at once", async () => {
  const jobs = Array.from({ length: 4 }, (_, i) => aJob({ id: `job-${i}` }));
  const { world } = await stage(jobs, { slots: 3 });
  await world.slots[0]!.ready();
  world.nowMs += 1;
  await world.slots[0]!.completes();
  assert.equal(world.slots[0]!.batches.length, 2);
  await world.slots[1]!.ready();
  await world.slots[2]!.ready();
  assert.deepEqual(world.slots.map(({ batches }) => batches.length), [2, 1, 1]);
});

/** Runs that need more memory than an even share: who gets it, who makes room, and that there is never more than there is. */
import assert from "node:assert/strict";
import { MemoryBudget } from "../../src/campaign/memory_budget.ts";
import { RunTable } from "../../src/campaign/run_table.ts";
import type { Priority } from "../../src/job/job.ts";
import { makePlan } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { slotLimits } from "../../src/runner/limits.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { forSeeds, type Seeded } from "../helpers/seeded.ts";
import { cases } from "../helpers/torture.ts";
import { indicesOf, stage, type Staged } from "./fake_world.ts";
import { Played } from "./played_campaign.ts";

const GIB = 2 ** 30;
const SAVED = { every: { kind: "time", everyMs: 60_000 }, keep: 3 } as const;
const OUT = {
  status: 133,
  signal: "SIGTRAP",
  stderr: "# Fatal JavaScript out of memory: Reached heap limit",
};

function liveSlots({ world }: Staged) {
  return world.slots.filter((slot) => !slot.isGone);
}

/** Ends those that were told to exit. */
async function leave(staged: Staged): Promise<void> {
  for (const slot of liveSlots(staged)) {
    if (slot.sent.some(({ type }) => type === "exit")) await slot.crashes({ status: 0 });
  }
}

Deno.test("MemoryBudget gives even shares, and one more for who is tried again", () => {
  const budget = new MemoryBudget(9 * GIB, 2);
  assert.equal(budget.bytesOf(0), 3 * GIB);
  const twice = budget.above(0)!;
  assert.equal(budget.bytesOf(twice), 6 * GIB);
  const all = budget.above(twice)!;
  assert.equal(budget.bytesOf(all), 9 * GIB);
  assert.equal(budget.above(all), undefined);
  assert.equal(new MemoryBudget(9 * GIB, 1).bytesOf(0), 9 * GIB, "one slot has everything");
  assert.equal(new MemoryBudget(9 * GIB, 1).above(0), undefined);
});

Deno.test("MemoryBudget.sizeFor() answers a size with at least so much, hardly more, and never more than there is", () => {
  forSeeds(300, (random) => {
    const slots = 1 + random.below(64);
    const totalBytes = Math.round(GIB * 2 ** (random.next() * 8));
    const budget = new MemoryBudget(totalBytes, slots);
    const asked = random.next() * totalBytes;
    const size = budget.sizeFor(asked);
    assert.ok(size < 256);
    assert.ok(budget.bytesOf(size) >= asked - 1, `${asked} ${totalBytes} ${slots}`);
    assert.ok(budget.bytesOf(size) <= totalBytes);
    if (size > 0) assert.ok(budget.bytesOf(size) <= Math.max(asked * 1.1, budget.bytesOf(1)));
    budget.resize(1 + random.below(64));
    const later = budget.sizeFor(asked);
    assert.ok(budget.bytesOf(later) >= asked - 1, "also when there are more or fewer slots");
    const above = budget.above(later);
    if (above !== undefined) assert.ok(budget.bytesOf(above) > budget.bytesOf(later));
  });
});

Deno.test("slotLimits() lets half of a slot be heap", () => {
  assert.deepEqual(slotLimits(4 * GIB), { memoryBytesMax: 4 * GIB, heapBytesMax: 2 * GIB });
});

Deno.test("a run that was out of memory is tried once more with twice as much, then it has failed", async () => {
  const memory = new MemoryBudget(9 * GIB, 2);
  const staged = await stage([aJob({ id: "greedy", retries: 3 })], { slots: 2, memory });
  const { world, outcome } = staged;
  assert.equal(world.slot.memoryBytesMax, 3 * GIB);
  await world.slot.ready();
  await world.slot.crashes(OUT);
  const [requeued] = world.events("runs.requeued");
  assert.deepEqual([requeued!.cause, requeued!.counted], ["out-of-memory", true]);
  assert.equal(world.slot.memoryBytesMax, 6 * GIB);
  await world.slot.ready();
  assert.equal(world.events("runs.started").at(-1)!.attempt, 2);
  await world.slot.crashes(OUT);
  const [failed] = world.events("run.failed");
  assert.deepEqual([failed!.attempt, failed!.failure.class], [2, "out-of-memory"]);
  assert.match(failed!.failure.message, /; memory: 12288MiB in its job gives it more$/);
  assert.deepEqual([outcome()?.completed, outcome()?.failed], [0, 1]);
});

Deno.test("a run that had all there is is not tried again for want of memory", async () => {
  const { world } = await stage([aJob({ retries: 3 })], { memory: new MemoryBudget(9 * GIB, 1) });
  await world.slot.ready();
  await world.slot.crashes(OUT);
  assert.deepEqual(world.events("runs.requeued"), []);
  assert.match(world.events("run.failed")[0]!.failure.message, /; --memory gives it more/);
});

Deno.test("a job that is never tried again fails at once when it is out of memory", async () => {
  const memory = new MemoryBudget(9 * GIB, 2);
  const { world } = await stage([aJob({ retries: 0 })], { slots: 2, memory });
  await world.slot.ready();
  await world.slot.crashes(OUT);
  assert.equal(world.events("run.failed")[0]!.attempt, 1);
  assert.deepEqual(world.events("runs.requeued"), []);
});

Deno.test("of many runs that are out of memory one at a time has the share that is left over; the others go on", async () => {
  const memory = new MemoryBudget(8 * GIB, 3);
  const staged = await stage([aJob({ sweep: points(6), retries: 3, checkpoint: SAVED })], {
    slots: 3,
    memory,
  });
  const { outcome } = staged;
  const greedy = new Set([0, 1, 2]);
  for (let turn = 0; turn < 60 && outcome() === undefined; turn++) {
    const bytes = liveSlots(staged).reduce((sum, slot) => sum + slot.memoryBytesMax, 0);
    assert.ok(bytes <= memory.totalBytes, `${bytes / GIB} GiB`);
    for (const slot of liveSlots(staged)) {
      if (slot.isGone) continue;
      if (slot.sent.some(({ type }) => type === "exit")) {
        await slot.crashes({ status: 0 });
        continue;
      }
      const batch = slot.working;
      const isAskedBack = slot.sent.at(-1)?.type === "yield";
      if (batch === undefined) await slot.ready();
      else if (isAskedBack) await slot.yields();
      else if (indicesOf(batch).some((i) => greedy.has(i)) && slot.memoryBytesMax < 3 * GIB) {
        await slot.crashes(OUT);
      } else await slot.completes();
    }
  }
  assert.deepEqual([outcome()?.completed, outcome()?.failed], [6, 0]);
});

Deno.test("runs that ask for more memory run beside each other as far as it goes, and others fill what is left", async () => {
  const memory = new MemoryBudget(20 * GIB, 4);
  const staged = await stage([
    aJob({ id: "large", sweep: points(4), memoryBytes: 7 * GIB }),
    aJob({ id: "small", sweep: points(4) }),
  ], { slots: 4, memory });
  const sizes = liveSlots(staged).map(({ memoryBytesMax }) => Math.floor(memoryBytesMax / GIB));
  assert.deepEqual(sizes, [7, 7, 4]);
});

Deno.test("a large run asks the least urgent work back, which loses nothing, and starts when the memory is free", async () => {
  const memory = new MemoryBudget(12 * GIB, 2);
  const staged = await stage([aJob({ sweep: points(2), checkpoint: SAVED })], {
    slots: 2,
    memory,
  });
  const { world, outcome } = staged;
  for (const slot of [...world.slots]) await slot.ready();
  await staged.add(aJob({ id: "large", memoryBytes: 8 * GIB, priority: 1 }));
  const asked = liveSlots(staged).filter((slot) => slot.sent.at(-1)!.type === "yield");
  assert.equal(asked.length, 1);
  assert.equal(world.slots.length, 2, "it waits for the memory");
  await asked[0]!.yields();
  const [requeued] = world.events("runs.requeued");
  assert.deepEqual([requeued!.cause, requeued!.counted], ["memory", false]);
  assert.equal(world.slots.length, 2, "which is not free before the process has ended");
  await leave(staged);
  assert.ok(world.slot.memoryBytesMax >= 8 * GIB);
  await world.slot.ready();
  await world.slot.completes();
  await leave(staged);
  for (let turn = 0; turn < 9 && outcome() === undefined; turn++) {
    for (const slot of liveSlots(staged)) {
      if (slot.working === undefined) await slot.ready();
      else await slot.completes();
    }
  }
  assert.equal(outcome()?.completed, 3);
});

Deno.test("who is more urgent, or saves nothing, does not make room", async () => {
  const memory = new MemoryBudget(12 * GIB, 2);
  const staged = await stage([
    aJob({ id: "urgent", priority: 0 }),
    aJob({ id: "unsaved", checkpoint: { every: { kind: "off" }, keep: 1 } }),
  ], { slots: 2, memory });
  for (const slot of [...staged.world.slots]) await slot.ready();
  await staged.add(aJob({ id: "large", memoryBytes: 8 * GIB }));
  for (const slot of liveSlots(staged)) {
    assert.ok(slot.sent.every(({ type }) => type !== "yield" && type !== "exit"));
  }
});

Deno.test("in every campaign of runs of all sizes memory suffices at every moment, and each run ends once", async () => {
  const seeds: Seeded[] = [];
  forSeeds(cases({ short: 300, long: 3_000 }), (random) => seeds.push(random));
  for (const [seed, random] of seeds.entries()) await playAtRandom(random, `campaign ${seed}`);
});

async function playAtRandom(random: Seeded, name: string): Promise<void> {
  const slots = 1 + random.below(6);
  const totalBytes = 16 * GIB;
  const memory = new MemoryBudget(totalBytes, slots);
  const jobs = Array.from({ length: 1 + random.below(6) }, (_, i) =>
    aJob({
      id: `job-${i}`,
      model: { kind: "module", path: `/model-${random.below(2)}.ts` },
      priority: random.below(4) as Priority,
      sweep: points(1 + random.below(12)),
      retries: random.below(3),
      checkpoint: random.next() < 0.8 ? SAVED : { every: { kind: "off" }, keep: 3 },
      ...(random.next() < 0.6 && { memoryBytes: totalBytes * 2 ** -(random.next() * 5) }),
    }));
  const needs = jobs.map(() => random.next() < 0.2 ? totalBytes * random.next() : 0);
  const medians = jobs.map(() => 10 ** (random.next() * 4));
  const toPlan = jobs.map((job) => ({
    job,
    model: { name: job.model.path, digest: job.model.path },
    inputDigests: {},
  }));
  const options = { rerun: "none", reuse: false, acceptModel: false } as const;
  const plan = makePlan(toPlan, new History(), options);
  const table = new RunTable(0, undefined, ({ job }) => memory.sizeFor(job.memoryBytes));
  table.add(plan, () => 0);
  const played = new Played(table, {
    course: (job) => ({
      ms: medians[job]! * (0.5 + random.next()),
      ends: "completes",
      needsBytes: needs[job]!,
    }),
    slotStartMs: 50,
    slotEndMs: random.below(2) * 30,
    campaign: {
      root: "/tree",
      epoch: 1,
      holder: "test",
      withFiles: () => undefined,
      slots,
      memory,
    },
  });
  const outcome = await played.play();
  assert.equal(outcome.stopped, undefined, name);
  assert.equal(outcome.completed + outcome.failed, plan.total, name);
  assert.ok(
    played.memoryBytesMost <= totalBytes * (1 + 1e-6),
    `${name}: ${played.memoryBytesMost}`,
  );
  for (const { job, memoryBytesMax } of played.begun) {
    const asked = jobs[job]!.memoryBytes ?? 0;
    assert.ok(memoryBytesMax >= asked - 1, `${name}: ${memoryBytesMax} for ${asked}`);
  }
  for (const { failure } of played.world.events("run.failed")) {
    assert.equal(failure.class, "out-of-memory", name);
  }
}

Deno.test("live() tells what one more slot takes only where there may be one, not while the slots there may be are starting", async () => {
  const whole = { totalBytes: 9 * GIB, freeBytes: 0 };
  const single = await stage([aJob({ sweep: points(3) })], {
    slots: 1,
    memory: new MemoryBudget(9 * GIB, 1),
  });
  assert.deepEqual(single.campaign.live().memory, whole);
  await single.world.slot.ready();
  assert.deepEqual(single.campaign.live().memory, whole);
  const large = await stage([
    aJob({ id: "large", memoryBytes: 8 * GIB }),
    aJob({ id: "small", sweep: points(2) }),
  ], { slots: 2, memory: new MemoryBudget(9 * GIB, 2) });
  await large.world.slot.ready();
  const { shareBytes, freeBytes } = large.campaign.live().memory!;
  assert.equal(shareBytes, 3 * GIB);
  assert.ok(freeBytes < shareBytes!);
});

/** What people ask of a campaign at work: written before it is told, and nobody else's run pays for it. */
import assert from "node:assert/strict";
import { aJob, points } from "../helpers/jobs.ts";
import { stage } from "./fake_world.ts";

const LONG = { checkpoint: { every: { kind: "time", everyMs: 60_000 }, keep: 3 } } as const;

Deno.test("cancel() of waiting runs: written, counted, never started", async () => {
  const { world, campaign, outcome } = await stage([aJob({ sweep: points(4) })]);
  await world.slot.ready();
  world.isSlow = true;
  let told: readonly string[] | undefined;
  void campaign.steering.cancel([2, 3]).then((what) => told = what);
  await world.settle();
  assert.equal(told, undefined, "not before it is durable");
  world.isSlow = false;
  await world.flush();
  assert.deepEqual(told, ["cancelled", "cancelled"]);
  const [event] = world.events("runs.cancelled");
  assert.equal(event!.runs.length, 2);
  while (outcome() === undefined) await world.slot.completes();
  assert.deepEqual(outcome(), {
    stopped: undefined,
    completed: 2,
    failed: 0,
    cancelled: 2,
    remaining: 0,
  });
});

Deno.test("cancel() of a run that is computed asks its slot; what shared the slot goes on, uncounted", async () => {
  const { world, campaign, outcome, plan } = await stage([aJob({ sweep: points(30) })]);
  await world.slot.ready();
  await world.slot.completes();
  const working = world.slot.working!;
  assert.ok(working.runs.length > 1);
  const gone = working.runs[0]!;
  let told: readonly string[] | undefined;
  void campaign.steering.cancel([gone.index]).then((what) => told = what);
  await world.settle();
  assert.equal(world.slot.sent.at(-1)!.type, "yield");
  for (const batch of [...world.slot.batches]) {
    if (batch !== world.slot.batches[0]) await world.slot.yields(batch);
  }
  assert.deepEqual(told, ["cancelled"]);
  assert.ok(
    world.events("runs.requeued").every(({ counted, cause }) => !counted && cause === "control"),
  );
  assert.deepEqual(world.events("runs.cancelled").map(({ runs }) => runs), [[gone.run]]);
  for (let i = 0; i < 200 && outcome() === undefined; i++) {
    const batch = world.slot.batches.find(({ batch, runs }) =>
      batch > working.batch + 1 && runs.length > 0 && !done.has(batch)
    );
    if (batch === undefined) break;
    done.add(batch.batch);
    assert.ok(!batch.runs.some(({ run }) => run === gone.run));
    await world.slot.completes(batch);
  }
  assert.deepEqual([outcome()?.completed, outcome()?.cancelled], [plan.total - 1, 1]);
});
const done = new Set<number>();

Deno.test("a slot that does not give back a cancelled run is killed after seconds; nobody is blamed", async () => {
  const { world, campaign, outcome } = await stage([aJob({ ...LONG, retries: 0 })]);
  await world.slot.ready();
  let told: readonly string[] | undefined;
  void campaign.steering.cancel([0]).then((what) => told = what);
  await world.passes(4_000);
  assert.equal(world.slot.isKilled, false);
  await world.passes(2_000);
  assert.equal(world.slot.isKilled, true);
  await world.settle();
  assert.deepEqual(told, ["cancelled"]);
  assert.deepEqual(world.events("run.failed"), []);
  assert.equal(outcome()?.cancelled, 1);
});

Deno.test("a run that completes before it is cancelled is completed", async () => {
  const { world, campaign, outcome } = await stage([aJob()]);
  await world.slot.ready();
  let told: readonly string[] | undefined;
  void campaign.steering.cancel([0]).then((what) => told = what);
  await world.slot.completes();
  assert.deepEqual(told, ["ended"]);
  assert.deepEqual([outcome()?.completed, outcome()?.cancelled], [1, 0]);
  assert.deepEqual(world.events("runs.cancelled"), []);
  assert.equal(world.timers, 0, "no timer is left");
});

Deno.test("pause() holds waiting and running runs until unpause(); a paused campaign does not end", async () => {
  const { world, campaign, outcome } = await stage([aJob({ ...LONG, sweep: points(2) })]);
  await world.slot.ready();
  let told: readonly string[] | undefined;
  void campaign.steering.pause([0, 1]).then((what) => told = what);
  await world.settle();
  await world.slot.yields();
  assert.deepEqual(told, ["held", "held"]);
  assert.equal(world.events("runs.held").flatMap(({ runs }) => runs).length, 2);
  assert.deepEqual([outcome(), campaign.live().counts.held], [undefined, 2]);
  await world.passes(1e7);
  assert.equal(world.slot.working, undefined, "nothing starts meanwhile");
  campaign.steering.unpause([0, 1]);
  await world.settle();
  while (outcome() === undefined) await world.slot.completes();
  assert.equal(outcome()?.completed, 2);
  assert.equal(world.events("runs.continued").length, 1);
});

Deno.test("a campaign that ends when all is paused does so, and not before: nothing waits for unpause()", async () => {
  const jobs = [aJob({ ...LONG, sweep: points(2) })];
  const { world, campaign, outcome } = await stage(jobs, { endsWhenPaused: true });
  await world.slot.ready();
  void campaign.steering.pause([0]);
  await world.settle();
  await world.slot.yields();
  assert.equal(outcome(), undefined, "the other run is computed");
  void campaign.steering.pause([1]);
  await world.settle();
  await world.slot.yields();
  assert.deepEqual([outcome()?.stopped, outcome()?.paused], ["paused", 2]);
  assert.equal(world.timers, 0, "no timer is left");
});

Deno.test("retry() takes up what failed or was cancelled, with all its attempts before it", async () => {
  const { world, campaign, outcome } = await stage([
    aJob({ id: "bad", retries: 0 }),
    aJob({ id: "at-work" }),
    aJob({ id: "unwanted" }),
  ]);
  await world.slot.ready();
  // So long that none waits in the slot.
  world.nowMs += 60_000;
  await world.slot.fails(0);
  assert.deepEqual(await campaign.steering.cancel([2]), ["cancelled"]);
  campaign.steering.retry([0, 1, 2]);
  await world.settle();
  assert.deepEqual(world.events("runs.retried").map(({ job }) => job), ["bad", "unwanted"]);
  while (outcome() === undefined) await world.slot.completes();
  assert.deepEqual(outcome(), {
    stopped: undefined,
    completed: 3,
    failed: 0,
    cancelled: 0,
    remaining: 0,
  });
});

Deno.test("prioritise() changes who is next", async () => {
  const { world, campaign } = await stage([
    aJob({ id: "at-work", ...LONG }),
    aJob({ id: "first" }),
    aJob({ id: "second" }),
  ]);
  await world.slot.ready();
  campaign.steering.prioritise([2], 1);
  await world.settle();
  assert.deepEqual(world.events("runs.prioritised").map(({ job, priority }) => [job, priority]), [
    ["second", 1],
  ]);
  world.nowMs += 60_000;
  await world.slot.completes();
  await world.settle();
  assert.deepEqual(world.events("runs.started").map(({ job }) => job).slice(0, 2), [
    "at-work",
    "second",
  ]);
});

Deno.test("resize() starts more slots, and takes the least urgent work back from fewer", async () => {
  const { world, campaign } = await stage([
    aJob({ id: "low", priority: 3, sweep: points(3), ...LONG }),
    aJob({ id: "high", priority: 1, ...LONG }),
  ], { slots: 1 });
  assert.equal(world.slots.length, 1);
  campaign.steering.resize(3);
  await world.settle();
  assert.equal(world.slots.length, 3);
  for (const slot of world.slots) await slot.ready();
  campaign.steering.resize(1);
  await world.settle();
  const jobs = world.events("runs.started").map(({ job }) => job);
  assert.deepEqual(jobs, ["high", "low", "low"]);
  const [high, ...low] = world.slots;
  assert.equal(high!.sent.at(-1)!.type, "batch", "the most urgent goes on");
  for (const slot of low) {
    assert.equal(slot.sent.at(-1)!.type, "yield");
    await slot.yields();
    assert.equal(slot.sent.at(-1)!.type, "exit");
    slot.dies({ status: 0 });
  }
  await world.settle();
  assert.equal(world.slots.length, 3, "none takes their place");
  assert.ok(world.events("runs.requeued").every(({ counted }) => !counted));
  assert.equal(campaign.live().slots, 1);
});

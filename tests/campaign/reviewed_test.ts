/** What a second pair of eyes found in the loop of a campaign, each as it would have come about. */
import assert from "node:assert/strict";
import { DECISIONS } from "../../src/plan/plan.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { stage } from "./fake_world.ts";

const LONG = { checkpoint: { every: { kind: "time", everyMs: 60_000 }, keep: 3 } } as const;

Deno.test("files of a run asked for anew are cleared once, not again after a pause", async () => {
  const runs = new Set<string>();
  const staged = await stage([aJob({ ...LONG })], { withFiles: () => runs });
  const { world, campaign, plan } = staged;
  runs.add(plan.jobs[0]!.identify(0).run);
  plan.jobs[0]!.decisions[0] = DECISIONS.indexOf("asked");
  await world.slot.ready();
  assert.equal(world.slot.last.runs[0]!.past, "clear");
  void campaign.steering.pause([0]);
  await world.settle();
  await world.slot.yields();
  campaign.steering.unpause([0]);
  await world.settle();
  assert.equal(world.slot.last.runs[0]!.past, "look", "what was saved is gone on with");
  assert.deepEqual(world.events("runs.started").map(({ anew }) => anew), [true, undefined]);
});

Deno.test("the timer of an earlier cancel does not kill who has the slot now", async () => {
  const { world, campaign } = await stage([aJob({ id: "a", ...LONG }), aJob({ id: "b", ...LONG })]);
  await world.slot.ready();
  void campaign.steering.cancel([0]);
  await world.settle();
  await world.slot.yields();
  await world.passes(4_900);
  void campaign.steering.pause([1]);
  await world.passes(200);
  assert.equal(world.slot.isKilled, false);
});

Deno.test("fewer slots: what saves nothing comes to its end first", async () => {
  const { world, campaign } = await stage([aJob({ sweep: points(2) })], { slots: 2 });
  for (const slot of world.slots) await slot.ready();
  campaign.steering.resize(1);
  await world.settle();
  for (const slot of world.slots) assert.equal(slot.sent.at(-1)!.type, "batch");
  world.nowMs += 60_000;
  const [retiring] = world.slots;
  await retiring!.completes();
  assert.equal(retiring!.sent.at(-1)!.type, "exit");
});

Deno.test("what only the large slot can take preempts nobody beside it", async () => {
  const { world, add } = await stage([
    aJob({ id: "hungry", priority: 0, sweep: points(2), retries: 3, ...LONG }),
  ], { slots: 2 });
  for (const slot of world.slots) await slot.ready();
  for (const slot of [...world.slots]) {
    await slot.fails(slot.last.runs[0]!.index, "out-of-memory");
    if (!slot.isGone) await slot.crashes();
  }
  await add(aJob({ id: "low", priority: 3, ...LONG }));
  for (let i = 0; i < 20; i++) {
    for (const slot of world.slots) if (!slot.isGone) await slot.ready();
  }
  const lines = world.durable.length;
  assert.ok(lines < 40, `${lines} lines: nothing goes round and round`);
});

Deno.test("retry of what can never run fails it again, and the campaign ends", async () => {
  const need = { job: "first", runs: "all", accept: "completed" } as const;
  const { world, campaign, outcome } = await stage([
    aJob({ id: "first", retries: 0 }),
    aJob({ id: "after", needs: [need] }),
    aJob({ id: "long", ...LONG }),
  ]);
  await world.slot.ready();
  world.nowMs += 60_000;
  await world.slot.fails(0);
  assert.equal(world.events("run.failed").length, 2);
  campaign.steering.retry([1]);
  await world.settle();
  assert.equal(world.events("run.failed").length, 3);
  await world.slot.completes();
  assert.deepEqual([outcome()?.completed, outcome()?.failed], [1, 2]);
});

Deno.test("a critical run does not wait for a run that takes longer than its like", async () => {
  const { world, add } = await stage([aJob({ sweep: points(3), ...LONG })]);
  await world.slot.ready();
  world.nowMs += 10;
  await world.slot.completes();
  await add(aJob({ id: "urgent", priority: 0, ...LONG }));
  assert.equal(world.slot.sent.at(-1)!.type, "batch", "it is done soon, by what is known");
  await world.passes(150);
  assert.equal(world.slot.sent.at(-1)!.type, "yield");
});

Deno.test("a slot that was told to go is given nothing more, and nobody is blamed for its end", async () => {
  const { world, campaign, outcome } = await stage([
    aJob({ sweep: points(2), retries: 0, ...LONG }),
  ], {
    slots: 2,
  });
  await world.slots[0]!.ready();
  campaign.steering.resize(1);
  campaign.steering.resize(2);
  await world.settle();
  const [first, leaving] = world.slots;
  await leaving!.ready();
  assert.equal(leaving!.batches.length, 0);
  await leaving!.crashes({ status: 0 });
  for (const slot of world.slots) if (!slot.isGone && slot !== first) await slot.ready();
  for (let i = 0; i < 4 && outcome() === undefined; i++) {
    for (const slot of world.slots) {
      if (!slot.isGone && slot.working !== undefined) await slot.completes();
    }
  }
  assert.deepEqual(world.events("run.failed"), []);
  assert.equal(outcome()?.completed, 2);
});

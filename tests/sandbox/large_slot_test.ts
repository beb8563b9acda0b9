/** The one slot with twice the memory: who gets it, and that there is never a second one. */
import assert from "node:assert/strict";
import { indicesOf, stage, type Staged } from "../campaign/fake_world.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { slotLimits } from "../../src/runner/limits.ts";

const OUT = {
  status: 133,
  signal: "SIGTRAP",
  stderr: "# Fatal JavaScript out of memory: Reached heap limit",
};

function liveSlots({ world }: Staged) {
  return world.slots.filter((slot) => !slot.isGone);
}

Deno.test("a run that was out of memory is tried again in a large slot, then it has failed", async () => {
  const staged = await stage([
    aJob({ id: "greedy", retries: 3 }),
    aJob({ id: "good", priority: 3 }),
  ]);
  const { world, outcome } = staged;
  await world.slot.ready();
  await world.slot.crashes(OUT);
  const [requeued] = world.events("runs.requeued");
  assert.deepEqual([requeued!.cause, requeued!.counted], ["out-of-memory", true]);
  assert.equal(world.slot.isLarge, true);
  await world.slot.ready();
  assert.equal(world.events("runs.started").at(-1)!.attempt, 2);
  await world.slot.crashes(OUT);
  const [failed] = world.events("run.failed");
  assert.deepEqual([failed!.job, failed!.attempt, failed!.failure.class], [
    "greedy",
    2,
    "out-of-memory",
  ]);
  assert.match(failed!.failure.message, /--memory/);
  assert.equal(world.slot.isLarge, false, "nobody needs more any longer");
  await world.slot.ready();
  await world.slot.completes();
  assert.deepEqual([outcome()?.completed, outcome()?.failed], [1, 1]);
});

Deno.test("a job that is never tried again fails at once when it is out of memory", async () => {
  const { world } = await stage([aJob({ retries: 0 })]);
  await world.slot.ready();
  await world.slot.crashes(OUT);
  assert.equal(world.events("run.failed")[0]!.attempt, 1);
  assert.deepEqual(world.events("runs.requeued"), []);
});

Deno.test("of many runs that are out of memory one at a time has the large slot; the others go on beside it", async () => {
  const staged = await stage([aJob({ sweep: points(6), retries: 3 })], { slots: 3 });
  const { world, outcome } = staged;
  const greedy = new Set([0, 1, 2]);
  for (let turn = 0; turn < 60 && outcome() === undefined; turn++) {
    assert.ok(liveSlots(staged).filter((slot) => slot.isLarge).length <= 1);
    for (const slot of liveSlots(staged)) {
      const batch = slot.working;
      if (batch === undefined) {
        await slot.ready();
        continue;
      }
      if (indicesOf(batch).some((index) => greedy.has(index)) && !slot.isLarge) {
        await slot.crashes(OUT);
      } else await slot.completes();
    }
  }
  assert.deepEqual([outcome()?.completed, outcome()?.failed], [6, 0]);
  const larges = world.slots.filter((slot) => slot.isLarge);
  const ran = larges.flatMap(({ batches }) => batches.flatMap(indicesOf));
  for (const index of greedy) assert.ok(ran.includes(index), `${index} in a large slot`);
});

Deno.test("an idle slot makes room for the large one when the slot that was out of memory lives on", async () => {
  const staged = await stage([aJob({ sweep: points(2), retries: 3 })], { slots: 2 });
  const { world, outcome } = staged;
  for (const slot of [...world.slots]) await slot.ready();
  const [first, second] = world.slots;
  await second!.completes();
  await first!.fails(first!.working!.runs[0]!.index, "out-of-memory");
  assert.ok(world.slots.some((slot) => slot.isGone || slot.isKilled), "one of them is ended");
  for (const slot of world.slots) {
    if (slot.isKilled && !slot.isGone) await slot.crashes({ signal: "SIGKILL" });
  }
  assert.equal(world.slot.isLarge, true);
  await world.slot.ready();
  await world.slot.completes();
  assert.equal(outcome()?.completed, 2);
});

Deno.test("slotLimits() gives all slots and the one second try no more than there is", () => {
  const memoryBytes = 9 * 2 ** 30;
  for (const slots of [1, 2, 8, 100]) {
    const share = slotLimits({ slots, memoryBytes });
    const large = slotLimits({ slots, memoryBytes }, true);
    const all = (slots - 1) * share.memoryBytesMax + large.memoryBytesMax;
    assert.ok(Math.abs(all - memoryBytes) < 1, `${slots}`);
    assert.equal(large.memoryBytesMax, 2 * share.memoryBytesMax);
    assert.equal(share.heapBytesMax, share.memoryBytesMax / 2);
  }
  const own = slotLimits({ slots: 1 }).memoryBytesMax;
  assert.ok(own > 0 && own < Deno.systemMemoryInfo().total);
});

/** The watch over a simulation thread, with a clock of the test's own. */
import assert from "node:assert/strict";
import { LifeWatch, LivedTime } from "../../src/worker/life_watch.ts";
import { ACTIVITY, CONTROL } from "../../src/worker/protocol.ts";

Deno.test("LivedTime counts what its process lived through, and not what it was suspended for", () => {
  const lived = new LivedTime();
  assert.equal(lived.at(5_000), 0);
  assert.equal(lived.at(5_200), 200);
  assert.equal(lived.at(5_900), 900);
  assert.equal(lived.at(3_605_900), 1_900, "an hour of standing still");
  assert.equal(lived.at(3_606_100), 2_100);
});

Deno.test("look() sees nothing while no run is computed", () => {
  const { watch } = thread();
  assert.equal(watch.look(0), undefined);
});

Deno.test("look() counts the time since the last step", () => {
  const { watch, compute } = thread();
  compute({ begun: 1, index: 7, step: 0 });
  assert.equal(watch.look(100)!.stillMs, 0);
  assert.equal(watch.look(900)!.stillMs, 800);
  compute({ begun: 1, index: 7, step: 1 });
  assert.equal(watch.look(1000)!.stillMs, 0);
  const life = watch.look(1500)!;
  assert.deepEqual({ ...life, limitMs: 0 }, {
    batch: 3,
    index: 7,
    step: 1,
    begunMs: 1400,
    stillMs: 500,
    limitMs: 0,
    longestMs: 900,
    isPreparing: false,
    computedMs: 1400,
  });
});

Deno.test("look() takes a new run for a sign of life, though its step is the same", () => {
  const { watch, compute } = thread();
  compute({ begun: 1, index: 0, step: 0 });
  watch.look(0);
  assert.equal(watch.look(5000)!.stillMs, 5000);
  compute({ begun: 2, index: 1, step: 0 });
  const life = watch.look(5100)!;
  assert.equal(life.stillMs, 0);
  assert.equal(life.begunMs, 0);
});

Deno.test("look() never gives a limit below the floor of the batch at work", () => {
  const { watch, compute, floors } = thread();
  compute({ begun: 1, index: 0, step: 0 });
  assert.equal(watch.look(0)!.limitMs, 1000);
  floors.set(3, 250);
  assert.equal(watch.look(1)!.limitMs, 250);
});

Deno.test("look() learns the limit from the slowest step of the run", () => {
  const { watch, compute } = thread();
  compute({ begun: 1, index: 0, step: 0 });
  watch.look(0);
  compute({ begun: 1, index: 0, step: 1 });
  assert.equal(watch.look(400)!.limitMs, 20 * 400);
  compute({ begun: 1, index: 0, step: 50 });
  assert.equal(watch.look(600)!.limitMs, 20 * 400, "a quick step does not shorten it");
  compute({ begun: 2, index: 1, step: 0 });
  assert.equal(watch.look(700)!.limitMs, 1000, "another run has a rate of its own");
});

Deno.test("look() does not count the time that a run waits for the disk", () => {
  const { watch, compute, orders } = thread();
  compute({ begun: 1, index: 0, step: 5 });
  watch.look(0);
  Atomics.store(orders, CONTROL.activity, ACTIVITY.waitingForDisk);
  assert.equal(watch.look(100_000)!.stillMs, 0);
  Atomics.store(orders, CONTROL.activity, ACTIVITY.computing);
  assert.equal(watch.look(100_300)!.stillMs, 300);
});

Deno.test("look() counts what a run computes, and not what it prepares, saves or waits for", () => {
  const { watch, compute, orders } = thread();
  compute({ begun: 1, index: 0, step: 0 });
  const activities = ["preparing", "computing", "computing", "saving", "waitingForDisk"] as const;
  const seen = activities.map((activity, i) => {
    Atomics.store(orders, CONTROL.activity, ACTIVITY[activity]);
    return watch.look(i * 100)!.computedMs;
  });
  assert.deepEqual(seen, [0, 100, 200, 200, 200]);
  compute({ begun: 2, index: 1, step: 0 });
  assert.equal(watch.look(600)!.computedMs, 0, "another run");
});

function thread() {
  const control = new SharedArrayBuffer(CONTROL.bytes);
  const orders = new Int32Array(control);
  const progress = new Float64Array(control);
  const floors = new Map([[3, 1000]]);
  const watch = new LifeWatch(control, (batch) => floors.get(batch)!);
  const compute = (at: { begun: number; index: number; step: number }) => {
    Atomics.store(orders, CONTROL.batch, 3);
    Atomics.store(orders, CONTROL.activity, ACTIVITY.computing);
    progress[CONTROL.begun] = at.begun;
    progress[CONTROL.index] = at.index;
    progress[CONTROL.step] = at.step;
  };
  return { watch, compute, orders, floors };
}

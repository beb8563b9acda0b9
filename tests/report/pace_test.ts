/** Speed and time left. */
import assert from "node:assert/strict";
import { Pace } from "../../src/report/pace.ts";
import { CLIMATE_LIVE } from "./fixtures.ts";

function at(done: number, completed = 0) {
  return {
    ...CLIMATE_LIVE,
    steps: { total: 1000, done },
    counts: { ...CLIMATE_LIVE.counts, completed },
  };
}

Deno.test("Pace uses the slots' own rates until it has seen two pictures", () => {
  assert.equal(new Pace().observe(at(0), 0).stepsPerSecond, 1025);
});

Deno.test("Pace measures steps and runs a second and what is left", () => {
  const pace = new Pace();
  pace.observe(at(0), 0);
  const speed = pace.observe(at(100, 5), 1000);
  assert.equal(speed.stepsPerSecond, 100);
  assert.equal(speed.runsPerSecond, 5);
  assert.equal(speed.etaMs, 9000);
});

Deno.test("Pace comes to a new speed gradually and is never negative", () => {
  const pace = new Pace();
  pace.observe(at(0), 0);
  pace.observe(at(100), 1000);
  const slower = pace.observe(at(50), 2000);
  assert.ok(slower.stepsPerSecond > 0 && slower.stepsPerSecond < 100);
});

Deno.test("Pace has nothing left to wait for when all is done", () => {
  assert.equal(new Pace().observe(at(1000), 0).etaMs, 0);
});

Deno.test("Pace does not count what a run brings with it from its checkpoint", () => {
  const pace = new Pace();
  const [run] = CLIMATE_LIVE.running;
  const without = { ...at(0), running: [] };
  pace.observe(without, 0);
  const resumed = { ...run!, fromStep: 900, step: 910 };
  const speed = pace.observe({ ...at(910), running: [resumed] }, 1000);
  assert.equal(speed.stepsPerSecond, 10);
});

Deno.test("Pace stands still, and says nothing of the end, while all that is left is paused", () => {
  const pace = new Pace();
  pace.observe(at(0), 0);
  pace.observe(at(500), 1000);
  const counts = { ...CLIMATE_LIVE.counts, queued: 3, held: 3 };
  const { stepsPerSecond, etaMs } = pace.observe({ ...at(500), running: [], counts }, 2000);
  assert.deepEqual([stepsPerSecond, etaMs], [0, undefined]);
});

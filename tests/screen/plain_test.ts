/** Calm lines where there is no terminal. */
import assert from "node:assert/strict";
import type { Live } from "../../src/job/live.ts";
import { PlainNarrator } from "../../src/screen/plain.ts";
import { CLIMATE_LIVE } from "../report/fixtures.ts";

const SPEED = { runsPerSecond: 0, stepsPerSecond: 1025, etaMs: 600_000 };

function at(fraction: number): Live {
  return { ...CLIMATE_LIVE, steps: { total: 1000, done: fraction * 1000 } };
}

Deno.test("PlainNarrator begins with one line and speaks at tenths and every 30 s only", () => {
  const narrator = new PlainNarrator();
  const said: string[] = [];
  // Ten minutes of a picture a second, 1% every 10 s.
  for (let second = 0; second < 600; second++) {
    said.push(...narrator.observe(at(second / 1000), SPEED, second * 1000));
  }
  assert.equal(said[0], "3 runs, on 2 slots");
  assert.equal(said[1], "[30 s]   3%, 0 of 3 runs done, 1,030 steps/s, 10 min left");
  assert.ok(said.length >= 20 && said.length <= 26, `${said.length} lines in 10 minutes`);
});

Deno.test("PlainNarrator says little of a short campaign", () => {
  const narrator = new PlainNarrator();
  const said: string[] = [];
  for (let second = 0; second < 5; second++) {
    said.push(...narrator.observe(at(second / 5), SPEED, second * 1000));
  }
  assert.ok(said.length <= 3, said.join("\n"));
});

Deno.test("PlainNarrator.note() tells failures at once, and counts a storm of them", () => {
  const narrator = new PlainNarrator();
  const note = { kind: "failed", subject: "ising/a", text: "boom" } as const;
  assert.deepEqual(narrator.note(note, 61_000), ["[1 min 01 s] failed: ising/a: boom"]);
  const storm = Array.from({ length: 1000 }, () => narrator.note(note, 62_000)).flat();
  assert.equal(storm.length, 29);
  assert.deepEqual(narrator.note(note, 125_000), [
    "[2 min 05 s] (971 more notes left out)",
    "[2 min 05 s] failed: ising/a: boom",
  ]);
});

/** Signs of life between orchestrator and agent, and a thread that stands still between two runs. */
import assert from "node:assert/strict";
import { Pulse } from "../../src/worker/pulse.ts";
import { ownWords, parsePulse, pulseText } from "../../src/worker/slot_wire.ts";
import { Standstill } from "../../src/worker/standstill.ts";

/** So many looks until there is trouble; undefined when there is none in 100. */
function looksUntilTrouble(pulse: Pulse, before: () => void = () => {}): number | undefined {
  for (let look = 1; look <= 100; look++) {
    before();
    if (pulse.feel() !== undefined) return look;
  }
  return undefined;
}

Deno.test("Pulse finds an agent that says nothing, after a minute of looks", () => {
  assert.equal(looksUntilTrouble(new Pulse()), 31);
  const pulse = new Pulse();
  assert.equal(looksUntilTrouble(pulse, () => pulse.heard(0)), undefined);
});

Deno.test("Pulse finds an agent whose orders somebody else has read, and bears with one that is late", () => {
  const deaf = new Pulse();
  deaf.ordered();
  assert.ok(looksUntilTrouble(deaf, () => deaf.heard(0))! <= 8);
  const busy = new Pulse();
  let sent = 0;
  let seen = 0;
  // There are always orders on their way.
  const beat = () => {
    busy.heard(seen);
    seen = sent;
    sent = busy.ordered();
  };
  assert.equal(looksUntilTrouble(busy, beat), undefined);
});

Deno.test("ownWords() knows its own by the word at the head of the line", () => {
  assert.equal(ownWords("word pulse 3", "word"), "pulse 3");
  assert.equal(ownWords("pulse 3", "word"), undefined);
  assert.equal(ownWords("wordy pulse 3", "word"), undefined);
  assert.equal(ownWords("", "word"), undefined);
  assert.equal(parsePulse(pulseText(12)), 12);
  assert.equal(parsePulse('{"type":"ready"}'), undefined);
});

Deno.test("Standstill tells the batch that a thread does not take up, and since when", () => {
  const still = new Standstill();
  assert.equal(still.look(0), undefined);
  still.ordered(4);
  assert.deepEqual(still.look(100), { batch: 4, stillMs: 0 });
  assert.deepEqual(still.look(350), { batch: 4, stillMs: 250 });
  assert.equal(still.isFresh, true);
  still.moved(400);
  assert.equal(still.look(450)!.stillMs, 50);
  still.heard({ type: "ended", batch: 4 });
  assert.equal(still.look(500), undefined);
  assert.equal(still.isFresh, false);
  still.begin();
  assert.equal(still.isFresh, true);
});

/** `checkpoint_every: auto` inside a run: from what its own checkpoints cost. */
import assert from "node:assert/strict";
import { AutoInterval } from "../../src/worker/auto_interval.ts";
import { CONTROL } from "../../src/worker/protocol.ts";

const DAY = 86_400_000;

Deno.test("isDue() goes by the size of the state before the first checkpoint is written", () => {
  const { everyMs } = shared();
  assert.equal(everyMs(new AutoInterval(0)), 29_394);
  assert.equal(everyMs(new AutoInterval(16 << 20)), 111_627);
  assert.equal(everyMs(new AutoInterval(1 << 30)), 861_995);
  const learned = { mtbfMs: DAY, cost: { ms: 5, rawBytes: 16 << 20 } };
  assert.equal(everyMs(new AutoInterval(16 << 20, learned)), 29_394);
  assert.equal(everyMs(new AutoInterval(0, { mtbfMs: DAY / 4 })), 14_697);
});

Deno.test("isDue() goes by stall and writing of the run's own, as soon as one is written", () => {
  const { everyMs, written } = shared();
  const interval = new AutoInterval(0);
  interval.saved(500, 20);
  assert.equal(everyMs(interval), 29_394);
  written(500, 80);
  assert.equal(everyMs(interval), 131_454);
  // Each is counted once, however often it is asked.
  assert.equal(everyMs(interval), 131_454);
  // A disk that is slow for once changes it by less than the one slow write would say.
  interval.saved(900, 20);
  written(900, 1980);
  const [slow, once] = [everyMs(interval), Math.sqrt(2 * 2000 * DAY)];
  assert.ok(slow > 131_454 && slow < once / 1.5, `${slow}`);
});

Deno.test("isDue() passes over what was written of another state", () => {
  const { everyMs, written } = shared();
  const interval = new AutoInterval(0);
  // The final state of the run before, still being written when this one began.
  written(1000, 50_000);
  assert.equal(everyMs(interval), 29_394);
  interval.saved(10, 1);
  assert.equal(everyMs(interval), 29_394);
  written(10, 99);
  assert.equal(everyMs(interval), 131_454);
});

function shared() {
  const progress = new Float64Array(new SharedArrayBuffer(CONTROL.bytes));
  const written = (step: number, ms: number) => {
    progress[CONTROL.writtenMs] = ms;
    progress[CONTROL.writtenStep] = step;
  };
  /** To the millisecond. */
  const everyMs = (interval: AutoInterval) => {
    let [low, high] = [-1, 1e8];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (interval.isDue(middle, progress)) high = middle;
      else low = middle;
    }
    return high;
  };
  return { everyMs, written };
}

import assert from "node:assert/strict";
import { Thrift } from "../../src/sink/thrift.ts";

Deno.test("Thrift lets a burst pass, and then no more than its share of a core", () => {
  let nowMs = 1_000;
  let cpuMs = 70;
  const thrift = new Thrift(
    { share: 0.1, burstMs: 20, waitMsMax: 1_000 },
    () => cpuMs,
    () => nowMs,
  );
  const compute = (ms: number) => {
    nowMs += ms;
    cpuMs += ms;
  };
  compute(15);
  assert.equal(thrift.waitMs(), 0, "what happens now and then is told at once");
  let waitedMs = 0;
  for (let i = 0; i < 1_000; i++) {
    const ms = thrift.waitMs();
    waitedMs += ms;
    nowMs += ms;
    assert.equal(Math.round(thrift.waitMs()), 0, "it has waited long enough");
    compute(5);
  }
  const share = 5_000 / (5_000 + waitedMs);
  assert.ok(share > 0.08 && share < 0.102, `${share}`);
  nowMs += 60_000;
  compute(14);
  assert.equal(thrift.waitMs(), 0, "who has rested has his burst again");
  compute(60_000);
  assert.equal(
    Math.round(thrift.waitMs()),
    1_000,
    "one dear piece of work silences nobody for long",
  );
});

Deno.test("Thrift waits for nothing when all is over", async () => {
  const over = new AbortController();
  let cpuMs = 0;
  const thrift = new Thrift({ share: 0.001, burstMs: 1, waitMsMax: Infinity }, () => cpuMs);
  cpuMs = 1e6;
  const turn = thrift.turn(over.signal);
  over.abort();
  await turn;
  await thrift.turn(over.signal);
});

Deno.test("Thrift comes to an end with a wait, though its end computes, too", async () => {
  const over = new AbortController();
  let cpuMs = 0;
  let looks = 0;
  const thrift = new Thrift({ share: 0.02, burstMs: 3, waitMsMax: 3_000 }, () => {
    if (++looks > 20) over.abort();
    return cpuMs += 1;
  });
  cpuMs += 8;
  await thrift.turn(over.signal);
  assert.ok(!over.signal.aborted, `${looks} looks`);
});

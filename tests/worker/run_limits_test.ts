/** What ends a run whose model would go on: its timeout, a measurement that is no number. With a clock of the test's own. */
import assert from "node:assert/strict";
import type { ModelModule } from "../../src/job/model.ts";
import { ACTIVITY, CONTROL } from "../../src/worker/protocol.ts";
import { findNotFinite, timeoutWords } from "../../src/worker/run_failure.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { AgentDouble } from "./agent_double.ts";

const HOURLY = { every: { kind: "time", everyMs: 3_600_000 }, keep: 3 } as const;
const EVERY_10 = { every: { kind: "steps", steps: 10 }, keep: 3 } as const;

Deno.test("runBatch() fails a run whose timeout is over, and saves it first", async () => {
  await withClock(async (clock) => {
    const agent = new AgentDouble(slow(clock, 10));
    await agent.run(aJob({ steps: 1_000, timeoutMs: 100, checkpoint: HOURLY }));
    const [failed] = agent.all("failed");
    assert.deepEqual(failed!.failure, {
      class: "timeout",
      message: "it computed for 100ms, its timeout, and has done 10 of 1,000 steps; " +
        "raise timeout and run again: it goes on from its last checkpoint",
      step: 10,
    });
    assert.deepEqual(agent.saved.map(({ step, ms }) => [step, ms]), [[10, 100]]);
    assert.deepEqual(agent.told.map(({ type }) => type), ["snapshot", "failed", "ended"]);
  });
});

Deno.test("runBatch() counts what a run computed before its checkpoint", async () => {
  await withClock(async (clock) => {
    const agent = new AgentDouble(slow(clock, 10));
    const job = aJob({ steps: 30, timeoutMs: 100, checkpoint: HOURLY, measureEverySteps: 7 });
    await agent.run(job);
    clock.now += 86_400_000;
    await agent.resume(job, agent.saved.at(-1)!);
    await agent.resume({ ...job, timeoutMs: 250 }, agent.saved.at(-1)!);
    assert.deepEqual(agent.all("failed").map(({ failure }) => failure.step), [10, 10, 25]);
    assert.deepEqual(agent.saved.map(({ step, ms }) => [step, ms]), [[10, 100], [25, 250]]);
    await agent.resume({ ...job, timeoutMs: 301 }, agent.saved.at(-1)!);
    assert.deepEqual(agent.results.map(({ result, ms }) => [result, ms]), [[{ x: 30 }, 300]]);
    const golden = new AgentDouble(slow(clock, 0));
    await golden.run({ ...job, timeoutMs: 1 });
    assert.equal(agent.series, golden.series);
  });
});

for (
  const [what, at, timeoutMs, step] of [
    ["what init() takes", "init", 1_500, 15],
    // Of the hour a second counts: it may have been a step that took so long.
    ["the time in which the process was suspended", "step", 5_000, 40],
  ] as const
) {
  Deno.test(`runBatch() does not count ${what}`, async () => {
    await withClock(async (clock) => {
      const agent: AgentDouble = new AgentDouble({
        init() {
          if (at === "init") clock.now += 3_600_000;
          return { x: 0 };
        },
        step(state) {
          clock.now += 100;
          progress[CONTROL.livedMs]! += 100;
          // The agent, which was stopped as well, has not counted it.
          if (++state.x === 3 && at === "step") clock.now += 3_600_000;
        },
      });
      const progress = new Float64Array(agent.control);
      progress[CONTROL.livedMs] = 12_345;
      await agent.run(aJob({ steps: 100, timeoutMs, checkpoint: HOURLY }));
      assert.deepEqual(agent.all("failed").map(({ failure }) => failure.step), [step]);
      assert.equal(agent.saved.at(-1)!.ms, timeoutMs);
    });
  });
}

Deno.test("runBatch() completes a run whose last step ended too late", async () => {
  await withClock(async (clock) => {
    const agent = new AgentDouble(slow(clock, 100));
    await agent.run(aJob({ steps: 3, timeoutMs: 300, checkpoint: HOURLY }));
    assert.deepEqual(agent.results.map(({ result }) => result), [{ x: 3 }]);
  });
});

Deno.test("runBatch() fails a run without checkpoints at its timeout, and runs the others", async () => {
  await withClock(async (clock) => {
    const agent: AgentDouble = new AgentDouble({
      ...slow(clock, 0),
      step(_, ctx) {
        const stepMs = ctx.params.i === 1 ? 45_000 : 1;
        clock.now += stepMs;
        new Float64Array(agent.control)[CONTROL.livedMs]! += stepMs;
      },
    });
    const job = aJob({ steps: 500, timeoutMs: 7_200_000, sweep: points(3) });
    await agent.run(job, { indices: [0, 1, 2] });
    assert.deepEqual(agent.results.map(({ index }) => index), [0, 2]);
    assert.deepEqual(agent.saved, []);
    const [failed] = agent.all("failed");
    assert.deepEqual([failed!.index, failed!.failure.class], [1, "timeout"]);
    assert.match(
      failed!.failure.message,
      /^it computed for 2h, its timeout, and has done 160 of 500 steps; .* and begins anew$/,
    );
    // A program that counts no steps has one.
    assert.equal(
      timeoutWords({ ...job, steps: 1, timeoutMs: 2000 }, 0, 2000),
      "it computed for 2s, its timeout; " +
        "raise timeout and run again: it keeps no checkpoints and begins anew",
    );
  });
});

Deno.test("runBatch() says when it saves, and that it computes again: no timeout ends a save", async () => {
  const seen = { saving: new Set<number>(), stepping: new Set<number>() };
  const activity = () => Atomics.load(agent.orders, CONTROL.activity);
  const agent: AgentDouble = new AgentDouble({
    init: () => ({
      get x() {
        seen.saving.add(activity());
        return 1;
      },
    }),
    step: () => void seen.stepping.add(activity()),
  });
  await agent.run(aJob({ steps: 35, checkpoint: EVERY_10 }));
  assert.equal(agent.saved.length, 4);
  assert.deepEqual([...seen.stepping], [ACTIVITY.computing]);
  assert.deepEqual([...seen.saving], [ACTIVITY.preparing, ACTIVITY.saving]);
});

Deno.test("runBatch() looks when it is told to, where steps are slower than those before", async () => {
  await withClock(async (clock) => {
    let stepMs = 0;
    const agent: AgentDouble = new AgentDouble({
      ...slow(clock, 0),
      step(state) {
        clock.now += stepMs;
        if (++state.x % 4 === 0 && stepMs > 0) agent.order("look");
      },
    });
    await agent.run(aJob({ steps: 100_000 }));
    stepMs = 20;
    const job = aJob({ steps: 100_000, timeoutMs: 100, checkpoint: HOURLY });
    await agent.run(job);
    // Told so at 4; from then on it looks more often by itself.
    assert.deepEqual(agent.all("failed").map(({ failure }) => failure.step), [6]);
    assert.deepEqual(agent.saved.map(({ step }) => step), [6]);
    assert.equal(agent.orders[CONTROL.order], 0, "the order is taken back");
  });
});

Deno.test("runBatch() tells once of a measurement that is no number, and goes on", async () => {
  const agent = new AgentDouble(breaking(30));
  await agent.run(aJob({ steps: 60, measureEverySteps: 10, checkpoint: EVERY_10 }));
  const message = "mean is NaN at step 30, and so is one more";
  assert.deepEqual(agent.all("warned"), [
    { type: "warned", batch: 1, index: 0, step: 30, message },
  ]);
  assert.equal(agent.results.length, 1);
  assert.equal(agent.series.trimEnd().split("\n").length, 8);
  assert.deepEqual(agent.saved.map(({ step }) => step), [10, 20, 30, 40, 50, 60]);
  await agent.resume(aJob({ steps: 60, measureEverySteps: 10 }), agent.saved[3]!);
  assert.deepEqual(agent.all("warned").map(({ step }) => step), [30, 50], "once an attempt");
});

Deno.test("runBatch() tells of the last measurement too, where no series is kept", async () => {
  const agent = new AgentDouble(breaking(30));
  await agent.run(aJob({ steps: 45, checkpoint: EVERY_10 }));
  assert.deepEqual(agent.all("warned").map(({ step }) => step), [45]);
  assert.deepEqual(agent.saved.map(({ step }) => step), [10, 20, 30, 40, 45]);
  assert.deepEqual(agent.told.slice(-3).map(({ type }) => type), ["warned", "results", "ended"]);
});

for (
  const [what, over, step, saved] of [
    ["of a row", { steps: 60, measureEverySteps: 10 }, 30, [10, 20]],
    // The state of 30 is as bad, but nobody has measured it.
    ["between two checkpoints", { steps: 60, measureEverySteps: 7 }, 35, [10, 20, 30]],
    ["of the result", { steps: 35 }, 35, [10, 20, 30]],
    ["at the last step, which is also a row", { steps: 30, measureEverySteps: 15 }, 30, [10, 20]],
  ] as const
) {
  Deno.test(`runBatch() with on_nan: fail ends at a NaN ${what}, and saves nothing behind it`, async () => {
    const agent = new AgentDouble(breaking(30));
    await agent.run(aJob({ ...over, onNan: "fail", checkpoint: EVERY_10 }));
    const message = `mean is NaN at step ${step}, and so is one more`;
    assert.deepEqual(agent.all("failed").map(({ failure }) => failure), [
      { class: "not-finite", message, step },
    ]);
    assert.deepEqual(agent.results, []);
    assert.deepEqual(agent.all("warned"), []);
    assert.deepEqual(agent.saved.map((one) => one.step), saved);
  });
}

Deno.test("runBatch() with on_nan: ignore says nothing", async () => {
  const agent = new AgentDouble(breaking(30));
  await agent.run(aJob({ steps: 60, measureEverySteps: 10, onNan: "ignore" }));
  assert.deepEqual(agent.told.map(({ type }) => type), ["results", "ended"]);
});

Deno.test("runBatch() looks at what measure() says, not at the state and not at result()", async () => {
  const agent = new AgentDouble({
    init: () => ({ hidden: NaN }),
    step() {},
    measure: () => ({ shown: -0, count: 3n as unknown as number }),
    result: () => ({ worst: Infinity }),
  });
  await agent.run(aJob({ steps: 20, measureEverySteps: 10, onNan: "fail" }));
  assert.equal(agent.results.length, 1);
});

Deno.test("findNotFinite() names the first of them, in lists with its place, and counts the others", () => {
  assert.equal(findNotFinite({ a: 1, b: -0, c: 2n, d: true, e: "NaN", f: null }), undefined);
  assert.equal(findNotFinite(NaN), undefined, "no measurement, and told of elsewhere");
  assert.deepEqual(findNotFinite({ a: 1, b: Infinity }), { name: "b", value: Infinity, others: 0 });
  const lists = { a: [1, 2, -Infinity], b: new Float32Array([NaN, 1, NaN]), c: NaN };
  assert.deepEqual(findNotFinite(lists), { name: "a.2", value: -Infinity, others: 3 });
});

/** Counts its steps, each of which takes so long. */
function slow(clock: Clock, stepMs: number): ModelModule<{ x: number }> {
  return {
    init: () => ({ x: 0 }),
    step(state) {
      state.x++;
      clock.now += stepMs;
    },
    measure: ({ x }) => ({ x }),
  };
}

/** Measures what is no number from a step on. */
function breaking(from: number): ModelModule<{ x: number }> {
  return {
    init: () => ({ x: 0 }),
    step: (state) => void state.x++,
    measure: ({ x }) => ({ x, mean: x < from ? 1 : NaN, largest: x < from ? 1 : -Infinity }),
  };
}

interface Clock {
  now: number;
}

/** Calls with a clock that stands still unless it is moved, in place of the runtime's. */
async function withClock(use: (clock: Clock) => Promise<void>): Promise<void> {
  const { now } = performance;
  const clock: Clock = { now: 1_000 };
  performance.now = () => clock.now;
  try {
    await use(clock);
  } finally {
    performance.now = now;
  }
}

/** The run loop driven in this thread: what it tells, and that nothing depends on when it is interrupted. */
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Job } from "../../src/job/job.ts";
import type { Context, ModelModule } from "../../src/job/model.ts";
import { CONTROL } from "../../src/worker/protocol.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { seeded } from "../helpers/seeded.ts";
import { AgentDouble, type Saved } from "./agent_double.ts";

Deno.test("runBatch() measures at every multiple, the start and the end included", async () => {
  const agent = new AgentDouble(counter);
  await agent.run(aJob({ steps: 25, measureEverySteps: 10 }));
  assert.equal(agent.series, "step,x\n0,0\n10,10\n20,20\n");
  const again = new AgentDouble(counter);
  await again.run(aJob({ steps: 20, measureEverySteps: 10 }));
  assert.equal(again.series, "step,x\n0,0\n10,10\n20,20\n");
});

Deno.test("runBatch() takes the last measurement for the result of a model without result()", async () => {
  const agent = new AgentDouble(counter);
  await agent.run(aJob({ steps: 7 }));
  const [result] = agent.results;
  assert.deepEqual(result!.result, { x: 7 });
  assert.equal(result!.step, 7);
  assert.equal(result!.series, undefined);
});

Deno.test("runBatch() tells null for a model that measures nothing", async () => {
  const agent = new AgentDouble({ step() {} });
  await agent.run(aJob());
  assert.equal(agent.results[0]!.result, null);
});

Deno.test("runBatch() hands a model the number of steps done, in every function", async () => {
  const seen: Record<string, number[]> = { step: [], done: [], measure: [] };
  const agent = new AgentDouble({
    step: (_, ctx) => void seen.step!.push(ctx.step),
    done: (_, ctx) => void seen.done!.push(ctx.step),
    measure: (_, ctx) => (seen.measure!.push(ctx.step), { at: ctx.step }),
  });
  await agent.run(aJob({ steps: 4 }));
  assert.deepEqual(seen, { step: [0, 1, 2, 3], done: [1, 2, 3, 4], measure: [4] });
});

Deno.test("runBatch() hands advance() the same steps in whatever pieces", async () => {
  let total = 0;
  let next = 0;
  const agent = new AgentDouble({
    advance(_, n, ctx) {
      assert.equal(ctx.step, next);
      next += n;
      total += n;
    },
  });
  await agent.run(aJob({ steps: 100_000, measureEverySteps: 333 }));
  assert.equal(total, 100_000);
});

Deno.test("runBatch() ends a run that converged, and says when and how", async () => {
  for (const at of [1, 2, 17]) {
    const agent = new AgentDouble({
      ...counter,
      done: ({ x }) => x === at && "converged: |dx| < 1e-9",
      result: ({ x }, ctx) => ({ x, step: ctx.step }),
    });
    await agent.run(aJob({ steps: 100 }));
    const [result] = agent.results;
    assert.equal(result!.ending, "converged: |dx| < 1e-9");
    assert.equal(result!.step, at);
    assert.deepEqual(result!.result, { x: at, step: at });
  }
});

Deno.test("runBatch() fails a run that diverged, in the model's words", async () => {
  const agent = new AgentDouble({
    ...counter,
    done: ({ x }) => x === 5 && "diverged: NaN at cell 3",
  });
  await agent.run(aJob());
  const [failed] = agent.all("failed");
  assert.deepEqual(failed!.failure, {
    class: "diverged",
    message: "diverged: NaN at cell 3",
    step: 5,
  });
  assert.deepEqual(agent.results, []);
});

Deno.test("runBatch() asks done() where it measures, when the job says when", async () => {
  const asked: number[] = [];
  const agent = new AgentDouble({ ...counter, done: ({ x }) => void asked.push(x) });
  await agent.run(aJob({ steps: 35, measureEverySteps: 10 }));
  assert.deepEqual(asked, [10, 20, 30]);
});

Deno.test("runBatch() refuses an answer of done() that is none", async () => {
  const agent = new AgentDouble({ ...counter, done: () => "finished" as never });
  await agent.run(aJob());
  const { failure } = agent.all("failed")[0]!;
  assert.equal(failure.class, "bad-state");
  assert.match(failure.message, /^done\(\) returned "finished"; it returns "converged"/);
});

Deno.test("runBatch() marks snapshots of a model that reads ctx.steps, and only those", async () => {
  const job = aJob({ steps: 100, checkpoint: { every: { kind: "steps", steps: 50 }, keep: 3 } });
  const plain = new AgentDouble(counter);
  await plain.run(job);
  assert.deepEqual(plain.saved.map((saved) => saved.dependsOnSteps), [false, false]);
  const annealing = new AgentDouble({
    ...counter,
    step: (state, ctx) => void (state.x += ctx.step / ctx.steps),
  });
  await annealing.run(job);
  assert.deepEqual(annealing.saved.map((saved) => saved.dependsOnSteps), [true, true]);
});

Deno.test("runBatch() saves at every multiple of the cadence and at the end", async () => {
  const agent = new AgentDouble(counter);
  await agent.run(
    aJob({ steps: 25, checkpoint: { every: { kind: "steps", steps: 10 }, keep: 3 } }),
  );
  assert.deepEqual(agent.saved.map(({ step }) => step), [10, 20, 25]);
});

Deno.test("runBatch() leaves no checkpoint of a run that never reaches the first one", async () => {
  const agent = new AgentDouble(counter);
  await agent.run(
    aJob({ steps: 9, checkpoint: { every: { kind: "steps", steps: 10 }, keep: 3 } }),
  );
  await agent.run(
    aJob({ steps: 9, checkpoint: { every: { kind: "time", everyMs: 60_000 }, keep: 3 } }),
  );
  assert.deepEqual(agent.saved, []);
});

for (
  const [name, model] of [["step()", walker("step")], ["advance()", walker("advance")]] as const
) {
  Deno.test(`runBatch() with ${name} gives the same bits wherever it is interrupted`, async () => {
    const job = walkerJob();
    const golden = new AgentDouble(model(Infinity));
    await golden.run(job);
    assert.ok(golden.series.split("\n").length > 20);
    for (let seed = 1; seed <= 50; seed++) {
      const yieldAt = 1 + seeded(seed).below(job.steps - 1);
      const agent: AgentDouble = new AgentDouble(model(yieldAt, () => agent.askToYield()));
      let told = await agent.run(job);
      while (told.some(({ type }) => type === "yielded")) {
        told = await agent.resume(job, agent.saved.at(-1)!);
      }
      assertGolden(agent, golden, `yield at ${yieldAt}`);
    }
  });
}

Deno.test("runBatch() gives the same bits from every checkpoint, as after a kill", async () => {
  const job = walkerJob();
  const golden = new AgentDouble(walker("step")(Infinity));
  await golden.run(job);
  assert.equal(golden.saved.length, 20);
  for (const saved of golden.saved) {
    const agent = new AgentDouble(walker("step")(Infinity));
    agent.series = golden.series;
    await agent.resume(job, saved);
    assertGolden(agent, golden, `from step ${saved.step}`);
  }
});

/** So often is work lost that the shortest interval there is pays: a second. */
const RECKLESS = {
  kind: "auto",
  learned: { mtbfMs: 1e-6, cost: { ms: 0, rawBytes: 1 } },
} as const;

Deno.test("runBatch() saves by itself where the interval is left to it, and the bits are the same", async () => {
  const golden = new AgentDouble(walker("step")(Infinity));
  await golden.run(walkerJob());
  const job = { ...walkerJob(), checkpoint: { every: RECKLESS, keep: 3 } };
  const saved: number[][] = [];
  for (const slowMs of [0, 400, 1_100]) {
    await withClock(async (pass) => {
      const agent = new AgentDouble(walker("step")(500, () => pass(slowMs)));
      await agent.run(job);
      assertGolden(agent, golden, `${slowMs} ms at every 500th step`);
      saved.push(agent.saved.map(({ step }) => step));
      for (const one of agent.saved) {
        const again = new AgentDouble(walker("step")(Infinity));
        again.series = golden.series;
        await again.resume(job, one);
        assertGolden(again, golden, `from step ${one.step}`);
      }
    });
  }
  const [never, once, often] = saved.map((steps) => steps.length);
  assert.deepEqual([never, once], [0, 2], "one and the final state");
  assert.ok(often! >= 4, `${saved[2]}`);
});

Deno.test("runBatch() saves less often by itself once a checkpoint has proved dear", async () => {
  const run = (writtenMs: number) =>
    withClock(async (pass) => {
      const agent = new AgentDouble({ ...counter, step: (state) => (state.x++, pass(100)) });
      agent.writtenMs = writtenMs;
      await agent.run(aJob({ steps: 100, checkpoint: { every: RECKLESS, keep: 3 } }));
      return agent.saved.map(({ step }) => step);
    });
  assert.deepEqual(await run(0), [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
  // 1 % of the time: not before 3 s have passed.
  assert.deepEqual(await run(30), [10, 40, 70, 100]);
});

Deno.test("runBatch() gives the same bits over a chain of twenty interruptions", async () => {
  const job = walkerJob();
  const golden = new AgentDouble(walker("step")(Infinity));
  await golden.run(job);
  const agent: AgentDouble = new AgentDouble(walker("step")(90, () => agent.askToYield()));
  let told = await agent.run(job);
  let times = 0;
  while (told.some(({ type }) => type === "yielded")) {
    told = await agent.resume(job, agent.saved.at(-1)!);
    times++;
  }
  assert.ok(times >= 5, `${times} interruptions`);
  assertGolden(agent, golden, "chain");
});

Deno.test("runBatch() told to look, wherever that is, gives the same bits", async () => {
  const job = walkerJob();
  for (const kind of ["step", "advance"] as const) {
    const golden = new AgentDouble(walker(kind)(Infinity));
    await golden.run(job);
    for (const every of [1, 7, 70, 100]) {
      const agent: AgentDouble = new AgentDouble(walker(kind)(every, () => agent.order("look")));
      await agent.run(job);
      assertGolden(agent, golden, `looks every ${every} of ${kind}`);
    }
  }
});

for (const order of ["yield", "look"] as const) {
  Deno.test(`runBatch() told to ${order} before the first step after a checkpoint gives the same bits`, async () => {
    const job = walkerJob();
    const golden = new AgentDouble(walker("step")(Infinity));
    await golden.run(job);
    // Step 700 is both saved and measured.
    const saved = golden.saved.find(({ step }) => step === 700)!;
    let isAsked = false;
    const model = {
      ...walker("step")(Infinity),
      restore: (state: unknown) => {
        if (!isAsked) agent.order(order);
        isAsked = true;
        return state;
      },
    };
    const agent: AgentDouble = new AgentDouble(model);
    agent.series = golden.series;
    const told = await agent.resume(job, saved);
    assert.equal(told.some(({ type }) => type === "yielded"), order === "yield");
    if (order === "yield") await agent.resume(job, saved);
    assertGolden(agent, golden, `told to ${order} at once`);
  });
}

Deno.test("runBatch() does not go on with a run that had converged when it was killed", async () => {
  const model: ModelModule = { ...counter, done: ({ x }) => x >= 30 && "converged" };
  const job = aJob({ steps: 100, checkpoint: { every: { kind: "steps", steps: 10 }, keep: 3 } });
  const golden = new AgentDouble(model);
  await golden.run(job);
  const last = golden.saved.at(-1)!;
  assert.equal(last.step, 30);
  const agent = new AgentDouble(model);
  await agent.resume(job, last);
  assert.deepEqual(comparable(agent), comparable(golden));
});

Deno.test("runBatch() gives back what it has not begun, and what it has saved", async () => {
  const agent: AgentDouble = new AgentDouble({
    ...counter,
    step(state, ctx) {
      state.x++;
      if (ctx.run === "run-1" && state.x === 10) agent.askToYield();
    },
  });
  const job = aJob({
    steps: 1e9,
    sweep: points(4),
    checkpoint: { every: { kind: "time", everyMs: 1e6 }, keep: 1 },
  });
  const short = { ...job, steps: 100 };
  await agent.run(short, { indices: [0] });
  const told = await agent.run(job, { indices: [1, 2, 3] });
  assert.deepEqual(told.map(({ type }) => type), ["snapshot", "yielded", "ended"]);
  assert.deepEqual(agent.all("yielded")[0]!.indices, [1, 2, 3]);
  const waiting = await agent.run(job, { indices: [2, 3] });
  assert.deepEqual(waiting.map(({ type }) => type), ["yielded", "ended"]);
});

Deno.test("runBatch() gives back without saving where checkpoints are off", async () => {
  const agent: AgentDouble = new AgentDouble({
    ...counter,
    step: (state) => void (++state.x === 10 && agent.askToYield()),
  });
  await agent.run(aJob({ steps: 1e9 }));
  assert.deepEqual(agent.saved, []);
  assert.equal(agent.all("yielded").length, 1);
});

Deno.test("runBatch() skips a checkpoint while both buffers are busy and makes up for it", async () => {
  const agent: AgentDouble = new AgentDouble({
    init: () => ({ x: 0, T: new Float64Array(4) }),
    step(state) {
      state.x++;
      state.T.fill(state.x);
      if (state.x === 35) agent.free(0);
    },
    measure: ({ x }) => ({ x }),
  });
  agent.isSlow = true;
  const job = aJob({
    steps: 38,
    measureEverySteps: 1,
    checkpoint: { every: { kind: "steps", steps: 10 }, keep: 3 },
  });
  // The last state is a must: it waits for a buffer, which another thread frees.
  await using _ = await freeLater(agent, 1);
  await agent.run(job);
  assert.deepEqual(agent.saved.map(({ step, buffer }) => [step, buffer]), [
    [10, 0],
    [20, 1],
    [35, 0],
    [38, 1],
  ]);
  const rows = agent.series.trimEnd().split("\n");
  assert.equal(rows.length, 1 + 39, "no row is lost or told twice");
  for (const { step, snapshot } of agent.saved) {
    const T = new Float64Array(snapshot.tensors[0]!.bytes.slice().buffer);
    assert.deepEqual([...T], [step, step, step, step]);
  }
  assert.equal(Atomics.load(agent.orders, CONTROL.activity), 0);
});

Deno.test("runBatch() takes a larger buffer when the state has grown", async () => {
  const agent = new AgentDouble({
    init: () => ({ T: new Float64Array(1) }),
    step: (state, ctx) => void (state.T = new Float64Array(ctx.step + 1).fill(ctx.step)),
  });
  await agent.run(
    aJob({ steps: 40, checkpoint: { every: { kind: "steps", steps: 10 }, keep: 3 } }),
  );
  assert.deepEqual(agent.saved.map(({ snapshot }) => snapshot.tensors[0]!.length), [
    10,
    20,
    30,
    40,
  ]);
  assert.equal(new Float64Array(agent.saved[3]!.snapshot.tensors[0]!.bytes.slice().buffer)[39], 39);
});

Deno.test("runBatch() waits for an init() that is asynchronous", async () => {
  const agent = new AgentDouble({
    async init() {
      await new Promise((done) => setTimeout(done, 1));
      return { x: 100 };
    },
    step: (state) => void state.x++,
    measure: ({ x }) => ({ x }),
  });
  await agent.run(aJob({ steps: 5 }));
  assert.deepEqual(agent.results[0]!.result, { x: 105 });
});

const BAD_MODELS: readonly [what: string, model: ModelModule, failure: RegExp][] = [
  ["step() that returns a promise", { async step() {} }, /^step\(\) returned a promise; steps are/],
  ["advance() that returns a promise", { async advance() {} }, /^advance\(\) returned a promise/],
  ["init() that returns a number", { init: () => 5, step() {} }, /^init\(\) returned 5; a st/],
  ["init() with a function in its state", {
    init: () => ({ f: () => 1 }),
    step() {},
  }, /^state\.f is a function/],
  ["result() that gives a Map", { step() {}, result: () => new Map() }, /^result is a Map/],
  ["result() that gives a promise", { step() {}, result: async () => {} }, /^result is a promise/],
  ["measure() that gives text", {
    step() {},
    measure: () => ({ a: "1" }) as never,
  }, /^measure\(\) gave "1", not a number/],
];

for (const [what, model, words] of BAD_MODELS) {
  Deno.test(`runBatch() fails a run whose model has ${what}`, async () => {
    const agent = new AgentDouble(model);
    const checkpoint = { every: { kind: "steps", steps: 50 }, keep: 1 } as const;
    await agent.run(aJob({ steps: 10, measureEverySteps: 5, checkpoint }));
    const { failure } = agent.all("failed")[0]!;
    assert.equal(failure.class, "bad-state");
    assert.match(failure.message, words);
  });
}

Deno.test("runBatch() says at once when a state cannot be saved, not at the first checkpoint", async () => {
  let steps = 0;
  const agent = new AgentDouble({ init: () => ({ at: new Date(0) }), step: () => void steps++ });
  await agent.run(
    aJob({ checkpoint: { every: { kind: "time", everyMs: 3_600_000 }, keep: 3 } }),
  );
  assert.equal(steps, 0);
  assert.equal(agent.all("failed")[0]!.failure.class, "bad-state");
});

Deno.test("runBatch() lets a state be anything where checkpoints are off", async () => {
  const agent = new AgentDouble({
    init: () => ({ cells: new Map([[1, 2]]) }),
    step: ({ cells }) => void cells.set(1, cells.get(1)! * 2),
    result: ({ cells }) => cells.get(1),
  });
  await agent.run(aJob({ steps: 3 }));
  assert.equal(agent.results[0]!.result, 16);
});

Deno.test("runBatch() fails one run of a batch for a throw, and runs the others", async () => {
  const agent = new AgentDouble({
    ...counter,
    step(state, ctx) {
      if (ctx.params.i === 1 && state.x === 3) throw new RangeError("too hot");
      state.x++;
    },
  });
  await agent.run(aJob({ steps: 5, sweep: points(3) }), { indices: [0, 1, 2] });
  assert.deepEqual(agent.results.map(({ index }) => index), [0, 2]);
  const [failed] = agent.all("failed");
  assert.equal(failed!.index, 1);
  assert.deepEqual(failed!.failure, {
    class: "model-error",
    message: "RangeError: too hot",
    step: 3,
  });
});

Deno.test("runBatch() fails a run whose model cannot be made ready, and runs the others", async () => {
  const agent = new AgentDouble({
    ...counter,
    init(ctx) {
      if (ctx.params.i === 0) throw "no memory";
      return { x: 0 };
    },
  });
  await agent.run(aJob({ steps: 2, sweep: points(2) }), { indices: [0, 1] });
  assert.match(agent.all("failed")[0]!.failure.message, /^threw .*no memory/);
  assert.equal(agent.results.length, 1);
});

Deno.test("runBatch() tells results before the failure that follows them", async () => {
  const agent = new AgentDouble({
    ...counter,
    init(ctx) {
      if (ctx.params.i === 1) throw new Error("no");
      return { x: 0 };
    },
  });
  await agent.run(aJob({ sweep: points(2) }), { indices: [0, 1] });
  assert.deepEqual(agent.told.map(({ type }) => type), ["results", "failed", "ended"]);
});

Deno.test("runBatch() puts a big result into a file, before it tells of it", async () => {
  const agent = new AgentDouble({ step() {}, result: () => new Float64Array(40_000).fill(1 / 3) });
  await agent.run(aJob({ steps: 1 }));
  const [file] = agent.all("file");
  assert.equal(file!.name, "result.json");
  assert.deepEqual(JSON.parse(file!.text), Array(40_000).fill(1 / 3));
  assert.deepEqual(agent.results[0]!.result, { $file: "result.json" });
  assert.deepEqual(agent.told.map(({ type }) => type), ["file", "results", "ended"]);
});

Deno.test("runBatch() puts a long series into a file and keeps a short one in the result", async () => {
  const long = new AgentDouble(counter);
  await long.run(aJob({ steps: 5000, measureEverySteps: 1 }));
  assert.equal(long.results[0]!.series, undefined);
  assert.equal(long.all("file")[0]!.name, "series.csv");
  assert.equal(long.series.split("\n").length, 5003);
  const short = new AgentDouble(counter);
  await short.run(aJob({ steps: 5, measureEverySteps: 5 }));
  assert.equal(short.results[0]!.series, "step,x\n0,0\n5,5\n");
});

Deno.test("ctx.log() is kept with the result when short, with the step it was said at", async () => {
  const agent = new AgentDouble({
    step: (_, ctx) => void (ctx.step === 2 && ctx.log("two\nlines")),
  });
  await agent.run(aJob({ steps: 5 }));
  assert.equal(agent.results[0]!.log, "[step 2] two\n  lines\n");
});

Deno.test("ctx.log() of a failed run comes with the failure", async () => {
  const agent = new AgentDouble({
    step(_, ctx) {
      ctx.log("before");
      throw new Error("boom");
    },
  });
  await agent.run(aJob());
  assert.equal(agent.all("failed")[0]!.log, "[step 0] before\n");
});

Deno.test("ctx.log() cannot fill the disk: lines are cut, and the log as a whole", async () => {
  const agent = new AgentDouble({
    step: (_, ctx) => void ctx.log("x".repeat(100_000)),
  });
  await agent.run(aJob({ steps: 1000 }));
  const text = agent.all("log").map((message) => message.text).join("");
  assert.ok(text.length > 900_000 && text.length < 1_200_000, `${text.length} characters`);
  assert.ok(text.split("\n")[0]!.length < 8300);
  assert.ok(text.endsWith("the log is full: nothing more is kept\n"));
});

Deno.test("ctx.params are the job's over the model's defaults, the point over both", async () => {
  const seen: unknown[] = [];
  const agent = new AgentDouble({
    params: { a: { default: 1 }, b: { default: 2 }, i: { default: 3 }, free: {} },
    init: (ctx) => (seen.push({ ...ctx.params }), assert.ok(Object.isFrozen(ctx.params)), {}),
    step() {},
  });
  await agent.run(aJob({ parameters: { b: 20, extra: "x" }, sweep: points(3) }), { indices: [2] });
  assert.deepEqual(seen, [{ a: 1, b: 20, extra: "x", i: 2 }]);
});

Deno.test("ctx.rng gives the same numbers to the same point of a renamed job, others to others", async () => {
  const draws = async (over: Partial<Job>, index = 0) => {
    const agent = new AgentDouble({ step() {}, result: (_, ctx) => ctx.rng.int32() });
    await agent.run(aJob({ steps: 1, sweep: points(2), ...over }), { indices: [index] });
    return agent.results[0]!.result;
  };
  const first = await draws({});
  assert.equal(await draws({ id: "renamed", steps: 9 }), first);
  assert.notEqual(await draws({}, 1), first);
  assert.notEqual(await draws({ seed: 1 }), first);
  assert.notEqual(await draws({ parameters: { a: 1 } }), first);
});

const counter: ModelModule<{ x: number }> = {
  init: () => ({ x: 0 }),
  step: (state) => void state.x++,
  measure: ({ x }) => ({ x }),
};

/** Time passes only where the test says so. */
async function withClock<T>(work: (pass: (ms: number) => void) => Promise<T>): Promise<T> {
  const { now } = performance;
  let nowMs = 1000;
  performance.now = () => nowMs;
  try {
    return await work((ms) => nowMs += ms);
  } finally {
    performance.now = now;
  }
}

interface Walk {
  u: Float64Array;
  spins: Int8Array;
  energy: number;
  history: number[];
  nested: { drawn: bigint; worst: number };
}

function walkerJob(): Job {
  return aJob({
    steps: 2000,
    measureEverySteps: 70,
    checkpoint: { every: { kind: "steps", steps: 100 }, keep: 3 },
  });
}

/** A random walk with all kinds of state; calls back when it has done so many steps in this attempt. */
function walker(kind: "step" | "advance") {
  return (yieldAfter: number, onYield = () => {}): ModelModule<Walk> => {
    let steps = 0;
    const step = (state: Walk, ctx: Context) => {
      const at = ctx.rng.below(state.u.length);
      state.u[at]! += ctx.rng.normal(0, 0.1) * Math.sin(state.energy);
      state.spins[at] = ctx.rng.int32() & 127;
      state.energy += state.u[at]! * ctx.rng.uniform();
      if (state.history.length < 40) state.history.push(state.energy);
      state.nested.drawn += BigInt(at);
      state.nested.worst = Math.max(state.nested.worst, Math.abs(state.u[at]!));
      if (++steps % yieldAfter === 0) onYield();
    };
    const advance = (state: Walk, n: number, ctx: Context) => {
      for (let i = 0; i < n; i++) step(state, ctx);
    };
    return {
      init: (ctx) => ({
        u: Float64Array.from({ length: 64 }, () => ctx.rng.normal()),
        spins: new Int8Array(64),
        energy: 1,
        history: [],
        nested: { drawn: 0n, worst: -0 },
      }),
      ...(kind === "step" ? { step } : { advance }),
      measure: ({ energy, nested }) => ({ energy, worst: nested.worst }),
      result: (state) => ({ ...state, u: state.u, spins: state.spins }),
    };
  };
}

function comparable(agent: AgentDouble): unknown {
  return agent.results.map(({ ms: _ms, series: _series, ...result }) => result);
}

/** Equal to the last bit; without the numbers in the message, which would fill the screen. */
function assertGolden(agent: AgentDouble, golden: AgentDouble, what: string): void {
  assert.equal(agent.results.length, 1, what);
  assert.ok(isDeepStrictEqual(comparable(agent), comparable(golden)), `result, ${what}`);
  assert.ok(agent.series === golden.series, `series, ${what}`);
  const last = agent.saved.at(-1);
  if (last === undefined) return;
  assert.ok(isDeepStrictEqual(stateOf(last), stateOf(golden.saved.at(-1)!)), `state, ${what}`);
}

function stateOf({ snapshot, step }: Saved): unknown {
  return { step, plain: snapshot.plain, bytes: snapshot.tensors.map(({ bytes }) => bytes) };
}

/** Another thread that frees a buffer a little after the loop began to wait for the disk. */
async function freeLater(agent: AgentDouble, buffer: 0 | 1): Promise<AsyncDisposable> {
  const text = `onmessage = ({ data: { control, activity, busy } }) => {
    const orders = new Int32Array(control);
    postMessage("listening");
    while (Atomics.load(orders, activity) !== 2) Atomics.wait(orders, 0, 0, 1);
    Atomics.store(orders, busy, 0);
    Atomics.notify(orders, busy);
  };`;
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  const listening = new Promise((done) => worker.onmessage = done);
  const { activity, buffers } = CONTROL;
  worker.postMessage({ control: agent.control, activity, busy: buffers[buffer] });
  await listening;
  return {
    async [Symbol.asyncDispose]() {
      worker.terminate();
      URL.revokeObjectURL(url);
      await Promise.resolve();
    },
  };
}

/** Digests of meaning: what may change without a rerun, and what may not. */
import assert from "node:assert/strict";
import type { Parameters } from "../../src/job/job.ts";
import { canonical, randomSeed, runId, shortDigest, SpecDigester } from "../../src/plan/digest.ts";
import { countPoints, pointAt } from "../../src/plan/sweep.ts";
import type { Sweep } from "../../src/job/sweep.ts";
import { aJob, points, sweepOf } from "../helpers/jobs.ts";
import { forSeeds } from "../helpers/seeded.ts";

Deno.test("canonical() does not depend on the order of keys, at any depth", () => {
  const one = { b: { y: [1, { d: 1, c: 2 }], x: null }, a: "text" };
  const other = { a: "text", b: { x: null, y: [1, { c: 2, d: 1 }] } };
  assert.equal(canonical(one), canonical(other));
  assert.notEqual(canonical([1, 2]), canonical([2, 1]));
});

Deno.test("canonical() writes a number the same way however it was spelt", () => {
  for (
    const [spelt, same] of [["1.0", "1"], ["1e6", "1000000"], ["0.10", "0.1"], ["-0.50", "-.5"]]
  ) {
    assert.equal(canonical(Number(spelt)), canonical(Number(same)));
  }
});

Deno.test("canonical() tells apart all that a model can tell apart", () => {
  const values = [
    0,
    -0,
    1,
    "1",
    true,
    "true",
    null,
    "null",
    NaN,
    "NaN",
    Infinity,
    -Infinity,
    { $number: "NaN" },
    0.1 + 0.2,
    0.3,
    5e-324,
    [],
    {},
    [[]],
    [1, 2],
    ["1,2"],
    "",
    { a: 1, b: 2 },
    { 'a":1,"b': 2 },
  ];
  assert.equal(new Set(values.map(canonical)).size, values.length);
});

Deno.test("canonical() keeps a key __proto__ and leaves out what is undefined", () => {
  assert.equal(canonical(JSON.parse('{"__proto__":1,"a":2}')), '{"__proto__":1,"a":2}');
  assert.equal(canonical({ a: undefined, b: 1 }), '{"b":1}');
});

Deno.test("runId() of a job without sweep is the job's id", () => {
  assert.equal(runId(aJob({ id: "climate_2030" }), {}), "climate_2030");
});

Deno.test("runId() of a point is the same after points were added and reordered", () => {
  const ids = (values: number[]) => {
    const job = aJob({ sweep: sweepOf("co2", values) });
    return values.map((value, i) => [value, runId(job, pointAt(job.sweep, i))] as const);
  };
  const before = new Map(ids([280, 420, 560]));
  const after = new Map(ids([560, 300, 280, 1000, 420]));
  for (const [value, id] of before) assert.equal(after.get(value), id);
});

Deno.test("runId() is the same however the sweep is written down", () => {
  const listed = aJob({ sweep: sweepOf("x", [0, 0.1, 0.2, 0.3]) });
  const ranged = aJob({
    sweep: {
      parts: [{
        kind: "axis",
        name: "x",
        axis: { kind: "range", from: 0, to: 0.3, count: 4, spacing: "linear" },
      }],
    },
  });
  const pointed = aJob({
    sweep: { parts: [{ kind: "points", points: [0, 0.1, 0.2, 0.3].map((x) => ({ x })) }] },
  });
  for (let i = 0; i < 4; i++) {
    const id = runId(listed, pointAt(listed.sweep, i));
    assert.equal(runId(ranged, pointAt(ranged.sweep, i)), id);
    assert.equal(runId(pointed, pointAt(pointed.sweep, i)), id);
  }
});

Deno.test("runId() gives a hundred thousand points different ids, spec digests too", () => {
  const job = aJob({ sweep: points(100_000) });
  const digester = new SpecDigester(job);
  const ids = new Set<string>();
  const digests = new Set<string>();
  for (let i = 0; i < countPoints(job.sweep); i++) {
    const point = pointAt(job.sweep, i);
    ids.add(runId(job, point));
    digests.add(digester.digest(point));
  }
  assert.deepEqual([ids.size, digests.size], [100_000, 100_000]);
});

Deno.test("a spec digest covers parameters, seed, measuring and inputs, and nothing else", () => {
  const job = aJob({ parameters: { a: 1, b: 2 } });
  const digest = (over: Partial<typeof job>, inputs: Record<string, string> = {}) =>
    new SpecDigester({ ...job, ...over }, inputs).digest({});
  const same = digest({});
  for (
    const over of [
      { id: "renamed" },
      { parameters: { b: 2, a: 1 } },
      { steps: 5 },
      { priority: 0 as const },
      { hangMs: 1 },
      { retries: 9 },
      { checkpoint: { every: { kind: "steps" as const, steps: 7 }, keep: 1 } },
      { model: { kind: "module" as const, path: "/moved/model.ts" } },
      { inputs: { grid: "/moved/grid.csv" } },
    ]
  ) {
    assert.equal(digest(over), same, JSON.stringify(over));
  }
  const changed = [
    digest({ parameters: { a: 1 } }),
    digest({ parameters: { a: 1, b: 3 } }),
    digest({ parameters: { a: 1, b: "2" } }),
    digest({ seed: 1 }),
    digest({ measureEverySteps: 10 }),
    digest({ measureEverySteps: 20 }),
    digest({}, { grid: "0123" }),
    digest({}, { grid: "4567" }),
    digest({}, { other: "0123" }),
  ];
  assert.equal(new Set([same, ...changed]).size, changed.length + 1);
});

Deno.test("a spec digest does not tell a swept parameter from a fixed one", () => {
  const swept = aJob({ parameters: { a: 1 }, sweep: sweepOf("b", [2]) });
  const fixed = aJob({ parameters: { a: 1, b: 2 } });
  const point = pointAt(swept.sweep, 0);
  assert.equal(new SpecDigester(swept).digest(point), new SpecDigester(fixed).digest({}));
  assert.deepEqual(randomSeed(swept, point), randomSeed(fixed, {}));
});

Deno.test("a sweep's value lies over a fixed parameter of the same name", () => {
  const job = aJob({ parameters: { a: 1 } });
  const plain = new SpecDigester(aJob({ parameters: { a: 2 } }));
  assert.equal(new SpecDigester(job).digest({ a: 2 }), plain.digest({}));
});

Deno.test("digests and seeds are those of every version", () => {
  const parameters: Parameters = { co2: 450, mode: "fast", list: [1, 2.5], deep: { x: null } };
  const job = aJob({ id: "pinned", parameters, seed: 7, measureEverySteps: 100 });
  assert.equal(shortDigest("simrun"), "04c13b3954223198");
  assert.equal(new SpecDigester(job, { grid: "00" }).digest({ albedo: 0.3 }), "add9ab99968dac6a");
  const sweep = sweepOf("albedo", [0.3]);
  assert.equal(runId({ ...job, sweep }, { albedo: 0.3 }), "afdc1ae5bcef53b4");
  assert.deepEqual([...randomSeed(job, { albedo: 0.3 })], [
    -2060338144,
    1133582445,
    899185348,
    1192096010,
  ]);
});

Deno.test("SpecDigester gives every point the digests of the whole record, whatever the point before it was", () => {
  forSeeds(200, (random) => {
    const names = ["a", "b", "c", "Z", "1", "ä"];
    const value = () => random.pick([1, -0, 0.5, NaN, "x", true, null, [1, 2], { k: 1 }]) as never;
    const subset = () => names.filter(() => random.next() < 0.5);
    const record = (names: readonly string[]) =>
      Object.fromEntries(names.map((name) => [name, value()]));
    // Only of listed points each may have names of its own.
    const isListed = random.next() < 0.5;
    const swept = subset();
    const all = Array.from({ length: 10 }, () => record(isListed ? subset() : swept));
    const sweep: Sweep = isListed ? { parts: [{ kind: "points", points: all }] } : {
      parts: swept.map((name) => ({ kind: "axis", name, axis: { kind: "list", values: [] } })),
    };
    const job = aJob({ parameters: record(subset()), sweep, seed: random.below(3) });
    const digester = new SpecDigester(job, { grid: "00" });
    const rest = canonical({ seed: job.seed, measure: null, inputs: { grid: "00" } });
    for (const point of all) {
      const whole = canonical({ ...job.parameters, ...point }) + rest;
      assert.equal(digester.digest(point), shortDigest(whole));
      assert.equal(digester.runId(point), shortDigest(canonical(point)));
    }
  });
});

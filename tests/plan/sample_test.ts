/** Points of samples and repeats: each from its number alone, the same for ever, and kept when more are asked for. */
import assert from "node:assert/strict";
import { type Sample, SAMPLE_METHODS, type SampleMethod, type Sweep } from "../../src/job/sweep.ts";
import { randomSeed, runId, shortDigest, SpecDigester } from "../../src/plan/digest.ts";
import { numbersOf, sweptParameters } from "../../src/plan/point_numbers.ts";
import { countPoints, pointAt, sweepNames } from "../../src/plan/sweep.ts";
import { aJob, sweepOf } from "../helpers/jobs.ts";

function sample(method: SampleMethod, count: number, seed = 7): Sample {
  return {
    kind: "sample",
    method,
    count,
    seed,
    over: [
      { name: "co2", distribution: { kind: "uniform", min: 280, max: 560 } },
      { name: "k", distribution: { kind: "log-uniform", min: 1e-3, max: 1 } },
      { name: "T", distribution: { kind: "normal", mean: 288, sd: 2 } },
      { name: "n", distribution: { kind: "integer", min: 1, max: 10 } },
      { name: "scheme", distribution: { kind: "choice", values: ["euler", "rk4"] } },
    ],
  };
}

const sweepWith = (...parts: Sweep["parts"]): Sweep => ({ parts });
const repeat = (count: number) => ({ kind: "repeat", count }) as const;
const axis = sweepOf("x", [1, 2]).parts[0]!;

function allPoints(sweep: Sweep) {
  return Array.from({ length: countPoints(sweep) }, (_, index) => pointAt(sweep, index));
}

function allIds(sweep: Sweep): string[] {
  const job = aJob({ sweep });
  return allPoints(sweep).map((point) => runId(job, point));
}

Deno.test("pointAt() numbers the points of a sample, and multiplies it with the other parts", () => {
  const sweep = sweepWith(axis, sample("sobol", 4), repeat(3));
  assert.equal(countPoints(sweep), 24);
  const points = allPoints(sweep);
  assert.deepEqual(Object.keys(points[0]!), [
    "x",
    "sample",
    "co2",
    "k",
    "T",
    "n",
    "scheme",
    "repeat",
  ]);
  assert.deepEqual(sweepNames(sweep), Object.keys(points[0]!));
  assert.deepEqual(points.slice(0, 7).map((p) => [p.x, p.sample, p.repeat]), [
    [1, 1, 1],
    [1, 1, 2],
    [1, 1, 3],
    [1, 2, 1],
    [1, 2, 2],
    [1, 2, 3],
    [1, 3, 1],
  ]);
  // The same points for every value of the grid, so that these can be compared point by point.
  for (let i = 0; i < 12; i++) assert.deepEqual({ ...points[i], x: 2 }, points[i + 12]);
});

// Who changes one of these changes the ids of runs that people have computed.
Deno.test("pointAt() gives these points of each method, in this version and every later one", () => {
  const digests = Object.fromEntries(SAMPLE_METHODS.map((method) => {
    const sweep = sweepWith(sample(method, 1000));
    return [method, shortDigest(allPoints(sweep).map((point) => JSON.stringify(point)).join("\n"))];
  }));
  assert.deepEqual(digests, DIGESTS);
  assert.deepEqual(pointAt(sweepWith(sample("sobol", 1000)), 77), SOBOL_77);
  assert.equal(allIds(sweepWith(sample("sobol", 1000)))[77], ID_77);
});

Deno.test("pointAt() is the same for the same seed, and another one for another", () => {
  for (const method of SAMPLE_METHODS) {
    const points = (seed: number) => JSON.stringify(allPoints(sweepWith(sample(method, 50, seed))));
    assert.equal(points(3), points(3));
    const others = [3, 4, 2 ** 32 + 3, 2 ** 52 + 3].map(points);
    assert.equal(new Set(others).size, 4, method);
  }
});

Deno.test("more points keep those there were, their ids and their digests", () => {
  for (const method of SAMPLE_METHODS) {
    for (const [few, many] of method === "lhs" ? [[96, 192], [25, 800]] : [[96, 192], [25, 77]]) {
      const [before, after] = [few!, many!].map((count) => sweepWith(axis, sample(method, count)));
      const kept = new Set(allIds(after!));
      assert.ok(allIds(before!).every((id) => kept.has(id)), method);
      const digests = (sweep: Sweep) => {
        const digester = new SpecDigester(aJob({ sweep }));
        return allPoints(sweep).map((point) => digester.digest(point));
      };
      const known = new Set(digests(after!));
      assert.ok(digests(before!).every((digest) => known.has(digest)), method);
    }
  }
});

Deno.test("runId() differs for every point of a sample, also where values are the same", () => {
  for (const method of SAMPLE_METHODS) {
    assert.equal(new Set(allIds(sweepWith(sample(method, 20_000)))).size, 20_000, method);
    const dice = { ...sample(method, 500), over: sample(method, 1).over.slice(3) };
    assert.equal(new Set(allIds(sweepWith(dice, repeat(2)))).size, 1000, method);
  }
});

Deno.test("a point of a sample is computed without those before it", () => {
  for (const method of SAMPLE_METHODS) {
    const sweep = sweepWith(sample(method, 2 ** 32));
    const last = pointAt(sweep, 2 ** 32 - 1);
    assert.equal(last.sample, 2 ** 32);
    assert.ok((last.co2 as number) > 280 && (last.co2 as number) < 560);
  }
});

Deno.test("repeats are other runs with other random numbers, each the same for its number", () => {
  const sweep = sweepWith(axis, repeat(4));
  const job = aJob({ sweep });
  const digester = new SpecDigester(job);
  const points = allPoints(sweep);
  const seeds = points.map((point) => [...randomSeed(job, point)].join());
  assert.equal(new Set(seeds).size, 8);
  assert.equal(new Set(points.map((point) => digester.digest(point))).size, 8);
  assert.equal(new Set(points.map((point) => runId(job, point))).size, 8);
  const more = aJob({ sweep: sweepWith(axis, repeat(9)) });
  const later = allPoints(more.sweep!).map((point) => [...randomSeed(more, point)].join());
  assert.ok(seeds.every((seed) => later.includes(seed)));
});

Deno.test("the first repeat computes what the point did without repeats, so that it is not computed again", () => {
  const before = aJob({ sweep: sweepWith(axis), parameters: { y: 3 } });
  const after = aJob({ sweep: sweepWith(axis, repeat(3)), parameters: { y: 3 } });
  const first = allPoints(after.sweep!).filter((point) => point.repeat === 1);
  for (const [i, point] of allPoints(before.sweep!).entries()) {
    const digests = [
      new SpecDigester(before).digest(point),
      new SpecDigester(after).digest(first[i]!),
    ];
    assert.equal(digests[0], digests[1]);
    assert.deepEqual(randomSeed(before, point), randomSeed(after, first[i]!));
  }
});

Deno.test("a parameter called repeat or sample is one like any other in a sweep without these parts", () => {
  const job = aJob({ sweep: sweepOf("repeat", [1, 2]) });
  assert.deepEqual(numbersOf(job.sweep), []);
  const fixed = aJob({ parameters: { repeat: 1 } });
  const point = pointAt(job.sweep, 0);
  assert.equal(new SpecDigester(job).digest(point), new SpecDigester(fixed).digest({}));
  assert.deepEqual(randomSeed(job, point), randomSeed(fixed, {}));
  assert.deepEqual(sweptParameters(job.sweep, point), { repeat: 1 });
});

Deno.test("sweptParameters() are what a model sees: no number of a sample or a repeat", () => {
  const sweep = sweepWith(axis, sample("lhs", 5), repeat(2));
  const names = Object.keys(sweptParameters(sweep, pointAt(sweep, 3)));
  assert.deepEqual(names, ["x", "co2", "k", "T", "n", "scheme"]);
});

const DIGESTS = {
  random: "eb5cc09f64cfa571",
  lhs: "4b28926b8048c05e",
  sobol: "e5091e1b45361275",
  halton: "15ff6d4df28da3ea",
};
const SOBOL_77 = {
  sample: 78,
  co2: 379.6771544823,
  k: 0.0216503801602,
  T: 288.603513960363,
  n: 3,
  scheme: "euler",
};
const ID_77 = "1538fed57f79d274";

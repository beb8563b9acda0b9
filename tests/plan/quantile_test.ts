/** Distributions: what they are made of against scipy and Math, and what is drawn from them against what they are. */
import assert from "node:assert/strict";
import type { Distribution } from "../../src/job/sweep.ts";
import { exp, log } from "../../src/plan/elementary.ts";
import { normalQuantile, normalShare } from "../../src/plan/normal.ts";
import { quantileOf, shareWithin } from "../../src/plan/quantile.ts";
import { RandomSequence } from "../../src/plan/random_sequence.ts";
import type { Sequence } from "../../src/plan/sequence.ts";
import { SobolSequence } from "../../src/plan/sobol.ts";
import { seeded } from "../helpers/seeded.ts";
import reference from "./sampling_reference.json" with { type: "json" };

const ULP = 2 ** -52;

function isNear(own: number, wanted: number, relative: number): boolean {
  return own === wanted || Math.abs(own - wanted) <= relative * Math.abs(wanted);
}

Deno.test("exp() and log() are Math's within two units of the last place", () => {
  const random = seeded(1);
  for (let i = 0; i < 20_000; i++) {
    const x = (random.next() - 0.5) * (i % 2 === 0 ? 1400 : 4);
    assert.ok(isNear(exp(x), Math.exp(x), 3 * ULP), `exp(${x})`);
    const y = Math.exp(x);
    assert.ok(isNear(log(y), Math.log(y), 3 * ULP), `log(${y})`);
  }
  for (const y of [5e-324, 2.3e-308, 0.1, 0.5, 1, 2, 10, Number.MAX_VALUE]) {
    assert.ok(isNear(log(y), Math.log(y), 3 * ULP), `log(${y})`);
  }
  assert.deepEqual([exp(0), log(1), exp(-800), exp(710)], [1, 0, 0, Infinity]);
});

Deno.test("exp() and log() give these bits, on every machine", () => {
  const values = [exp(1), exp(-0.3), exp(100.7), exp(-700.1), log(3), log(1e-3), log(7e200)];
  const view = new DataView(new ArrayBuffer(8));
  const bits = values.map((value) => {
    view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16);
  });
  assert.deepEqual(bits, BITS);
});

Deno.test("normalQuantile() and normalShare() are scipy's, far out in the tail too", () => {
  for (const [share, z] of reference.normal) {
    assert.ok(isNear(normalQuantile(share!), z!, 8 * ULP), `${share}: ${normalQuantile(share!)}`);
  }
  for (const [z, share] of reference.share) {
    assert.ok(isNear(normalShare(z!), share!, 1e-12), `${z}: ${normalShare(z!)}`);
  }
});

type Cdf = (x: number) => number;

const CASES: readonly [Distribution, Cdf, mean: number, variance: number][] = [
  [{ kind: "uniform", min: 280, max: 560 }, (x) => (x - 280) / 280, 420, 280 ** 2 / 12],
  [{ kind: "uniform", min: -1, max: 0.5 }, (x) => (x + 1) / 1.5, -0.25, 1.5 ** 2 / 12],
  [
    { kind: "log-uniform", min: 0.1, max: 10 },
    (x) => Math.log(x / 0.1) / Math.log(100),
    9.9 / Math.log(100),
    (100 - 0.01) / 2 / Math.log(100) - (9.9 / Math.log(100)) ** 2,
  ],
  [{ kind: "normal", mean: 288, sd: 2 }, (x) => normalShare((x - 288) / 2), 288, 4],
  [
    // Half of a normal: its mean is √(2/π) deviations off.
    { kind: "normal", mean: 1, sd: 3, min: 1 },
    (x) => 2 * normalShare((x - 1) / 3) - 1,
    1 + 3 * Math.sqrt(2 / Math.PI),
    9 * (1 - 2 / Math.PI),
  ],
];

function draw(distribution: Distribution, sequence: Sequence, count: number): number[] {
  const quantile = quantileOf(distribution);
  return Array.from({ length: count }, (_, i) => quantile(sequence.at(i, 0)) as number);
}

/** The greatest distance between the share of values below and the share there should be. */
function kolmogorov(values: readonly number[], cdf: Cdf): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.max(
    ...sorted.map((x, i) =>
      Math.max(Math.abs(cdf(x) - i / values.length), Math.abs(cdf(x) - (i + 1) / values.length))
    ),
  );
}

Deno.test("quantileOf() draws from the distribution: Kolmogorov's distance, mean and variance", () => {
  const count = 4096;
  for (const [distribution, cdf, mean, variance] of CASES) {
    const name = JSON.stringify(distribution);
    const random = draw(distribution, new RandomSequence(4), count);
    // 99 of 100 samples of independent values stay below this.
    assert.ok(kolmogorov(random, cdf) < 1.63 / Math.sqrt(count), name);
    const even = draw(distribution, new SobolSequence(1, 4), count);
    // One value in each of the equal strata: no more than one is ever missing.
    assert.ok(kolmogorov(even, cdf) < 1.001 / count, name);
    const own = even.reduce((sum, x) => sum + x, 0) / count;
    const spread = even.reduce((sum, x) => sum + (x - own) ** 2, 0) / count;
    const deviation = Math.sqrt(variance);
    assert.ok(Math.abs(own - mean) < 2e-3 * deviation, `${name}: mean ${own}, not ${mean}`);
    assert.ok(Math.abs(spread / variance - 1) < 5e-3, `${name}: ${spread}, not ${variance}`);
  }
});

Deno.test("quantileOf() gives whole numbers and choices alike, both ends included", () => {
  const sobol = new SobolSequence(1, 9);
  const tally = (distribution: Distribution, count: number) => {
    const counts = new Map<unknown, number>();
    for (const value of draw(distribution, sobol, count) as unknown[]) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return counts;
  };
  const dice = tally({ kind: "integer", min: -2, max: 5 }, 1024);
  assert.deepEqual([...dice.keys()].map(Number).toSorted((a, b) => a - b), [
    -2,
    -1,
    0,
    1,
    2,
    3,
    4,
    5,
  ]);
  assert.ok([...dice.values()].every((count) => count === 128));
  const words = tally({ kind: "choice", values: ["euler", null, [1, 2], true] }, 1024);
  assert.ok([...words.values()].every((count) => count === 256) && words.size === 4);
  const edge = quantileOf({ kind: "integer", min: 1, max: 10 });
  assert.deepEqual([edge(2 ** -53), edge(1 - 2 ** -53)], [1, 10]);
});

Deno.test("quantileOf() stays within its bounds, whatever the share and however it is rounded", () => {
  const distributions: readonly (Distribution & { readonly min: number; readonly max: number })[] =
    [
      { kind: "uniform", min: 0.12345678901234, max: 0.12345678901239 },
      { kind: "uniform", min: -1.7e308, max: 1.7e308 },
      { kind: "uniform", min: 1e-320, max: 1e-310 },
      { kind: "log-uniform", min: 1.23456789012345e-7, max: 9.87654321098765 },
      { kind: "log-uniform", min: 1e-300, max: 1e300 },
      { kind: "log-uniform", min: 5e-324, max: 1 },
      { kind: "integer", min: -(2 ** 52), max: 2 ** 51 },
      { kind: "normal", mean: 0, sd: 1, min: 8, max: 9 },
      { kind: "normal", mean: 0, sd: 1, min: -30, max: -25 },
      { kind: "normal", mean: 1e9, sd: 1e-5, min: 1e9 - 1e-4, max: 1e9 + 1e-4 },
    ];
  for (const distribution of distributions) {
    const quantile = quantileOf(distribution);
    let before = -Infinity;
    for (const share of [2 ** -53, 1e-9, 0.1, 0.25, 0.5, 0.75, 0.9, 1 - 1e-9, 1 - 2 ** -53]) {
      const value = quantile(share) as number;
      const name = `${JSON.stringify(distribution)} at ${share}: ${value}`;
      assert.ok(value >= distribution.min && value <= distribution.max, name);
      assert.ok(value >= before, name);
      before = value;
    }
    const spread = [0.2, 0.4, 0.6, 0.8].map((share) => quantile(share));
    assert.equal(new Set(spread).size, 4, JSON.stringify(distribution));
  }
});

Deno.test("quantileOf() rounds to a few decimals, and keeps 2^32 values of a range apart", () => {
  const random = seeded(5);
  for (
    const [min, max, decimals] of [[280, 560, 10], [0, 1, 12], [1e5, 1e5 + 1, 12], [
      0,
      5e6,
      6,
    ]] as const
  ) {
    const quantile = quantileOf({ kind: "uniform", min, max });
    for (let i = 0; i < 500; i++) {
      const share = random.next() * 0.99 + 0.001;
      const value = quantile(share) as number;
      assert.ok((String(value).split(".")[1] ?? "").length <= decimals, `${value}`);
      assert.notEqual(quantile(share + 2 ** -32), value);
    }
  }
  const wide = quantileOf({ kind: "log-uniform", min: 1e-12, max: 1e12 });
  for (let i = 0; i < 500; i++) {
    const value = wide(random.next()) as number;
    const digits = value.toExponential().split("e")[0]!.replace(".", "");
    assert.ok(digits.length <= 13, `${value}`);
  }
});

Deno.test("shareWithin() is the share between the bounds, with all its digits in either tail", () => {
  assert.equal(shareWithin({ mean: 3, sd: 2 }), 1);
  assert.ok(isNear(shareWithin({ mean: 0, sd: 1, min: -1, max: 1 }), 0.6826894921370859, 1e-12));
  const below = shareWithin({ mean: 0, sd: 1, max: -20 });
  assert.ok(isNear(below, 2.7536241186062337e-89, 1e-12), `${below}`);
  assert.equal(shareWithin({ mean: 0, sd: 1, min: 20 }), below);
});

const BITS: readonly string[] = [
  "4005bf0a8b14576a",
  "3fe7b4c869c37c05",
  "49036b3df32523b5",
  "cf52f93df4dfcf",
  "3ff193ea7aad030b",
  "c01ba18a998fffa0",
  "407ce76827f9874c",
];

/** The random generator: the published algorithm, unbiased, and its whole state in a checkpoint. */
import assert from "node:assert/strict";
import { RunRandom } from "../../src/worker/random.ts";

const SEED = new Int32Array([1, 2, 3, 4]);

Deno.test("int32() gives the low words of xoroshiro128+ as published (Blackman & Vigna 2018)", () => {
  const random = RunRandom.fromSeed(SEED);
  const reference = xoroshiro128plus((1n << 32n) | 2n, (3n << 32n) | 4n);
  for (let i = 0; i < 1000; i++) {
    assert.equal(random.int32(), Number(BigInt.asIntN(32, reference())));
  }
});

Deno.test("RunRandom gives the numbers that every version gave", () => {
  const random = RunRandom.fromSeed(SEED);
  assert.deepEqual([random.int32(), random.int32(), random.int32(), random.int32()], [
    6,
    33947718,
    612440710,
    -666478458,
  ]);
  for (let i = 4; i < 20; i++) random.int32();
  assert.equal(random.uniform(), 0.5891983407360573);
  assert.equal(random.uniform(), 0.15574240767945224);
  assert.equal(random.below(6), 0);
  assert.equal(random.below(1000), 64);
  assert.equal(random.normal(), 1.6160779954490445);
  assert.equal(random.normal(), -1.1954708878489904);
});

Deno.test("fromSeed() leaves the state of zeros, which the generator cannot leave", () => {
  const random = RunRandom.fromSeed(new Int32Array(4));
  for (let i = 0; i < 100; i++) random.int32();
  assert.notEqual(random.int32(), random.int32());
});

Deno.test("uniform() stays in [0, 1) and fills it evenly", () => {
  const random = RunRandom.fromSeed(SEED);
  const bins = new Float64Array(100);
  const draws = 200_000;
  let odd = 0;
  for (let i = 0; i < draws; i++) {
    const value = random.uniform();
    assert.ok(value >= 0 && value < 1);
    bins[Math.floor(value * 100)]!++;
    // The 53rd bit is used too.
    odd += (value * 2 ** 53) % 2;
  }
  assert.ok(chiSquared(bins, draws) < 160, "99 degrees of freedom");
  assert.ok(Math.abs(odd / draws - 0.5) < 0.01);
});

Deno.test("below() favours no value, also where 2³² is no multiple of it", () => {
  // With 3·2³⁰ a plain remainder would give the first third twice as often as the others.
  for (const below of [3, 6, 10, 3 * 2 ** 29]) {
    const random = RunRandom.fromSeed(SEED);
    const bins = new Float64Array(3);
    for (let i = 0; i < 60_000; i++) {
      const value = random.below(below);
      assert.ok(Number.isInteger(value) && value >= 0 && value < below);
      bins[Math.floor((value / below) * 3)]!++;
    }
    if (below % 3 === 0) assert.ok(chiSquared(bins, 60_000) < 14, `below ${below}`);
  }
});

Deno.test("below() takes 1 to 2³¹ and refuses all else", () => {
  const random = RunRandom.fromSeed(SEED);
  assert.equal(random.below(1), 0);
  assert.ok(random.below(2 ** 31) >= 0);
  for (const wrong of [0, -1, 1.5, NaN, Infinity, 2 ** 31 + 1]) {
    assert.throws(() => random.below(wrong), RangeError);
  }
});

Deno.test("normal() has the moments of a normal distribution", () => {
  const random = RunRandom.fromSeed(SEED);
  const draws = 200_000;
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < draws; i++) {
    const value = random.normal();
    for (let power = 1; power <= 4; power++) sums[power - 1]! += value ** power;
  }
  const [mean, square, cube, fourth] = sums.map((sum) => sum / draws);
  assert.ok(Math.abs(mean!) < 0.01);
  assert.ok(Math.abs(square! - 1) < 0.02);
  assert.ok(Math.abs(cube!) < 0.05);
  assert.ok(Math.abs(fourth! - 3) < 0.1);
});

Deno.test("normal() scales by mean and deviation, the second of a pair too", () => {
  const plain = RunRandom.fromSeed(SEED);
  const scaled = RunRandom.fromSeed(SEED);
  for (let i = 0; i < 10; i++) assert.equal(scaled.normal(100, 2), 100 + 2 * plain.normal());
});

Deno.test("state() goes on with the same numbers, in the middle of a pair of normals too", () => {
  for (let drawn = 0; drawn < 5; drawn++) {
    const random = RunRandom.fromSeed(SEED);
    for (let i = 0; i < drawn; i++) random.normal();
    const state = JSON.parse(JSON.stringify(random.state()));
    assert.equal(state.spare === null, drawn % 2 === 0);
    const again = new RunRandom(state);
    for (let i = 0; i < 20; i++) {
      assert.equal(again.normal(), random.normal());
      assert.equal(again.uniform(), random.uniform());
      assert.equal(again.below(7), random.below(7));
    }
  }
});

function chiSquared(bins: Float64Array, draws: number): number {
  const expected = draws / bins.length;
  return bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** Straight from the paper, in 64-bit words. */
function xoroshiro128plus(s0: bigint, s1: bigint): () => bigint {
  const word = (x: bigint) => BigInt.asUintN(64, x);
  const rotate = (x: bigint, by: bigint) => word(x << by) | (x >> (64n - by));
  return () => {
    const sum = word(s0 + s1);
    s1 ^= s0;
    s0 = rotate(s0, 24n) ^ s1 ^ word(s1 << 16n);
    s1 = rotate(s1, 37n);
    return sum;
  };
}

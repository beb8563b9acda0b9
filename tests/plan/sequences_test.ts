/** The sequences that samples are made of: against scipy's values, and against what defines each. */
import assert from "node:assert/strict";
import { HaltonSequence } from "../../src/plan/halton.ts";
import { LatinHypercube } from "../../src/plan/latin_hypercube.ts";
import { Permutation } from "../../src/plan/permutation.ts";
import { RandomSequence } from "../../src/plan/random_sequence.ts";
import type { Sequence } from "../../src/plan/sequence.ts";
import { SobolSequence } from "../../src/plan/sobol.ts";
import { directionLines, SOBOL_DIMENSIONS } from "../../src/plan/sobol_table.ts";
import { Threefry } from "../../src/plan/threefry.ts";
import reference from "./sampling_reference.json" with { type: "json" };

const RANGE = (count: number) => Array.from({ length: count }, (_, i) => i);
/** Half of the last digit, which keeps a coordinate away from 0 and 1. */
const HALF = 2 ** -33;

function points(sequence: Sequence, count: number, dimensions: number, from = 0): number[][] {
  return RANGE(count).map((i) => RANGE(dimensions).map((d) => sequence.at(from + i, d)));
}

Deno.test("Threefry gives the known answers of Random123", () => {
  // kat_vectors of Random123 1.14, lines "threefry2x32 20": counter, key, result.
  const known: readonly (readonly number[])[] = [
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [-1, -1, -1, -1, 0x1cb996fc, 0xbb002be7],
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xc4923a9c, 0x483df7a0],
  ];
  for (const [c0, c1, k0, k1, first, second] of known) {
    const words = new Threefry(k0!, k1!);
    assert.equal(words.word(c0!, c1!) >>> 0, first);
    assert.equal(words.second >>> 0, second);
  }
});

Deno.test("directionLines() are those of new-joe-kuo-6.21201", async () => {
  let text = "";
  let dimension = 1;
  for (const { degree, coefficients, initial } of directionLines()) {
    text += `${++dimension} ${degree} ${coefficients} ${initial.join(" ")}\n`;
  }
  assert.equal(dimension, SOBOL_DIMENSIONS);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  assert.equal(new Uint8Array(digest).toHex(), reference.table);
});

Deno.test("SobolSequence without a seed is scipy's, in low and high dimensions", () => {
  const sobol = new SobolSequence(SOBOL_DIMENSIONS);
  for (const { index, values } of reference.sobol) {
    for (const [dimension, value] of Object.entries(values)) {
      assert.equal(sobol.at(index, Number(dimension) - 1) - HALF, value, `${index} ${dimension}`);
    }
  }
});

Deno.test("HaltonSequence without a seed is scipy's, in low and high dimensions", () => {
  const halton = new HaltonSequence(100);
  for (const { index, values } of reference.halton) {
    for (const [dimension, value] of Object.entries(values)) {
      const own = halton.at(index, Number(dimension) - 1);
      assert.ok(Math.abs(own - value) < 4e-16, `${index} ${dimension}: ${own} and ${value}`);
    }
  }
});

/** The points in each box, where dimension d is cut into `cuts[d]` equal parts. */
function boxes(all: readonly (readonly number[])[], cuts: readonly number[]): number[] {
  const counts = new Array<number>(cuts.reduce((a, b) => a * b)).fill(0);
  for (const point of all) {
    const box = cuts.reduce((at, cut, d) => at * cut + Math.floor(point[d]! * cut), 0);
    counts[box]!++;
  }
  return counts;
}

/** All ways to cut the dimensions into powers of two, 2^bits boxes in all. */
function* dyadic(bits: number, dimensions: number): Generator<number[]> {
  if (dimensions === 1) return yield [2 ** bits];
  for (let first = 0; first <= bits; first++) {
    for (const rest of dyadic(bits - first, dimensions - 1)) yield [2 ** first, ...rest];
  }
}

Deno.test("SobolSequence stays a net when it is scrambled: every elementary interval has its points", () => {
  // t is the sum over the dimensions of the polynomial's degree less one: 0, 0, 0 + 1, 0 + 1 + 2.
  for (const [dimensions, t] of [[1, 0], [2, 0], [3, 1], [4, 3]] as const) {
    for (const seed of [0, 1, 2, 2 ** 40 + 5]) {
      const sobol = new SobolSequence(dimensions, seed);
      for (const from of [0, 256, 256 * 777]) {
        const all = points(sobol, 256, dimensions, from);
        for (const cuts of dyadic(8 - t, dimensions)) {
          const counts = boxes(all, cuts);
          assert.ok(counts.every((count) => count === 2 ** t), `${seed} ${from} ${cuts}`);
        }
      }
    }
  }
});

Deno.test("SobolSequence is scrambled anew by every seed, and by every bit", () => {
  const seen = new Set(RANGE(200).map((seed) => new SobolSequence(1, seed).at(0, 0)));
  assert.equal(seen.size, 200);
  // Without the matrix the difference of two points would be that of the plain sequence.
  const difference = (sequence: Sequence) =>
    Math.floor(sequence.at(1, 0) * 2 ** 32) ^ Math.floor(sequence.at(2, 0) * 2 ** 32);
  const plain = difference(new SobolSequence(1));
  assert.ok(RANGE(20).some((seed) => difference(new SobolSequence(1, seed)) !== plain));
  const means = RANGE(32).map((bit) =>
    RANGE(400).reduce(
      (sum, seed) =>
        sum + (Math.floor(new SobolSequence(2, seed).at(5, 1) * 2 ** 32 / 2 ** bit) & 1),
      0,
    ) / 400
  );
  for (const mean of means) assert.ok(Math.abs(mean - 0.5) < 0.125, `${means}`);
});

Deno.test("HaltonSequence fills every stratum once in any run of points, scrambled and in two dimensions", () => {
  for (const seed of [0, 1, 99]) {
    const halton = new HaltonSequence(100, seed);
    for (const [dimension, base] of [[0, 2], [1, 3], [5, 13], [25, 101]] as const) {
      for (const from of [0, 12_345]) {
        const own = RANGE(base ** 2).map((i) => [halton.at(from + i, dimension)]);
        assert.ok(boxes(own, [base ** 2]).every((count) => count === 1), `${seed} ${base} ${from}`);
      }
    }
    const plane = points(halton, 16 * 27, 2, 1000);
    assert.ok(boxes(plane, [16, 27]).every((count) => count === 1));
  }
});

Deno.test("HaltonSequence permutes the digits: large bases begin neither in order nor alike", () => {
  const halton = new HaltonSequence(100, 7);
  const correlation = Math.abs(
    correlationOf(points(halton, 500, 100).map((p) => [p[98]!, p[99]!])),
  );
  assert.ok(correlation < 0.15, `${correlation}`);
  const plain = new HaltonSequence(100);
  const before = correlationOf(points(plain, 500, 100).map((p) => [p[98]!, p[99]!]));
  assert.ok(before > 0.9, `the plain one is known for it: ${before}`);
});

function correlationOf(pairs: readonly (readonly number[])[]): number {
  const mean = (d: number) => pairs.reduce((sum, pair) => sum + pair[d]!, 0) / pairs.length;
  const [x, y] = [mean(0), mean(1)];
  const sum = (of: (a: number, b: number) => number) =>
    pairs.reduce((total, [a, b]) => total + of(a! - x, b! - y), 0);
  return sum((a, b) => a * b) / Math.sqrt(sum((a) => a * a) * sum((_, b) => b * b));
}

Deno.test("LatinHypercube has one point in every stratum of every dimension", () => {
  for (const count of [1, 2, 3, 7, 12, 96, 100, 255, 256, 1000, 4099]) {
    for (const seed of [0, 1, 2 ** 52]) {
      const all = points(new LatinHypercube(count, 3, seed), count, 3);
      for (const d of [0, 1, 2]) {
        const counts = boxes(all.map((point) => [point[d]!]), [count]);
        assert.ok(counts.every((one) => one === 1), `${count} ${seed} ${d}`);
      }
    }
  }
});

Deno.test("LatinHypercube of twice as many points begins with the same ones", () => {
  for (const count of [1, 3, 25, 256]) {
    const once = new LatinHypercube(count, 2, 5);
    const eight = new LatinHypercube(count * 8, 2, 5);
    assert.deepEqual(points(eight, count, 2), points(once, count, 2));
  }
});

Deno.test("LatinHypercube pairs the strata of its dimensions at random", () => {
  // Of a random pairing of n strata the correlation has the variance 1/(n − 1).
  for (const count of [63, 64]) {
    const found = RANGE(400).map((seed) =>
      correlationOf(points(new LatinHypercube(count, 2, seed), count, 2))
    );
    const mean = found.reduce((a, b) => a + b) / 400;
    const variance = found.reduce((sum, r) => sum + r * r, 0) / 400 * (count - 1);
    assert.ok(Math.abs(mean) < 3.5 / Math.sqrt(400 * count), `${count}: mean ${mean}`);
    assert.ok(variance > 0.75 && variance < 1.3, `${count}: variance ${variance}`);
  }
});

Deno.test("LatinHypercube puts a point anywhere in its stratum", () => {
  const within = RANGE(200).flatMap((seed) =>
    points(new LatinHypercube(8, 1, seed), 8, 1).map(([x]) => [x! * 8 % 1])
  );
  assert.ok(chiSquare(boxes(within, [16])) < 37.7);
});

/** For equally likely boxes; 15 degrees of freedom stay below 37.7 in 999 cases of 1000. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

Deno.test("Permutation is one, of any size, and every one of a small size is as likely", () => {
  const of = (size: number, seed: number) => {
    const permutation = new Permutation(size, Threefry.fromSeed(seed), 0, 0);
    return RANGE(size).map((i) => permutation.at(i));
  };
  for (const size of [1, 2, 3, 5, 16, 17, 1000, 1025]) {
    assert.deepEqual(of(size, 3).toSorted((a, b) => a - b), RANGE(size));
  }
  // Bounds that 999 of 1000 stay below: 5, 23 and 119 degrees of freedom.
  for (const [size, bound] of [[3, 20.5], [4, 49.7], [5, 173.6]] as const) {
    const counts = new Map<string, number>();
    for (const seed of RANGE(6000)) {
      const key = of(size, seed).join("");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const all = RANGE(size).reduce((product, i) => product * (i + 1), 1);
    const statistic = chiSquare([...counts.values(), ...new Array(all - counts.size).fill(0)]);
    assert.ok(statistic < bound, `size ${size}: ${statistic}`);
  }
  // A larger one is computed: where a number goes, and how far from it its neighbour.
  for (const size of [65, 66, 100, 3125]) {
    const places: number[][] = [];
    const apart: number[][] = [];
    for (const seed of RANGE(6000)) {
      const permutation = new Permutation(size, Threefry.fromSeed(seed), 0, 0);
      const [a, b] = [permutation.at(size - 2), permutation.at(size - 1)];
      places.push([(b + 0.5) / size]);
      apart.push([((b - a + size) % size - 0.5) / (size - 1)]);
    }
    for (const one of [places, apart]) {
      const cells = one === places ? size : size - 1;
      const counts = boxes(one, [cells > 1000 ? 25 : cells]);
      // 999 of 1000 stay below, as Wilson and Hilferty (1931) have it; 3124 numbers in 25 boxes are nearly even.
      const freedom = counts.length - 1;
      const bound = freedom * (1 - 2 / (9 * freedom) + 3.09 * Math.sqrt(2 / (9 * freedom))) ** 3;
      const statistic = chiSquare(counts);
      assert.ok(statistic < bound, `size ${size}: ${statistic} of ${bound}`);
    }
  }
});

Deno.test("RandomSequence is uniform, and independent from point to point and dimension to dimension", () => {
  const random = new RandomSequence(11);
  const all = points(random, 4000, 2);
  assert.ok(chiSquare(boxes(all, [4, 4])) < 37.7);
  const next = RANGE(4000).map((i) => [random.at(i, 0), random.at(i + 1, 0)]);
  assert.ok(chiSquare(boxes(next, [4, 4])) < 37.7);
});

Deno.test("all sequences reach the last point there may be, and never 0 or 1", () => {
  const last = 2 ** 32 - 1;
  const sequences = [
    new RandomSequence(3),
    new SobolSequence(5, 3),
    new HaltonSequence(5, 3),
    new LatinHypercube(2 ** 32, 5, 3),
  ];
  for (const sequence of sequences) {
    for (const index of [0, 2 ** 31 - 1, 2 ** 31, last - 1, last]) {
      for (const d of RANGE(5)) {
        const x = sequence.at(index, d);
        assert.ok(x > 0 && x < 1, `${sequence.constructor.name} ${index}: ${x}`);
      }
    }
    assert.notEqual(sequence.at(last, 1), sequence.at(last - 1, 1));
  }
  // The last of an odd number of points, which no doubling has made.
  const odd = new LatinHypercube(last, 1, 3).at(last - 1, 0);
  assert.ok(odd > 0 && odd < 1);
});

// F. J. Hickernell (1998) Math. Comput. 67, 299: the centred discrepancy, squared.
function centred(all: readonly (readonly number[])[]): number {
  const n = all.length;
  const off = all.map((point) => point.map((x) => Math.abs(x - 0.5)));
  let single = 0;
  let double = 0;
  for (const [i, a] of all.entries()) {
    single += off[i]!.reduce((product, u) => product * (1 + u / 2 - u * u / 2), 1);
    for (const [j, b] of all.entries()) {
      let product = 1;
      for (let d = 0; d < a.length; d++) {
        product *= 1 + off[i]![d]! / 2 + off[j]![d]! / 2 - Math.abs(a[d]! - b[d]!) / 2;
      }
      double += product;
    }
  }
  return (13 / 12) ** all[0]!.length - 2 / n * single + double / n ** 2;
}

// T. T. Warnock (1972): the L2-star discrepancy.
function l2star(all: readonly (readonly number[])[]): number {
  const n = all.length;
  const dimensions = all[0]!.length;
  let single = 0;
  let double = 0;
  for (const a of all) {
    single += a.reduce((product, x) => product * (1 - x * x), 1);
    for (const b of all) double += a.reduce((p, x, d) => p * (1 - Math.max(x, b[d]!)), 1);
  }
  return Math.sqrt(3 ** -dimensions - 2 ** (1 - dimensions) / n * single + double / n ** 2);
}

Deno.test("the discrepancies of plain Sobol points are scipy's", () => {
  const plain = points(new SobolSequence(5), 256, 5).map((point) => point.map((x) => x - HALF));
  const { centred: wanted, l2star: star } = reference.discrepancy;
  assert.ok(Math.abs(centred(plain) / wanted - 1) < 1e-6);
  assert.ok(Math.abs(l2star(plain) / star - 1) < 1e-6);
});

Deno.test("every method fills space as evenly as scipy's, and all but random more evenly than random", () => {
  const made = {
    random: (_count: number, _dimensions: number, seed: number) => new RandomSequence(seed),
    lhs: (count: number, d: number, seed: number) => new LatinHypercube(count, d, seed),
    sobol: (_count: number, d: number, seed: number) => new SobolSequence(d, seed),
    halton: (_count: number, d: number, seed: number) => new HaltonSequence(d, seed),
  };
  const means = new Map<string, number>();
  for (const { method, count, dimensions, mean } of reference.centred) {
    const seeds = RANGE(count > 256 ? 3 : 12);
    const make = made[method as keyof typeof made];
    const own = seeds.reduce((sum, seed) =>
      sum + centred(points(make(count, dimensions, seed), count, dimensions)), 0) / seeds.length;
    means.set(`${method} ${dimensions}`, own);
    // Both are means over seeds, and scatter: most of all those of random points.
    assert.ok(
      own < mean * 1.4 && own > mean / 1.4,
      `${method} ${count} ${dimensions}: ${own}, ${mean}`,
    );
  }
  for (const d of [2, 5]) {
    const random = means.get(`random ${d}`)!;
    assert.ok(means.get(`lhs ${d}`)! < random * 0.85);
    assert.ok(means.get(`halton ${d}`)! < random / 4);
    assert.ok(means.get(`sobol ${d}`)! < random / 6);
  }
});

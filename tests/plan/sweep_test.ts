/** Sweeps: counting them, and the point of any number. */
import assert from "node:assert/strict";
import type { Axis, Sweep } from "../../src/job/sweep.ts";
import {
  axisCount,
  axisValue,
  countPoints,
  countSteps,
  pointAt,
  sweepNames,
} from "../../src/plan/sweep.ts";

const list = (...values: number[]): Axis => ({ kind: "list", values });
const range = (from: number, to: number, count: number, spacing: "linear" | "log" = "linear") =>
  ({ kind: "range", from, to, count, spacing }) as const;
const valuesOf = (axis: Axis) =>
  Array.from({ length: axisCount(axis) }, (_, index) => axisValue(axis, index));

const MIXED: Sweep = {
  parts: [
    { kind: "axis", name: "a", axis: list(1, 2) },
    { kind: "zip", axes: [{ name: "b", axis: list(3, 4) }, { name: "c", axis: list(5, 6) }] },
    { kind: "points", points: [{ d: 7 }, { d: 8, e: "x" }] },
  ],
};

Deno.test("countPoints() is 1 without a sweep and multiplies the parts of one", () => {
  assert.equal(countPoints(undefined), 1);
  assert.equal(countPoints(MIXED), 8);
});

Deno.test("pointAt() varies the last part fastest and keeps the order of the names", () => {
  const points = Array.from({ length: 8 }, (_, index) => JSON.stringify(pointAt(MIXED, index)));
  assert.deepEqual(points, [
    '{"a":1,"b":3,"c":5,"d":7}',
    '{"a":1,"b":3,"c":5,"d":8,"e":"x"}',
    '{"a":1,"b":4,"c":6,"d":7}',
    '{"a":1,"b":4,"c":6,"d":8,"e":"x"}',
    '{"a":2,"b":3,"c":5,"d":7}',
    '{"a":2,"b":3,"c":5,"d":8,"e":"x"}',
    '{"a":2,"b":4,"c":6,"d":7}',
    '{"a":2,"b":4,"c":6,"d":8,"e":"x"}',
  ]);
  assert.deepEqual(pointAt(undefined, 0), {});
});

Deno.test("pointAt() reaches any point of a sweep too large to expand", () => {
  const axis = range(0, 999_999, 1_000_000);
  const sweep: Sweep = {
    parts: [{ kind: "axis", name: "x", axis }, { kind: "axis", name: "y", axis }],
  };
  assert.equal(countPoints(sweep), 1e12);
  assert.deepEqual(pointAt(sweep, 123_456_654_321), { x: 123_456, y: 654_321 });
  assert.deepEqual(pointAt(sweep, 1e12 - 1), { x: 999_999, y: 999_999 });
});

Deno.test("sweepNames() lists each parameter once", () => {
  assert.deepEqual(sweepNames(MIXED), ["a", "b", "c", "d", "e"]);
});

Deno.test("axisValue() gives the double nearest to the decimal value, without adding up errors", () => {
  assert.deepEqual(valuesOf(range(0, 1, 11)), [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  assert.deepEqual(valuesOf(range(0.28, 0.34, 7)), [0.28, 0.29, 0.3, 0.31, 0.32, 0.33, 0.34]);
  assert.deepEqual(valuesOf(range(1, -1, 5)), [1, 0.5, 0, -0.5, -1]);
  assert.deepEqual(valuesOf({ kind: "steps", from: 0, step: 0.1, count: 4 }), [0, 0.1, 0.2, 0.3]);
  assert.equal(axisValue({ kind: "steps", from: 0, step: 0.1, count: 1e7 }, 9_999_999), 999_999.9);
});

Deno.test("axisValue() keeps both ends exactly, whatever the numbers", () => {
  for (const [from, to] of [[0.1, 0.7], [1e-300, 1e300], [-1.7e308, 1.7e308], [Math.PI, Math.E]]) {
    const axis = range(from!, to!, 7);
    const values = valuesOf(axis) as number[];
    assert.equal(values[0], from);
    assert.equal(values[6], to);
    const steps = values.slice(1).map((value, i) => Math.sign(value - values[i]!));
    assert.deepEqual(new Set(steps), new Set([Math.sign(to! - from!)]), `${values}`);
  }
});

Deno.test("axisValue() spaces a log range by equal ratios, on round numbers where they are due", () => {
  assert.deepEqual(valuesOf(range(1, 1000, 4, "log")), [1, 10, 100, 1000]);
  assert.deepEqual(valuesOf(range(1e-6, 1, 7, "log")), [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1]);
  assert.deepEqual(valuesOf(range(-1, -16, 5, "log")), [-1, -2, -4, -8, -16]);
  const values = valuesOf(range(3, 7, 50, "log")) as number[];
  for (let i = 1; i < 50; i++) {
    assert.ok(Math.abs(values[i]! / values[i - 1]! - (7 / 3) ** (1 / 49)) < 1e-13);
  }
});

Deno.test("countSteps() includes the end where the steps meet it, and never passes it", () => {
  assert.equal(countSteps(0, 1, 0.1), 11);
  assert.equal(countSteps(0, 0.3, 0.1), 4);
  assert.equal(countSteps(0, 1, 0.3), 4);
  assert.equal(countSteps(1, 0, -0.25), 5);
  assert.equal(countSteps(0, 1, -0.1), 0);
  assert.equal(countSteps(2, 2, 1), 1);
  assert.equal(countSteps(0, Math.PI, Math.PI / 7), 8);
});

/** Sweeps as they are written: grid, zip, points, ranges, and what is refused. */
import assert from "node:assert/strict";
import { countPoints, pointAt } from "../../src/plan/sweep.ts";
import { jobWith, mistakes, onlyJob } from "./read.ts";

function points(sweep: string): unknown[] {
  const job = onlyJob(jobWith(`sweep: ${sweep}`));
  return Array.from({ length: countPoints(job.sweep) }, (_, index) => pointAt(job.sweep, index));
}

const complaint = (sweep: string) => mistakes(jobWith(`sweep: ${sweep}`)).join("\n");

Deno.test("a sweep is a grid by default, and grid: says the same", () => {
  const expected = [{ x: 1, y: 3 }, { x: 1, y: 4 }, { x: 2, y: 3 }, { x: 2, y: 4 }];
  assert.deepEqual(points("{ x: [1, 2], y: [3, 4] }"), expected);
  assert.deepEqual(points("{ grid: { x: [1, 2], y: [3, 4] } }"), expected);
});

Deno.test("a sweep takes zip, and a list of points", () => {
  assert.deepEqual(points("{ zip: { x: [1, 2], y: { from: 3, to: 4, count: 2 } } }"), [
    { x: 1, y: 3 },
    { x: 2, y: 4 },
  ]);
  assert.deepEqual(points("[{ x: 1 }, { x: 2, y: a }]"), [{ x: 1 }, { x: 2, y: "a" }]);
  assert.deepEqual(points("{ points: [{ x: 1 }] }"), [{ x: 1 }]);
});

Deno.test("a sweep multiplies grid, zip and points in this order however they are written", () => {
  const expected = [
    { a: 1, b: 3, c: 5 },
    { a: 1, b: 4, c: 5 },
    { a: 2, b: 3, c: 5 },
    { a: 2, b: 4, c: 5 },
  ];
  assert.deepEqual(points("{ points: [{c: 5}], zip: {b: [3, 4]}, grid: {a: [1, 2]} }"), expected);
});

Deno.test("a sweep takes ranges by count, by step, and by equal ratios", () => {
  assert.deepEqual(points("{ x: { from: 0, to: 1, count: 3 } }"), [{ x: 0 }, { x: 0.5 }, { x: 1 }]);
  assert.deepEqual(points("{ x: { from: 0, to: 0.35, step: 0.1 } }").length, 4);
  assert.deepEqual(points("{ x: { from: 1, to: 100, count: 3, spacing: log } }"), [
    { x: 1 },
    { x: 10 },
    { x: 100 },
  ]);
  assert.deepEqual(points("{ x: { from: 5, to: 5, count: 1 } }"), [{ x: 5 }]);
});

Deno.test("a sweep without points is refused, wherever they are missing", () => {
  const empty = [
    "",
    "{}",
    "[]",
    "{ x: [] }",
    "{ x: }",
    "{ grid: {} }",
    "{ zip: {} }",
    "{ points: }",
  ];
  for (const sweep of empty) assert.match(complaint(sweep), /sweep The sweep has no points/, sweep);
});

Deno.test("a zip of unequal lengths is refused with both lengths", () => {
  assert.match(
    complaint("{ zip: { x: [1, 2], y: { from: 0, to: 1, count: 1_000_000 } } }"),
    /"x" has 2 values and "y" has 1000000/,
  );
});

Deno.test("a value, point or tuple that stands twice is refused, naming both", () => {
  assert.match(complaint("{ x: [1, 2, 1.0] }"), /^4:20 sweep Value 3 .* value 1, .* column 14/);
  assert.match(complaint("[{ x: 1, y: 2 }, { y: 2, x: 1 }]"), /Value 2 of the sweep is the same/);
  assert.match(complaint("{ zip: { x: [1, 1], y: [2, 2] } }"), /Value 2 of the sweep/);
  assert.deepEqual(points("{ zip: { x: [1, 1], y: [2, 3] } }").length, 2);
  assert.deepEqual(points('{ x: [1, "1", true, "true", .nan, null] }').length, 6);
});

Deno.test("a range that cannot be meant is refused", () => {
  const cases: readonly [string, RegExp][] = [
    ["{ from: 0, to: 1 }", /neither "count" nor "step"/],
    ["{ from: 0, to: 1, count: 2, step: 1 }", /both "count" and "step"/],
    ["{ from: 0, count: 2 }", /has no "to"/],
    ["{ from: 0, to: 1, count: 1 }", /two ends but a count of 1/],
    ["{ from: 1, to: 1, count: 5 }", /the same value 5 times/],
    ["{ from: 0, to: 1, count: 0 }", /at least 1, but is 0/],
    ["{ from: 0, to: 1, count: 2.5 }", /whole number/],
    ["{ from: 0, to: 1, step: -0.1 }", /never comes from 0 to 1 .*Write step: 0.1/],
    ["{ from: 0, to: 1, step: 0 }", /never comes/],
    ["{ from: 0, to: 1, count: 5, spacing: log }", /cannot be spaced by ratios/],
    ["{ from: -1, to: 1, count: 5, spacing: log }", /cannot be spaced by ratios/],
    ["{ from: 0, to: 1, step: 0.1, spacing: log }", /both "step" and "spacing"/],
    ["{ from: 0, to: .inf, count: 5 }", /finite number/],
    ["{ from: a, to: 1, count: 5 }", /finite number, but is "a"/],
    ["{ from: 1, to: 1.0000000000000004, count: 50 }", /neighbouring values are equal/],
    ["{ from: 1e20, to: 1.1e20, step: 1 }", /neighbouring values are equal/],
    ["{ start: 0, stop: 1, num: 5 }", /Write "from"[^]*Write "to"[^]*Write "count"/],
    ["{ from: 0, to: 1, cuont: 5 }", /Did you mean "count"/],
  ];
  for (const [range, expected] of cases) {
    assert.match(complaint(`{ x: ${range} }`), expected, range);
  }
});

Deno.test("a sweep says how to write what was nearly right", () => {
  assert.match(complaint("{ x: 5 }"), /list of values or a range, but is 5 \| Write \[5\]/);
  assert.match(complaint("{ grid: [1, 2] }"), /write sweep: \{ grid: \{ grid: … \} \}/);
  assert.match(complaint("{ zip: { x: [1] }, y: [2] }"), /"y" stands beside "zip" \| Put it under/);
  assert.match(complaint("[1, 2]"), /Each point is a mapping/);
  assert.match(complaint("{ grid: { x: [1] }, zip: { x: [2] } }"), /"x" stands in two parts/);
  assert.match(complaint("all"), /a mapping of parameters to values, or a list of points/);
  assert.match(complaint('{ "a b": [1] }'), /"a b" cannot be the name/);
});

Deno.test("a sweep is counted before it is expanded, and refused with its count", () => {
  const text = jobWith(`sweep:
  x: { from: 0, to: 1, count: 10_000 }
  y: { from: 0, to: 1, step: 0.001 }`);
  assert.match(
    mistakes(text)[0] ?? "",
    /^4:1 sweep-too-large The sweep has 10,010,000 points; more than 5,000,000 .* --max-points 10010000/,
  );
  assert.deepEqual(mistakes(text, { maxPoints: 10_010_000 }), []);
  assert.match(complaint("{ x: { from: 0, to: 1, step: 1e-300 } }"), /sweep/);
});

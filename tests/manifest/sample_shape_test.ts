/** Samples and repeats as they are written, and what is refused. */
import assert from "node:assert/strict";
import type { ParameterRules } from "../../src/job/model.ts";
import { checkParameters } from "../../src/manifest/parameters.ts";
import { countPoints, pointAt } from "../../src/plan/sweep.ts";
import { jobWith, mistakes, onlyJob, read } from "./read.ts";

const sweepOf = (sweep: string) => onlyJob(jobWith(`sweep: ${sweep}`)).sweep!;
const complaint = (sweep: string) => mistakes(jobWith(`sweep: ${sweep}`)).join("\n");
const over = (over: string) => `{ sample: { count: 8, over: { x: ${over} } } }`;

Deno.test("a sample is read with method, count, seed and distributions", () => {
  const sweep = sweepOf(`{ sample: { method: lhs, count: 1_000, seed: 7, over: {
    co2: { uniform: [280, 560] }, k: { log_uniform: [1e-3, 1] }, T: { normal: { mean: 288, sd: 2 } },
    a: { normal: { mean: 0.3, sd: 0.01, min: 0, max: 1 } }, n: { integer: [1, 10] }, s: { choice: [euler, rk4] } } } }`);
  assert.deepEqual(sweep.parts, [{
    kind: "sample",
    method: "lhs",
    count: 1000,
    seed: 7,
    over: [
      { name: "co2", distribution: { kind: "uniform", min: 280, max: 560 } },
      { name: "k", distribution: { kind: "log-uniform", min: 0.001, max: 1 } },
      { name: "T", distribution: { kind: "normal", mean: 288, sd: 2 } },
      { name: "a", distribution: { kind: "normal", mean: 0.3, sd: 0.01, min: 0, max: 1 } },
      { name: "n", distribution: { kind: "integer", min: 1, max: 10 } },
      { name: "s", distribution: { kind: "choice", values: ["euler", "rk4"] } },
    ],
  }]);
  const [part] = sweepOf(over("{ uniform: [0, 1] }")).parts;
  assert.ok(part?.kind === "sample" && part.method === "sobol" && part.seed === 0);
});

Deno.test("sample and repeat are multiplied with the other parts, in this order however they are written", () => {
  const sweep = sweepOf(
    "{ repeat: 2, sample: { count: 4, over: { x: { uniform: [0, 1] } } }, grid: { y: [1, 2] } }",
  );
  assert.deepEqual(sweep.parts.map(({ kind }) => kind), ["axis", "sample", "repeat"]);
  assert.equal(countPoints(sweep), 16);
  assert.equal(countPoints(sweepOf("{ repeat: 5 }")), 5);
});

Deno.test("a list or a range called sample or repeat is the values of a parameter, as it always was", () => {
  const sweep = sweepOf("{ repeat: [1, 2], sample: { from: 0, to: 1, count: 3 } }");
  assert.deepEqual(sweep.parts.map(({ kind }) => kind), ["axis", "axis"]);
  assert.deepEqual(pointAt(sweep, 5), { repeat: 2, sample: 1 });
  assert.match(
    complaint("{ repeat: [1], sample: { count: 4, over: { x: { uniform: [0, 1] } } } }"),
    /Put it under grid: \{ repeat: … \}/,
  );
});

Deno.test("a sample that cannot be meant is refused, at its place and with what to write", () => {
  const cases: readonly [string, RegExp][] = [
    [
      "{ sample: 5 }",
      /"sweep.sample" must be a mapping with "count" and "over", but is 5 \| For example/,
    ],
    ["{ sample: }", /must be a mapping with "count" and "over", but is nothing/],
    ["{ sample: { over: { x: { uniform: [0, 1] } } } }", /has no "count" \| \{ count: 256/],
    ["{ sample: { count: 5 } }", /has no "over"/],
    ["{ sample: { count: 5, over: } }", /a mapping of parameters to distributions, but is nothing/],
    [
      "{ sample: { count: 5, over: {} } }",
      /a mapping of parameters to distributions, but is a mapping/,
    ],
    [
      "{ sample: { count: 0, over: { x: { uniform: [0, 1] } } } }",
      /from 1 to 4294967296, but is 0/,
    ],
    ["{ sample: { count: 5e9, over: { x: { uniform: [0, 1] } } } }", /from 1 to 4294967296/],
    ["{ sample: { count: 2.5, over: { x: { uniform: [0, 1] } } } }", /Write 3\./],
    [
      "{ sample: { count: 5, seed: -1, over: { x: { uniform: [0, 1] } } } }",
      /seed" must be a whole number, at least 0, but is -1/,
    ],
    [
      "{ sample: { count: 5, seed: abc, over: { x: { uniform: [0, 1] } } } }",
      /seed" must be a whole number/,
    ],
    [
      "{ sample: { count: 5, method: sobel, over: { x: { uniform: [0, 1] } } } }",
      /random, lhs, sobol or halton, but is "sobel" \| Did you mean "sobol"/,
    ],
    [
      "{ sample: { count: 5, method: latin_hypercube, over: { x: { uniform: [0, 1] } } } }",
      /\| Write lhs\./,
    ],
    [
      "{ sample: { n: 5, over: { x: { uniform: [0, 1] } } } }",
      /Unknown key "n" .* \| Write "count"/,
    ],
    ["{ sample: { cuont: 5, over: { x: { uniform: [0, 1] } } } }", /Did you mean "count"/],
    [
      "{ sample: { count: 5, x: { uniform: [0, 1] } } }",
      /"x" stands beside the keys of the sample \| Put it under over: \{ x: … \}/,
    ],
    [
      over("[0, 1]"),
      /\| Write \{ uniform: \[280, 560\] \} for all between two numbers, or \{ choice/,
    ],
    [over("5"), /but is 5 \| What is the same in every point stands under parameters/],
    [over(""), /but is nothing \| For example/],
    [over("{ unifrom: [0, 1] }"), /Unknown key "unifrom" .* \| Did you mean "uniform"/],
    [over("{ log-uniform: [1, 2] }"), /Did you mean "log_uniform"/],
    [over("{ gaussian: { mean: 0, sd: 1 } }"), /Write "normal"/],
    [over("{ from: 0, to: 1 }"), /Unknown key "from"/],
    [
      over("{ uniform: [0, 1], normal: { mean: 0, sd: 1 } }"),
      /two distributions, "uniform" and "normal"/,
    ],
    [over("{ uniform: [1, 0] }"), /goes down from 1 to 0 \| Write \[0, 1\]/],
    [over("{ uniform: [1, 1] }"), /begins and ends at 1/],
    [over("{ uniform: [1] }"), /two numbers, the least and the most, but is a list/],
    [over("{ uniform: { from: 3, to: 4 } }"), /but is a mapping \| Write \[3, 4\]/],
    [over("{ uniform: [0, .inf] }"), /uniform\[1\]" must be a finite number/],
    [over("{ uniform: [a, 1] }"), /finite number, but is "a"/],
    [
      over("{ log_uniform: [0, 1] }"),
      /begins at 0, which has no logarithm \| Both numbers must be above zero/,
    ],
    [over("{ log_uniform: [-1, 1] }"), /begins at -1, which has no logarithm/],
    [over("{ normal: [288, 2] }"), /\| Write \{ mean: 288, sd: 2 \}/],
    [over("{ normal: { mean: 1 } }"), /has no "sd"/],
    [over("{ normal: { mean: 1, sd: 0 } }"), /sd" must be above zero, but is 0/],
    [over("{ normal: { mean: 1, sd: -2 } }"), /above zero, but is -2 \| Write sd: 2/],
    [over("{ normal: { mean: 1, sigma: 2 } }"), /Write "sd"/],
    [
      over("{ normal: { mean: 1, sd: 2, min: 3, max: 3 } }"),
      /cut at 3 from below and at 3 from above/,
    ],
    [over("{ normal: { mean: 0, sd: 1, min: 40 } }"), /nothing left/],
    [over("{ integer: [1, 2.5] }"), /integer\[1\]" must be a whole number, but is 2\.5 \| Write 3/],
    [over("{ integer: [5, 1] }"), /goes down from 5 to 1/],
    [over("{ integer: [-9e15, 9e15] }"), /more than 2\^53 values/],
    [over("{ choice: [] }"), /must be a list of values/],
    [over("{ choice: euler }"), /must be a list of values, but is "euler"/],
    [over("{ choice: [a, b, a] }"), /Value 3 .* is the same as value 1, in line 4, column \d+/],
    ["{ sample: { count: 5, over: { 1x: { uniform: [0, 1] } } } }", /"1x" cannot be the name/],
    [
      "{ sample: { count: 5, over: { repeat: { uniform: [0, 1] } } } }",
      /cannot be called "repeat"/,
    ],
    [
      "{ grid: { x: [1] }, sample: { count: 5, over: { x: { uniform: [0, 1] } } } }",
      /"x" stands in two parts/,
    ],
    ["{ grid: { repeat: [1] }, repeat: 2 }", /"repeat" stands in two parts/],
    ["{ y: [1], repeat: 2 }", /"y" stands beside "repeat" \| Put it under grid: \{ y: … \}/],
    ["{ repeat: 0 }", /"sweep.repeat" must be a whole number, at least 1, but is 0/],
    ["{ repeat: }", /at least 1, but is nothing \| Write for example repeat: 5/],
    ["{ repeat: { count: 5 } }", /a whole number, at least 1, but is a mapping/],
  ];
  for (const [sweep, expected] of cases) {
    const found = complaint(sweep);
    assert.match(found, expected, sweep);
    assert.match(found, /^4:\d+ /, sweep);
    assert.equal(found.split("\n").length, sweep.includes("from: 0, to: 1 }") ? 2 : 1, found);
  }
});

Deno.test("a mistake in a distribution is shown where it is", () => {
  const text = jobWith(
    "sweep:\n  sample:\n    count: 4\n    over:\n      k:\n        log_uniform: [0, 1]",
  );
  assert.match(mistakes(text)[0] ?? "", /^9:23 sweep /);
});

Deno.test("a method takes no more parameters than it has dimensions", () => {
  const many = (method: string, count: number) => {
    const names = Array.from({ length: count }, (_, i) => `x${i}: { uniform: [0, 1] }`).join(", ");
    return complaint(`{ sample: { method: ${method}, count: 5, over: { ${names} } } }`);
  };
  assert.equal(many("sobol", 481), "");
  assert.match(
    many("sobol", 482),
    /sobol has 481 dimensions, but here are 482 parameters \| Write method: lhs, or random/,
  );
  assert.match(many("halton", 101), /halton has 100 dimensions/);
  assert.equal(many("lhs", 1000), "");
});

Deno.test("samples and repeats count for --max-points", () => {
  const text = jobWith(
    "sweep: { sample: { count: 1e6, over: { x: { uniform: [0, 1] } } }, repeat: 6 }",
  );
  assert.match(mistakes(text)[0] ?? "", /sweep-too-large The sweep has 6,000,000 points/);
});

Deno.test("a sampled parameter replaces its default, and is no parameter of the job too", () => {
  const text = `defaults: { model: m.ts, steps: 1, parameters: { x: 1, count: 2 } }
jobs: [{ id: a, sweep: { sample: { count: 2, over: { x: { uniform: [0, 1] } } } } }]`;
  assert.deepEqual(onlyJob(text).parameters, { count: 2 });
  const twice = jobWith(
    "parameters: { x: 1 }\nsweep: { sample: { count: 2, over: { x: { uniform: [0, 1] } } } }",
  );
  assert.match(mistakes(twice)[0] ?? "", /"x" stands in both "parameters" and "sweep"/);
});

const RULES: ParameterRules = {
  x: { default: 1, min: 0, max: 10 },
  n: { default: 1, type: "integer" },
  scheme: { default: "euler", choices: ["euler", "rk4"] },
  count: { default: 3 },
};

function objections(lines: string, rules: ParameterRules = RULES): string[] {
  const { jobs, diagnostics, locate } = read(jobWith(lines));
  assert.deepEqual(diagnostics, []);
  return checkParameters(jobs[0]!, rules, locate).map(({ place, message }) =>
    `${place?.line}:${place?.column} ${message}`
  );
}

Deno.test("checkParameters() checks a distribution by its bounds, a normal one without bounds by its points", () => {
  const check = (sampled: string, count = 500) =>
    objections(`sweep: { sample: { count: ${count}, over: { ${sampled} } }, repeat: 2 }`);
  assert.deepEqual(
    check("x: { uniform: [0, 10] }, n: { integer: [1, 5] }, scheme: { choice: [rk4] }"),
    [],
  );
  assert.deepEqual(check("x: { uniform: [-1, 10] }", 1), [
    '4:41 "x" is -1, but must be at least 0',
  ]);
  assert.deepEqual(
    check("x: { normal: { mean: 5, sd: 1, min: 0, max: 12 } }", 1),
    [
      '4:41 "x" is 12, but must be at most 10',
    ],
  );
  assert.deepEqual(check("x: { normal: { mean: 5, sd: 0.5 } }"), []);
  assert.match(
    check("x: { normal: { mean: 1, sd: 1 } }").join(),
    /"x" is -0\.\d+, but must be at least 0.*more values of "x" are wrong/,
  );
  assert.match(
    check("n: { uniform: [1, 5] }").join(),
    /"n" must be a whole number, but is \d\.\d+/,
  );
  assert.match(
    check("scheme: { choice: [euler, rk5] }").join(),
    /"scheme" is "rk5", but must be one of/,
  );
  assert.match(check("scheme: { integer: [1, 2] }").join(), /"scheme" must be text/);
});

Deno.test("checkParameters() finds an unknown sampled parameter, and a model's own repeat", () => {
  assert.deepEqual(
    objections("sweep: { sample: { count: 2, over: { y: { uniform: [0, 1] } } } }"),
    [
      '4:38 The model has no parameter "y"',
    ],
  );
  assert.deepEqual(
    objections("sweep: { sample: { count: 2, over: { count: { uniform: [-1, 1] } } } }"),
    [],
  );
  assert.deepEqual(objections("sweep: { repeat: 2 }", { repeat: { default: 1 } }), [
    '4:10 The model has a parameter "repeat" of its own, and "repeat" numbers the points here',
  ]);
});

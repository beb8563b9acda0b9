/** Parameters against what the model says of them. */
import assert from "node:assert/strict";
import type { ParameterRules } from "../../src/job/model.ts";
import { checkParameters } from "../../src/manifest/parameters.ts";
import { jobWith, read } from "./read.ts";

const RULES: ParameterRules = {
  co2: { default: 420, min: 100, max: 5000, unit: "ppm" },
  scheme: { default: "implicit", choices: ["implicit", "explicit"] },
  cells: { type: "integer", default: 90, min: 1 },
  albedo: { default: true },
  grid: { default: [1, 2] },
};

function objections(lines: string, rules: ParameterRules = RULES): string[] {
  const { jobs, diagnostics, locate } = read(jobWith(lines));
  assert.deepEqual(diagnostics, []);
  return checkParameters(jobs[0]!, rules, locate).map(({ place, message, hint }) =>
    `${place?.line}:${place?.column} ${message}${hint === undefined ? "" : ` | ${hint}`}`
  );
}

Deno.test("checkParameters() takes what the model takes", () => {
  assert.deepEqual(
    objections(`parameters: { co2: 100, scheme: explicit, cells: 5, albedo: false, grid: [] }`),
    [],
  );
  assert.deepEqual(objections("sweep: { co2: { from: 100, to: 5000, count: 1_000_000 } }"), []);
});

Deno.test("checkParameters() names an unknown parameter, and the one that was meant", () => {
  assert.deepEqual(objections("parameters: { co3: 1 }"), [
    '4:15 The model has no parameter "co3" | Did you mean "co2"?',
  ]);
  assert.match(objections("sweep: { xyzzy: [1] }")[0] ?? "", /^4:10 .* \| Its parameters: co2, /);
  assert.match(objections("parameters: { x: 1 }", {})[0] ?? "", /The model has no parameters\.$/);
  assert.equal(objections("parameters: { toString: 1 }").length, 1);
});

Deno.test("checkParameters() checks types, bounds and choices, with the unit", () => {
  const first = (lines: string) => objections(lines)[0] ?? "";
  assert.match(first("parameters: { co2: high }"), /"co2" must be a number, but is "high"/);
  assert.match(first('parameters: { co2: "4_50" }'), /Write 450, without quotes/);
  assert.match(first("parameters: { co2: 99 }"), /"co2" is 99, but must be at least 100 ppm/);
  assert.match(first("parameters: { co2: 5001 }"), /at most 5000 ppm/);
  assert.match(first("parameters: { co2: .nan }"), /"co2" is NaN, but must be at least 100 ppm/);
  assert.match(first("parameters: { cells: 1.5 }"), /a whole number, but is 1\.5/);
  assert.match(first("parameters: { scheme: implict }"), /one of .* \| Did you mean "implicit"/);
  assert.match(first("parameters: { albedo: no }"), /true or false, but is "no" \| YAML 1\.2/);
  assert.match(first("parameters: { grid: 3 }"), /a list, but is 3/);
  assert.match(first("parameters: { scheme: null }"), /must be text, but is null/);
});

Deno.test("checkParameters() checks a range by its ends, at the place of the range", () => {
  assert.deepEqual(objections("sweep: { co2: { from: 50, to: 9000, count: 1_000_000 } }"), [
    '4:15 "co2" is 50, but must be at least 100 ppm',
    '4:15 "co2" is 9000, but must be at most 5000 ppm',
  ]);
  assert.equal(objections("sweep: { cells: { from: 1, to: 2, count: 3 } }").length, 1);
  assert.deepEqual(objections("sweep: { cells: { from: 1, to: 1001, step: 10 } }"), []);
  assert.deepEqual(
    objections("sweep: { cells: { from: 1, to: 1024, count: 11, spacing: log } }"),
    [],
  );
  assert.equal(objections("sweep: { scheme: { from: 1, to: 9, count: 1_000_000 } }").length, 3);
});

Deno.test("checkParameters() checks every listed value, and counts the rest of many wrong ones", () => {
  assert.deepEqual(objections("sweep: { co2: [200, 50] }"), [
    '4:21 "co2" is 50, but must be at least 100 ppm',
  ]);
  assert.deepEqual(objections("sweep: [{ co2: 200 }, { co2: 50 }]"), [
    '4:30 "co2" is 50, but must be at least 100 ppm',
  ]);
  const many = objections(`sweep: { co2: [${Array.from({ length: 50 }, (_, i) => i)}] }`);
  assert.equal(many.length, 4);
  assert.match(many[3]!, /47 more values of "co2" are wrong/);
});

Deno.test("checkParameters() asks for a parameter without default, in every point of a list", () => {
  const rules: ParameterRules = { x: { type: "number", unit: "m" }, y: { default: 1 } };
  assert.deepEqual(objections("", rules), [
    '1:5 The model needs the parameter "x", which has no default | Give it under parameters in m, or sweep it.',
  ]);
  assert.deepEqual(objections("parameters: { x: 1 }", rules), []);
  assert.deepEqual(objections("sweep: { x: [1] }", rules), []);
  assert.match(
    objections("sweep: [{ x: 1 }, { y: 2 }]", rules)[0] ?? "",
    /Point 2 of the sweep lacks "x"/,
  );
});

/** T28: what surprising YAML words mean. The table of docs/manifest.md is checked against the same function. */
import assert from "node:assert/strict";
import { readPlainScalar } from "../../src/manifest/scalar.ts";
import { jobWith, mistakes, onlyJob, read } from "./read.ts";

const TABLE: readonly [string, unknown][] = [
  ["no", "no"],
  ["yes", "yes"],
  ["on", "on"],
  ["off", "off"],
  ["y", "y"],
  ["true", true],
  ["True", true],
  ["tRue", "tRue"],
  ["FALSE", false],
  ["null", null],
  ["~", null],
  ["nil", "nil"],
  ["NaN", "NaN"],
  [".nan", NaN],
  [".inf", Infinity],
  ["-.inf", -Infinity],
  ["Infinity", "Infinity"],
  ["1_000", 1000],
  ["-1_000_000.5e1", -10_000_005],
  ["1_00", "1_00"],
  ["2024_01_15", "2024_01_15"],
  ["1,000", "1,000"],
  ["1e6", 1_000_000],
  ["1E6", 1_000_000],
  ["1e", "1e"],
  [".5", 0.5],
  ["5.", 5],
  ["+5", 5],
  ["-0", -0],
  ["0x1F", 31],
  ["0o17", 15],
  ["0b11", "0b11"],
  ["-0x1F", "-0x1F"],
  ["2024-01-15", "2024-01-15"],
  ["2024-01-15T10:00:00Z", "2024-01-15T10:00:00Z"],
  ["12:30:45", "12:30:45"],
  ["190:20", "190:20"],
  ["1.2.3", "1.2.3"],
  ["5e-324", 5e-324],
  ["9007199254740991", 9007199254740991],
];

Deno.test("readPlainScalar() reads each surprising word as the table says", () => {
  for (const [written, expected] of TABLE) {
    const { value, doubt } = readPlainScalar(written);
    assert.ok(Object.is(value, expected), `${written} was read as ${String(value)}`);
    assert.equal(doubt, undefined, written);
  }
});

Deno.test("readPlainScalar() doubts what others read differently", () => {
  for (
    const written of ["010", "-007", "0123.5", "9007199254740993", "1e400", "0xFFFFFFFFFFFFFFFF"]
  ) {
    assert.ok(readPlainScalar(written).doubt !== undefined, written);
    assert.equal(mistakes(jobWith(`parameters: { x: ${written} }`)).length, 1, written);
    assert.equal(onlyJob(jobWith(`parameters: { x: "${written}" }`)).parameters.x, written);
  }
});

Deno.test("a parameter in quotes, or tagged !!str, is text", () => {
  for (const written of ['"1_000"', "'1_000'", "!!str 1_000", "! 1_000"]) {
    assert.equal(onlyJob(jobWith(`parameters: { x: ${written} }`)).parameters.x, "1_000", written);
  }
});

Deno.test("a parameter with nothing behind it is refused, and null must be written", () => {
  assert.match(mistakes(jobWith("parameters: { x: }"))[0] ?? "", /has no value \| Write null/);
  assert.deepEqual(onlyJob(jobWith("parameters: { x: null, y: ~ }")).parameters, {
    x: null,
    y: null,
  });
});

Deno.test("__proto__ is refused as a key on every level", () => {
  const texts = [
    "__proto__: 1",
    "parameters: { __proto__: 1 }",
    'parameters: { x: { "__proto__": 1 } }',
    "sweep: { __proto__: [1] }",
    "sweep: [{ __proto__: 1 }]",
    "inputs: { __proto__: a }",
    "sweep: { x: { __proto__: 1, from: 0, to: 1, count: 2 } }",
  ];
  for (const text of texts) {
    assert.match(mistakes(jobWith(text)).join("\n"), /"__proto__" cannot be a key/, text);
  }
});

Deno.test("names that every object inherits are names like others", () => {
  const job = onlyJob(jobWith("parameters: { constructor: 1, toString: 2, hasOwnProperty: 3 }"));
  assert.deepEqual(Object.entries(job.parameters), [
    ["constructor", 1],
    ["toString", 2],
    ["hasOwnProperty", 3],
  ]);
  for (const key of ["constructor", "toString", "valueOf"]) {
    assert.match(mistakes(jobWith(`${key}: 1`))[0] ?? "", /Unknown key/);
    assert.match(mistakes(jobWith(`priority: ${key}`))[0] ?? "", /"priority" must be/);
  }
});

/** What stands in a text, and what it is as a parameter; `undefined` where it is refused. */
const CHARACTERS: readonly (readonly [name: string, written: string, value: string | undefined])[] =
  [
    ["a tab", "a\tb", "a\tb"],
    ["NEL", "a\u0085b", "a\u0085b"],
    ["a line separator", "a\u2028b", "a\u2028b"],
    ["a paragraph separator", "a\u2029b", "a\u2029b"],
    ["no character", "a\uffffb", "a\uffffb"],
    ["half a character", "a\ud800b", "a\ud800b"],
    ["an emoji", "a😀b", "a😀b"],
    ["a byte order mark in the middle", "a\ufeffb", "a\ufeffb"],
    ["NUL", "a\0b", "a\0b"],
    ["reordering", "a\u202eb", "a\u202eb"],
    ["a merge key", "<<", "<<"],
    ["an anchor without name", "&", undefined],
    ["an alias without name", "*", undefined],
    ["a directive", "%a", undefined],
  ];

Deno.test("strange characters are text in a parameter, and never part of an id or a name", () => {
  for (const [name, written, value] of CHARACTERS) {
    const { jobs } = read(jobWith(`parameters:\n  x: ${written}`));
    assert.equal(jobs[0]?.parameters.x, value, name);
    assert.ok(mistakes(`id: ${written}\nmodel: m.ts\nsteps: 1`).length > 0, name);
    assert.ok(mistakes(jobWith(`parameters:\n  ${written}: 1`)).length > 0, name);
    assert.ok(mistakes(jobWith(`inputs:\n  ${written}: a`)).length > 0, name);
    assert.ok(mistakes(`id: a\nmodel: m.ts\nsteps: ${written}`).length > 0, name);
  }
});

Deno.test("a tag that makes another object of its value is refused like any other", () => {
  const tagged = [
    "!!binary aGk=",
    "!!timestamp 2026-01-02",
    "!!set { a, b }",
    "!!omap [a: 1]",
    "!!pairs [a: 1]",
    "!!merge x",
    "!<tag:yaml.org,2002:binary> x",
    "!!js/function x",
  ];
  for (const text of tagged) {
    const places = [jobWith(`parameters:\n  x: ${text}`), `id: ${text}`, text, `[${text}]`];
    for (const place of places) {
      assert.match(mistakes(place).join("\n"), /The tag "!.*" means nothing here/, place);
    }
  }
});

Deno.test("a number of millions of digits is text, and told of in a short sentence", () => {
  const digits = `1${"_000".repeat(3_000_000)}`;
  for (const written of [digits, `"${digits}"`]) {
    const [mistake, ...more] = mistakes(`id: a\nmodel: m.ts\nsteps: ${written}`);
    assert.match(mistake ?? "", /"steps" must be a whole number/);
    assert.ok(mistake!.length < 1000);
    assert.deepEqual(more, []);
  }
});

/** Results as plain values, and exceptions in the user's words with the place in the user's file. */
import assert from "node:assert/strict";
import { decodePlain } from "../../src/job/plain.ts";
import { describeThrown, failureOf, plainResult } from "../../src/worker/outcome.ts";
import { BadState } from "../../src/worker/state.ts";

const MODEL = "file:///home/ada/models/heat.ts";

Deno.test("plainResult() keeps every plain value through JSON", () => {
  const result = {
    number: NaN,
    negative: -0,
    big: 2n ** 70n,
    nothing: undefined,
    none: null,
    list: [1, [Infinity, "x"]],
    $number: "not a mark",
    nested: { $file: "result.json" },
  };
  assert.deepEqual(decodePlain(JSON.parse(JSON.stringify(plainResult(result)))), result);
});

Deno.test("plainResult() keeps a result whose first key looks like a mark", () => {
  for (const result of [{ $number: 5 }, { $file: "x" }, { $undefined: true, a: 1 }]) {
    assert.deepEqual(decodePlain(JSON.parse(JSON.stringify(plainResult(result)))), result);
  }
});

Deno.test("plainResult() makes lists of typed arrays", () => {
  const plain = plainResult({ T: new Float32Array([1.5, NaN]), n: new BigInt64Array([-1n]) });
  assert.deepEqual(decodePlain(plain), { T: [1.5, NaN], n: [-1n] });
});

Deno.test("plainResult() refuses what cannot be written down and says where it is", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  for (
    const [value, words] of [
      [{ f: () => 1 }, /^result\.f is a function/],
      [[Symbol("x")], /^result\.0 is a symbol/],
      [{ a: { b: new Map() } }, /^result\.a\.b is a Map; a result holds/],
      [Promise.resolve(1), /^result is a promise/],
      [circle, /deeper than 100 levels, or in a circle/],
      [{ v: new DataView(new ArrayBuffer(1)) }, /^result\.v is a DataView/],
    ] as const
  ) {
    assert.throws(
      () => plainResult(value),
      (error) => error instanceof BadState && words.test(error.message),
    );
  }
});

Deno.test("describeThrown() names the innermost place in the model's folder", () => {
  const error = thrown(
    "no convergence",
    "at solve (file:///usr/lib/solver.js:9:9)",
    "at relax (file:///home/ada/models/lib/relax%20it.ts:12:5)",
    "at step (file:///home/ada/models/heat.ts:30:3)",
  );
  assert.deepEqual(describeThrown(error, MODEL), {
    message: "no convergence",
    place: { file: "/home/ada/models/lib/relax it.ts", line: 12, column: 5 },
  });
});

Deno.test("describeThrown() gives no place where the model's folder is not in the stack", () => {
  const error = thrown("boom", "at f (file:///home/ada/models_old/heat.ts:1:1)");
  assert.deepEqual(describeThrown(error, MODEL), { message: "boom" });
});

Deno.test("describeThrown() names the kind of error, except for a plain one", () => {
  assert.equal(
    describeThrown(new TypeError("x is not a function"), MODEL).message,
    "TypeError: x is not a function",
  );
  assert.equal(describeThrown(new Error("too hot"), MODEL).message, "too hot");
});

Deno.test("describeThrown() copes with anything that is thrown", () => {
  for (const value of ["text", 5, null, undefined, Object.create(null), Symbol("s"), { a: 1 }]) {
    assert.match(describeThrown(value, MODEL).message, /^threw /);
  }
  assert.match(describeThrown({ code: 7 }, MODEL).message, /code: 7/);
});

Deno.test("failureOf() tells a bad state from a model's error", () => {
  assert.equal(failureOf(new BadState("state.f is a function"), 0, MODEL).class, "bad-state");
  const failure = failureOf(new RangeError("out"), 7, MODEL);
  assert.deepEqual([failure.class, failure.step], ["model-error", 7]);
});

function thrown(message: string, ...frames: string[]): Error {
  const error = new Error(message);
  error.stack = [`Error: ${message}`, ...frames.map((frame) => `    ${frame}`)].join("\n");
  return error;
}

/** Plain values through JSON and back. */
import assert from "node:assert/strict";
import { decodePlain, encodePlain } from "../../src/job/plain.ts";

Deno.test("encodePlain() and decodePlain() lose nothing on the way through JSON", () => {
  const values: unknown[] = [
    NaN,
    -Infinity,
    -0,
    12345678901234567890n,
    undefined,
    null,
    "text",
    [1, [NaN, { a: -0 }]],
    { $number: "mine", b: 1 },
    { a: { $object: {} }, $b: 1 },
    JSON.parse('{"__proto__": {"x": 1}, "constructor": 2, "a": {"__proto__": null}}'),
  ];
  for (const value of values) {
    const back = decodePlain(JSON.parse(JSON.stringify(encodePlain(value))));
    assert.deepEqual(back, value);
    if (typeof value === "object" && value !== null) {
      assert.deepEqual(Object.keys(back as object), Object.keys(value));
      assert.equal(Object.getPrototypeOf(back), Object.getPrototypeOf(value));
    }
  }
});

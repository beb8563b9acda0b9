/** The measurement series: exact numbers, one header, the same names in every row. */
import assert from "node:assert/strict";
import { Series } from "../../src/worker/series.ts";
import { BadState } from "../../src/worker/state.ts";

Deno.test("add() writes the header once and a row a measurement", () => {
  const series = new Series();
  series.add(0, { mean: 1.5, "max, all": 2 });
  series.add(10, { mean: 0.1, "max, all": 1e21 });
  assert.equal(series.take(), 'step,mean,"max, all"\n0,1.5,2\n10,0.1,1e+21\n');
  series.add(20, { mean: 5e-324, "max, all": 0.30000000000000004 });
  assert.equal(series.take(), "20,5e-324,0.30000000000000004\n");
  assert.equal(series.take(), "");
});

Deno.test("add() writes what is no finite number as readers of CSV expect it", () => {
  const series = new Series();
  series.add(1, { a: NaN, b: Infinity, c: -Infinity, d: -0 });
  assert.equal(series.take(), "step,a,b,c,d\n1,nan,inf,-inf,-0.0\n");
});

Deno.test("Series goes on without a header when its columns are known", () => {
  const series = new Series(["mean"]);
  series.add(30, { mean: 3 });
  assert.equal(series.take(), "30,3\n");
});

Deno.test("add() refuses a row with other names, or in another order", () => {
  for (const row of [{ b: 1, a: 2 }, { a: 1 }, { a: 1, b: 2, c: 3 }, {}]) {
    const series = new Series();
    series.add(0, { a: 1, b: 2 });
    assert.throws(
      () => series.add(5, row),
      (error) => error instanceof BadState && /at step 5, but a, b before/.test(error.message),
    );
  }
});

Deno.test("add() refuses what is no number, and what is no row", () => {
  const wrong = (measured: unknown) => () => new Series().add(0, measured as never);
  assert.throws(wrong({ a: "1" }), /measure\(\) gave "1", not a number/);
  assert.throws(wrong({ a: null }), /measure\(\) gave null, not a number/);
  assert.throws(wrong({ a: [1] }), BadState);
  assert.throws(wrong(undefined), /measure\(\) returned undefined; it returns an object/);
  assert.throws(wrong(Promise.resolve({ a: 1 })), /measure\(\) returned a promise; it returns/);
});

/** Measurement series: what is read of a file, and how several become one table. */
import assert from "node:assert/strict";
import { LongSeries, type MeasuredRun, parseSeries } from "../../src/report/series_table.ts";

Deno.test("parseSeries() reads quoted names and numbers that are none, and leaves a torn last line out", () => {
  const { measured, rows } = parseSeries('step,"a,""b""\nc",d\n0,nan,-inf\n5,-0.0,1e-7\n10,0.3');
  assert.deepEqual(measured, ['a,"b"\nc', "d"]);
  assert.deepEqual([...rows], [[0, NaN, -Infinity], [5, -0, 1e-7]]);
  assert.deepEqual([...parseSeries("step,x\n").rows], []);
  assert.deepEqual([...parseSeries("").rows], []);
});

Deno.test("LongSeries puts runs with different measurements under one header", () => {
  const runs: MeasuredRun[] = [
    { job: "s", run: "a", point: { T: 1, step: 7 }, measured: ["m", "T"] },
    { job: "flat", run: "flat", point: {}, measured: ["n"] },
  ];
  const long = new LongSeries(runs);
  assert.deepEqual(long.columns, [
    "job",
    "run",
    "T",
    "parameters.step",
    "step",
    "m",
    "series.T",
    "n",
  ]);
  assert.deepEqual([...long.rows(runs[0]!, parseSeries("step,m,T\n0,5,6\n"))], [
    ["s", "a", 1, 7, 0, 5, 6, undefined],
  ]);
  assert.deepEqual([...long.rows(runs[1]!, parseSeries("step,n\n3,9\n"))], [
    ["flat", "flat", undefined, undefined, 3, undefined, undefined, 9],
  ]);
});

/** What `--plot` asks for, and what becomes of rows: means, spreads, groups, and what cannot be drawn. */
import assert from "node:assert/strict";
import { Fault } from "../../src/job/fault.ts";
import { type Plot, plotOf, type PlotSource } from "../../src/report/plot_data.ts";
import { parsePlot } from "../../src/report/plot_request.ts";

type Cells = readonly [x: unknown, y: unknown, by?: unknown];

function drawn(text: string, cells: readonly Cells[], over: Partial<PlotSource> = {}): Plot {
  return plotOf(parsePlot(text), {
    rows: cells.map(([x, y, by]) => ({ x, y: Array.isArray(y) ? y : [y], by })),
    unitOf: (name) => ({ co2: "ppm", ratio: "1" })[name],
    kind: "sweep",
    ...over,
  });
}

Deno.test("parsePlot() reads every key, and commas within values", () => {
  assert.deepEqual(
    parsePlot("x=co2, y=a, b,y=mean,by=c,logx,error=se,title=One, two,ylabel=T (K)"),
    {
      x: "co2",
      y: ["a, b", "mean"],
      by: "c",
      logX: true,
      logY: false,
      error: "se",
      title: "One, two",
      xLabel: undefined,
      yLabel: "T (K)",
    },
  );
  const table: readonly (readonly [text: string, said: RegExp])[] = [
    ["x=co2", /needs y, the column/],
    ["y=mean", /needs x, the column/],
    ["x=a,y=b,z=c", /knows no "z"/],
    ["co2", /knows no "co2"/],
    ["x=a,x=b,y=c", /x is given twice/],
    ["x=a,y=", /y needs a value/],
    ["x=a,y=b,logx=yes", /logx takes no value/],
    ["x=a,y=b,error=most", /error takes sd, se, range or none, not "most"/],
  ];
  for (const [text, said] of table) {
    assert.throws(
      () => parsePlot(text),
      (error) => error instanceof Fault && said.test(error.message),
      text,
    );
  }
});

Deno.test("plotOf() gives the mean and the spread of rows that share a place", () => {
  const cells: Cells[] = [[2, 1], [1, 10], [2, 2], [2, 6], [1, 10]];
  const points = (text: string) => drawn(text, cells).groups[0]!.points;
  // The sample of 1, 2, 6: mean 3, variance 7.
  assert.deepEqual(points("x=a,y=b"), [
    { x: 1, y: 10, low: 10, high: 10, count: 2 },
    { x: 2, y: 3, low: 3 - Math.sqrt(7), high: 3 + Math.sqrt(7), count: 3 },
  ]);
  const error = Math.sqrt(7 / 3);
  assert.deepEqual(points("x=a,y=b,error=se")[1], {
    x: 2,
    y: 3,
    low: 3 - error,
    high: 3 + error,
    count: 3,
  });
  assert.deepEqual(points("x=a,y=b,error=range")[1], { x: 2, y: 3, low: 1, high: 6, count: 3 });
  assert.deepEqual(points("x=a,y=b,error=none")[1], { x: 2, y: 3, low: 3, high: 3, count: 3 });
  assert.equal(drawn("x=a,y=b", cells).spread, "mean ± standard deviation of up to 3 runs");
  assert.equal(drawn("x=a,y=b", [[1, 2], [2, 3]]).spread, undefined);
  const wide = drawn("x=a,y=b,logy", [[1, 1], [1, 100]]).groups[0]!.points[0]!;
  assert.equal(wide.low, 1, "a bar on a logarithmic axis does not end below zero");
});

Deno.test("plotOf() makes groups of by and of several y, in the order of their values", () => {
  const cells: Cells[] = [[1, [5, 50], 10], [1, [6, 60], 9], [2, [7, 70], 10], [2, [8, 80], 9]];
  const plot = drawn("x=co2,y=a,y=b,by=ratio", cells);
  assert.deepEqual(plot.groups.map(({ label, points }) => [label, points.map(({ y }) => y)]), [
    ["a, 9", [6, 8]],
    ["a, 10", [5, 7]],
    ["b, 9", [60, 80]],
    ["b, 10", [50, 70]],
  ]);
  assert.equal(plot.x.label, "co2 (ppm)");
  assert.equal(plot.legend, "ratio", "the unit 1 is none");
  assert.deepEqual([plot.x.min, plot.x.max, plot.y.min, plot.y.max], [1, 2, 5, 80]);
});

Deno.test("plotOf() joins places of a sweep, not a cloud's and not texts'", () => {
  const cells = Array.from({ length: 400 }, (_, i): Cells => [i, i]);
  assert.equal(drawn("x=a,y=b", cells.slice(0, 300)).isLine, true);
  assert.equal(drawn("x=a,y=b", cells).isLine, false);
  assert.equal(drawn("x=a,y=b", cells, { kind: "series" }).isLine, true);
  const cloud = drawn("x=a,y=b", [[1, 2], [1, 4]], { kind: "cloud" });
  assert.deepEqual([cloud.isLine, cloud.groups[0]!.points.length, cloud.spread], [
    false,
    2,
    undefined,
  ]);
  const texts = drawn("x=a,y=b,logx", [["b", 1], ["a", 2], ["b", 3]]);
  assert.deepEqual(texts.x.categories, ["a", "b"]);
  assert.deepEqual([texts.isLine, texts.x.isLog], [false, false]);
  assert.deepEqual(texts.groups[0]!.points.map(({ x, y }) => [x, y]), [[0, 2], [1, 2]]);
});

Deno.test("plotOf() tells what it leaves out, and why nothing can be drawn", () => {
  const { notes, groups } = drawn("x=a,y=b,logx", [[1, 2], [0, 3], [-1, 3], [2, NaN], [
    3,
    undefined,
  ], [4, Infinity]]);
  assert.equal(groups[0]!.points.length, 1);
  assert.match(
    notes.join(" "),
    /^3 values that are missing or NaN .* 2 values not above zero are not drawn/,
  );
  const many = (n: number, text = "v") =>
    Array.from({ length: n }, (_, i): Cells => [1, i, text + i]);
  const table: readonly (readonly [text: string, cells: readonly Cells[], said: RegExp])[] = [
    ["x=a,y=b", [], /there are no rows/],
    ["x=a,y=b", [[1, NaN], [2, undefined]], /no row has a number for b and a/],
    ["x=a,y=b,logy", [[1, -1]], /no value is above zero/],
    ["x=a,y=b", [[1, "warm"]], /b holds texts, not numbers/],
    ["x=a,y=b", [[[1], 2]], /a holds lists/],
    ["x=a,y=b,by=c", many(21), /c has 21 values; more than 20 lines cannot be told apart/],
    ["x=c,y=b", many(51).map(([, y, by]): Cells => [by, y]), /c holds 51 different texts/],
  ];
  for (const [text, cells, said] of table) {
    assert.throws(() => drawn(text, cells), (error) => {
      assert.ok(error instanceof Fault && error.hint !== undefined);
      assert.match(error.message, said);
      return true;
    });
  }
});

/** Which figures a report draws: of sweeps, samples and searches, and heat maps cell by cell. */
import assert from "node:assert/strict";
import type { Job } from "../../src/job/job.ts";
import { heatMapOf } from "../../src/report/heat_map.ts";
import { type ReportFigure, reportFigures } from "../../src/report/report_figures.ts";
import type { ResultRow } from "../../src/report/results.ts";
import { job } from "./fixtures.ts";

type Values = Readonly<Record<string, unknown>>;

function rowsOf(points: readonly Values[], result: (point: Values) => unknown): ResultRow[] {
  return points.map((parameters, i) => ({
    job: "j",
    run: `r${i}`,
    parameters,
    swept: Object.keys(parameters),
    steps: 1,
    ending: undefined,
    ms: 1,
    attempts: 1,
    reusedFrom: undefined,
    parent: undefined,
    model: "m",
    isOlderModel: false,
    isEarlier: false,
    result: result(parameters),
    resultFile: undefined,
  }));
}

const grid = (
  ...axes: readonly (readonly [name: string, values: readonly unknown[]])[]
): Values[] =>
  axes.reduce<Values[]>(
    (points, [name, values]) =>
      points.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );

const swept = (over: Partial<Job> = {}): Job => job("j", over);
const told = (figures: readonly ReportFigure[]) =>
  figures.map(({ title, plotWords, drawing }) =>
    `${drawing.kind} ${title} ${plotWords ?? ""}`.trim()
  );
const range = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

Deno.test("reportFigures() draws the first numbers of results over one axis, and leaves out what is always the same", () => {
  const rows = rowsOf(
    grid(["x", range(5)]),
    ({ x }) => ({ same: 1, text: "a", y: Number(x) ** 2, z: [1] }),
  );
  assert.deepEqual(told(reportFigures(swept(), rows)), ["plot y over x x=x,y=y"]);
  assert.deepEqual(reportFigures(swept(), rows.slice(0, 1)), []);
  assert.deepEqual(reportFigures(swept(), rowsOf(grid(["x", range(5)]), () => ({ y: NaN }))), []);
});

Deno.test("reportFigures() draws a line for each value of the shorter axis, and a heat map over both", () => {
  const rows = rowsOf(
    grid(["a", range(4)], ["b", range(9)]),
    ({ a, b }) => ({ y: Number(a) * Number(b) }),
  );
  const figures = reportFigures(swept(), rows);
  assert.deepEqual(told(figures), ["plot y over b, by a x=b,y=y,by=a", "heat y over b and a"]);
  const { drawing } = figures[1]!;
  assert.ok(drawing.kind === "heat");
  assert.deepEqual([...drawing.heat.cells].slice(0, 3), [1, 2, 3]);
  assert.equal(drawing.heat.cells.at(-1), 36);
});

Deno.test("reportFigures() draws what was sampled as points, and an axis of ratios as a logarithmic one", () => {
  const points = range(40).map((i) => ({ k: 10 ** (i / 10), c: (i * 7 % 11) / 11, sample: i }));
  const over = (name: string, kind: "log-uniform" | "uniform") =>
    ({ name, distribution: { kind, min: 1, max: 1e4 } }) as const;
  const sample = {
    kind: "sample",
    method: "sobol",
    count: 40,
    seed: 0,
    over: [over("k", "log-uniform"), over("c", "uniform")],
  } as const;
  const figures = reportFigures(
    swept({ sweep: { parts: [sample] } }),
    rowsOf(points, ({ k }) => ({ y: Math.log(Number(k)) })),
  );
  assert.deepEqual(told(figures), ["plot y over k x=k,y=y,logx", "plot y over c x=c,y=y"]);
  for (const { drawing } of figures) assert.ok(drawing.kind === "plot" && !drawing.plot.isLine);
});

Deno.test("reportFigures() shows how a search came on before anything else", () => {
  const search = {
    kind: "search",
    method: "bayesian",
    metric: "loss",
    goal: "minimize",
    count: 9,
    seed: 0,
    parallel: 1,
    over: [{ name: "x", distribution: { kind: "uniform", min: 0, max: 1 } }],
  } as const;
  const points = [0.9, 0.1, 0.5, 0.4].map((x, i) => ({ x, trial: i + 1 }));
  const rows = rowsOf(points, ({ x }) => ({ other: x, loss: (Number(x) - 0.45) ** 2 }));
  const [first, second] = reportFigures(swept({ sweep: { parts: [search] } }), rows);
  assert.match(first!.title, /search for the least loss/);
  assert.ok(first!.drawing.kind === "plot");
  const [, best] = first!.drawing.plot.groups;
  assert.deepEqual(best!.points.map(({ y }) => Number(y.toFixed(4))), [
    0.2025,
    0.1225,
    0.0025,
    0.0025,
  ]);
  assert.match(second!.title, /^loss over x/);
});

Deno.test("reportFigures() thins a cloud of a hundred thousand without showing the period of its grid", () => {
  const rows = rowsOf(
    grid(["a", range(1000)], ["b", range(100)]),
    ({ a, b }) => ({ y: Number(a) + Number(b) / 1000 }),
  );
  const cloud = reportFigures(swept(), rows)[0]!;
  assert.ok(cloud.drawing.kind === "plot");
  const [{ points }] = cloud.drawing.plot.groups as [typeof cloud.drawing.plot.groups[0]];
  assert.ok(points.length <= 2000 && points.length > 1900);
  assert.ok(new Set(points.map(({ y }) => Math.round(y % 1 * 1000))).size > 50);
  assert.match(cloud.notes.join(), /Drawn are 2,000 of 100,000 runs/);
});

Deno.test("heatMapOf() means what falls into a cell, and draws none that is mostly empty", () => {
  const points = [[1, 1, 2], [1, 1, 4], [2, 1, 5], [1, 2, NaN], [2, 2, 7]] as const;
  const labels = { x: "x", y: "y", z: "z" };
  const of = (some: readonly (readonly number[])[]) =>
    heatMapOf({
      count: some.length,
      x: (i) => some[i]![0],
      y: (i) => some[i]![1],
      z: (i) => some[i]![2],
      labels,
    });
  const heat = of(points)!;
  assert.deepEqual([...heat.cells], [3, 5, NaN, 7]);
  assert.deepEqual([heat.least, heat.most, heat.countMax], [3, 7, 2]);
  assert.equal(of([[1, 1, 1], [2, 2, 2], [3, 3, 3], [4, 4, 4]]), undefined);
});

/** Results: which record counts, and how it becomes columns. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import { Fault } from "../../src/job/fault.ts";
import { encodePlain } from "../../src/job/plain.ts";
import { readManifests } from "../../src/manifest/manifest.ts";
import { briefText, csvLines, resultJson, tabulate } from "../../src/report/result_table.ts";
import { ResultFold, type ResultRow } from "../../src/report/results.ts";
import { bestSoFar } from "../../src/report/best_so_far.ts";
import { ResultFrame } from "../../src/report/result_frame.ts";
import { unknownName } from "../../src/report/selector.ts";
import { completed, journal, planned, started, sweepOf } from "./fixtures.ts";

function rowsOf(events: readonly RunEvent[], selectors: readonly string[] = []): ResultRow[] {
  const fold = new ResultFold(selectors);
  for (const entry of journal(events)) fold.apply(entry);
  return [...fold.read({ earlier: true }).rows];
}

Deno.test("ResultFold keeps the last record of a run, also one that was taken from an equal run", () => {
  const rows = rowsOf([
    planned("a"),
    completed("a", "a", { mean: 1 }),
    completed("a", "a", { mean: 2 }),
    {
      type: "run.reused",
      job: "b",
      model: "m1",
      from: { job: "a", run: "a" },
      run: { run: "b", digest: "d", attempt: 1, steps: 5, ms: 1, result: { mean: 2 } },
    },
  ]);
  assert.deepEqual(rows.map(({ job, result }) => [job, result]), [["a", { mean: 2 }], ["b", {
    mean: 2,
  }]]);
  assert.equal(rows[1]!.reusedFrom, "a");
});

Deno.test("ResultFold refuses more than can be looked at together, and says what to do", () => {
  const fold = new ResultFold([], 2);
  const entries = journal(["a", "b", "c"].map((run) => completed("j", run, { mean: 1 })));
  fold.apply(entries[0]!);
  fold.apply(entries[1]!);
  assert.throws(() => fold.apply(entries[2]!), (error) => {
    assert.ok(error instanceof Fault);
    assert.match(error.message, /more than 2 results/);
    assert.match(error.hint ?? "", /shard by shard/);
    return true;
  });
});

Deno.test("ResultFold forgets a result once the run was begun by another model, not when it is extended", () => {
  const done = completed("a", "a", { mean: 1 });
  assert.equal(rowsOf([planned("a"), done, started("a", ["a"], { steps: 9e6 })]).length, 1);
  const model = started("a", ["a"], { model: "m2" });
  assert.equal(rowsOf([planned("a"), done, model]).length, 0);
});

Deno.test("ResultFold counts a result as an earlier plan's once the run was begun with other parameters", () => {
  const before = sweepOf([1], { parameters: { albedo: 0.3 } });
  const now = sweepOf([1], { parameters: { albedo: 0.4 } });
  const [run] = before.completed.flatMap((event) =>
    event.type === "runs.completed" ? event.runs : []
  );
  const begun = started("s", [], { runs: [run!.run, "another-digest"] });
  const done = { ...now.completed[0]!, runs: [{ ...run!, digest: "another-digest" }] } as RunEvent;
  const albedos = (events: readonly RunEvent[]) =>
    read(events, true).rows.map(({ parameters, isEarlier }) => [parameters.albedo, isEarlier]);
  const events = [before.planned, ...before.completed, now.planned, begun];
  assert.deepEqual(albedos(events), [[0.3, true]]);
  assert.deepEqual(albedos([...events, done]), [[0.4, false], [0.3, true]]);
});

Deno.test("ResultFold chooses by job, glob and run", () => {
  const events = [completed("a", "x", 1), completed("a", "y", 2), completed("b", "b", 3)];
  const chosen = (...selectors: string[]) => rowsOf(events, selectors).map(({ result }) => result);
  assert.deepEqual(chosen("a"), [1, 2]);
  assert.deepEqual(chosen("a/y"), [2]);
  assert.deepEqual(chosen("?"), [1, 2, 3]);
});

function read(events: readonly RunEvent[], earlier = false) {
  const fold = new ResultFold([]);
  for (const entry of journal(events)) fold.apply(entry);
  return fold.read({ earlier });
}

Deno.test("ResultFold gives the runs of the last plan in the manifest's order, earlier ones after them", () => {
  const before = sweepOf([5, 1, 3]);
  const now = sweepOf([3, 2, 1]);
  const events = [before.planned, ...before.completed, now.planned];
  const temperatures = (rows: readonly ResultRow[]) => rows.map(({ parameters }) => parameters.T);
  const current = read(events);
  assert.deepEqual(temperatures(current.rows), [3, 1]);
  assert.deepEqual([current.planned, current.earlier], [3, 1]);
  const all = read(events, true).rows;
  assert.deepEqual(temperatures(all), [3, 1, 5]);
  assert.deepEqual(all.map(({ isEarlier }) => isEarlier), [false, false, true]);
});

Deno.test("ResultFold takes a result for an earlier plan's when a fixed parameter changed since, and shows the old value", () => {
  const before = sweepOf([1, 2], { parameters: { albedo: 0.3 } });
  const now = sweepOf([1, 2], { parameters: { albedo: 0.4 } });
  const events = [before.planned, ...before.completed, now.planned];
  assert.equal(read(events).rows.length, 0);
  assert.equal(read(events).planned, 2);
  assert.deepEqual(read(events, true).rows.map(({ parameters }) => parameters.albedo), [0.3, 0.3]);
  const longer = sweepOf([1, 2], { parameters: { albedo: 0.3 }, steps: 9 });
  assert.equal(read([...events.slice(0, -1), longer.planned]).rows.length, 2);
});

Deno.test("ResultFold marks what another version of the model computed; tabulate() tells it", () => {
  const { planned, completed } = sweepOf([1, 2]);
  const edited = { ...planned, model: { name: "m.ts", digest: "m2" } } as RunEvent;
  const again = { ...completed[0]!, model: "m2" } as RunEvent;
  const { rows } = read([planned, ...completed, edited, again]);
  assert.deepEqual(rows.map(({ isOlderModel }) => isOlderModel), [true, false]);
  const cells = (brief: boolean) => {
    const table = tabulate(rows, { brief });
    return table.rows.map((row) => row[table.columns.indexOf("model")]);
  };
  assert.deepEqual(cells(true), ["older", undefined]);
  assert.deepEqual(cells(false), ["m1", "m2"]);
  assert.deepEqual(rows.map((row) => resultJson(row).model), ["m1", "m2"]);
});

Deno.test("tabulate() leaves the names time and year to the model, unless a parameter has them", () => {
  const rows = rowsOf([
    planned("p", 1, { parameters: { year: 2030 } }),
    completed("p", "p", { time: 1.5, year: 2031, took: 3 }),
  ]);
  const { columns } = tabulate(rows, { brief: false });
  assert.deepEqual(columns.slice(-3), ["time", "result.year", "took"]);
  assert.ok(tabulate(rows, { brief: true }).columns.includes("result.took"));
});

Deno.test("unknownName() finds the selector that stands for nothing", () => {
  const runs = () => [{ job: "ising", run: "3fa9c1" }, { job: "flat", run: "flat" }];
  const unknown = (...selectors: string[]) => unknownName(selectors, ["ising", "flat"], runs);
  assert.equal(unknown("failed", "all", "is*", "ising/3fa9c1", "3fa9c1", "ising/3f"), undefined);
  assert.equal(unknown("flat", "nope"), "nope");
  assert.equal(unknown("ising/9"), "ising/9");
  assert.equal(unknown("x*"), "x*");
});

const SWEEP: readonly RunEvent[] = [
  planned("s", 2, { parameters: { kappa: 0.1, T: 0 }, steps: 7 }),
  completed("s", "x", encodePlain({ T: 1 / 3, nested: { a: NaN, b: -0 }, list: [1, 2.5] }), {
    point: { T: 1 },
  }),
  completed("s", "y", encodePlain({ T: -Infinity, 'odd"name': "a,b\nc" }), { point: { T: 2 } }),
];

Deno.test("tabulate() flattens nested results and tells a result from a parameter of the same name", () => {
  const { columns, rows } = tabulate(rowsOf(SWEEP), { brief: false });
  assert.deepEqual(columns, [
    "job",
    "run",
    "kappa",
    "T",
    "steps",
    "ending",
    "computed_ms",
    "attempts",
    "reused_from",
    "model",
    "result.T",
    "nested.a",
    "nested.b",
    "list",
    'odd"name',
  ]);
  assert.equal(rows[0]![columns.indexOf("T")], 1);
  assert.equal(rows[0]![columns.indexOf("result.T")], 1 / 3);
  assert.equal(rows[1]![columns.indexOf("nested.a")], undefined);
});

Deno.test("tabulate() takes a result called like what every object has for a column like others", () => {
  const rows = rowsOf([
    planned("p"),
    completed(
      "p",
      "p",
      JSON.parse('{ "constructor": 1, "__proto__": 2, "deep": { "toString": 3 } }'),
    ),
    completed("q", "q", { x: 1 }),
  ]);
  const { columns, rows: [first, second] } = tabulate(rows, { brief: false });
  const at = ["constructor", "__proto__", "deep.toString"].map((name) => columns.indexOf(name));
  assert.deepEqual(at.map((place) => first![place]), [1, 2, 3]);
  assert.deepEqual(at.map((place) => second![place]), [undefined, undefined, undefined]);
});

Deno.test("tabulate() in brief leaves out what tells no row from another", () => {
  const { columns } = tabulate(rowsOf(SWEEP), { brief: true });
  assert.ok(!columns.includes("kappa") && !columns.includes("ending"));
  const jobs = rowsOf([
    planned("p", 1, { parameters: { co2: 450, albedo: 0.3 } }),
    planned("q", 1, { parameters: { co2: 475, albedo: 0.3 } }),
    completed("p", "p", {}),
    completed("q", "q", {}),
  ]);
  assert.deepEqual(tabulate(jobs, { brief: true }).columns, ["job", "co2", "steps", "took"]);
});

Deno.test("csvLines() keeps every digit, spells NaN and infinities, and quotes as RFC 4180 says", () => {
  const lines = [...csvLines(tabulate(rowsOf(SWEEP), { brief: false }))];
  assert.ok(lines.every((line) => line.endsWith("\r\n")));
  assert.match(lines[0]!, /,list,"odd""name"\r\n$/);
  assert.match(lines[1]!, /,0\.3333333333333333,NaN,-0,"\[1,2\.5\]",\r\n$/);
  assert.match(lines[2]!, /,-inf,,,,"a,b\nc"\r\n$/);
});

Deno.test("resultJson() is JSON from which every number comes back", () => {
  const [row] = rowsOf(SWEEP);
  const text = JSON.stringify(resultJson(row!));
  assert.deepEqual(JSON.parse(text).result.nested, { a: { $number: "NaN" }, b: { $number: "-0" } });
  assert.deepEqual(JSON.parse(text).parameters, { kappa: 0.1, T: 1 });
});

Deno.test("briefText() shortens numbers and long arrays", () => {
  assert.equal(briefText(288.1234567), "288.123");
  assert.equal(briefText(86400), "86400");
  assert.equal(briefText([1, 2.0000001]), "[1, 2]");
  assert.equal(briefText(new Array(90).fill(0)), "[90 numbers]");
});

Deno.test("bestSoFar() goes by the number of the trial, passes over what is no number, and knows its goal", () => {
  const { jobs: [up] } = readManifests([{
    path: "a.yaml",
    folder: "/",
    text: "{ id: up, model: m.ts, steps: 1, optimize: " +
      "{ metric: deep.m, goal: maximize, budget: 9, over: { x: { uniform: [0, 1] } } } }",
  }]);
  const row = (job: string, trial: number, m: unknown, isEarlier = false) =>
    ({
      job,
      parameters: { trial },
      result: { deep: { m } },
      steps: 1,
      isEarlier,
    }) as unknown as ResultRow;
  const rows = [
    row("up", 3, 2),
    row("up", 1, NaN),
    row("up", 2, 1),
    row("up", 5, 1.5),
    row("up", 4, "none"),
    row("up", 2, 99, true),
    row("plain", 1, 7),
  ];
  const jobOf = (id: string) => id === "up" ? up : undefined;
  const column = bestSoFar(rows, jobOf)!;
  assert.deepEqual(rows.map((_, i) => column.cell(i)), [
    2,
    undefined,
    1,
    2,
    2,
    undefined,
    undefined,
  ]);
  assert.equal(bestSoFar(rows.slice(-1), jobOf), undefined);
  // A result that is called so comes first.
  const own = new ResultFrame([{ ...rows[0]!, result: { best: 5, deep: { m: 2 } } }], [column]);
  assert.deepEqual([own.find("best")!.cell(0), own.find("search.best")!.cell(0)], [5, 2]);
});

/** Results: which record counts, and how it becomes columns. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import { encodePlain } from "../../src/job/plain.ts";
import { briefText, csvLines, resultJson, tabulate } from "../../src/report/result_table.ts";
import { ResultFold, type ResultRow } from "../../src/report/results.ts";
import { completed, journal, planned, started } from "./fixtures.ts";

function rowsOf(events: readonly RunEvent[], selectors: readonly string[] = []): ResultRow[] {
  const fold = new ResultFold(selectors);
  for (const entry of journal(events)) fold.apply(entry);
  return [...fold.rows()];
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

Deno.test("ResultFold forgets a result once the run was begun with other parameters, not when it is extended", () => {
  const done = completed("a", "a", { mean: 1 });
  assert.equal(rowsOf([planned("a"), done, started("a", ["a"], { steps: 9e6 })]).length, 1);
  const other = started("a", [], { runs: ["a", "another-digest"] });
  assert.equal(rowsOf([planned("a"), done, other]).length, 0);
  const model = started("a", ["a"], { model: "m2" });
  assert.equal(rowsOf([planned("a"), done, model]).length, 0);
});

Deno.test("ResultFold chooses by job, glob and run", () => {
  const events = [completed("a", "x", 1), completed("a", "y", 2), completed("b", "b", 3)];
  const chosen = (...selectors: string[]) => rowsOf(events, selectors).map(({ result }) => result);
  assert.deepEqual(chosen("a"), [1, 2]);
  assert.deepEqual(chosen("a/y"), [2]);
  assert.deepEqual(chosen("?"), [1, 2, 3]);
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
    "ms",
    "reused_from",
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

Deno.test("tabulate() in brief leaves out what tells no row from another", () => {
  const { columns } = tabulate(rowsOf(SWEEP), { brief: true });
  assert.ok(!columns.includes("kappa") && !columns.includes("ending"));
  const jobs = rowsOf([
    planned("p", 1, { parameters: { co2: 450, albedo: 0.3 } }),
    planned("q", 1, { parameters: { co2: 475, albedo: 0.3 } }),
    completed("p", "p", {}),
    completed("q", "q", {}),
  ]);
  assert.deepEqual(tabulate(jobs, { brief: true }).columns, ["job", "co2", "steps", "time"]);
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

/** Statistics on the screen: the bar on a terminal only, endings that are rare, and a tree of which nothing can be told. */
import assert from "node:assert/strict";
import { type Counts, zeroCounts } from "../../src/report/statistics_counts.ts";
import { paintFor } from "../../src/screen/paint.ts";
import { renderStatistics, type StatisticsGroups } from "../../src/screen/statistics_view.ts";
import { displayWidth } from "../../src/screen/width.ts";
import { CANVAS } from "./fixtures.ts";

function shown(over: Partial<Counts>, canvas = {}, by?: StatisticsGroups, sinceMs?: number) {
  const totals = { ...zeroCounts(), ...over };
  const report = { totals, jobs: new Map(), models: new Map(), causes: [] };
  return renderStatistics(report, { trees: ["/data/simruns"], sinceMs }, by, {
    ...CANVAS,
    ...canvas,
  });
}

Deno.test("renderStatistics() draws one bar on a terminal, with its legend, and none elsewhere", () => {
  const counts = { firstAttempt: 8, afterRetry: 1, failed: 1 };
  const [bar, empty, ...rows] = shown(counts, { columns: 20, glyphs: "ascii" });
  assert.deepEqual([bar, empty], ["################++xx", ""]);
  assert.deepEqual(rows.slice(0, 3).map((row) => row[0]), ["#", "+", "x"]);
  for (const columns of [20, 36, 80]) {
    for (const line of shown(counts, { columns, paint: paintFor(true) })) {
      assert.ok(displayWidth(line) <= columns, line);
    }
  }
  assert.equal(shown(counts)[0], "completed on the first attempt   8  80%");
});

Deno.test("renderStatistics() tells cancelled, unfinished and reused runs where there are any, outside of the rates", () => {
  const text = shown({ firstAttempt: 1, cancelled: 2, unfinished: 1, reused: 3 }).join("\n");
  assert.match(text, /\ncancelled +2 +50%\nunfinished +1 +25%\nall +4\n3 more took the result/);
  assert.match(text, /\nsuccess rate +100% +of 1 that ended$/, "no rate of nothing");
  assert.doesNotMatch(shown({ firstAttempt: 1 }).join("\n"), /cancelled|unfinished|took/);
  assert.equal(shown({ unfinished: 5 }).at(-1), "None of them has ended yet.");
});

Deno.test("renderStatistics() says when there is nothing to tell", () => {
  assert.deepEqual(shown({}, { columns: 80 }), ["Nothing was run here yet."]);
  assert.deepEqual(shown({}, {}, undefined, 0), [
    "since 1970-01-01 00:00:00",
    "",
    "Nothing was run in that time.",
  ]);
});

Deno.test("renderStatistics() shows the groups where most has failed first, and counts those it leaves out", () => {
  const groups = new Map([
    ["good", { ...zeroCounts(), firstAttempt: 2 }],
    ["bad", { ...zeroCounts(), failed: 2, cancelled: 1 }],
    ...Array.from(
      { length: 100 },
      (_, i) => [`more${i}`, { ...zeroCounts(), afterRetry: 1, retries: 2 }] as const,
    ),
  ]);
  const lines = shown({ firstAttempt: 1 }, {}, { title: "job", groups });
  const at = lines.findIndex((line) => line.startsWith("job "));
  assert.match(lines[at]!, /runs +first +retried +failed +cancelled +success +recovered +retries$/);
  assert.match(lines[at + 1]!, /^bad +3 +0 +0 +2 +1 +0% +0% +0\.0$/);
  assert.match(lines[at + 2]!, /^more0 +1 +0 +1 +0 +0 +100% +100% +2\.0$/);
  assert.equal(lines.at(-1), "… and 2 more");
});

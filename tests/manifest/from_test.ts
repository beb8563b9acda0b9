/** Where runs begin: every way to write it, and what is refused over all jobs of all files. */
import assert from "node:assert/strict";
import { KEEP_ALL } from "../../src/job/job.ts";
import { readManifests } from "../../src/manifest/manifest.ts";
import { matesOf, originsOf } from "../../src/plan/mates.ts";
import { jobWith, mistakes, onlyJob } from "./read.ts";

const fromOf = (lines: string) => onlyJob(jobWith(lines)).from;

/** Lists of jobs, one a line. */
const jobs = (...lines: readonly string[]) =>
  lines.map((line) => `- { model: m.ts, ${line} }\n`).join("");

Deno.test("readManifests() takes from as a job, a run, and a mapping", () => {
  assert.deepEqual(fromOf("from: spinup"), { job: "spinup", step: "last" });
  assert.deepEqual(fromOf("from: spinup/spinup"), { job: "spinup", step: "last" });
  assert.deepEqual(fromOf("from: grid/3fa9c1"), { job: "grid", run: "3fa9c1", step: "last" });
  assert.deepEqual(fromOf("from: { run: grid/3fa9c1, step: 1e0 }"), {
    job: "grid",
    run: "3fa9c1",
    step: 1,
  });
  assert.deepEqual(fromOf("from: { job: spinup, step: last }"), { job: "spinup", step: "last" });
  assert.deepEqual(fromOf("from: { job: grid, match: point, step: 7 }"), {
    job: "grid",
    match: "same-point",
    step: 7,
  });
  assert.deepEqual(fromOf("from: { job: grid, where: { x: 1.50, mode: warm }, step: 7 }"), {
    job: "grid",
    where: { x: 1.5, mode: "warm" },
    step: 7,
  });
  for (const line of ["", "from:", "from: null"]) {
    assert.equal(Object.hasOwn(onlyJob(jobWith(line)), "from"), false, line);
  }
});

Deno.test("readManifests() says at its place what is wrong with from", () => {
  const wrong: readonly (readonly [string, string])[] = [
    [
      "from: [a, b]",
      '4:7 value "from" must be a job, job/run, or { run, job, match, where, step }, but is a list | A run begins from one other run.',
    ],
    [
      "from: a/b/c",
      '4:7 value "a/b/c" is no run | Write the id of a job, or job/run as simrun status shows it.',
    ],
    ["from: spinup@500", '4:7 value "spinup@500" is no run | Write { run: spinup, step: 500 }.'],
    [
      "from: { step: 5 }",
      '4:7 missing-key "from" names no run | For example { run: spinup, step: 5000 }.',
    ],
    [
      "from: { run: b, job: c }",
      '4:17 conflict "from" has both "run" and "job" | Remove one of them.',
    ],
    [
      "from: { run: b, steps: 5 }",
      '4:17 unknown-key Unknown key "steps" in "from" | Write "step".',
    ],
    [
      "from: { run: b, step: 0 }",
      '4:23 value "from.step" must be a step from 1, or last, but is 0 | At step 0 a run begins without from.',
    ],
    [
      "from: { run: b, step: end }",
      '4:23 value "from.step" must be a step, or last, but is "end" | Write last.',
    ],
    [
      "from: { run: b/c, match: point }",
      '4:19 conflict "from" names one run, and matches each of its own to another | Write { job: b, match: point }, or remove match.',
    ],
    [
      "from: { run: b/c, where: { x: 1 } }",
      '4:19 conflict "from" names one run, and says by its values which one it is | Write { job: b, where: … }, or remove where.',
    ],
    [
      "from: { job: b, where: [1] }",
      '4:24 value "from.where" must be a mapping of names to values, but is a list',
    ],
    [
      "from: { job: b, values: { x: 1 } }",
      '4:17 unknown-key Unknown key "values" in "from" | Write "where".',
    ],
    ["from: a", '4:7 from Job "a" begins from itself | It would never begin. Remove it.'],
    [
      "from: { run: b, step: 10 }",
      '3:8 from Job "a" has 10 steps, and begins at step 10 | Its steps go on from there: for 1000 more write steps: 1010.',
    ],
    ["start_from: b", '4:1 unknown-key Unknown key "start_from" | Write "from".'],
    [
      "checkpoint: { keep: some }",
      '4:21 value "checkpoint.keep" must be a whole number from 1 to 1000, but is "some"',
    ],
  ];
  for (const [lines, told] of wrong) {
    const [first] = mistakes(jobWith(lines));
    assert.ok(first?.startsWith(told), `${lines}: ${first}`);
  }
});

Deno.test("readManifests() refuses what could never begin, and names the circle", () => {
  const cases: readonly (readonly [text: string, told: RegExp])[] = [
    [
      jobs("id: a, steps: 5, from: b", "id: b, steps: 4, needs: c", "id: c, steps: 3, from: a"),
      /^3:\d+ from Jobs need each other in a circle: a → b → c → a | None of them/,
    ],
    [
      jobs("id: spinup, steps: 100", "id: a, steps: 100, from: spinup"),
      /^2:\d+ from Job "a" has 100 steps, and begins at step 100 \|.*steps: 1100/,
    ],
    [
      jobs("id: spinup, steps: 100", "id: a, steps: 900, from: { run: spinup, step: 200 }"),
      /^2:\d+ from "spinup" has 100 steps, and so no step 200/,
    ],
    [
      jobs("id: spinup, steps: 100, checkpoint_every: off", "id: a, steps: 900, from: spinup"),
      /^2:\d+ from Job "a" begins from "spinup", which saves no checkpoints \| Remove checkpoint_every: off/,
    ],
    [
      jobs("id: grid, steps: 100, sweep: { x: [1, 2] }", "id: a, steps: 900, from: grid"),
      /^2:\d+ from "grid" has 2 runs, and a run begins from one \| Write \{ job: grid, match: point \} for the one with the same x/,
    ],
    [
      jobs(
        "id: grid, steps: 1, sweep: { x: [1, 2] }",
        "id: a, steps: 9, from: { job: grid, match: point }",
      ),
      /^2:\d+ from Job "a" does not say which x of "grid" its runs begin from \| Give it x as well/,
    ],
    [
      jobs("id: one, steps: 1", "id: a, steps: 9, from: { job: one, match: point }"),
      /^2:\d+ from Job "one" has no sweep, and so no points to match/,
    ],
    [
      jobs("id: grid, steps: 1, sweep: { x: [1, 2] }", "id: a, steps: 9, from: grid/zzz"),
      /^2:\d+ from There is no run "grid\/zzz" \| simrun results grid --columns run,x/,
    ],
    [
      jobs("id: b, steps: 1").replace("m.ts", "m.wasm") + jobs("id: a, steps: 9, from: b"),
      /^2:\d+ from Job "a" cannot begin from "b": their models are of different kinds/,
    ],
    [
      jobs("id: spinup, steps: 1", "id: a, steps: 9, from: spinpu"),
      /^2:\d+ from There is no job "spinpu" in these manifests \| Did you mean "spinup"\?/,
    ],
    [
      "- { id: a, model: { plecs: m.plecs }, from: b }\n",
      /from Job "a" is simulated by PLECS, and begins at time 0/,
    ],
  ];
  for (const [text, told] of cases) assert.match(mistakes(text).join("\n"), told, text);
});

Deno.test("readManifests() refuses from where no run, or more than one, has the values", () => {
  const grid =
    "id: grid, steps: 1, sweep: { grid: { x: [1, 2, 3, 4, 5, 6, 7], mode: [warm, cold] }, repeat: 2 }";
  const child = (from: string, more = "") =>
    mistakes(jobs(grid, `id: a, steps: 9, from: { job: grid, ${from} }${more}`)).join("\n");
  assert.equal(child("where: { x: 2, mode: cold, repeat: 1 }"), "");
  assert.equal(
    child("match: point, where: { repeat: 2 }", ", sweep: { x: [1, 2], mode: [warm] }"),
    "",
  );
  const cases: readonly (readonly [from: string, told: RegExp])[] = [
    [
      "where: { x: 6.5, mode: warm, repeat: 1 }",
      /^2:66 from No run of "grid" has x: 6\.5 \| Of x it has 3, 4, 5, 6, 7, and 2 others\./,
    ],
    [
      "where: { mode: hot }",
      /^2:\d+ from No run of "grid" has mode: hot \| Of mode it has warm, cold\./,
    ],
    ["where: { moed: warm }", /"grid" does not sweep "moed" \| Did you mean "mode"\?/],
    [
      "where: { x: 2 }",
      /4 runs of "grid" have x: 2, and a run begins from one \| Say as well which mode, repeat\./,
    ],
    [
      "match: point",
      /does not say which x, mode, repeat .* or say which under from: where: \{ x: … \}\./,
    ],
  ];
  for (const [from, told] of cases) assert.match(child(from), told, from);
  const few = jobs(
    "id: pts, steps: 1, sweep: [{ x: 1, y: 1 }, { x: 2, y: 2 }]",
    "id: a, steps: 9, from: { job: pts, where: { x: 1, y: 2 } }",
  );
  assert.match(mistakes(few).join(), /No run of "pts" has x: 1, y: 2 together \| simrun results/);
  const search = jobs(
    "id: fit, steps: 1, optimize: { metric: m, budget: 9, over: { x: { uniform: [0, 1] } } }",
    "id: a, steps: 9, from: { job: fit, where: { x: 1 } }",
  );
  assert.match(mistakes(search).join(), /the search "fit" .*\| Name one: \{ run: fit\/0001 \}/);
});

Deno.test("originsOf() and matesOf() take points that leave a parameter out", () => {
  const [parent, child] = readManifests([{
    path: "a.yaml",
    folder: "/",
    text: jobs(
      "id: pts, steps: 1, sweep: [{ x: 1, y: 0 }, { x: 2 }]",
      "id: a, steps: 9, sweep: [{ x: 1, y: 0 }, { x: 2 }], from: { job: pts, match: point }",
    ),
  }]).jobs;
  assert.deepEqual([0, 1].map((index) => originsOf(child!, index, parent!)), [[0], [1]]);
  assert.deepEqual([0, 1].map((index) => matesOf(child!, index, parent!)), [[0], [1]]);
});

Deno.test("readManifests() takes what both fix to another value: that is what a branch is for", () => {
  const text = jobs(
    "id: grid, steps: 1, sweep: { x: [1, 2] }, parameters: { y: 1 }",
    "id: a, steps: 9, sweep: { x: [1, 2] }, parameters: { y: 2 }, from: { job: grid, match: point }",
  );
  assert.deepEqual(mistakes(text), []);
});

Deno.test("readManifests() takes checkpoints that stay: all, and those of every so many steps", () => {
  const { keep, keepEverySteps } =
    onlyJob(jobWith("checkpoint: { keep: all, keep_every: 1e3 }")).checkpoint;
  assert.deepEqual([keep, keepEverySteps], [KEEP_ALL, 1000]);
});

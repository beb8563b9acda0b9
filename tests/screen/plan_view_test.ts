/** The plan as `run -n` shows it: timeouts and needs where there are some, and nothing of them where not. */
import assert from "node:assert/strict";
import type { Job, Need } from "../../src/job/job.ts";
import { makePlan } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { planJson } from "../../src/report/plan_report.ts";
import { paintFor } from "../../src/screen/paint.ts";
import { renderPlan } from "../../src/screen/plan_view.ts";
import { aJob, sweepOf } from "../helpers/jobs.ts";

const CO2 = sweepOf("co2", [280, 420]);
const SPINUP: Need = { job: "spinup", runs: "same-point", accept: "completed" };
const MEMORY = {
  totalBytes: 12e9,
  slotBytes: 4e9,
  parts: { state: 0.2, checkpoints: 0.3, measurements: 0.3, other: 0.2 },
  larger: [{ job: "report", memoryBytes: 8e9, atOnce: 1 }],
};
const JOBS = [
  aJob({ id: "spinup", sweep: CO2, timeoutMs: 7_200_000 }),
  aJob({ id: "sensitivity", sweep: CO2, needs: [SPINUP] }),
  aJob({
    id: "report",
    needs: [
      { job: "spinup", runs: "all", accept: "completed" },
      { job: "sensitivity", runs: "all", accept: "any" },
    ],
  }),
];

function planOf(jobs: readonly Job[]) {
  const model = { name: "model.ts", digest: "m1" };
  const options = { rerun: "none", reuse: true, acceptModel: false } as const;
  return makePlan(jobs.map((job) => ({ job, model, inputDigests: {} })), new History(), options);
}

const rendered = (jobs: readonly Job[], columns?: number) =>
  renderPlan(planOf(jobs), { slots: 2, memory: MEMORY }, { paint: paintFor(false), columns });

Deno.test("renderPlan() shows timeouts in a column, needs by job, and how memory is shared out", () => {
  assert.deepEqual(rendered(JOBS), [
    "job          runs  to run  steps each     timeout  why",
    "spinup          2       2         100  2 h 00 min  2 new",
    "sensitivity     2       2         100           –  2 new",
    "report          1       1         100           –  new",
    "",
    "  new  never run before",
    "",
    "  sensitivity  needs: spinup (same point)",
    "  report       memory: 8.0 GB a run, so one runs at a time",
    "  report       needs: spinup, sensitivity (however it ends)",
    "",
    "Memory: 12 GB, 4.0 GB a slot (800 MB state, 1.2 GB checkpoints, 1.2 GB measurements, 800 MB other).",
    "5 runs of 5, up to 500 steps, on 2 slots. Without -n they are run.",
  ]);
});

Deno.test("renderPlan() says nothing of timeouts and needs where there are none", () => {
  const text = rendered([aJob()]).join("\n");
  assert.doesNotMatch(text, /timeout|needs/);
});

Deno.test("renderPlan() fits its terminal, whatever is needed", () => {
  const needs = Array.from({ length: 30 }, (_, i) => ({ ...SPINUP, job: `job_${i}` }));
  const lines = rendered([...JOBS, aJob({ id: "wide", needs })], 60);
  assert.ok(lines.some((line) => line.startsWith("  wide")));
  // The last two lines are sentences: the terminal breaks them.
  for (const line of lines.slice(0, -2)) assert.ok(line.length <= 60, line);
});

Deno.test("planJson() tells timeouts in seconds and needs in the words of the manifest", () => {
  const { jobs } = planJson(planOf(JOBS), { tree: "/tree", slots: 2, memory: MEMORY }) as {
    jobs: Record<string, unknown>[];
  };
  assert.deepEqual(jobs.map(({ timeout_seconds }) => timeout_seconds), [
    7200,
    undefined,
    undefined,
  ]);
  assert.deepEqual(jobs.map(({ needs }) => needs), [
    undefined,
    [{ job: "spinup", match: "point", if: "completed" }],
    [
      { job: "spinup", match: "all", if: "completed" },
      { job: "sensitivity", match: "all", if: "any" },
    ],
  ]);
  assert.equal(Object.hasOwn(jobs[2]!, "timeout_seconds"), false);
});

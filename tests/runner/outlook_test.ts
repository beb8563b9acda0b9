/** What history says of a plan. */
import assert from "node:assert/strict";
import { makePlan } from "../../src/plan/plan.ts";
import { Learned } from "../../src/queue/learned.ts";
import { planJson } from "../../src/report/plan_report.ts";
import { plannedMemory } from "../../src/runner/limits.ts";
import { outlookOf } from "../../src/runner/outlook.ts";
import { renderPlan } from "../../src/screen/plan_view.ts";
import { paintFor } from "../../src/screen/paint.ts";
import { completed, historyOf } from "../helpers/events.ts";
import { aJob, points } from "../helpers/jobs.ts";

const MODEL = { name: "m.ts", digest: "m1" };
const MEMORY = plannedMemory({ jobs: [], slots: 4, memoryBytes: 8e9 });
const CANVAS = { paint: paintFor(false), columns: undefined };
const HOUR = 3_600_000;
const AUTO = { checkpoint: { every: { kind: "auto" }, keep: 3 } } as const;

Deno.test("outlookOf() tells how long a plan takes and when its runs are saved; renderPlan() shows it", () => {
  const past = historyOf(
    { type: "job.planned", job: aJob({ id: "field", ...AUTO }), count: 4, model: MODEL },
    {
      type: "runs.started",
      job: "field",
      model: "m1",
      steps: 100,
      attempt: 1,
      runs: ["r0", "d", "r1", "d"],
    },
    {
      type: "run.checkpointed",
      job: "field",
      run: "r0",
      step: 5,
      file: "f",
      bytes: 1,
      rawBytes: 16e6,
      ms: 95,
      stallMs: 5,
    },
    {
      type: "runs.completed",
      job: "field",
      model: "m1",
      runs: [0.95, 1, 1.05, 1].map((share, i) => completed(`r${i}`, "d", { ms: share * HOUR })),
    },
  );
  const plan = planOf(aJob({ id: "field", ...AUTO, sweep: points(10) }));
  const outlook = outlookOf(plan, Learned.of(past), 4);
  // Ten hours of work on four slots, in whole runs.
  const { lowMs, highMs } = outlook.end!;
  assert.ok(lowMs > 1.8 * HOUR && highMs < 6 * HOUR, `${lowMs / HOUR} ${highMs / HOUR}`);
  assert.equal(outlook.end!.runs, 4);
  const shown = renderPlan(plan, { slots: 4, memory: MEMORY, outlook }, CANVAS).join(
    "\n",
  );
  assert.match(
    shown,
    /field +checkpoints: about every 2 min: one takes 100 ms, a failure a day\n/,
  );
  assert.match(shown, /\nIt takes about \d to \d h with 4 slots, by 4 runs of this model\.$/);
  const json = planJson(plan, { tree: "/tree", slots: 4, memory: MEMORY, outlook });
  assert.equal(json.eta_low_seconds, Math.round(outlook.end!.lowMs) / 1000);
  // More slots than runs do not make a run shorter.
  assert.ok(outlookOf(plan, Learned.of(past), 64).end!.lowMs > 0.7 * HOUR);
});

Deno.test("outlookOf() says nothing of the end where one of the models was never run", () => {
  const past = historyOf({
    type: "runs.completed",
    job: "field",
    model: "m1",
    runs: [completed("r0", "d", { ms: HOUR })],
  });
  const other = { name: "other.ts", digest: "m2" };
  const plan = makePlan(
    [
      { job: aJob({ id: "a" }), model: MODEL, inputDigests: {} },
      { job: aJob({ id: "b" }), model: other, inputDigests: {} },
    ],
    historyOf(),
    { rerun: "none", reuse: false, acceptModel: false },
  );
  const outlook = outlookOf(plan, Learned.of(past), 1);
  assert.equal(outlook.end, undefined);
  assert.doesNotMatch(
    renderPlan(plan, { slots: 1, memory: MEMORY, outlook }, CANVAS).join("\n"),
    /takes/,
  );
});

function planOf(...jobs: ReturnType<typeof aJob>[]) {
  return makePlan(
    jobs.map((job) => ({ job, model: MODEL, inputDigests: {} })),
    historyOf(),
    { rerun: "none", reuse: false, acceptModel: false },
  );
}

/** What the plan decides for a run, and why: every decision from a history of real events. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import type { Job } from "../../src/job/job.ts";
import {
  type Decision,
  DECISION_MEANING,
  DECISIONS,
  type JobToPlan,
  makePlan,
  type PlanOptions,
} from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { completed, historyOf } from "../helpers/events.ts";
import { aJob, points, sweepOf } from "../helpers/jobs.ts";

const MODEL = { name: "model.ts", digest: "m1" };
const EDITED = { name: "model.ts", digest: "m2" };
const OTHER = { name: "other.ts", digest: "m3" };
const OPTIONS: PlanOptions = { rerun: "none", reuse: true, acceptModel: false };
const JOB = aJob({ id: "a", parameters: { co2: 450 } });
const DIGEST = makePlan([toPlan(JOB)], new History(), OPTIONS).jobs[0]!.identify(0).digest;

const PLANNED: RunEvent = { type: "job.planned", job: JOB, count: 1, model: MODEL };
const STARTED: RunEvent = {
  type: "runs.started",
  job: "a",
  model: "m1",
  steps: 100,
  attempt: 1,
  runs: ["a", DIGEST],
};
const SAVED: RunEvent = {
  type: "run.checkpointed",
  job: "a",
  run: "a",
  step: 40,
  file: "step-000000000040.ckpt",
  bytes: 1,
  rawBytes: 1,
  ms: 1,
};
const COMPLETED = completion({});
const CONVERGED = completion({ steps: 60, ending: "converged" });
const FAILED: RunEvent = {
  type: "run.failed",
  job: "a",
  run: "a",
  attempt: 1,
  failure: { class: "model-error", message: "boom", step: 7 },
};
const STOPPED: RunEvent = {
  type: "runs.requeued",
  job: "a",
  runs: ["a"],
  cause: "stopped",
  counted: false,
};

const NEED = { job: "b", runs: "all", accept: "completed" } as const;
const CANCELLED: RunEvent = { type: "runs.cancelled", job: "a", runs: ["a"] };
const CONTINUED: RunEvent = { type: "runs.continued", job: "a", runs: ["a"], earlier: true };
const HELD: RunEvent = { type: "runs.held", job: "a", runs: ["a"] };

interface Case {
  readonly what: string;
  readonly past: readonly RunEvent[];
  readonly job?: Partial<Job>;
  readonly model?: JobToPlan["model"];
  readonly inputs?: JobToPlan["inputDigests"];
  readonly options?: Partial<PlanOptions>;
  readonly decision: Decision;
}

const CASES: readonly Case[] = [
  { what: "a run that never was", past: [], decision: "new" },
  { what: "a run that was only planned", past: [PLANNED], decision: "new" },
  { what: "a killed run without a checkpoint", past: [PLANNED, STARTED], decision: "restart" },
  { what: "a killed run with one", past: [PLANNED, STARTED, SAVED], decision: "resume" },
  { what: "a stopped run", past: [PLANNED, STARTED, SAVED, STOPPED], decision: "resume" },
  {
    what: "a run whose checkpoints were all bad",
    past: [
      PLANNED,
      STARTED,
      SAVED,
      { type: "run.resumed", job: "a", run: "a", step: 0, rejected: [] },
    ],
    decision: "restart",
  },
  { what: "a failed run", past: [PLANNED, STARTED, FAILED], decision: "retry" },
  { what: "a cancelled run", past: [PLANNED, STARTED, SAVED, CANCELLED], decision: "cancelled" },
  {
    what: "a run that was cancelled before it began",
    past: [PLANNED, CANCELLED],
    decision: "cancelled",
  },
  {
    what: "a cancelled run that is asked for",
    past: [PLANNED, STARTED, CANCELLED],
    options: { rerun: "cancelled" },
    decision: "uncancelled",
  },
  {
    what: "a cancelled run of other parameters",
    past: [PLANNED, STARTED, CANCELLED],
    job: { parameters: { co2: 1 } },
    decision: "changed-parameters",
  },
  {
    what: "a finished run that did not need another then",
    past: [PLANNED, STARTED, COMPLETED],
    job: { needs: [NEED] },
    decision: "changed-needs",
  },
  {
    what: "a cancelled run that did not need another then",
    past: [PLANNED, STARTED, CANCELLED],
    job: { needs: [NEED] },
    decision: "cancelled",
  },
  {
    what: "a finished run of other parameters that did not need another then",
    past: [PLANNED, STARTED, COMPLETED],
    job: { needs: [NEED], parameters: { co2: 1 } },
    decision: "changed-parameters",
  },
  {
    what: "a cancelled run that was tried again, and stopped before it began",
    past: [PLANNED, CANCELLED, { type: "runs.retried", job: "a", runs: ["a"] }],
    decision: "new",
  },
  {
    what: "a paused run of a simrun that is gone",
    past: [PLANNED, STARTED, SAVED, HELD],
    decision: "paused",
  },
  {
    what: "a run that was paused before it ever began",
    past: [PLANNED, HELD],
    decision: "paused",
  },
  {
    what: "a run that was paused before it ever began, of other parameters",
    past: [PLANNED, { type: "runs.held", job: "a", runs: ["a"] }],
    job: { parameters: {} },
    decision: "changed-parameters",
  },
  {
    what: "a run that was cancelled before it ever began, of other parameters",
    past: [PLANNED, CANCELLED],
    job: { parameters: {} },
    decision: "changed-parameters",
  },
  {
    what: "a paused run that somebody lets go on",
    past: [PLANNED, STARTED, SAVED, HELD, CONTINUED],
    decision: "resume",
  },
  {
    what: "a paused run of another model, with --rerun changed",
    past: [PLANNED, STARTED, HELD],
    model: EDITED,
    options: { rerun: "changed" },
    decision: "paused",
  },
  {
    what: "a paused run of other parameters",
    past: [PLANNED, STARTED, SAVED, HELD],
    job: { parameters: { co2: 1 } },
    decision: "changed-parameters",
  },
  {
    what: "a paused run, with --rerun all",
    past: [PLANNED, STARTED, SAVED, HELD],
    options: { rerun: "all" },
    decision: "asked",
  },
  { what: "a completed run", past: [PLANNED, STARTED, COMPLETED], decision: "done" },
  {
    what: "a completed run of another priority, hang limit and cadence",
    past: [PLANNED, STARTED, COMPLETED],
    job: {
      priority: 0,
      hangMs: 1,
      retries: 9,
      checkpoint: { every: { kind: "steps", steps: 1 }, keep: 9 },
    },
    decision: "done",
  },
  {
    what: "more steps, and the final state was kept",
    past: [PLANNED, STARTED, { ...SAVED, step: 100 }, COMPLETED],
    job: { steps: 150 },
    decision: "extend",
  },
  {
    what: "more steps, and no final state",
    past: [PLANNED, STARTED, SAVED, COMPLETED],
    job: { steps: 150 },
    decision: "extend-anew",
  },
  {
    what: "fewer steps",
    past: [PLANNED, STARTED, COMPLETED],
    job: { steps: 50 },
    decision: "fewer-steps",
  },
  { what: "a run that converged", past: [PLANNED, STARTED, CONVERGED], decision: "done" },
  {
    what: "a run that converged, and more steps",
    past: [PLANNED, STARTED, CONVERGED],
    job: { steps: 1000 },
    decision: "done",
  },
  {
    what: "a changed parameter",
    past: [PLANNED, STARTED, COMPLETED],
    job: { parameters: { co2: 560 } },
    decision: "changed-parameters",
  },
  {
    what: "another seed",
    past: [PLANNED, STARTED, COMPLETED],
    job: { seed: 1 },
    decision: "changed-parameters",
  },
  {
    what: "other measuring",
    past: [PLANNED, STARTED, COMPLETED],
    job: { measureEverySteps: 10 },
    decision: "changed-parameters",
  },
  {
    what: "a changed input file",
    past: [PLANNED, STARTED, COMPLETED],
    inputs: { grid: "d" },
    decision: "changed-parameters",
  },
  {
    what: "a changed parameter and model",
    past: [PLANNED, STARTED, COMPLETED],
    job: { parameters: {} },
    model: EDITED,
    decision: "changed-parameters",
  },
  {
    what: "a completed run whose model was edited",
    past: [PLANNED, STARTED, COMPLETED],
    model: EDITED,
    decision: "stale-model",
  },
  {
    what: "the same with --rerun changed",
    past: [PLANNED, STARTED, COMPLETED],
    model: EDITED,
    options: { rerun: "changed" },
    decision: "changed-model",
  },
  {
    what: "more steps of an edited model",
    past: [PLANNED, STARTED, COMPLETED],
    model: EDITED,
    job: { steps: 150 },
    decision: "held-model",
  },
  {
    what: "more steps of a converged run of an edited model",
    past: [PLANNED, STARTED, CONVERGED],
    model: EDITED,
    job: { steps: 150 },
    decision: "stale-model",
  },
  {
    what: "a run under way whose model was edited",
    past: [PLANNED, STARTED, SAVED],
    model: EDITED,
    decision: "held-model",
  },
  {
    what: "the same with --accept-model",
    past: [PLANNED, STARTED, SAVED],
    model: EDITED,
    options: { acceptModel: true },
    decision: "resume",
  },
  {
    what: "the same with --rerun changed",
    past: [PLANNED, STARTED, SAVED],
    model: EDITED,
    options: { rerun: "changed" },
    decision: "changed-model",
  },
  {
    what: "a killed run without a checkpoint, its model edited",
    past: [PLANNED, STARTED],
    model: EDITED,
    decision: "restart",
  },
  {
    what: "a failed run whose model was mended",
    past: [PLANNED, STARTED, FAILED],
    model: EDITED,
    decision: "retry",
  },
  {
    what: "a failed run with a checkpoint, its model edited",
    past: [PLANNED, STARTED, SAVED, FAILED],
    model: EDITED,
    decision: "held-model",
  },
  {
    what: "the same with --accept-model",
    past: [PLANNED, STARTED, SAVED, FAILED],
    model: EDITED,
    options: { acceptModel: true },
    decision: "retry",
  },
  {
    what: "another model file named in the manifest",
    past: [PLANNED, STARTED, COMPLETED],
    model: OTHER,
    decision: "changed-model",
  },
  {
    what: "--rerun all",
    past: [PLANNED, STARTED, COMPLETED],
    options: { rerun: "all" },
    decision: "asked",
  },
  {
    what: "--rerun all of a run that never was",
    past: [],
    options: { rerun: "all" },
    decision: "new",
  },
  {
    what: "--rerun changed of a model that did not change",
    past: [PLANNED, STARTED, COMPLETED],
    options: { rerun: "changed" },
    decision: "done",
  },
  {
    what: "a job that was renamed",
    past: [PLANNED, STARTED, COMPLETED],
    job: { id: "b" },
    decision: "reuse",
  },
  {
    what: "a renamed job with --no-cache",
    past: [PLANNED, STARTED, COMPLETED],
    job: { id: "b" },
    options: { reuse: false },
    decision: "new",
  },
  {
    what: "a renamed job of an edited model",
    past: [PLANNED, STARTED, COMPLETED],
    job: { id: "b" },
    model: EDITED,
    decision: "new",
  },
  {
    what: "a renamed job with other steps",
    past: [PLANNED, STARTED, COMPLETED],
    job: { id: "b", steps: 200 },
    decision: "new",
  },
  {
    what: "a run whose parent has another state by now",
    past: [PLANNED, STARTED, COMPLETED],
    options: { otherStates: new Set(["a/a"]) },
    decision: "changed-state",
  },
  {
    what: "a run that was done without the state that others begin from",
    past: [PLANNED, STARTED, COMPLETED],
    options: { lostStates: new Set(["a/a"]) },
    decision: "state-anew",
  },
  {
    what: "a run that is begun anyway, and whose state others begin from",
    past: [PLANNED, STARTED, SAVED],
    options: { lostStates: new Set(["a/a"]) },
    decision: "resume",
  },
  {
    what: "a renamed job that is not finished",
    past: [PLANNED, STARTED, SAVED],
    job: { id: "b" },
    decision: "new",
  },
];

for (const { what, past, job, model = MODEL, inputs = {}, options, decision } of CASES) {
  Deno.test(`the plan for ${what}: ${decision}`, () => {
    const wanted: JobToPlan = { job: { ...JOB, ...job }, model, inputDigests: inputs };
    const plan = makePlan([wanted], historyOf(...past), { ...OPTIONS, ...options });
    assert.equal(plan.jobs[0]!.decisionAt(0), decision);
    const runs = DECISIONS.indexOf(decision) < DECISIONS.indexOf("done");
    assert.deepEqual([plan.toRun, plan.jobs[0]!.isToRun(0)], [runs ? 1 : 0, runs]);
    assert.equal(plan.jobs[0]!.countOf(decision), 1);
  });
}

/** Those that follow from other runs of the job: tests/search/guide_test.ts makes them. */
const LED: readonly Decision[] = ["counted", "not-needed"];

Deno.test("every decision is made by a case above and has a meaning in words", () => {
  const made = new Set([...CASES.map(({ decision }) => decision), ...LED]);
  assert.deepEqual(DECISIONS.filter((decision) => !made.has(decision)), []);
  assert.deepEqual(Object.keys(DECISION_MEANING).toSorted(), [...DECISIONS].toSorted());
});

Deno.test("a sweep with more points runs only the new ones", () => {
  const three = aJob({ id: "s", sweep: sweepOf("x", [1, 2, 3]) });
  const five = { ...three, sweep: sweepOf("x", [5, 3, 2, 4, 1]) };
  const [planned] = makePlan([toPlan(three)], new History(), OPTIONS).jobs;
  const done: RunEvent = {
    type: "runs.completed",
    job: "s",
    model: "m1",
    runs: [0, 1, 2].map((index) => {
      const { run, digest } = planned!.identify(index);
      return completed(run, digest);
    }),
  };
  const plan = makePlan([toPlan(five)], historyOf(done), OPTIONS);
  const decisions = [0, 1, 2, 3, 4].map((index) => plan.jobs[0]!.decisionAt(index));
  assert.deepEqual(decisions, ["new", "done", "done", "new", "done"]);
  assert.deepEqual([plan.total, plan.toRun], [5, 2]);
});

Deno.test("a fixed parameter that becomes an axis takes over the run that was", () => {
  const swept = aJob({ id: "b", sweep: sweepOf("co2", [280, 450]) });
  const plan = makePlan([toPlan(swept)], historyOf(PLANNED, STARTED, COMPLETED), OPTIONS);
  assert.deepEqual([0, 1].map((index) => plan.jobs[0]!.decisionAt(index)), ["new", "reuse"]);
  const [reuse] = plan.reuses;
  assert.deepEqual(reuse!.from, { job: "a", run: "a" });
  assert.deepEqual([reuse!.index, reuse!.digest], [1, DIGEST]);
  assert.equal(reuse!.run, plan.jobs[0]!.identify(1).run);
});

Deno.test("a result that another run has lost again is not taken", () => {
  const elsewhere: RunEvent = { ...STARTED, runs: ["a", "another digest"] };
  const past = historyOf(PLANNED, STARTED, COMPLETED, elsewhere);
  const plan = makePlan([toPlan({ ...JOB, id: "b" })], past, OPTIONS);
  assert.equal(plan.jobs[0]!.decisionAt(0), "new");
});

Deno.test("jobs are numbered one after the other, and go on where an earlier plan ended", () => {
  const jobs = [aJob({ id: "x", sweep: points(3) }), aJob({ id: "y" }), aJob({ id: "z" })];
  const seven = Array.from({ length: 7 }, (_, i) => toPlan(aJob({ id: `before-${i}` })));
  const before = { jobs: makePlan(seven, new History(), OPTIONS).jobs, total: 1000 };
  const plan = makePlan(jobs.map(toPlan), new History(), OPTIONS, before);
  assert.deepEqual(plan.jobs.map(({ number, offset }) => [number, offset]), [
    [7, 1000],
    [8, 1003],
    [9, 1004],
  ]);
  assert.deepEqual([plan.total, plan.toRun], [5, 5]);
});

Deno.test("a plan of a hundred thousand runs holds a byte a run", () => {
  const job = aJob({ sweep: points(100_000) });
  const plan = makePlan([toPlan(job)], new History(), OPTIONS);
  assert.equal(plan.jobs[0]!.decisions.byteLength, 100_000);
  assert.equal(plan.jobs[0]!.countOf("new"), 100_000);
});

function toPlan(job: Job): JobToPlan {
  return { job, model: MODEL, inputDigests: {} };
}

function completion(over: { steps?: number; ending?: string }): RunEvent {
  return {
    type: "runs.completed",
    job: "a",
    model: "m1",
    runs: [completed("a", DIGEST, over)],
  };
}

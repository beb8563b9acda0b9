/** What a run rests on is part of what it is: which changes of a needed job make it another run, and which do not. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import type { Job, Need } from "../../src/job/job.ts";
import { ownDigest } from "../../src/job/run_digest.ts";
import { PastJob } from "../../src/plan/past_job.ts";
import { type JobToPlan, makePlan, type Plan, type PlanOptions } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { completed, historyOf } from "../helpers/events.ts";
import { aJob, points, sweepOf } from "../helpers/jobs.ts";

const OPTIONS: PlanOptions = { rerun: "none", reuse: true, acceptModel: false };
const MODEL = { name: "model.ts", digest: "m1" };
const EDITED = { name: "model.ts", digest: "m2" };

const SPINUP = aJob({ id: "spinup", sweep: sweepOf("co2", [280, 420, 560]) });
const BASE = aJob({ id: "base" });
const AFTER = aJob({
  id: "after",
  sweep: sweepOf("co2", [420, 280]),
  needs: [need("spinup"), need("base")],
});
const MATCHED = aJob({
  ...AFTER,
  id: "matched",
  needs: [need("spinup", { runs: "same-point" })],
});

Deno.test("a run that needs nothing has the digest it always had, and so has WebAssembly, which is handed nothing", () => {
  const plain = aJob({ ...AFTER, needs: [] });
  const { needs: _, ...without } = plain;
  const wasm = { kind: "wasm", path: "/m.wasm" } as const;
  const alone = digests(planOf([without]), "after");
  assert.deepEqual(digests(planOf([plain, SPINUP]), "after"), alone);
  assert.deepEqual(digests(planOf([{ ...AFTER, model: wasm }, SPINUP, BASE]), "after"), alone);
  assert.match(alone[0]!, /^[0-9a-f]{16}$/);
});

Deno.test("a run that needs others has its own digest, and behind it that of what it rests on", () => {
  const { needs: _, ...alone } = AFTER;
  const resting = digests(planOf([AFTER, SPINUP, BASE]), "after");
  for (const digest of resting) assert.match(digest, /^[0-9a-f]{16}\+[0-9a-f]{16}$/);
  assert.deepEqual(resting.map(ownDigest), digests(planOf([alone]), "after"));
});

const CHANGES: { readonly [what: string]: (job: Job) => Partial<JobToPlan> & { job: Job } } = {
  "a fixed parameter": (job) => ({ job: { ...job, parameters: { albedo: 0.3 } } }),
  "the seed": (job) => ({ job: { ...job, seed: 7 } }),
  "the steps": (job) => ({ job: { ...job, steps: 200 } }),
  "the measuring": (job) => ({ job: { ...job, measureEverySteps: 10 } }),
  "an input's content": (job) => ({ job, inputDigests: { grid: "aa" } }),
  "the model": (job) => ({ job, model: EDITED }),
};

for (const [what, change] of Object.entries(CHANGES)) {
  Deno.test(`whoever needs a job is another run when ${what} of that job changed, however far away it is`, () => {
    const next = aJob({ id: "next", needs: [need("matched")] });
    const jobs = [next, MATCHED, AFTER, BASE];
    const before = planOf([...jobs, SPINUP]);
    const after = makePlan(
      [...jobs.map(toPlan), { ...toPlan(SPINUP), ...change(SPINUP) }],
      new History(),
      OPTIONS,
    );
    for (const id of ["after", "matched", "next"]) {
      const [old, now] = [digests(before, id), digests(after, id)];
      old.forEach((digest, i) => assert.notEqual(now[i], digest, id));
      assert.deepEqual(now.map(ownDigest), old.map(ownDigest));
    }
    assert.deepEqual(digests(after, "base"), digests(before, "base"));
  });
}

Deno.test("what changes no result of a needed job changes nobody who needs it", () => {
  const before = digests(planOf([AFTER, SPINUP, BASE]), "after");
  const other: Job = {
    ...SPINUP,
    priority: 0,
    retries: 9,
    hangMs: 1,
    checkpoint: { every: { kind: "steps", steps: 5 }, keep: 1 },
  };
  assert.deepEqual(digests(planOf([BASE, other, AFTER]), "after"), before);
  const turned = { ...AFTER, needs: AFTER.needs!.toReversed() };
  assert.deepEqual(digests(planOf([turned, SPINUP, BASE]), "after"), before, "order of the needs");
  const any = { ...AFTER, needs: AFTER.needs!.map((one) => ({ ...one, accept: "any" as const })) };
  assert.deepEqual(digests(planOf([any, SPINUP, BASE]), "after"), before, "all will complete");
});

Deno.test("with match: all a further point or another order is another foundation; with match: point only its own", () => {
  for (const values of [[280, 420, 560, 700], [560, 420, 280]]) {
    const more = { ...SPINUP, sweep: sweepOf("co2", values) };
    const [before, after] = [[SPINUP, BASE, AFTER, MATCHED], [more, BASE, AFTER, MATCHED]]
      .map((jobs) => planOf(jobs));
    digests(before!, "after").forEach((digest, i) =>
      assert.notEqual(digests(after!, "after")[i], digest)
    );
    assert.deepEqual(digests(after!, "matched"), digests(before!, "matched"));
  }
});

Deno.test("the same results under another job's name are others: that is how a model finds them", () => {
  const renamed = { ...BASE, id: "ground" };
  const names = ["base", "ground"].map((id) =>
    digests(planOf([aJob({ id: "x", needs: [need(id)] }), BASE, renamed]), "x")
  );
  assert.notDeepEqual(names[0], names[1]);
});

Deno.test("a needed job counts the same from the plan, found done, and from the tree alone", () => {
  const planned = digests(planOf([SPINUP, BASE, AFTER, MATCHED]), "after");
  const history = historyOf(...doneEvents(planOf([SPINUP, BASE])));
  const found = planOf([SPINUP, BASE, AFTER, MATCHED], history);
  assert.deepEqual(found.jobs.slice(0, 2).map((job) => job.countOf("done")), [3, 1]);
  assert.deepEqual(digests(found, "after"), planned);
  assert.deepEqual(digests(planOf([AFTER], history), "after"), planned);
  assert.deepEqual(
    digests(planOf([MATCHED], history), "matched"),
    digests(planOf([MATCHED, SPINUP]), "matched"),
  );
});

Deno.test("a needed job of the tree has completed when all that was asked for last has", () => {
  const done = doneEvents(planOf([SPINUP]));
  const replanned = (over: Partial<Job>): RunEvent => ({
    type: "job.planned",
    job: { ...SPINUP, ...over },
    count: 3,
    model: MODEL,
  });
  const states = (...events: readonly RunEvent[]) => {
    const past = PastJob.of(historyOf(...events).jobs.get("spinup"))!;
    return Array.from({ length: past.count }, (_, index) => past.runAt(index).state);
  };
  const all = ["completed", "completed", "completed"];
  const none = ["unfinished", "unfinished", "unfinished"];
  assert.deepEqual(states(...done), all);
  assert.deepEqual(states(...done, replanned({ priority: 0 })), all);
  assert.deepEqual(states(...done, replanned({ parameters: { albedo: 0.3 } })), none);
  assert.deepEqual(states(...done, replanned({ steps: 200 })), none);
  assert.deepEqual(states(...done, replanned({ steps: 50 })), none);
  const converged = doneEvents(planOf([SPINUP]), { steps: 60, ending: "converged" });
  assert.deepEqual(states(...converged, replanned({ steps: 200 })), all);
  assert.deepEqual(states(...done, replanned({ sweep: sweepOf("co2", [560, 1]) })), [
    "completed",
    "unfinished",
  ]);
});

Deno.test("a needed run that ended by its own rule rests on the steps it was asked for, and more change nothing", () => {
  const asked = digests(planOf([AFTER, SPINUP, BASE]), "after");
  const converged = doneEvents(planOf([SPINUP, BASE]), { steps: 60, ending: "converged" });
  const history = historyOf(...converged);
  assert.deepEqual(digests(planOf([AFTER, SPINUP, BASE], history), "after"), asked);
  const longer = { ...SPINUP, steps: 500 };
  assert.deepEqual(digests(planOf([AFTER, longer, BASE], history), "after"), asked);
  assert.deepEqual(digests(planOf([AFTER], history), "after"), asked);
});

Deno.test("results of an edited model that are kept stay what others rest on, until it is computed again", () => {
  const history = historyOf(...doneEvents(planOf([SPINUP, BASE, AFTER])));
  const edited = [AFTER, SPINUP, BASE].map((job) =>
    job === SPINUP ? { ...toPlan(job), model: EDITED } : toPlan(job)
  );
  const kept = makePlan(edited, history, OPTIONS);
  assert.deepEqual(kept.jobs.map(({ toRun }) => toRun), [0, 0, 0]);
  const rerun = makePlan(edited, history, { ...OPTIONS, rerun: "changed" });
  assert.deepEqual(
    rerun.jobs.map((job) => [job.countOf("changed-needs"), job.countOf("changed-model")]),
    [[2, 0], [0, 3], [0, 0]],
  );
});

Deno.test("with if: any a run that stays cancelled is what others rest on, and another once it is taken up again", () => {
  const any = aJob({ id: "after", needs: [need("base", { accept: "any" })] });
  const history = historyOf({ type: "runs.cancelled", job: "base", runs: ["base"] });
  const cancelled = digests(planOf([any, BASE], history), "after");
  const taken = makePlan([any, BASE].map(toPlan), history, { ...OPTIONS, rerun: "cancelled" });
  assert.notDeepEqual(digests(taken, "after"), cancelled);
  assert.deepEqual(digests(taken, "after"), digests(planOf([any, BASE]), "after"));
});

Deno.test("a result is taken of an equal run only where that rests on the same", () => {
  const twin = { ...AFTER, id: "twin" };
  const history = historyOf(...doneEvents(planOf([SPINUP, BASE, AFTER])));
  const [same] = planOf([twin, SPINUP, BASE], history).jobs;
  assert.equal(same!.countOf("reuse"), 2);
  const [other] = planOf([twin, { ...SPINUP, seed: 1 }, BASE], history).jobs;
  assert.deepEqual([other!.countOf("reuse"), other!.countOf("new")], [0, 2]);
});

Deno.test("jobs that need each other in a circle are refused, whichever way they came together", () => {
  const [a, b] = [["a", "b"], ["b", "a"]].map(([id, other]) =>
    aJob({ id: id!, needs: [need(other!)] })
  );
  assert.throws(() => planOf([BASE, a!, b!]), /circle: a → b → a\./);
});

Deno.test("a chain of ten thousand jobs, each by its point, is planned without a deep stack and in linear time", () => {
  const chain = Array.from({ length: 10_000 }, (_, i) =>
    aJob({
      id: `link-${i}`,
      sweep: points(1),
      needs: i === 0 ? [] : [need(`link-${i - 1}`, { runs: "same-point" })],
    })).toReversed();
  const from = performance.now();
  const [last] = planOf(chain).jobs;
  assert.match(last!.identify(0).digest, /\+/);
  assert.ok(performance.now() - from < 20_000);
});

function need(job: string, over: Partial<Need> = {}): Need {
  return { job, runs: "all", accept: "completed", ...over };
}

function toPlan(job: Job): JobToPlan {
  return { job, model: MODEL, inputDigests: {} };
}

function planOf(jobs: readonly Job[], history = new History()): Plan {
  return makePlan(jobs.map(toPlan), history, OPTIONS);
}

function digests(plan: Plan, id: string): string[] {
  const planned = plan.jobs.find(({ job }) => job.id === id)!;
  return Array.from({ length: planned.count }, (_, index) => planned.identify(index).digest);
}

/** As a campaign over new runs writes them. */
function doneEvents(plan: Plan, over: { steps?: number; ending?: string } = {}): RunEvent[] {
  return plan.jobs.flatMap((planned): RunEvent[] => {
    const { job, model, count } = planned;
    const runs = Array.from({ length: count }, (_, index) => planned.identify(index));
    return [
      { type: "job.planned", job, count, model },
      {
        type: "runs.started",
        job: job.id,
        model: model.digest,
        steps: job.steps,
        attempt: 1,
        runs: runs.flatMap(({ run, digest }) => [run, digest]),
      },
      {
        type: "runs.completed",
        job: job.id,
        model: model.digest,
        runs: runs.map(({ run, digest }) => completed(run, digest, over)),
      },
    ];
  });
}

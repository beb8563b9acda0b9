/** How many runs go to a slot at once, and which. */
import assert from "node:assert/strict";
import { BatchSizes, takeBatch, type Taken, type Taking } from "../../src/campaign/batching.ts";
import { RunTable } from "../../src/campaign/run_table.ts";
import type { Job } from "../../src/job/job.ts";
import { makePlan } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { aJob, points } from "../helpers/jobs.ts";

Deno.test("size() is one run as long as nothing is known of the job", () => {
  const { jobs: [job] } = tableOf(aJob({ sweep: points(1000) }));
  const sizes = new BatchSizes();
  assert.equal(sizes.size(job!, 1000, 1), 1);
  assert.equal(sizes.expectedMs(job!), undefined);
  assert.equal(sizes.runMs(job!), undefined);
});

Deno.test("size() grows eightfold at most, to what takes about 100 ms, to 1000 runs", () => {
  const { jobs: [job] } = tableOf(aJob({ sweep: points(1) }));
  const sizes = new BatchSizes();
  const steps: number[] = [];
  for (let runs = 1, i = 0; i < 6; i++) {
    sizes.learn(job!, runs, runs * 0.05);
    runs = sizes.size(job!, 1e6, 1);
    steps.push(runs);
  }
  assert.deepEqual(steps, [8, 64, 512, 1000, 1000, 1000]);
  const slow = new BatchSizes();
  slow.learn(job!, 10, 200);
  assert.equal(slow.size(job!, 1e6, 1), 5);
  slow.learn(job!, 1, 1e6);
  assert.equal(slow.size(job!, 1e6, 1), 1);
});

Deno.test("size() shares the last runs out, so that no slot is idle", () => {
  const { jobs: [job] } = tableOf(aJob({ sweep: points(1) }));
  const sizes = new BatchSizes();
  sizes.learn(job!, 500, 1);
  assert.equal(sizes.size(job!, 10, 4), 3);
  assert.equal(sizes.size(job!, 1, 4), 1);
});

Deno.test("expectedMs() of a job whose runs never ended goes by the steps of its model's other jobs", () => {
  const jobs = [
    aJob({ steps: 100 }),
    aJob({ id: "longer", steps: 1000 }),
    aJob({
      id: "other",
      model: { kind: "module", path: "/models/other.ts" },
    }),
  ];
  const { jobs: [known, longer, other] } = tableOf(...jobs);
  const sizes = new BatchSizes();
  sizes.learn(known!, 10, 20);
  assert.deepEqual([sizes.expectedMs(longer!), sizes.runMs(longer!)], [20, undefined]);
  assert.equal(sizes.size(longer!, 1e6, 1), 5);
  assert.equal(sizes.expectedMs(other!), undefined);
});

Deno.test("size() obeys the largest batch that was asked for", () => {
  const { jobs: [job] } = tableOf(aJob({ sweep: points(1) }));
  const sizes = new BatchSizes(10);
  sizes.learn(job!, 500, 1);
  assert.equal(sizes.size(job!, 1e6, 1), 10);
});

Deno.test("a slot at work is given more of the same model, a priority apart at most, and no long runs", () => {
  const same = aJob({ id: "same", sweep: points(3) });
  const cases: [what: string, job: Job, ms: number, taken: boolean][] = [
    ["soon done", same, 40, true],
    ["busy for long", same, 249.9999, false],
    ["nobody knows how long", same, Infinity, false],
    ["another model", { ...same, model: { kind: "module", path: "/other.ts" } }, 40, false],
    ["granted more", { ...same, allow: { read: ["/data"], net: [] } }, 40, false],
    ["one level less urgent", { ...same, priority: 3 }, 40, true],
    ["two levels more urgent", { ...same, priority: 0 }, 40, false],
  ];
  for (const [what, job, ms, taken] of cases) {
    const table = tableOf(aJob({ id: "first" }), job);
    const sizes = known(table);
    const first = taking(table, sizes, { slots: 1 });
    if (table.jobOf(first!.numbers[0]!).job.id !== "first") {
      // The more urgent one came first: it is what the slot is at.
      table.become(first!.numbers[0]!, "ready");
      table.become(0, "assigned");
    }
    const ahead = {
      job: table.jobs[0]!,
      priority: 2 as const,
      ms,
      runs: 1,
      batches: new Map([[0, 1]]),
    };
    assert.equal(taking(table, sizes, { ahead }) !== undefined, taken, what);
  }
});

Deno.test("learn() keeps jobs apart and forgets old times by and by", () => {
  const { jobs: [quick, slow] } = tableOf(aJob(), aJob({ id: "slow" }));
  const sizes = new BatchSizes();
  sizes.learn(quick!, 10, 10);
  sizes.learn(slow!, 1, 5000);
  assert.deepEqual([sizes.runMs(quick!), sizes.runMs(slow!)], [1, 5000]);
  for (let i = 0; i < 40; i++) sizes.learn(quick!, 10, 30);
  assert.ok(Math.abs(sizes.runMs(quick!)! - 3) < 0.01);
});

Deno.test("size() is not held down by the first run, which paid for loading its model", () => {
  const { jobs: [job] } = tableOf(aJob({ sweep: points(1) }));
  const sizes = new BatchSizes();
  sizes.learn(job!, 1, 20);
  const second = sizes.size(job!, 1e6, 1);
  assert.equal(second, 5);
  sizes.learn(job!, second, second * 0.05);
  // (1 · 20 ms + 5 · 0.05 ms) / 6 runs.
  assert.equal(sizes.size(job!, 1e6, 1), 29);
});

Deno.test("takeBatch() gives a slot four batches of a job when they are full, two when they may still grow", () => {
  const table = tableOf(aJob({ sweep: points(6000) }));
  const sizes = known(table);
  const ahead = (batches: number, runs: number): Partial<Taking> => ({
    ahead: { job: table.jobs[0]!, priority: 2, ms: 1, runs, batches: new Map([[0, batches]]) },
  });
  assert.equal(taking(table, sizes, ahead(3, 3000))?.numbers.length, 1000);
  assert.equal(taking(table, sizes, ahead(4, 4000)), undefined);
  const growing = new BatchSizes();
  growing.learn(table.jobs[0]!, 100, 0.1);
  assert.equal(taking(table, growing, ahead(1, 100))?.numbers.length, 800);
  assert.equal(taking(table, growing, ahead(2, 900)), undefined);
});

Deno.test("takeBatch() takes runs of one job and one attempt, in order", () => {
  const table = tableOf(aJob({ id: "a", sweep: points(3) }), aJob({ id: "b", sweep: points(3) }));
  const sizes = known(table);
  const first = taking(table, sizes)!;
  assert.deepEqual([first.job.job.id, first.attempt, first.numbers], ["a", 1, [0, 1, 2]]);
  table.mark(1, { counted: true });
  table.become(1, "ready");
  table.become(2, "ready");
  assert.deepEqual(taking(table, sizes)!.numbers, [1]);
  assert.deepEqual(taking(table, sizes)!.numbers, [2]);
  assert.deepEqual(taking(table, sizes)!.numbers, [3, 4, 5]);
  assert.equal(taking(table, sizes), undefined);
  assert.deepEqual([table.counts.ready, table.counts.assigned], [0, 6]);
});

Deno.test("takeBatch() leaves a run that must be alone alone, first or not", () => {
  const table = tableOf(aJob({ sweep: points(5) }));
  const sizes = known(table);
  const alone = (_: unknown, number: number) => number === 2;
  const taken = [1, 2, 3].map(() => taking(table, sizes, { mustBeAlone: alone })!.numbers);
  assert.deepEqual(taken, [[0, 1], [2], [3, 4]]);
});

function taking(
  table: RunTable,
  sizes: BatchSizes,
  over: Partial<Taking> = {},
): Taken | undefined {
  const taking = {
    now: 0,
    size: 0,
    slots: 1,
    ahead: undefined,
    most: Infinity,
    mustBeAlone: () => false,
    ...over,
  };
  return takeBatch(table, sizes, taking);
}

function tableOf(...jobs: Job[]): RunTable {
  const toPlan = jobs.map((job) => ({
    job,
    model: { name: "m.ts", digest: "m" },
    inputDigests: {},
  }));
  const options = { rerun: "none", reuse: false, acceptModel: false } as const;
  const plan = makePlan(toPlan, new History(), options);
  const table = new RunTable(0);
  table.add(plan, () => 0);
  return table;
}

/** Sizes that know every job as quick. */
function known(table: RunTable): BatchSizes {
  const sizes = new BatchSizes();
  for (const job of table.jobs) sizes.learn(job, 1000, 1);
  return sizes;
}

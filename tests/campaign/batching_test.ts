/** How many runs go to a slot at once, and which. */
import assert from "node:assert/strict";
import { BatchSizes, takeBatch } from "../../src/campaign/batching.ts";
import { RunTable } from "../../src/campaign/run_table.ts";
import type { Job } from "../../src/job/job.ts";
import { makePlan } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { aJob, points } from "../helpers/jobs.ts";

Deno.test("size() is one run as long as nothing is known of the job", () => {
  const { jobs: [job] } = tableOf(aJob({ sweep: points(1000) }));
  const sizes = new BatchSizes();
  assert.equal(sizes.size(job!, 1000, 1), 1);
  assert.equal(sizes.ahead(job!), 1);
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

Deno.test("ahead() lets a second batch wait only where the first is soon done", () => {
  const { jobs: [job] } = tableOf(aJob({ sweep: points(1) }));
  const sizes = new BatchSizes();
  sizes.learn(job!, 1, 2);
  assert.equal(sizes.ahead(job!), 2);
  sizes.learn(job!, 1, 60_000);
  assert.equal(sizes.ahead(job!), 1);
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

Deno.test("takeBatch() takes runs of one job and one attempt, in order", () => {
  const table = tableOf(aJob({ id: "a", sweep: points(3) }), aJob({ id: "b", sweep: points(3) }));
  const sizes = known(table);
  const first = takeBatch(table, sizes, 1, () => false)!;
  assert.deepEqual([first.job.job.id, first.attempt, first.numbers], ["a", 1, [0, 1, 2]]);
  table.requeue(1, { counted: true, alone: false });
  table.requeue(2, { counted: false, alone: false });
  assert.deepEqual(takeBatch(table, sizes, 1, () => false)!.numbers, [1]);
  assert.deepEqual(takeBatch(table, sizes, 1, () => false)!.numbers, [2]);
  assert.deepEqual(takeBatch(table, sizes, 1, () => false)!.numbers, [3, 4, 5]);
  assert.equal(takeBatch(table, sizes, 1, () => false), undefined);
  assert.deepEqual(table.counts, { settled: 0, ready: 0, assigned: 6 });
});

Deno.test("takeBatch() leaves a run that must be alone alone, first or not", () => {
  const table = tableOf(aJob({ sweep: points(5) }));
  const sizes = known(table);
  const alone = (_: unknown, number: number) => number === 2;
  const taken = [1, 2, 3].map(() => takeBatch(table, sizes, 1, alone)!.numbers);
  assert.deepEqual(taken, [[0, 1], [2], [3, 4]]);
});

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

/** The table of runs: what became of each, at a few bytes a run. */
import assert from "node:assert/strict";
import { RunTable, TABLE_STATES, type TableState } from "../../src/campaign/run_table.ts";
import type { Job } from "../../src/job/job.ts";
import { DECISIONS, makePlan, type Plan } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { forSeeds } from "../helpers/seeded.ts";

Deno.test("add() takes up what is to run and settles the rest", () => {
  const plan = planOf([aJob({ sweep: points(5) })]);
  plan.jobs[0]!.decisions[1] = DECISIONS.indexOf("done");
  plan.jobs[0]!.decisions[3] = DECISIONS.indexOf("reuse");
  const table = new RunTable(plan.total);
  table.add(plan, () => 0);
  const { settled, ready, assigned } = table.counts;
  assert.deepEqual([settled, ready, assigned, table.open], [2, 3, 0, 3]);
  assert.deepEqual(popAll(table), [0, 2, 4]);
});

Deno.test("add() goes on with the numbers where the last plan ended, beyond the capacity", () => {
  const table = new RunTable(2);
  table.add(planOf([aJob({ id: "a", sweep: points(2) })]), () => 0);
  table.add(planOf([aJob({ id: "b", sweep: points(1000) })], table), (_, index) => index % 7);
  assert.equal(table.total, 1002);
  assert.equal(table.jobOf(1).job.id, "a");
  assert.equal(table.jobOf(2).job.id, "b");
  assert.equal(table.jobOf(1001).job.id, "b");
  assert.equal(table.attempt(2 + 6), 7);
  assert.equal(table.attempt(0), 1);
});

Deno.test("jobOf() finds the job of every number, jobs without runs between them", () => {
  const counts = [3, 1, 400, 1, 2];
  const jobs = counts.map((count, i) => aJob({ id: `j${i}`, sweep: points(count) }));
  const table = new RunTable(0);
  table.add(planOf(jobs), () => 0);
  let number = 0;
  counts.forEach((count, i) => {
    for (let k = 0; k < count; k++) assert.equal(table.jobOf(number++).job.id, `j${i}`);
  });
});

Deno.test("mark() counts an attempt only when told to, and remembers who must be alone", () => {
  const table = new RunTable(0);
  table.add(planOf([aJob({ sweep: points(2) })]), () => 0);
  table.become(0, "assigned");
  table.mark(0, { counted: false });
  assert.deepEqual([table.attempt(0), table.isAlone(0)], [1, false]);
  table.mark(0, { counted: true, alone: true });
  assert.deepEqual([table.attempt(0), table.isAlone(0), table.isAlone(1)], [2, true, false]);
  table.forgive(0);
  assert.deepEqual([table.attempt(0), table.isAlone(0)], [1, false]);
});

Deno.test("mark() counts attempts far beyond any limit of retries without wrapping round", () => {
  const table = new RunTable(0);
  table.add(planOf([aJob()]), () => 300);
  assert.equal(table.attempt(0), 301);
  for (let i = 0; i < 1000; i++) table.mark(0, { counted: true });
  assert.equal(table.attempt(0), 1301);
});

Deno.test("a run that needs a larger slot is in the queue of that size alone", () => {
  const table = new RunTable(0);
  table.add(planOf([aJob({ sweep: points(2) })]), () => 0);
  table.become(0, "assigned");
  table.mark(0, { counted: true, size: 8 });
  table.become(0, "ready");
  assert.deepEqual([table.readyIn(0), table.readyIn(8), table.isRaised(0)], [1, 1, true]);
  assert.deepEqual(table.readySizes(0), [8, 0]);
  assert.deepEqual(popAll(table), [1]);
  assert.equal(table.queueOf(8).pop(0), 0);
  table.become(0, "assigned");
  assert.deepEqual([table.readyIn(8), table.readySizes(0)], [0, []]);
});

Deno.test("add() asks for a run that is tried again by itself, and for the others once by their job", () => {
  const plan = planOf([aJob({ sweep: points(3) })]);
  plan.jobs[0]!.decisions[1] = DECISIONS.indexOf("retry");
  const asked: (number | undefined)[] = [];
  const table = new RunTable(0, undefined, (_, index) => {
    asked.push(index);
    return index === undefined ? 0 : 8;
  });
  table.add(plan, () => 0);
  assert.deepEqual([table.sizeOf(0), table.sizeOf(1), table.sizeOf(2)], [0, 8, 0]);
  assert.deepEqual(asked, [undefined, 1]);
});

Deno.test("readySizes() puts the size first whose next run is the most urgent", () => {
  const jobs = [
    aJob({ id: "small", priority: 1 }),
    aJob({ id: "large", priority: 2, memoryBytes: 8 }),
    aJob({ id: "middle", priority: 1, memoryBytes: 4 }),
  ];
  const table = new RunTable(0, undefined, ({ job }) => job.memoryBytes ?? 0);
  table.add(planOf(jobs), () => 0);
  assert.deepEqual(table.readySizes(0), [4, 0, 8]);
  table.prioritise(1, 0);
  assert.deepEqual(table.readySizes(0), [8, 4, 0]);
});

Deno.test("a run that is paused, put off or given another priority is in the queue where it belongs", () => {
  forSeeds(100, (random) => {
    const table = new RunTable(0);
    table.add(planOf([aJob({ sweep: points(30) })]), () => 0);
    for (let i = 0; i < 300; i++) {
      const number = random.below(30);
      if (random.next() < 0.3) table.prioritise(number, random.below(4) as 0 | 1 | 2 | 3);
      else if (random.next() < 0.5) table.become(number, random.pick(["held", "delayed"]));
      else table.become(number, "ready");
    }
    const ready = Array.from({ length: 30 }, (_, number) => number)
      .filter((number) => table.stateOf(number) === "ready")
      .toSorted((a, b) => table.priorityOf(a) - table.priorityOf(b) || a - b);
    assert.equal(table.readyIn(0), ready.length);
    assert.deepEqual(popAll(table), ready);
  });
});

Deno.test("counts are right after any order of moves", () => {
  forSeeds(30, (random) => {
    const table = new RunTable(0);
    table.add(planOf([aJob({ sweep: points(20) })]), () => 0);
    const states = new Map<number, TableState>();
    for (let number = 0; number < 20; number++) states.set(number, "ready");
    for (let i = 0; i < 200; i++) {
      const number = random.below(20);
      const state = random.pick(TABLE_STATES);
      table.become(number, state);
      states.set(number, state);
    }
    for (const state of TABLE_STATES) {
      const wanted = [...states.values()].filter((one) => one === state).length;
      assert.equal(table.counts[state], wanted, state);
    }
  });
});

function popAll(table: RunTable): number[] {
  const numbers: number[] = [];
  for (let next = table.queueOf(0).pop(0); next !== undefined; next = table.queueOf(0).pop(0)) {
    table.become(next, "assigned");
    numbers.push(next);
  }
  return numbers;
}

function planOf(jobs: readonly Job[], after?: RunTable): Plan {
  const toPlan = jobs.map((job) => ({
    job,
    model: { name: "m.ts", digest: "m" },
    inputDigests: {},
  }));
  const options = { rerun: "none", reuse: false, acceptModel: false } as const;
  return makePlan(toPlan, new History(), options, after);
}

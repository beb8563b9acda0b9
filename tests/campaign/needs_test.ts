/** Runs that need others: when they may start, and what becomes of them when that never comes. */
import assert from "node:assert/strict";
import type { Need } from "../../src/job/job.ts";
import type { Sweep } from "../../src/job/sweep.ts";
import { aJob, points, sweepOf } from "../helpers/jobs.ts";
import { stage, type Staged } from "./fake_world.ts";

function need(job: string, over: Partial<Need> = {}): Need {
  return { job, runs: "all", accept: "completed", ...over };
}

function started({ world }: Staged): string[] {
  return world.events("runs.started").map(({ job }) => job);
}

Deno.test("a job starts when all runs of what it needs have completed, however urgent it is", async () => {
  const staged = await stage([
    aJob({ id: "after", priority: 0, needs: [need("first"), need("second")] }),
    aJob({ id: "second", priority: 3 }),
    aJob({ id: "first", sweep: points(2) }),
  ]);
  const { world, outcome } = staged;
  await world.slot.ready();
  while (outcome() === undefined) {
    world.nowMs += 60_000;
    await world.slot.completes();
  }
  assert.deepEqual(started(staged), ["first", "first", "second", "after"]);
  assert.equal(outcome()?.completed, 4);
});

Deno.test("what needs a failed run fails with the reason, and so on down the line; the others go on", async () => {
  const staged = await stage([
    aJob({ id: "bad", retries: 0, sweep: points(2) }),
    aJob({ id: "after", needs: [need("bad")] }),
    aJob({ id: "last", needs: [need("after")] }),
    aJob({ id: "cleanup", needs: [need("bad", { accept: "any" })] }),
  ]);
  const { world, outcome } = staged;
  await world.slot.ready();
  world.nowMs += 60_000;
  await world.slot.completes();
  assert.deepEqual(started(staged), ["bad", "bad"]);
  world.nowMs += 60_000;
  await world.slot.fails(1);
  await world.slot.completes();
  const failures = world.events("run.failed").slice(1).map(({ job, failure }) => [
    job,
    failure.class,
    failure.message,
  ]);
  assert.deepEqual(failures, [
    ["after", "needs", "it needs bad, and 1 of its 2 runs failed"],
    ["last", "needs", "it needs after, and it failed"],
  ]);
  assert.deepEqual([outcome()?.completed, outcome()?.failed], [2, 3]);
});

Deno.test("with the same point, each run waits for its mate alone", async () => {
  const staged = await stage([
    aJob({ id: "first", sweep: sweepOf("x", [1, 2, 3]) }),
    aJob({
      id: "after",
      sweep: sweepOf("x", [3, 1, 9]),
      priority: 1,
      needs: [need("first", { runs: "same-point" })],
    }),
  ]);
  const { world, outcome, plan } = staged;
  const [, after] = plan.jobs;
  // There is no point 9.
  assert.deepEqual(world.events("run.failed").map(({ run }) => run), [after!.identify(2).run]);
  await world.slot.ready();
  world.nowMs += 60_000;
  await world.slot.completes();
  // The slot had its next run when the first one was told.
  world.nowMs += 60_000;
  await world.slot.completes();
  assert.equal(world.slot.last.runs[0]!.run, after!.identify(1).run, "x = 1 may start");
  while (outcome() === undefined) {
    world.nowMs += 60_000;
    await world.slot.completes();
  }
  assert.deepEqual(started(staged), ["first", "first", "after", "first", "after"]);
});

Deno.test("a needed run that is cancelled fails who needs it; tried again, both run", async () => {
  const staged = await stage([
    aJob({ id: "at-work" }),
    aJob({ id: "first" }),
    aJob({ id: "after", needs: [need("first")] }),
  ]);
  const { world, campaign, outcome } = staged;
  await world.slot.ready();
  await campaign.steering.cancel([1]);
  await world.settle();
  assert.deepEqual(world.events("run.failed").map(({ job }) => job), ["after"]);
  campaign.steering.retry([1, 2]);
  await world.settle();
  while (outcome() === undefined) {
    world.nowMs += 60_000;
    await world.slot.completes();
  }
  assert.deepEqual(started(staged), ["at-work", "first", "after"]);
  assert.deepEqual([outcome()?.completed, outcome()?.failed, outcome()?.cancelled], [3, 0, 0]);
});

Deno.test("a job that joins later waits for one that is there already", async () => {
  const staged = await stage([aJob({ id: "first" })]);
  const { world, add, outcome } = staged;
  await world.slot.ready();
  await add(aJob({ id: "after", needs: [need("first")] }));
  assert.deepEqual(started(staged), ["first"]);
  world.nowMs += 60_000;
  await world.slot.completes();
  await world.slot.completes();
  assert.equal(outcome()?.completed, 2);
});

Deno.test("with the same point, a run waits for all that agree with it", async () => {
  const grid: Sweep = {
    parts: ["x", "y"].map((name) => ({
      kind: "axis",
      name,
      axis: { kind: "list", values: [1, 2] },
    })),
  };
  const staged = await stage([
    aJob({ id: "first", sweep: grid }),
    aJob({
      id: "after",
      sweep: sweepOf("x", [1, 2]),
      priority: 0,
      needs: [need("first", { runs: "same-point" })],
    }),
  ]);
  const { world, outcome } = staged;
  await world.slot.ready();
  while (outcome() === undefined) {
    world.nowMs += 60_000;
    await world.slot.completes();
  }
  const order = started(staged).join(" ");
  assert.equal(order, "first first first after first after");
});

Deno.test("what needs a cancelled run says that it was cancelled, and of several runs how many", async () => {
  const { world, campaign } = await stage([
    aJob({ id: "first" }),
    aJob({ id: "second", sweep: points(3) }),
    aJob({ id: "after", needs: [need("second")] }),
    aJob({ id: "mates", sweep: points(3), needs: [need("second", { runs: "same-point" })] }),
  ]);
  await world.slot.ready();
  void campaign.steering.cancel([1, 2]);
  await world.settle();
  const [mate] = world.events("runs.cancelled").flatMap(({ runs }) => runs);
  const messages = () => world.events("run.failed").map(({ failure }) => failure.message);
  assert.ok(messages().includes(`it needs second/${mate}, which was cancelled`));
  assert.ok(!messages().some((message) => message.startsWith("it needs second, ")));
  void campaign.steering.cancel([3]);
  await world.settle();
  assert.ok(messages().includes("it needs second, and 3 of its 3 runs were cancelled"));
});

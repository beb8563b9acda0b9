/** What runs rest on is settled when they are handed out, told to the slot before them, and never mixed. */
import assert from "node:assert/strict";
import type { ResultPort } from "../../src/campaign/handout.ts";
import type { ToSlot } from "../../src/campaign/slot_messages.ts";
import type { Need } from "../../src/job/job.ts";
import type { NeededJob } from "../../src/plan/needed_job.ts";
import { indicesBelow } from "../../src/plan/needed_job.ts";
import { aJob, points, sweepOf } from "../helpers/jobs.ts";
import { stage, type Staged } from "./fake_world.ts";

const EVERY_STEP = { every: { kind: "steps", steps: 1 }, keep: 1 } as const;

type Needs = Extract<ToSlot, { type: "needs" }>;

Deno.test("a slot hears what the runs of a batch need before the batch, and what all share only once", async () => {
  const results = new Results();
  const staged = await stage([
    aJob({ id: "first", sweep: points(2) }),
    aJob({ id: "after", sweep: points(3), needs: [need("first")] }),
  ], { results, batchMax: 1 });
  await play(staged);
  const { sent } = staged.world.slot;
  const heard = sent.filter(({ type }) => type === "needs") as Needs[];
  assert.deepEqual(heard.map(({ index, text }) => [index, JSON.parse(text)]), [
    [undefined, { first: ["completed 0", "completed 1"] }],
  ]);
  const at = sent.findIndex(({ type }) => type === "needs");
  assert.ok(sent.findIndex((one) => one.type === "batch" && one.job === 1) > at);
  assert.equal(results.reads, 1);
});

Deno.test("what the runs of one job share is not what those of another do", async () => {
  const staged = await stage([
    aJob({ id: "first", sweep: points(2) }),
    aJob({ id: "other" }),
    aJob({ id: "after", needs: [need("first")] }),
    aJob({ id: "beside", needs: [need("other")] }),
  ], { results: new Results() });
  await play(staged);
  const needs = staged.world.slot.sent.filter(({ type }) => type === "needs") as Needs[];
  assert.deepEqual(needs.map(({ job, text }) => [job, Object.keys(JSON.parse(text))]), [
    [2, ["first"]],
    [3, ["other"]],
  ]);
});

Deno.test("with the same point each run is told its own; another slot is told all anew", async () => {
  const staged = await stage([
    aJob({ id: "first", sweep: sweepOf("x", [1, 2]) }),
    aJob({
      id: "after",
      sweep: sweepOf("x", [2, 1]),
      retries: 1,
      needs: [need("first", { runs: "same-point" })],
    }),
  ], { results: new Results() });
  await play(staged, async ({ world }) => {
    const { working } = world.slot;
    if (world.slots.length > 1 || working?.job !== 1) return false;
    await world.slot.crashes();
    await world.slot.ready();
    return true;
  });
  const told = staged.world.slots.map(({ sent }) =>
    (sent.filter(({ type }) => type === "needs") as Needs[]).map(({ job, index, text }) =>
      `${job} ${index} ${text}`
    )
  );
  const own = ['1 0 {"first":["completed 1"]}', '1 1 {"first":["completed 0"]}'];
  assert.deepEqual(told.map((one) => one.toSorted()), [own, own]);
});

Deno.test("with if: any the digest says which of the needed runs had failed: those who rest on less are others", async () => {
  const jobs = [
    aJob({ id: "first", retries: 0, sweep: points(2) }),
    aJob({ id: "after", needs: [need("first", { accept: "any" })] }),
    aJob({ id: "last", needs: [need("after")] }),
  ];
  const well = await stage(jobs, { results: new Results() });
  await play(well);
  const ill = await stage(jobs, { results: new Results() });
  await play(ill, async ({ world }) => {
    if (world.slot.working?.runs[0]?.index !== 1) return false;
    await world.slot.fails(1);
    return true;
  });
  assert.deepEqual(ill.outcome(), { ...well.outcome()!, completed: 3, failed: 1 });
  const [before, after] = [well, ill].map(digests);
  assert.equal(before!.after, well.plan.jobs[1]!.identify(0).digest, "as it was planned");
  assert.notEqual(after!.after, before!.after);
  assert.notEqual(after!.last, before!.last, "and so on down the line");
  const told = ill.world.slot.sent.find(({ type }) => type === "needs") as Needs;
  assert.deepEqual(JSON.parse(told.text), { first: ["completed 0", "failed 1"] });
});

Deno.test("a run that cannot have what it needs fails with the reason, and its neighbours go on", async () => {
  const results = new Results();
  results.refuse = (indices) => indices?.includes(12) ? "the disk is gone" : undefined;
  const staged = await stage([
    aJob({ id: "first", sweep: points(20) }),
    aJob({ id: "after", sweep: points(20), needs: [need("first", { runs: "same-point" })] }),
  ], { results });
  await play(staged);
  const { outcome, world } = staged;
  assert.deepEqual([outcome()?.completed, outcome()?.failed], [39, 1]);
  const failures = world.events("run.failed").map(({ failure }) => failure);
  assert.deepEqual(failures, [{ class: "needs", message: "the disk is gone", step: 0 }]);
  const sent = world.slot.batches.filter(({ job }) => job === 1).flatMap(({ runs }) => runs);
  const all = Array.from({ length: 20 }, (_, i) => i);
  assert.deepEqual(sent.map(({ index }) => index), all.toSpliced(12, 1));
  assert.ok(
    world.events("runs.started").some(({ job, runs }) => job === "after" && runs.length > 2),
  );
});

Deno.test("a slot that is lost, asked back or stopped while results are read for it gets nothing of them", async () => {
  for (const event of ["lost", "preempted", "stopped"] as const) {
    const results = new Results();
    const staged = await stage([
      aJob({ id: "first" }),
      aJob({ id: "after", needs: [need("first")], retries: 1 }),
    ], { results });
    const { world, campaign, outcome } = staged;
    await world.slot.ready();
    results.gate = Promise.withResolvers();
    await world.slot.completes();
    assert.equal(world.events("runs.started").length, 2, "its start is durable");
    const [slot] = world.slots;
    if (event === "lost") await slot!.crashes();
    if (event === "preempted") await staged.add(aJob({ id: "urgent", priority: 0 }));
    if (event === "stopped") campaign.stop("checkpoint");
    await world.settle();
    results.gate.resolve();
    results.gate = undefined;
    await world.settle();
    if (event === "stopped") assert.equal(slot!.sent.some(({ type }) => type === "needs"), false);
    else await play(staged);
    assert.equal(outcome()?.failed, 0, event);
    assert.equal(outcome()?.remaining, event === "stopped" ? 1 : 0, event);
    assert.equal(slot!.sent.filter(({ type }) => type === "needs").length <= 1, true);
  }
});

Deno.test("batches stay in their order while results are read for the first of them", async () => {
  const results = new Results();
  const staged = await stage([
    aJob({ id: "first", sweep: points(10) }),
    aJob({ id: "after", needs: [need("first")] }),
  ], { results });
  const { world } = staged;
  await world.slot.ready();
  results.gate = Promise.withResolvers();
  while (world.events("runs.completed").flatMap(({ runs }) => runs).length < 10) {
    world.nowMs += 1;
    await world.slot.completes();
  }
  await staged.add(aJob({ id: "beside", sweep: points(4) }));
  assert.deepEqual(started(staged).slice(-2), ["after", "beside"], "both are on their way");
  results.gate.resolve();
  await world.settle();
  const order = world.slot.batches.map(({ job }) => job);
  assert.deepEqual(order, order.toSorted((a, b) => a - b), `sent: ${order}`);
  await play(staged);
});

Deno.test("who was about to begin waits again when what it needs is submitted anew, and rests on that", async () => {
  const staged = await stage([
    aJob({ id: "first" }),
    aJob({ id: "long", priority: 0, needs: [need("first")] }),
    aJob({ id: "after", needs: [need("first")] }),
  ], { results: new Results() });
  const { world, campaign, plan } = staged;
  await world.slot.ready();
  world.nowMs += 60_000;
  await world.slot.completes();
  assert.deepEqual(started(staged), ["first", "long"]);
  campaign.supersede([aJob({ id: "first" })]);
  await staged.add(aJob({ id: "first", seed: 7 }));
  await play(staged);
  assert.deepEqual(started(staged), ["first", "long", "first", "after"]);
  const { long, after } = digests(staged);
  assert.equal(long, plan.jobs[1]!.identify(0).digest);
  assert.notEqual(after, plan.jobs[2]!.identify(0).digest);
});

Deno.test("who is at work when what it needs is submitted anew goes on; given back, it waits for that", async () => {
  const staged = await stage([
    aJob({ id: "first" }),
    aJob({ id: "after", needs: [need("first")], checkpoint: EVERY_STEP }),
  ], { results: new Results() });
  const { world, campaign } = staged;
  await world.slot.ready();
  await world.slot.completes();
  const before = digests(staged).after;
  campaign.supersede([aJob({ id: "first" })]);
  await staged.add(aJob({ id: "first", seed: 7 }));
  assert.equal(world.slot.working!.job, 1);
  await staged.add(aJob({ id: "urgent", priority: 0 }));
  await world.passes(1_000);
  await world.slot.yields();
  await play(staged);
  const later = new Set(started(staged).slice(2));
  assert.deepEqual([...later].toSorted(), ["after", "first", "urgent"]);
  assert.equal(started(staged).at(-1), "after");
  assert.notEqual(digests(staged).after, before);
});

Deno.test("WebAssembly needs are an order: nothing is read for it", async () => {
  const results = new Results();
  const staged = await stage([
    aJob({ id: "first" }),
    aJob({ id: "after", model: { kind: "wasm", path: "/m.wasm" }, needs: [need("first")] }),
  ], { results });
  await play(staged);
  assert.deepEqual([started(staged), results.reads], [["first", "after"], 0]);
});

/** Says of each run how it ended and its index. */
class Results implements ResultPort {
  reads = 0;
  gate: PromiseWithResolvers<void> | undefined;
  refuse: (indices: readonly number[] | undefined) => string | undefined = () => undefined;

  async read(
    needed: NeededJob,
    indices: readonly number[] | undefined,
  ): Promise<readonly string[]> {
    this.reads++;
    const all = [...indices ?? indicesBelow(needed.count)];
    await this.gate?.promise;
    const refusal = this.refuse(indices);
    if (refusal !== undefined) throw new Error(refusal);
    return all.map((index) => JSON.stringify(`${needed.runAt(index).state} ${index}`));
  }
}

/** To the end; `act` may do something else than complete what a slot is at, and says so. */
async function play(
  staged: Staged,
  act: (staged: Staged) => Promise<boolean> = () => Promise.resolve(false),
): Promise<void> {
  const { world, outcome } = staged;
  await world.slot.ready();
  for (let turns = 0; outcome() === undefined; turns++) {
    assert.ok(turns < 1000, "it comes to an end");
    world.nowMs += 1;
    if (await act(staged)) continue;
    const slot = world.slots.find((one) => !one.isGone && one.working !== undefined);
    if (slot === undefined) await world.passesToNext();
    else if (slot.sent.findLast(({ type }) => type !== "needs")?.type === "yield") {
      await slot.yields();
    } else await slot.completes();
  }
}

function started({ world }: Staged): string[] {
  return world.events("runs.started").map(({ job }) => job);
}

/** The digest each job's first run was last started with. */
function digests({ world }: Staged): Record<string, string> {
  return Object.fromEntries(
    world.events("runs.started").map(({ job, runs }) => [job, runs[1]!]),
  );
}

function need(job: string, over: Partial<Need> = {}): Need {
  return { job, runs: "all", accept: "completed", ...over };
}

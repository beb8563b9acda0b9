/** The loop of a campaign in a world of the test's own: the crash contract, priorities, and who is blamed. */
import assert from "node:assert/strict";
import { aJob, points } from "../helpers/jobs.ts";
import { indicesOf, stage, type Staged } from "./fake_world.ts";

Deno.test("a start is durable before the slot hears of the run", async () => {
  const { world } = await stage([aJob()], { prepare: (world) => world.isSlow = true });
  await world.slot.ready();
  assert.deepEqual(world.slot.sent, []);
  await world.flush();
  assert.deepEqual(world.slot.sent.map(({ type }) => type), ["job", "batch"]);
});

Deno.test("a result is counted and told only when it is durable", async () => {
  const told: string[] = [];
  const { world, campaign, outcome } = await stage([aJob()], {
    onEvent: ({ type }) => told.push(type),
  });
  await world.slot.ready();
  world.isSlow = true;
  await world.slot.completes();
  assert.deepEqual([campaign.tally.completed, outcome()], [0, undefined]);
  assert.deepEqual(told, ["runs.started"]);
  await world.flush();
  assert.equal(campaign.tally.completed, 1);
  assert.deepEqual(told, ["runs.started", "runs.completed"]);
  assert.deepEqual(outcome(), {
    stopped: undefined,
    completed: 1,
    failed: 0,
    cancelled: 0,
    remaining: 0,
  });
});

Deno.test("the record of a completed run explains itself", async () => {
  const { world } = await stage([aJob({ sweep: points(2) })]);
  await world.slot.ready();
  await world.slot.completes();
  const [event] = world.events("runs.completed");
  const { run, digest, ...rest } = event!.runs[0]!;
  assert.match(run, /^[0-9a-f]{16}$/);
  assert.match(digest, /^[0-9a-f]{16}$/);
  assert.deepEqual(rest, { point: { i: 0 }, attempt: 1, steps: 100, ms: 1, result: 0 });
});

Deno.test("slots are told to exit when nothing is left", async () => {
  const { world, outcome } = await stage([aJob()]);
  await world.slot.ready();
  await world.slot.completes();
  assert.equal(world.slot.sent.at(-1)!.type, "exit");
  assert.equal(outcome()?.completed, 1);
  world.slot.dies({ status: 0 });
});

Deno.test("a campaign with nothing to run ends at once, and starts no slot", async () => {
  const { world, outcome } = await stage([]);
  assert.equal(world.slots.length, 0);
  assert.deepEqual(outcome(), {
    stopped: undefined,
    completed: 0,
    failed: 0,
    cancelled: 0,
    remaining: 0,
  });
});

Deno.test("runs start by priority, then in the order of submission", async () => {
  const staged = await stage([
    aJob({ id: "low", priority: 3 }),
    aJob({ id: "first" }),
    aJob({ id: "critical", priority: 0 }),
    aJob({ id: "second" }),
    aJob({ id: "high", priority: 1 }),
  ]);
  await runAll(staged);
  assert.deepEqual(staged.world.events("runs.started").map(({ job }) => job), [
    "critical",
    "high",
    "first",
    "second",
    "low",
  ]);
});

Deno.test("a critical run that is submitted meanwhile is the next to start", async () => {
  const { world, add } = await stage([aJob({ sweep: points(10) })]);
  await world.slot.ready();
  await add(aJob({ id: "urgent", priority: 0 }));
  await world.slot.completes(world.slot.batches[0]);
  assert.deepEqual(world.events("runs.started").map(({ job }) => job).slice(0, 2), [
    "job",
    "urgent",
  ]);
});

Deno.test("runs that are added while all slots are busy start another slot", async () => {
  const { world, add, outcome } = await stage([aJob()], { slots: 2 });
  await world.slot.ready();
  await add(aJob({ id: "more" }));
  assert.equal(world.slots.length, 2);
  await world.slots[1]!.ready();
  await world.slots[0]!.completes();
  await world.slots[1]!.completes();
  assert.equal(outcome()?.completed, 2);
});

Deno.test("hold() keeps a campaign that is done waiting for more, but not one that is stopped", async () => {
  const { world, campaign, outcome } = await stage([aJob()]);
  await world.slot.ready();
  assert.ok(campaign.hold());
  await world.slot.completes();
  assert.equal(outcome(), undefined);
  campaign.release();
  await world.settle();
  assert.equal(outcome()?.completed, 1);
  assert.equal(campaign.hold(), false);
  const other = await stage([aJob()]);
  other.campaign.hold();
  other.campaign.stop("now");
  await other.world.settle();
  assert.equal(other.outcome()?.stopped, "asked");
});

Deno.test("no more slots are started than there are runs for", async () => {
  const { world } = await stage([aJob({ sweep: points(3) })], { slots: 8 });
  assert.equal(world.slots.length, 3);
});

Deno.test("batches grow where runs are quick: the first of one run, then at most eightfold", async () => {
  const staged = await stage([aJob({ sweep: points(5000) })]);
  await runAll(staged, (world) => world.nowMs += 0.5);
  const sizes = staged.world.events("runs.started").map(({ runs }) => runs.length / 2);
  assert.deepEqual(sizes.slice(0, 3), [1, 8, 8]);
  assert.ok(Math.max(...sizes) >= 500, `largest batch ${Math.max(...sizes)}`);
  assert.ok(sizes.every((size, i) => size <= 8 * Math.max(1, ...sizes.slice(0, i))));
  assert.equal(sizes.reduce((a, b) => a + b), 5000);
});

Deno.test("long runs go to a slot one at a time, and none waits in it", async () => {
  const staged = await stage([aJob({ sweep: points(4) })]);
  await staged.world.slot.ready();
  for (let i = 0; i < 4; i++) {
    assert.equal(staged.world.slot.batches.length, i + 1);
    staged.world.nowMs += 60_000;
    await staged.world.slot.completes();
  }
  assert.equal(staged.outcome()?.completed, 4);
});

Deno.test("a model's exception fails its run at once; the others go on", async () => {
  const { world, outcome } = await stage([aJob({ sweep: points(3) })]);
  await world.slot.ready();
  await world.slot.fails(0);
  await world.slot.completes(world.slot.last);
  await world.slot.completes(world.slot.last);
  const [failed] = world.events("run.failed");
  assert.deepEqual(failed!.failure, { class: "model-error", message: "boom", step: 7 });
  assert.equal(failed!.attempt, 1);
  assert.deepEqual(outcome(), {
    stopped: undefined,
    completed: 2,
    failed: 1,
    cancelled: 0,
    remaining: 0,
  });
});

Deno.test("a slot that dies at a run alone in its batch: tried again, then failed", async () => {
  const { world, outcome } = await stage([aJob({ retries: 2 })]);
  for (let attempt = 1; attempt <= 3; attempt++) {
    await world.slot.ready();
    assert.equal(world.slot.last.attempt, attempt);
    await world.slot.crashes({ status: 139, signal: "SIGSEGV" });
  }
  assert.deepEqual(
    world.events("runs.requeued").map(({ cause, counted }) => [cause, counted]),
    [["slot-lost", true], ["slot-lost", true]],
  );
  const [failed] = world.events("run.failed");
  assert.equal(failed!.attempt, 3);
  assert.equal(failed!.failure.class, "slot-lost");
  assert.match(failed!.failure.message, /SIGSEGV/);
  assert.deepEqual(outcome(), {
    stopped: undefined,
    completed: 0,
    failed: 1,
    cancelled: 0,
    remaining: 0,
  });
});

Deno.test("a run that is tried again looks for its checkpoints", async () => {
  const { world } = await stage([aJob()]);
  await world.slot.ready();
  assert.equal(world.slot.last.runs[0]!.past, "none");
  await world.slot.crashes();
  await world.slot.ready();
  assert.equal(world.slot.last.runs[0]!.past, "look");
});

Deno.test("runs that have files look for checkpoints, alone in their batch", async () => {
  const job = aJob({ sweep: points(20) });
  const staged = await stage([job]);
  const withFiles = new Set([staged.plan.jobs[0]!.identify(15).run]);
  const again = await stage([job], { withFiles: (id) => id === "job" ? withFiles : undefined });
  await runAll(again, (world) => world.nowMs += 0.1);
  const batches = again.world.slots.flatMap((slot) => slot.batches);
  for (const { runs } of batches) {
    const hasFiles = runs.some(({ index }) => index === 15);
    assert.deepEqual(runs.map(({ past }) => past), runs.map(() => hasFiles ? "look" : "none"));
    if (hasFiles) assert.equal(runs.length, 1);
  }
});

Deno.test("a slot that dies at a larger batch: all are run again one by one, nobody else is blamed", async () => {
  const staged = await stage([aJob({ sweep: points(9), retries: 0 })]);
  const { world } = staged;
  await world.slot.ready();
  await world.slot.completes();
  const batch = world.slot.last;
  assert.equal(batch.runs.length, 8);
  await world.slot.completes(batch, indicesOf(batch).slice(0, 3));
  await world.slot.crashes();
  const [requeued] = world.events("runs.requeued");
  assert.deepEqual([requeued!.runs.length, requeued!.counted], [5, false]);
  // The fifth one is the guilty one.
  for (let i = 0; staged.outcome() === undefined && i < 10; i++) {
    if (world.slot.batches.length === 0) await world.slot.ready();
    const { runs, attempt } = world.slot.working!;
    assert.deepEqual([runs.length, attempt], [1, 1]);
    if (runs[0]!.index === 5) await world.slot.crashes();
    else await world.slot.completes();
  }
  assert.deepEqual(staged.outcome(), {
    stopped: undefined,
    completed: 8,
    failed: 1,
    cancelled: 0,
    remaining: 0,
  });
  assert.deepEqual(world.events("run.failed").map(({ failure }) => failure.class), ["slot-lost"]);
});

Deno.test("a batch that waited behind the one a slot died at goes back as it was", async () => {
  const { world } = await stage([aJob({ sweep: points(100), retries: 0 })]);
  await world.slot.ready();
  await world.slot.completes();
  const [, working, ahead] = world.slot.batches;
  assert.ok(working !== undefined && ahead !== undefined);
  await world.slot.crashes();
  const requeued = world.events("runs.requeued");
  assert.deepEqual(requeued.map(({ runs, counted }) => [runs.length, counted]), [
    [working.runs.length, false],
    [ahead.runs.length, false],
  ]);
  await world.slot.ready();
  const waiting = new Set(indicesOf(ahead));
  for (let i = 0; i < working.runs.length; i++) await world.slot.completes();
  const batchesAgain = world.slot.batches.filter((batch) => waiting.has(batch.runs[0]!.index));
  assert.equal(batchesAgain[0]!.runs[0]!.past, "none");
  assert.deepEqual(world.events("run.failed"), []);
});

Deno.test("a slot that gave up named the guilty run: the last one of its batch is not blamed", async () => {
  const staged = await stage([aJob({ sweep: points(9), retries: 0 })]);
  const { world } = staged;
  await world.slot.ready();
  await world.slot.completes();
  const batch = world.slot.last;
  await world.slot.completes(batch, indicesOf(batch).slice(0, 6));
  await world.slot.hangs(indicesOf(batch)[6]!, batch);
  await runAll(staged);
  assert.deepEqual(world.events("run.failed").map(({ failure }) => failure.class), ["hang"]);
  assert.equal(staged.outcome()?.completed, 8);
});

Deno.test("a slot that dies before it heard of a run does not count against the run", async () => {
  const { world, outcome } = await stage([aJob({ retries: 0 })]);
  world.isSlow = true;
  await world.slot.ready();
  await world.slot.crashes();
  await world.flush();
  await world.slot.ready();
  await world.flush();
  await world.slot.completes();
  await world.flush();
  assert.equal(outcome()?.completed, 1);
});

Deno.test("a run that hangs is tried again at its own cost, then failed in words", async () => {
  const { world, outcome } = await stage([aJob({ retries: 1 })]);
  await world.slot.ready();
  await world.slot.hangs(0);
  await world.slot.ready();
  await world.slot.hangs(0);
  assert.deepEqual(
    world.events("runs.requeued").map(({ cause, counted }) => [cause, counted]),
    [["hang", true]],
  );
  const { failure } = world.events("run.failed")[0]!;
  assert.deepEqual(failure, {
    class: "hang",
    message: "no step for 3 s after step 5; its slot was stopped",
    step: 5,
  });
  assert.equal(outcome()?.failed, 1);
});

Deno.test("many runs that take their slots with them never stop the campaign", async () => {
  const staged = await stage([
    aJob({ id: "hangs", sweep: points(10), retries: 1 }),
    aJob({ id: "overflows", sweep: points(10), retries: 1 }),
    aJob({ id: "good", priority: 3 }),
  ]);
  const { world } = staged;
  for (let i = 0; staged.outcome() === undefined && i < 200; i++) {
    if (world.slot.batches.length === 0) await world.slot.ready();
    const { job, runs } = world.slot.working!;
    const { index } = runs[0]!;
    const { id } = staged.plan.jobs[job]!.job;
    if (id === "hangs") await world.slot.hangs(index);
    else if (id === "overflows") await world.slot.crashes({ signal: "SIGTRAP", status: 133 });
    else await world.slot.completes();
  }
  assert.deepEqual(staged.outcome(), {
    stopped: undefined,
    completed: 1,
    failed: 20,
    cancelled: 0,
    remaining: 0,
  });
});

Deno.test("slots that die as soon as they start break the campaign off, with their last words", async () => {
  const { world, outcome } = await stage([aJob({ sweep: points(3) })]);
  for (let i = 0; outcome() === undefined && i < 50; i++) {
    await world.slot.crashes({ status: 127, stderr: "cannot map libfoo\n" });
  }
  assert.equal(outcome()?.stopped, "broken");
  assert.match(String(outcome()?.cause), /status 127: cannot map libfoo/);
  assert.equal(outcome()?.remaining, 3);
  assert.equal(world.slots.length, 6);
});

Deno.test("a system that gives no process breaks the campaign off and keeps what runs", async () => {
  const { world, outcome } = await stage([aJob()], {
    prepare: (world) => world.startFault = new Error("EAGAIN"),
  });
  assert.equal(outcome()?.stopped, "broken");
  assert.equal(String(outcome()?.cause), "Error: EAGAIN");
  assert.equal(world.slots.length, 0);
});

Deno.test("stop(checkpoint) asks every busy slot to save, and ends when all gave back", async () => {
  const { world, campaign, outcome } = await stage([aJob({ sweep: points(5) })], { slots: 2 });
  for (const slot of world.slots) await slot.ready();
  campaign.stop("checkpoint");
  await world.settle();
  for (const slot of world.slots) assert.equal(slot.sent.at(-1)!.type, "yield");
  assert.equal(outcome(), undefined);
  await world.slots[0]!.yields();
  assert.equal(outcome(), undefined);
  await world.slots[1]!.yields();
  assert.deepEqual(outcome(), {
    stopped: "asked",
    completed: 0,
    failed: 0,
    cancelled: 0,
    remaining: 5,
  });
  assert.deepEqual(
    world.events("runs.requeued").map(({ cause, counted, runs }) => [cause, counted, runs.length]),
    [["stopped", false, 1], ["stopped", false, 1]],
  );
  for (const slot of world.slots) assert.equal(slot.sent.at(-1)!.type, "exit");
});

Deno.test("stop(checkpoint) counts what ends while it stops, and starts nothing more", async () => {
  const { world, campaign, outcome } = await stage([aJob({ sweep: points(5) })]);
  await world.slot.ready();
  campaign.stop("checkpoint");
  await world.slot.completes();
  assert.deepEqual(outcome(), {
    stopped: "asked",
    completed: 1,
    failed: 0,
    cancelled: 0,
    remaining: 4,
  });
  assert.equal(world.slot.batches.length, 1);
});

Deno.test("stop(checkpoint) takes back a batch whose start was not durable yet", async () => {
  const { world, campaign, outcome } = await stage([aJob()], {
    prepare: (world) => world.isSlow = true,
  });
  await world.slot.ready();
  campaign.stop("checkpoint");
  await world.flush();
  await world.flush();
  assert.equal(world.slot.batches.length, 0);
  assert.deepEqual(outcome(), {
    stopped: "asked",
    completed: 0,
    failed: 0,
    cancelled: 0,
    remaining: 1,
  });
});

Deno.test("stop(checkpoint) ends too when a slot dies instead of yielding", async () => {
  const { world, campaign, outcome } = await stage([aJob({ sweep: points(3) })]);
  await world.slot.ready();
  campaign.stop("checkpoint");
  await world.slot.crashes();
  assert.deepEqual(outcome(), {
    stopped: "asked",
    completed: 0,
    failed: 0,
    cancelled: 0,
    remaining: 3,
  });
  assert.equal(world.slots.length, 1);
});

Deno.test("stop(now) kills every slot and waits for none", async () => {
  const { world, campaign, outcome } = await stage([aJob({ sweep: points(5) })], { slots: 2 });
  for (const slot of world.slots) await slot.ready();
  campaign.stop("checkpoint");
  campaign.stop("now");
  await world.settle();
  assert.ok(world.slots.every(({ isKilled }) => isKilled));
  assert.equal(world.slots.length, 2);
  assert.deepEqual(outcome(), {
    stopped: "asked",
    completed: 0,
    failed: 0,
    cancelled: 0,
    remaining: 5,
  });
});

Deno.test("max-fails stops with a checkpoint of the others", async () => {
  const { world, outcome } = await stage([aJob({ sweep: points(6) })], { slots: 2, maxFails: 2 });
  for (const slot of world.slots) await slot.ready();
  await world.slots[0]!.fails(0);
  assert.equal(outcome(), undefined);
  await world.slots[0]!.fails(world.slots[0]!.working!.runs[0]!.index);
  assert.equal(world.slots[1]!.sent.at(-1)!.type, "yield");
  await world.slots[1]!.yields();
  for (const batch of world.slots[0]!.batches) await world.slots[0]!.yields(batch);
  assert.equal(outcome()?.stopped, "max-fails");
  assert.equal(outcome()?.failed, 2);
});

Deno.test("a journal that cannot be written stops everything at once, and nothing is told", async () => {
  const told: string[] = [];
  const { world, outcome } = await stage([aJob({ sweep: points(4) })], {
    slots: 2,
    onEvent: ({ type }) => told.push(type),
  });
  for (const slot of world.slots) await slot.ready();
  world.isSlow = true;
  await world.slots[0]!.completes();
  await world.breakJournal(new Error("EIO"));
  assert.equal(outcome()?.stopped, "broken");
  assert.equal(String(outcome()?.cause), "Error: EIO");
  assert.equal(outcome()?.completed, 0);
  assert.ok(!told.includes("runs.completed"));
  assert.ok(world.slots.every(({ isKilled }) => isKilled));
});

Deno.test("a full disk gives the run back uncounted and stops, resumable", async () => {
  const { world, outcome } = await stage([aJob({ sweep: points(3) })]);
  await world.slot.ready();
  await world.slot.fails(0, "disk", { noSpace: true });
  assert.deepEqual(
    world.events("runs.requeued").map(({ cause, counted }) => [cause, counted]),
    [["disk", false]],
  );
  assert.equal(outcome()?.stopped, "no-space");
  assert.equal(outcome()?.failed, 0);
});

Deno.test("no more runs are started than there is room for, however short they are", async () => {
  const { world, campaign, outcome } = await stage([aJob({ sweep: points(50) })]);
  await world.slot.ready();
  // Runs of no time at all: without a limit all that is left would go to the slot at once.
  while (world.slot.batches.length < 2) await world.slot.completes();
  while (campaign.held.length > 0) {
    campaign.letStart(0);
    await world.slot.completes();
  }
  const before = world.slot.batches.flatMap(({ runs }) => runs).length;
  assert.ok(before < 40, `${before} runs`);
  campaign.letStart(3);
  await world.settle();
  assert.equal(campaign.held.length, 3);
  while (world.slot.working !== undefined) await world.slot.completes();
  assert.equal(world.slot.batches.flatMap(({ runs }) => runs).length, before + 3);
  campaign.letStart(Infinity);
  await world.settle();
  while (world.slot.working !== undefined) await world.slot.completes();
  assert.equal(outcome()?.completed, 50);
});

Deno.test("a full disk that somebody sees to gives the run back uncounted, and nothing stops", async () => {
  const told: string[] = [];
  const { world, campaign, outcome } = await stage([aJob({ sweep: points(3) })], {
    onNoRoom: (reason) => {
      told.push(reason);
      campaign.letStart(0);
      return true;
    },
  });
  await world.slot.ready();
  await world.slot.fails(0, "disk", { noSpace: true, mayPass: true });
  assert.deepEqual(told, ["boom"]);
  assert.deepEqual([campaign.isStopping, campaign.held], [false, []]);
  assert.equal(world.slot.batches.length, 1);
  campaign.letStart(Infinity);
  await world.settle();
  while (world.slot.working !== undefined) await world.slot.completes();
  assert.deepEqual([outcome()?.stopped, outcome()?.completed], [undefined, 3]);
  assert.deepEqual(new Set(world.slot.batches.map(({ attempt }) => attempt)), new Set([1]));
});

Deno.test("a limit on files that never passes is not waited for, nor a disk that nobody waits for any more", async () => {
  for (const [mayPass, isWaited] of [[false, true], [true, false]] as const) {
    const options = { onNoRoom: () => isWaited };
    const { world, outcome } = await stage([aJob({ sweep: points(3) })], options);
    await world.slot.ready();
    await world.slot.fails(0, "disk", { noSpace: true, mayPass });
    assert.equal(outcome()?.stopped, "no-space");
  }
});

Deno.test("a checkpoint that finds no room is told to who sees to it, and the run goes on", async () => {
  const told: string[] = [];
  const onNoRoom = (reason: string) => told.push(reason) < 0;
  const { world, outcome } = await stage([aJob()], { onNoRoom });
  await world.slot.ready();
  const { batch } = world.slot.last;
  world.slot.says({ type: "unsaved", batch, index: 0, reason: "full", noSpace: true });
  world.slot.says({ type: "unsaved", batch, index: 0, reason: "EIO", noSpace: false });
  await world.slot.completes();
  assert.deepEqual(told, ["full"]);
  assert.equal(outcome()?.completed, 1);
});

Deno.test("a run that loses its checkpoints is degraded: told once, and it goes on", async () => {
  const { world, outcome } = await stage([aJob()]);
  await world.slot.ready();
  for (let i = 0; i < 3; i++) {
    const { batch } = world.slot.last;
    world.slot.says({ type: "unsaved", batch, index: 0, reason: "EIO", noSpace: false });
  }
  await world.slot.completes();
  assert.deepEqual(world.events("run.degraded").map(({ reason }) => reason), ["EIO"]);
  assert.equal(outcome()?.completed, 1);
});

Deno.test("words of a slot about a batch that was taken from it are not heard", async () => {
  const { world, campaign } = await stage([aJob({ sweep: points(2) })]);
  await world.slot.ready();
  const { batch } = world.slot.last;
  await world.slot.completes();
  await world.slot.completes();
  world.slot.says({ type: "progress", batch, index: 0, step: 5, memoryBytes: 1 });
  world.slot.says({ type: "hung", batch, index: 0, step: 5, afterMs: 1 });
  await world.settle();
  assert.equal(campaign.tally.completed, 2);
  assert.deepEqual(world.events("runs.requeued"), []);
});

Deno.test("live() shows each running run from the step its attempt began at", async () => {
  const { world, campaign } = await stage([aJob({ steps: 1000, sweep: points(2) })], { slots: 2 });
  for (const slot of world.slots) await slot.ready();
  const [first, second] = world.slots as [typeof world.slot, typeof world.slot];
  const progress = (slot: typeof first, step: number) => {
    const { batch, runs } = slot.last;
    const { index } = runs[0]!;
    slot.says({ type: "progress", batch, index, step, memoryBytes: 5e6 });
  };
  progress(first, 100);
  const { batch, runs } = second.last;
  const { index } = runs[0]!;
  second.says({ type: "resumed", batch, index, step: 400, rejected: [] });
  world.nowMs += 2000;
  progress(first, 300);
  progress(second, 500);
  const { running, steps, counts } = campaign.live();
  assert.deepEqual(
    running.map((
      { slot, fromStep, step, stepsPerSecond },
    ) => [slot, fromStep, step, stepsPerSecond]),
    [[0, 0, 300, 100], [1, 400, 500, 50]],
  );
  assert.deepEqual(steps, { total: 2000, done: 800 });
  assert.deepEqual(counts, { total: 2, skipped: 0, completed: 0, failed: 0, queued: 0 });
});

Deno.test("a slot that takes another's place never takes its number from a living one", async () => {
  const { world, campaign, add } = await stage([aJob({ id: "a" }), aJob({ id: "b" })], {
    slots: 3,
  });
  for (const slot of world.slots) await slot.ready();
  await world.slots[0]!.completes();
  await world.slots[0]!.crashes();
  await add(aJob({ id: "c" }), aJob({ id: "d" }));
  for (const slot of world.slots.slice(2)) await slot.ready();
  for (const slot of world.slots.slice(1)) {
    const { batch } = slot.last;
    slot.says({ type: "progress", batch, index: 0, step: 1, memoryBytes: 1 });
  }
  const ids = campaign.live().running.map(({ slot }) => slot);
  assert.deepEqual(ids.toSorted(), [0, 1, 2]);
});

Deno.test("a run asked for anew clears its files at its first attempt, and only then", async () => {
  const job = aJob({ sweep: points(1) });
  const staged = await stage([job], { withFiles: () => new Set(everyRun) });
  const everyRun = [staged.plan.jobs[0]!.identify(0).run];
  // The plan decides; here its decision is changed as `--rerun all` would have it.
  const { DECISIONS } = await import("../../src/plan/plan.ts");
  staged.plan.jobs[0]!.decisions[0] = DECISIONS.indexOf("asked");
  const { world } = staged;
  await world.slot.ready();
  assert.equal(world.slot.last.runs[0]!.past, "clear");
  await world.slot.crashes();
  await world.slot.ready();
  assert.equal(world.slot.last.runs[0]!.past, "look");
});

/** Plays slots that complete all they are sent. */
async function runAll(
  { world, outcome }: Staged,
  between: (world: Staged["world"]) => void = () => {},
): Promise<void> {
  for (let i = 0; outcome() === undefined && i < 10_000; i++) {
    const slot = world.slots.findLast(({ isGone }) => !isGone)!;
    if (slot.working === undefined) {
      await slot.ready();
      continue;
    }
    between(world);
    await slot.completes();
  }
  assert.notEqual(outcome(), undefined);
}

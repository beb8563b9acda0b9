/** What a campaign writes down for the next ones to learn from, and what its slots are told of it. */
import assert from "node:assert/strict";
import { MemoryBudget } from "../../src/campaign/memory_budget.ts";
import { Peaks } from "../../src/campaign/peaks.ts";
import { History } from "../../src/queue/history.ts";
import { Learned } from "../../src/queue/learned.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { historyOf } from "../helpers/events.ts";
import { type FakeSlot, stage } from "./fake_world.ts";

const MODEL = { name: "model.ts", digest: "m1" };

Deno.test("a run's record has the most memory and the longest step that were seen of it", async () => {
  const { world } = await stage([aJob({ sweep: points(3) })]);
  await world.slot.ready();
  seen(world.slot, 0, 80e6);
  seen(world.slot, 0, 120e6, 1_500);
  seen(world.slot, 0, 90e6);
  await world.slot.completes();
  await world.slot.completes(world.slot.working, [1]);
  seen(world.slot, 2, 70e6);
  await world.slot.completes(world.slot.working, [2]);
  const runs = world.events("runs.completed").flatMap((event) => event.runs);
  assert.deepEqual(
    runs.map(({ memoryBytes, longestStepMs }) => [memoryBytes, longestStepMs]),
    [[120e6, 1_500], [undefined, undefined], [70e6, undefined]],
  );
});

Deno.test("how long a run hung is not what its model's steps take", async () => {
  const { world } = await stage([aJob({ id: "a" })]);
  await world.slot.ready();
  seen(world.slot, 0, 80e6, 300_000);
  await world.slot.hangs(0);
  await world.passes(10);
  await world.slot.ready();
  seen(world.slot, 0, 60e6);
  await world.slot.completes();
  const [run] = world.events("runs.completed").flatMap(({ runs }) => runs);
  assert.equal(run!.memoryBytes, 60e6);
  assert.ok(!("longestStepMs" in run!));
  const learned = Learned.of(historyOf(...world.durable));
  assert.equal(learned.losses(MODEL).slots, 1);
  assert.equal(learned.hangMs(MODEL, 1000), 1000);
});

Deno.test("what is tried again or has failed for want of memory says what its slot had", async () => {
  const memory = new MemoryBudget(3e9, 2);
  const { world } = await stage([aJob({ id: "a", retries: 5 })], { slots: 2, memory });
  await world.slot.ready();
  const outOfMemory = async (memoryBytesMax: number) => {
    await world.slot.crashes({
      stderr: "Fatal JavaScript out of memory: heap limit",
      limits: { heapBytesMax: memoryBytesMax / 2, memoryBytesMax },
    });
    await world.passes(10);
  };
  await outOfMemory(1e9);
  const learned = () => Learned.of(historyOf(...world.durable));
  assert.equal(world.events("runs.requeued")[0]!.memoryBytes, 1e9);
  assert.equal(learned().outOfMemoryAt(MODEL), 1e9);
  await world.slot.ready();
  await outOfMemory(2e9);
  const [failed] = world.events("run.failed");
  assert.equal(failed!.failure.memoryBytes, 2e9);
  assert.equal(learned().outOfMemoryAt(MODEL), 2e9);
});

Deno.test("a slot is told of a job with what was learned of its model; nothing that is written down is", async () => {
  const learned = Learned.of(
    historyOf(
      { type: "job.planned", job: aJob(), count: 1, model: MODEL },
      { type: "runs.started", job: "job", model: "m1", steps: 1, attempt: 1, runs: ["job", "d"] },
      {
        type: "run.checkpointed",
        job: "job",
        run: "job",
        step: 1,
        file: "f",
        bytes: 1,
        rawBytes: 16e6,
        ms: 90,
        stallMs: 10,
      },
    ),
  );
  const job = aJob({ checkpoint: { every: { kind: "auto" }, keep: 3 } });
  const { world, table } = await stage([job], {
    taught: ({ job, model }) => learned.teach(job, model),
  });
  await world.slot.ready();
  const [told] = world.slot.sent.filter((message) => message.type === "job");
  const { every } = told!.job.checkpoint;
  assert.ok(every.kind === "auto");
  assert.deepEqual(every.learned?.cost, { ms: 100, rawBytes: 16e6 });
  assert.deepEqual(table.jobs[0]!.job, job);
  await world.slot.completes();
  assert.ok(!JSON.stringify(world.durable).includes("learned"));
});

Deno.test("a checkpoint's line says how long it was written, and how long the run stood still", async () => {
  const { world } = await stage([aJob({ id: "a" })]);
  await world.slot.ready();
  const { batch } = world.slot.working!;
  const file = { file: "step-000000000005.ckpt", bytes: 5, rawBytes: 9 };
  const times = { ms: 12.3456, stallMs: 4.5678 };
  world.slot.says({ type: "saved", batch, index: 0, step: 5, ...file, ...times });
  const [line] = world.events("run.checkpointed");
  assert.deepEqual([line!.ms, line!.stallMs], [12.35, 4.57]);
});

Deno.test("live() tells the range in which all will be done, once a run has ended", async () => {
  const { world, campaign } = await stage([aJob({ sweep: points(50) })], { batchMax: 1 });
  await world.slot.ready();
  assert.equal(campaign.live().work, undefined);
  await world.passes(1_000);
  await world.slot.completes();
  const first = campaign.live().work!;
  assert.ok(first.lowMs! < first.etaMs && first.etaMs < first.highMs!);
  for (let i = 0; i < 20; i++) {
    await world.passes(1_000);
    await world.slot.completes();
  }
  const later = campaign.live().work!;
  // 29 runs of a second; what they take beside their computing counts.
  assert.ok(later.lowMs! > 25_000 && later.highMs! < 33_000, `${later.lowMs} ${later.highMs}`);
});

Deno.test("take() forgets what it has told", () => {
  const peaks = new Peaks();
  peaks.saw(3, { type: "progress", batch: 1, index: 3, step: 1, memoryBytes: 5 });
  assert.deepEqual(peaks.take(3), { memoryBytes: 5 });
  assert.deepEqual(peaks.take(3), {});
});

Deno.test("a tree that knows nothing teaches no more than once a day", () => {
  const job = aJob({ checkpoint: { every: { kind: "auto" }, keep: 3 } });
  const { every } = Learned.of(new History()).teach(job, MODEL).checkpoint;
  assert.deepEqual(every, { kind: "auto", learned: { mtbfMs: 86_400_000 } });
});

/** A sign of life of a run in the batch that the slot is at. */
function seen(slot: FakeSlot, index: number, memoryBytes: number, longestMs?: number): void {
  const { batch } = slot.working!;
  slot.says({
    type: "progress",
    batch,
    index,
    step: 5,
    memoryBytes,
    ...(longestMs === undefined ? {} : { longestMs }),
  });
}

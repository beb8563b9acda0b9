/** How much is done: the display and `status` say the same, whatever became of runs, now and before. */
import assert from "node:assert/strict";
import { fractionDone } from "../../src/job/progress.ts";
import type { RunEvent } from "../../src/job/event.ts";
import { History } from "../../src/queue/history.ts";
import { liveFraction } from "../../src/report/live_text.ts";
import { treeStatus } from "../../src/report/status.ts";
import { completed, entryOf } from "../helpers/events.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { stage, type Staged } from "./fake_world.ts";

Deno.test("fractionDone() weighs steps by what they take; where nobody knows they are like the others", () => {
  assert.equal(fractionDone([]), 0);
  assert.equal(fractionDone([{ done: 25, total: 100 }]), 0.25);
  // A quick job that is done is a small part of a slow one.
  const quick = { done: 1_000_000, total: 1_000_000, stepMs: 0.001 };
  assert.equal(fractionDone([quick, { done: 0, total: 9_000, stepMs: 1 }]), 0.1);
  const like = fractionDone([{ done: 50, total: 100, stepMs: 7 }, { done: 0, total: 100 }]);
  assert.equal(like, 0.25);
  assert.equal(fractionDone([{ done: 300, total: 100 }]), 1);
});

const LONG = { checkpoint: { every: { kind: "time", everyMs: 60_000 }, keep: 3 } } as const;
const SWEEP = aJob({ id: "sweep", sweep: points(8), retries: 0, ...LONG });

/** What `status` says while the campaign works, from the journal alone and the picture. */
function statusFraction({ world, campaign }: Staged, before: readonly RunEvent[]): number {
  const history = new History();
  [...before, ...world.durable].forEach((event, i) => history.apply(entryOf(event, i + 1)));
  const live = {
    at: "2026-01-02T03:04:05Z",
    epoch: 1,
    pid: 1,
    host: "h",
    startedAt: "2026-01-02T03:04:05Z",
    ...campaign.live(),
  };
  const status = treeStatus(history, { tree: "/t", nowMs: 0, live, working: true });
  const shown = liveFraction(live);
  assert.ok(
    Math.abs(status.fraction - shown) < 1e-12,
    `status ${status.fraction}, display ${shown}`,
  );
  return shown;
}

Deno.test("the display and status show the same part as done: what was saved, failed, cancelled, paused, done before", async () => {
  const names = (await stage([SWEEP])).plan.jobs[0]!;
  const { run, digest } = names.identify(0);
  const saved = names.identify(1);
  const cancelled = names.identify(2);
  const before: RunEvent[] = [
    { type: "job.planned", job: SWEEP, count: 8, model: { name: "model.ts", digest: "m1" } },
    {
      type: "runs.started",
      job: "sweep",
      model: "m1",
      steps: 100,
      attempt: 1,
      runs: [run, digest, saved.run, saved.digest, cancelled.run, cancelled.digest],
    },
    { type: "runs.completed", job: "sweep", model: "m1", runs: [completed(run, digest)] },
    ...[saved.run, cancelled.run].map((name): RunEvent => ({
      type: "run.checkpointed",
      job: "sweep",
      run: name,
      step: 40,
      file: "f",
      bytes: 1,
      rawBytes: 1,
      ms: 1,
    })),
    { type: "runs.cancelled", job: "sweep", runs: [cancelled.run] },
  ];
  const past = new History();
  before.forEach((event, i) => past.apply(entryOf(event, i + 1)));
  const staged = await stage([SWEEP], { past });
  const { world, campaign } = staged;
  const check = () => statusFraction(staged, before);
  assert.equal(check(), 180 / 800);

  await world.slot.ready();
  const first = world.slot.working!;
  const { index } = first.runs[0]!;
  assert.equal(index, 1);
  const { batch } = first;
  world.slot.says({ type: "resumed", batch, index, step: 40, rejected: [] });
  world.slot.says({ type: "progress", batch, index, step: 60, memoryBytes: 1 });
  await world.settle();
  assert.equal(check(), 200 / 800, "a running run counts with its step");

  const later = campaign.steering.pause([1]);
  await world.settle();
  world.slot.says({
    type: "saved",
    batch,
    index,
    step: 60,
    file: "f",
    bytes: 1,
    rawBytes: 1,
    ms: 1,
    stallMs: 0,
  });
  await world.slot.yields();
  await later;
  assert.equal(check(), 200 / 800, "a paused one with what was saved");

  assert.deepEqual(await campaign.steering.cancel([7]), ["cancelled"]);
  assert.equal(check(), 200 / 800, "to cancel one does none of its steps");

  const second = world.slot.working!;
  await world.slot.fails(second.runs[0]!.index);
  assert.equal(check(), 207 / 800, "a failed one with the steps it made");
  for (let i = 0; i < 9 && world.slot.working !== undefined; i++) await world.slot.completes();
  assert.equal(check(), 507 / 800, "completed ones with all of theirs");
});

Deno.test("the display and status weigh several jobs alike", async () => {
  const staged = await stage([
    aJob({ id: "quick", steps: 1_000_000 }),
    aJob({ id: "slow", sweep: points(3) }),
  ]);
  const { world } = staged;
  const jobs: RunEvent[] = staged.plan.jobs.map(({ job, count }) => ({
    type: "job.planned",
    job,
    count,
    model: { name: "model.ts", digest: "m1" },
  }));
  await world.slot.ready();
  world.nowMs += 60_000;
  await world.slot.completes();
  await world.slot.completes(world.slot.working, [0]);
  const fraction = statusFraction(staged, jobs);
  assert.ok(fraction > 0.3 && fraction < 0.7, `${fraction}: half of the time, not nearly all`);
});

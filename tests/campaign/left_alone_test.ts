/** What an earlier simrun was asked to pause or cancel is left alone by this one, and nobody waits for it. */
import assert from "node:assert/strict";
import { LiveRequests } from "../../src/runner/live_requests.ts";
import { historyOf } from "../helpers/events.ts";
import { aJob, points } from "../helpers/jobs.ts";
import { stage, type Staged } from "./fake_world.ts";

const SWEEP = aJob({ id: "sweep", sweep: points(4) });
const AFTER = aJob({ id: "after", needs: [{ job: "sweep", runs: "all", accept: "completed" }] });

/** Of four runs the first two were paused and the third one was cancelled; `after` needs all of them. */
async function staged(...jobs: Parameters<typeof stage>[0]): Promise<Staged> {
  const { plan } = await stage([SWEEP]);
  const names = [0, 1, 2].map((index) => plan.jobs[0]!.identify(index).run);
  const past = historyOf(
    { type: "runs.held", job: "sweep", runs: names.slice(0, 2) },
    { type: "runs.cancelled", job: "sweep", runs: names.slice(2) },
  );
  return await stage(jobs, { past });
}

async function computeAll({ world, outcome }: Staged): Promise<void> {
  for (let i = 0; i < 50 && outcome() === undefined && world.slot.working; i++) {
    await world.slot.completes();
  }
}

Deno.test("a campaign ends when all that is left is paused since before, and says how many", async () => {
  const all = await staged(SWEEP, AFTER);
  assert.equal(all.plan.toRun, 2, "the last of the sweep, and what needs it");
  assert.deepEqual([all.campaign.live().counts.held, all.campaign.live().counts.queued], [2, 4]);
  await all.world.slot.ready();
  await computeAll(all);
  assert.deepEqual(all.outcome(), {
    stopped: "paused",
    completed: 1,
    failed: 0,
    cancelled: 0,
    remaining: 3,
    paused: 2,
  });
  assert.deepEqual(all.world.events("run.failed"), [], "what needs them is not failed for it");
});

Deno.test("unpause() and retry() take up what was left alone: written as such, counted, computed", async () => {
  const all = await staged(SWEEP);
  await all.world.slot.ready();
  const { steering } = all.campaign;
  steering.unpause([0, 1, 2, 3]);
  steering.retry([0, 1, 2, 3]);
  // Asked twice before it is done, it counts once.
  steering.unpause([0]);
  await all.world.settle();
  assert.deepEqual(
    [all.world.events("runs.continued"), all.world.events("runs.retried")].map((events) =>
      events.map(({ runs, earlier }) => [runs.length, earlier])
    ),
    [[[2, true], [1, true]], [[1, true]]],
  );
  assert.equal(all.campaign.live().steps.total, 400);
  await computeAll(all);
  const { completed, remaining, stopped, cancelled } = all.outcome()!;
  assert.deepEqual([completed, remaining, stopped, cancelled], [4, 0, undefined, 0]);
  assert.deepEqual(all.campaign.live().steps, { total: 400, done: 400 });
});

Deno.test("cancel() gives up what was paused before; a run that is paused now is waited for", async () => {
  const all = await staged(SWEEP);
  await all.world.slot.ready();
  assert.deepEqual(await all.campaign.steering.cancel([0]), ["cancelled"]);
  const later = all.campaign.steering.pause([3]);
  await all.world.settle();
  await all.world.slot.yields();
  assert.deepEqual(await later, ["held"]);
  assert.equal(all.outcome(), undefined);
  all.campaign.steering.unpause([3]);
  await all.world.settle();
  await computeAll(all);
  const { completed, cancelled, remaining, paused } = all.outcome()!;
  assert.deepEqual([completed, cancelled, remaining, paused], [1, 1, 1, 1]);
});

Deno.test("what was left alone is chosen by the words that status shows it with", async () => {
  const { campaign, table } = await staged(SWEEP);
  const requests = new LiveRequests({
    table,
    steering: campaign.steering,
    slots: () => 1,
    submit: () => Promise.reject(new Error("not here")),
  });
  const ask = async (type: "pause" | "continue" | "retry", ...selectors: string[]) =>
    (await requests.perform({ type, selectors })).message;
  assert.match(await ask("pause", "paused"), /^Nothing was done/);
  assert.equal(
    await ask("retry", "cancelled"),
    "1 run is tried again, with all attempts before it.",
  );
  assert.equal(await ask("continue", "sweep"), "2 runs may go on.");
});

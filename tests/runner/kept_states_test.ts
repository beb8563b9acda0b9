/** Which states stay for runs that are still to begin from them, in this campaign and by what the tree tells. */
import assert from "node:assert/strict";
import { RunTable } from "../../src/campaign/run_table.ts";
import type { RunEvent } from "../../src/job/event.ts";
import { type Job, KEEP_ALL } from "../../src/job/job.ts";
import { makePlan } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { keptStates, withWantedStates } from "../../src/runner/kept_states.ts";
import { completed, historyOf } from "../helpers/events.ts";
import { aJob, points } from "../helpers/jobs.ts";

const MODEL = { name: "m.ts", digest: "m1" };
const SPINUP = aJob({ id: "spinup", steps: 100 });
const CHILD = aJob({ id: "child", steps: 200, from: { job: "spinup", step: 40 } });
const LAST = aJob({ id: "last", steps: 200, from: { job: "spinup", step: "last" } });

function tableOf(...jobs: readonly Job[]): RunTable {
  const options = { rerun: "none", reuse: false, acceptModel: false } as const;
  const toPlan = jobs.map((job) => ({ job, model: MODEL, inputDigests: {} }));
  const plan = makePlan(toPlan, new History(), options);
  const table = new RunTable(plan.total);
  table.add(plan, () => 0);
  return table;
}

const planned = (job: Job, count = 1): RunEvent => ({
  type: "job.planned",
  job,
  count,
  model: MODEL,
});
const begun = (job: string, run: string): RunEvent => ({
  type: "run.checkpointed",
  ...{ job, run, step: 40, file: "", bytes: 1, rawBytes: 1, ms: 1 },
  from: { job: "spinup", run: "spinup", step: 40, digest: "d", model: "m1", state: "s", crc32: 1 },
});

Deno.test("keptStates() keeps a state until all that are to begin from it in this campaign have ended", () => {
  const table = tableOf(SPINUP, CHILD, LAST);
  const stays = () => keptStates(table, new History())("spinup");
  assert.deepEqual([stays()(40), stays()(41), stays()(100)], [true, false, false]);
  assert.equal(keptStates(table, new History())("child")(40), false);
  table.become(1, "failed");
  assert.equal(stays()(40), true, "a retry takes it up again");
  table.become(1, "settled");
  assert.equal(stays()(40), false);
});

Deno.test("keptStates() keeps it for runs of earlier plans, until each has a state of its own or a result", () => {
  const sweep = aJob({ ...CHILD, sweep: points(2) });
  const none = tableOf(aJob({ id: "another" }));
  const stays = (...events: readonly RunEvent[]) =>
    keptStates(none, historyOf(planned(SPINUP), planned(sweep, 2), ...events))("spinup")(40);
  assert.equal(stays(), true);
  assert.equal(stays(begun("child", "a")), true);
  const done: RunEvent = {
    type: "runs.completed",
    job: "child",
    model: "m1",
    runs: [completed("b", "d")],
  };
  assert.equal(stays(begun("child", "a"), done), false);
});

Deno.test("keptStates() keeps what a manifest keeps, also of a job that is not computed now", () => {
  const job = (id: string, keep: number, keepEverySteps?: number) =>
    aJob({
      id,
      checkpoint: {
        every: { kind: "auto" },
        keep,
        ...(keepEverySteps !== undefined && { keepEverySteps }),
      },
    });
  const history = historyOf(planned(job("all", KEEP_ALL)), planned(job("some", 2, 30)));
  const stays = keptStates(tableOf(job("now", 1, 7)), history);
  assert.deepEqual([stays("all")(1), stays("nobody")(1)], [true, false]);
  assert.deepEqual([30, 31, 60].map(stays("some")), [true, false, true]);
  assert.deepEqual([14, 15].map(stays("now")), [true, false]);
});

Deno.test("withWantedStates() tells slots what to take and keep, also for those that have begun already", () => {
  const wanted = (table: RunTable, history = new History()) =>
    withWantedStates(SPINUP, table, history).checkpoint.wanted;
  assert.deepEqual(wanted(tableOf(SPINUP, CHILD, LAST)), { steps: [40], last: true });
  assert.equal(wanted(tableOf(SPINUP)), undefined);
  const history = historyOf(planned(LAST), begun("last", "last"));
  assert.deepEqual(wanted(tableOf(SPINUP), history), { steps: [], last: true });
});

/** Lists of runs agree with the counts of the status, whatever has happened, and show any part of themselves. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import type { Live } from "../../src/job/live.ts";
import { PlanIds } from "../../src/report/plan_ids.ts";
import { describeQueue, queueByPriority } from "../../src/report/queue_text.ts";
import { listRuns } from "../../src/report/run_list.ts";
import { VISIBLE_STATES } from "../../src/report/selector.ts";
import { treeStatus } from "../../src/report/status.ts";
import { runId } from "../../src/plan/digest.ts";
import { points } from "../helpers/jobs.ts";
import { randomNumbers } from "../helpers/program.ts";
import {
  CLIMATE_LIVE,
  completed,
  failed,
  history,
  job,
  NOW,
  planned,
  SESSION,
  started,
} from "./fixtures.ts";

const SWEEP = job("s", { steps: 10, sweep: points(40) });
const IDS = Array.from({ length: 40 }, (_, i) => runId(SWEEP, { i }));

/** Anything that may happen to the runs of a sweep of forty, now and then planned anew with fewer or more steps. */
function randomEvents(random: () => number): RunEvent[] {
  const events: RunEvent[] = [SESSION, planned("s", 40, SWEEP)];
  for (let i = 0; i < 60; i++) {
    const run = IDS[Math.floor(random() * 30)]!;
    const runs = [run];
    const kind = Math.floor(random() * 9);
    if (kind <= 2) events.push(started("s", runs, { steps: 10 }));
    else if (kind === 3) events.push(completed("s", run, 1, { steps: random() < 0.5 ? 10 : 5 }));
    else if (kind === 4) events.push(completed("s", run, 1, { steps: 7, ending: "converged" }));
    else if (kind === 5) events.push(failed("s", run, "boom"));
    else if (kind === 6) events.push({ type: "runs.held", job: "s", runs });
    else if (kind === 7) events.push({ type: "runs.cancelled", job: "s", runs });
    else events.push({ type: "runs.continued", job: "s", runs });
  }
  if (random() < 0.3) events.push(planned("s", 40, { ...SWEEP, steps: 12 }));
  if (random() < 0.3) events.push(planned("s", 25, { ...SWEEP, sweep: points(25) }));
  if (random() < 0.2) {
    events.push({ type: "job.stopped", job: "s", after: 9, of: 40, why: "known" });
  }
  return events;
}

Deno.test("listRuns() has as many runs of each state as the status counts, and the status counts the same when it lists them", () => {
  for (let seed = 1; seed <= 150; seed++) {
    const random = randomNumbers(seed);
    const past = history(randomEvents(random));
    const working = random() < 0.5;
    const running = CLIMATE_LIVE.running.map((run, i) => ({
      ...run,
      job: "s",
      run: IDS[Math.floor(random() * 12) + 12 * i]!,
    }));
    const live: Live | undefined = working
      ? { ...CLIMATE_LIVE, running, at: "2026-11-21T12:00:01Z" }
      : undefined;
    const options = { tree: "t", nowMs: NOW, live, working };
    const status = treeStatus(past, options);
    const listed = treeStatus(past, { ...options, selectors: ["all"], listMax: Infinity });
    assert.deepEqual(listed.totals, status.totals, `seed ${seed}`);
    const tree = { history: past, live, working, nowMs: NOW, chosen: () => true };
    for (const state of VISIBLE_STATES) {
      const list = listRuns({ ...tree, ids: new PlanIds() }, state);
      assert.equal(list.count, status.totals.counts[state], `seed ${seed}, ${state}`);
      const all = list.slice(0, 1000);
      assert.equal(all.length, list.count, `seed ${seed}, ${state}`);
      assert.ok(all.every((run) => run.state === state), `seed ${seed}, ${state}`);
      assert.deepEqual(list.slice(3, 4), all.slice(3, 7), `seed ${seed}, ${state}`);
      const names = listed.runs.filter((run) => run.state === state).map(({ run }) => run);
      assert.deepEqual(all.map(({ run }) => run).toSorted(), names.toSorted(), `seed ${seed}`);
    }
  }
});

Deno.test("listRuns() filters by name, by what a run stands for and by why it failed", () => {
  const past = history([planned("s", 40, SWEEP), started("s", IDS), failed("s", IDS[7]!, "Boom")]);
  const tree = { history: past, live: undefined, working: true, nowMs: NOW, chosen: () => true };
  const found = (filter: string, state: "failed" | "waiting" = "failed") =>
    listRuns({ ...tree, ids: new PlanIds() }, state, filter).slice(0, 9).map(({ run }) => run);
  assert.deepEqual(found("BOOM"), [IDS[7]]);
  assert.deepEqual(found("i: 7"), [IDS[7]]);
  assert.deepEqual(found(IDS[7]!.slice(2, 9)), [IDS[7]]);
  assert.deepEqual(found("i: 33", "waiting"), [IDS[33]]);
  assert.deepEqual(found("nothing"), []);
});

Deno.test("queueByPriority() tells the most urgent first, and what people moved at its own priority", () => {
  const past = history([
    planned("late", 5, { priority: 3 }),
    planned("urgent", 1, { priority: 0 }),
    planned("more", 2, { priority: 3 }),
  ]);
  const { jobs } = treeStatus(past, { tree: "t", nowMs: NOW, live: undefined, working: true });
  assert.equal(
    describeQueue(queueByPriority(jobs, past)),
    "critical 1 (urgent), low 7 (late and 1 more)",
  );
  const moved = [{ job: "late", priority: 1, runs: 2 }] as const;
  assert.equal(
    describeQueue(queueByPriority(jobs, past, moved)),
    "critical 1 (urgent), high 2 (late), low 5 (late and 1 more)",
  );
  assert.equal(describeQueue([]), "");
});

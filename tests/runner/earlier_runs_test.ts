/** What a run brings with it from earlier simruns: attempts, and what it is known to need. */
import assert from "node:assert/strict";
import type { JournalEntry } from "../../src/job/event.ts";
import { makePlan } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { earlierAttempts, neededBefore } from "../../src/runner/earlier_runs.ts";
import { aJob } from "../helpers/jobs.ts";

const MODEL = { name: "m.ts", digest: "m1" };

function historyOf(events: readonly object[]): History {
  const history = new History();
  events.forEach((event, i) =>
    history.apply({ seq: i + 1, at: "2026-01-01T00:00:00Z", ...event } as JournalEntry)
  );
  return history;
}

Deno.test("neededBefore() is twice what a run had when it was out of memory, and nothing for any other end", () => {
  const job = aJob({ id: "greedy" });
  const toPlan = [{ job, model: MODEL, inputDigests: {} }];
  const options = { rerun: "none", reuse: false, acceptModel: false } as const;
  const { run, digest } = makePlan(toPlan, new History(), options).jobs[0]!.identify(0);
  const begun = [
    { type: "job.planned", job, count: 1, model: MODEL },
    { type: "runs.started", job: job.id, model: "m1", steps: 100, attempt: 2, runs: [run, digest] },
  ];
  const needed = (failure: object): [number, number] => {
    const failed = { type: "run.failed", job: job.id, run, attempt: 2, failure };
    const history = historyOf([...begun, failed]);
    const [planned] = makePlan(toPlan, history, options).jobs;
    return [neededBefore(planned!, 0, history), earlierAttempts(planned!, 0, history)];
  };
  const out = { class: "out-of-memory", message: "full", step: 1 };
  assert.deepEqual(needed({ ...out, memoryBytes: 3e9 }), [6e9, 0]);
  assert.deepEqual(needed(out), [0, 0], "of an older version, which did not say");
  assert.deepEqual(needed({ ...out, class: "hang", memoryBytes: 3e9 }), [0, 0]);
});

/** What happened lately, when the journals of shards are heard one after the other. */
import assert from "node:assert/strict";
import { Activities } from "../../src/dashboard/activities.ts";
import type { JournalEntry } from "../../src/job/event.ts";

function hear(activities: Activities, shard: string, second: number, event: object): void {
  const at = new Date(1e12 + second * 1000).toISOString();
  const location = { segment: 0, offset: 0, bytes: 0, seq: 1, shard };
  activities.apply({ seq: 1, at, ...event } as JournalEntry, location);
}

const ended = (run: string) => ({ type: "runs.completed", job: "j", runs: [{ run }] });
const failed = (run: string) => ({
  ...{ type: "run.failed", job: "j", run, attempt: 1 },
  failure: { class: "model-error", message: "no", step: 1, attempt: 1 },
});

Deno.test("Activities of shards are told in the order in which they happened, the newest first", () => {
  const activities = new Activities();
  for (const [shard, first] of [["1-of-2", 0], ["2-of-2", 5]] as const) {
    hear(activities, shard, first, { type: "campaign.started", slots: 2, host: "h", pid: 1 });
    hear(activities, shard, first + 10, failed(shard));
    hear(activities, shard, first + 20, ended("a"));
    hear(activities, shard, first + 21, ended("b"));
  }
  assert.deepEqual(
    activities.list().map(({ text }) => text.replace(/:.*/, "")),
    [
      "2 runs of j completed",
      "2 runs of j completed",
      "j/2-of-2",
      "j/1-of-2",
      "shard 2/2 began, with 2 slots on h",
      "shard 1/2 began, with 2 slots on h",
    ],
  );
});

Deno.test("Activities keep the newest ones, whichever shard was heard first", () => {
  const activities = new Activities();
  for (let i = 0; i < 40; i++) hear(activities, "1-of-2", 1000 + i, failed(`late${i}`));
  for (let i = 0; i < 200; i++) hear(activities, "2-of-2", i, failed(`early${i}`));
  const [first, ...others] = activities.list();
  assert.match(first!.text, /late39/);
  assert.match(others[38]!.text, /late0/);
});

/** What is asked of a campaign at work, and what is answered. */
import assert from "node:assert/strict";
import type { ControlAction } from "../../src/job/control.ts";
import { LiveRequests } from "../../src/runner/live_requests.ts";
import { stage } from "../campaign/fake_world.ts";
import { aJob, points } from "../helpers/jobs.ts";

import type { JobProblems } from "../../src/runner/prepare.ts";
import { openRunner } from "../../src/runner/runner.ts";
async function staged() {
  const { campaign, table, plan } = await stage([aJob({ id: "sweep", sweep: points(40) })]);
  const requests = new LiveRequests({
    table,
    steering: campaign.steering,
    slots: () => 1,
    submit: () => Promise.reject(new Error("not here")),
  });
  const names = Array.from({ length: 40 }, (_, index) => plan.jobs[0]!.identify(index).run);
  return { ask: (action: ControlAction) => requests.perform(action), names };
}

Deno.test("the beginning of several runs' names is refused, with what they are called; nothing is done", async () => {
  const { ask, names } = await staged();
  const first = names.map((name) => name[0]!).find((letter, _, all) =>
    all.filter((other) => other === letter).length > 1
  )!;
  const meant = names.filter((name) => name.startsWith(first));
  await assert.rejects(ask({ type: "cancel", selectors: [`sweep/${first}`] }), (error: Error) => {
    assert.match(
      error.message,
      new RegExp(`is the beginning of ${meant.length} runs: sweep/${first}`),
    );
    return true;
  });
  const all = await ask({ type: "cancel", selectors: [`sweep/${first}*`] });
  assert.deepEqual(all, {
    ok: true,
    message: `${meant.length} runs cancelled.`,
    runs: meant.length,
  });
});

Deno.test("answers tell what to type next in the words that were asked with", async () => {
  const { ask, names } = await staged();
  const [one] = names;
  const selectors = [`sweep/${one!.slice(0, 12)}`];
  const paused = await ask({ type: "pause", selectors });
  assert.equal(
    paused.message,
    `1 run paused. simrun continue sweep/${one!.slice(0, 12)} lets it go on.`,
  );
  const again = await ask({ type: "pause", selectors });
  assert.deepEqual([again.ok, /running or waiting/.test(again.message)], [false, true]);
  assert.equal((await ask({ type: "continue", selectors })).message, "1 run may go on.");
  const retried = await ask({ type: "retry", selectors: ["all"] });
  assert.match(retried.message, /simrun resume --rerun cancelled/);
});

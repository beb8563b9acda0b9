/** What a run rests on, told from the journal: how many, which, and whether it was begun on others. */
import assert from "node:assert/strict";
import type { RunEvent } from "../../src/job/event.ts";
import { makePlan } from "../../src/plan/plan.ts";
import { History } from "../../src/queue/history.ts";
import { restsOn, restsOnText } from "../../src/report/rests_on.ts";
import { completed, historyOf } from "../helpers/events.ts";
import { aJob, points } from "../helpers/jobs.ts";

const MODEL = { name: "model.ts", digest: "m1" };

Deno.test("restsOn() counts and names the needed runs, and knows when a run was begun on others", () => {
  for (const [count, steps, names] of [[2, 100, true], [9, 100, false], [2, 60, true]] as const) {
    const needed = aJob({ id: "needed", sweep: points(count) });
    const job = aJob({ id: "after", needs: [{ job: "needed", runs: "all", accept: "any" }] });
    const options = { rerun: "none", reuse: false, acceptModel: false } as const;
    const [first, after] = makePlan(
      [needed, job].map((one) => ({ job: one, model: MODEL, inputDigests: {} })),
      new History(),
      options,
    ).jobs;
    const runs = Array.from({ length: count }, (_, index) => first!.identify(index));
    const events: RunEvent[] = [
      { type: "job.planned", job: needed, count, model: MODEL },
      {
        type: "runs.completed",
        job: "needed",
        model: "m1",
        runs: runs.map(({ run, digest }) => completed(run, digest, { steps })),
      },
    ];
    const { digest } = after!.identify(0);
    const told = restsOn(job, 0, digest, historyOf(...events))!;
    const all = steps === 100;
    assert.deepEqual([told.needs[0]!.runs, told.needs[0]!.completed], [count, all ? count : 0]);
    assert.equal(told.isChanged, !all);
    assert.equal(restsOn(job, 0, "", historyOf(...events))!.isChanged, false, "not begun");
    const which = names ? runs.map(({ run }) => `needed/${run}`).join(", ") : "needed: 9 runs";
    assert.equal(
      restsOnText(told),
      all ? which : `${which} (0 completed); not as when it was begun`,
    );
  }
  assert.equal(restsOn(aJob(), 0, "", new History()), undefined);
});

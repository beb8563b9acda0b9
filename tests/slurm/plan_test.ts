/** What a campaign costs, by what is known of its jobs. */
import assert from "node:assert/strict";
import type { Job } from "../../src/job/job.ts";
import { completed, priceText } from "../../src/report/price.ts";
import { StandstillFold } from "../../src/report/standstill.ts";

const job = (id: string, steps: number): Job => ({ id, steps } as Job);
const [a, b] = [job("a", 1_000), job("b", 500)];
const pilots = { pilots: 4, cores: 8, timeMs: 3_600_000 };

Deno.test("priceText() multiplies what is left by what steps took, and names the most that it can be", () => {
  const jobs = [{ job: a, left: 100 }, { job: b, left: 0 }];
  assert.equal(
    priceText({ jobs, times: { a: 720 }, ...pilots }),
    "Price: about 20 core-hours, by what such runs took before; 37 min 30 s on all of them at once; " +
      "at most 32 core-hours in the time that is asked for.",
  );
  assert.equal(
    priceText({ jobs, times: {}, ...pilots }),
    "Price: nobody knows how long its runs take, none was computed yet; " +
      "at most 32 core-hours in the time that is asked for.",
  );
  assert.equal(
    priceText({ jobs, times: { a: 1 }, pilots: 1, cores: undefined, timeMs: undefined }),
    "Price: about 0.03 core-hours, by what such runs took before.",
  );
});

Deno.test("completed() takes a job that nobody knows for as dear as those in the middle", () => {
  assert.deepEqual(completed({ a: 5 }, [a, b]), { a: 5, b: 5 });
  assert.deepEqual(completed({}, [a, b]), {});
});

Deno.test("StandstillFold counts simruns since something was saved, from a moment on", () => {
  const fold = new StandstillFold("2026-11-02");
  const apply = (type: string, at: string) => fold.apply({ type, at } as never);
  apply("campaign.started", "2026-11-01T00:00:00Z");
  assert.equal(fold.sessions, 0);
  apply("campaign.started", "2026-11-02T00:00:00Z");
  apply("runs.started", "2026-11-02T00:00:01Z");
  apply("campaign.started", "2026-11-02T00:00:02Z");
  assert.equal(fold.sessions, 2);
  apply("run.checkpointed", "2026-11-02T00:00:03Z");
  assert.equal(fold.sessions, 0);
});

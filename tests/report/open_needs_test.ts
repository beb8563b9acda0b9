/** Which of the jobs that are needed did not complete, down the line, and what is said of it. */
import assert from "node:assert/strict";
import type { Need } from "../../src/job/job.ts";
import { lackedOf } from "../../src/report/open_needs.ts";
import { type VisibleState, zeroCounts } from "../../src/report/selector.ts";
import { aJob } from "../helpers/jobs.ts";

function need(job: string, accept: Need["accept"] = "completed"): Need {
  return { job, runs: "all", accept };
}

function jobIn(id: string, state: VisibleState) {
  return { id, counts: { ...zeroCounts(), [state]: 1 } };
}

Deno.test("lackedOf() names what failed or was cancelled, also behind what failed for it; not what may still come", () => {
  const last = aJob({ id: "last", needs: [need("middle"), need("slow"), need("lame", "any")] });
  const middle = aJob({ id: "middle", needs: [need("first"), need("second")] });
  const jobs = new Map([last, middle].map((job) => [job.id, job]));
  const statuses = [
    jobIn("last", "failed"),
    jobIn("middle", "failed"),
    jobIn("first", "cancelled"),
    jobIn("second", "completed"),
    jobIn("slow", "waiting"),
    jobIn("lame", "failed"),
  ];
  assert.deepEqual(lackedOf(last, statuses, (id) => jobs.get(id)), {
    failed: ["middle"],
    cancelled: ["first"],
  });
  const again = statuses.map((job) => jobIn(job.id, job.id === "last" ? "failed" : "waiting"));
  assert.equal(lackedOf(last, again, (id) => jobs.get(id)), undefined);
});

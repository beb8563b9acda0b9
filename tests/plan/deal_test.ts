/** Dealing runs to shards: nothing twice, nothing left, alike loads, and what belongs together stays so. */
import assert from "node:assert/strict";
import type { Fault } from "../../src/job/fault.ts";
import type { Job } from "../../src/job/job.ts";
import type { Sweep } from "../../src/job/sweep.ts";
import { dealJobs } from "../../src/plan/deal.ts";
import { countPoints, pointAt } from "../../src/plan/sweep.ts";
import { aJob } from "../helpers/jobs.ts";

const COST = ({ steps }: Job) => steps;

function sweep(count: number): Sweep {
  return {
    parts: [{
      kind: "axis",
      name: "x",
      axis: { kind: "range", from: 0, to: count - 1, count, spacing: "linear" },
    }],
  };
}

/** What each shard computes: `job x`. */
function dealt(jobs: readonly Job[], of: number): string[][] {
  return Array.from({ length: of }, (_, at) => {
    const share = dealJobs(jobs, { number: at + 1, of }, COST);
    return share.jobs.flatMap((job) =>
      Array.from(
        { length: countPoints(job.sweep) },
        (_, index) => `${job.id} ${JSON.stringify(pointAt(job.sweep, index))}`,
      )
    );
  });
}

function all(jobs: readonly Job[]): string[] {
  return dealt(jobs, 1).flat();
}

Deno.test("every run is dealt to just one shard, however many there are of either", () => {
  for (const counts of [[1], [5], [64], [7, 1, 1, 30], [1, 1, 1, 1, 1], [12, 12, 3]]) {
    const jobs = counts.map((count, at) =>
      aJob({ id: `j${at}`, steps: 10 * (at + 1), ...(count > 1 && { sweep: sweep(count) }) })
    );
    assert.equal(all(jobs).length, counts.reduce((a, b) => a + b));
    for (const shards of [1, 2, 3, 8, 100]) {
      const hands = dealt(jobs, shards);
      assert.deepEqual(hands.flat().toSorted(), all(jobs).toSorted(), `${counts} ${shards}`);
      const sizes = hands.map(({ length }) => length);
      // One run more than another, unless that one had dearer ones.
      if (counts.length === 1) assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${sizes}`);
    }
  }
});

Deno.test("what shards are dealt costs alike, up to the dearest run", () => {
  let seed = 1;
  const random = () => (seed = seed * 48271 % 2147483647) / 2147483647;
  for (let round = 0; round < 200; round++) {
    const jobs = Array.from({ length: 1 + Math.floor(random() * 12) }, (_, at) => {
      const count = 1 + Math.floor(random() ** 3 * 60);
      return aJob({
        id: `j${at}`,
        steps: 1 + Math.floor(random() * 1000),
        ...(count > 1 && { sweep: sweep(count) }),
      });
    });
    const of = 1 + Math.floor(random() * 9);
    const costs = Array.from(
      { length: of },
      (_, at) =>
        dealJobs(jobs, { number: at + 1, of }, COST).jobs.reduce(
          (sum, job) => sum + countPoints(job.sweep) * job.steps,
          0,
        ),
    );
    const dearest = Math.max(...jobs.map(({ steps }) => steps));
    assert.ok(Math.max(...costs) - Math.min(...costs) <= dearest, `${round}: ${costs}`);
  }
});

Deno.test("jobs that need each other are one shard's, and those that are led by results", () => {
  const needs = (job: string): Pick<Job, "needs"> => ({
    needs: [{ job, runs: "all", accept: "completed" }],
  });
  const jobs = [
    aJob({ id: "wide", sweep: sweep(400) }),
    aJob({ id: "a", sweep: sweep(3) }),
    aJob({ id: "b", sweep: sweep(5), ...needs("a") }),
    aJob({ id: "c", ...needs("b") }),
    aJob({
      id: "led",
      sweep: sweep(20),
      until: { metric: "m", rule: "stable" } as unknown as Job["until"] & object,
    }),
  ];
  const of = 4;
  const hands = dealt(jobs, of);
  assert.deepEqual(hands.flat().toSorted(), all(jobs).toSorted());
  for (const names of [["a", "b", "c"], ["led"]]) {
    const having = hands.filter((hand) => hand.some((run) => names.includes(run.split(" ")[0]!)));
    assert.equal(having.length, 1, `${names}`);
  }
  const { whole } = dealJobs(jobs, { number: 1, of }, COST);
  assert.deepEqual(
    whole.map(({ jobs, runs, why }) => [jobs, runs, why]).toSorted(),
    [[["a", "b", "c"], 9, "needs"], [["led"], 20, "led"]],
  );
});

Deno.test("a campaign that one shard would compute nearly alone is refused, and a need that is not there", () => {
  const jobs = [
    aJob({ id: "a", sweep: sweep(300) }),
    aJob({
      id: "b",
      sweep: sweep(300),
      needs: [{ job: "a", runs: "same-point", accept: "completed" }],
    }),
  ];
  const refused = (message: RegExp) => (fault: Fault) =>
    message.test(fault.message) && fault.hint !== undefined;
  assert.throws(
    () => dealJobs(jobs, { number: 1, of: 8 }, COST),
    refused(/^a and b need each other's results.* all 600 runs/),
  );
  assert.equal(dealJobs(jobs, { number: 1, of: 1 }, COST).jobs.length, 2);
  assert.throws(
    () => dealJobs([jobs[1]!], { number: 1, of: 2 }, COST),
    refused(/b needs a, which is in none/),
  );
});

/** What a model is handed: of a sweep's point its parameters, and random numbers of its own. */
import assert from "node:assert/strict";
import type { Sweep } from "../../src/job/sweep.ts";
import { countPoints, pointAt } from "../../src/plan/sweep.ts";
import { RunContext } from "../../src/worker/context.ts";
import { aJob } from "../helpers/jobs.ts";

function contextAt(sweep: Sweep, index: number): RunContext {
  const job = aJob({ sweep, parameters: { y: 2 } });
  return new RunContext(job, "run", pointAt(sweep, index), {
    x: { default: 0 },
    z: { default: 9 },
  });
}

const SWEEP: Sweep = {
  parts: [{
    kind: "sample",
    method: "lhs",
    count: 4,
    seed: 1,
    over: [{ name: "x", distribution: { kind: "uniform", min: 0, max: 1 } }],
  }, { kind: "repeat", count: 3 }],
};

Deno.test("RunContext hands a model the parameters of a point, and no numbers of samples and repeats", () => {
  assert.deepEqual(Object.keys(contextAt(SWEEP, 5).params).toSorted(), ["x", "y", "z"]);
});

Deno.test("RunContext has other random numbers for every point and every repeat, and the same again", () => {
  const first = (index: number) => contextAt(SWEEP, index).rng.uniform();
  const indexes = Array.from({ length: countPoints(SWEEP) }, (_, index) => index);
  assert.equal(new Set(indexes.map(first)).size, 12);
  assert.deepEqual(indexes.map(first), indexes.map(first));
});

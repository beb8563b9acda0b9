/** What a slot was told that its runs need reaches the model: its own, frozen, and that of no other run. */
import assert from "node:assert/strict";
import type { Context } from "../../src/job/model.ts";
import { encodePlain } from "../../src/job/plain.ts";
import { NeededResults } from "../../src/worker/needed_results.ts";
import { SlotNeeds } from "../../src/worker/slot_needs.ts";
import { aJob } from "../helpers/jobs.ts";
import { AgentDouble } from "./agent_double.ts";

const entry = (run: string, result: unknown) => ({
  run,
  parameters: { x: NaN },
  state: result === undefined ? "failed" : "completed",
  result,
});
const textOf = (needs: object) => JSON.stringify(encodePlain(needs));
const batch = (number: number, job: number) =>
  ({ type: "batch", batch: number, job, attempt: 1, priority: 2, runs: [] }) as const;

Deno.test("SlotNeeds keeps what a job shares until another shares something, and what is a run's own for one batch", () => {
  const needs = new SlotNeeds();
  needs.hear({ type: "needs", job: 1, text: "shared by 1" });
  needs.hear({ type: "needs", job: 1, index: 4, text: "of 4" });
  needs.begin(batch(1, 1));
  needs.begin(batch(2, 1));
  needs.begin(batch(3, 2));
  assert.deepEqual(needs.of(1), { needs: { shared: "shared by 1", own: new Map([[4, "of 4"]]) } });
  assert.deepEqual(needs.of(2), { needs: { shared: "shared by 1" } });
  assert.deepEqual(needs.of(3), {});
  needs.hear({ type: "needs", job: 2, text: "shared by 2" });
  needs.begin(batch(4, 1));
  needs.begin(batch(5, 2));
  assert.deepEqual(needs.of(4), {});
  assert.deepEqual(needs.of(5), { needs: { shared: "shared by 2" } });
  assert.equal(needs.of(2).needs?.shared, "shared by 1", "a batch that waits keeps its own");
  needs.end(2);
  assert.deepEqual(needs.of(2), {});
});

Deno.test("SlotNeeds forgets what was told of a run whose batch never came", () => {
  const needs = new SlotNeeds();
  needs.hear({ type: "needs", job: 1, index: 4, text: "of 4" });
  needs.begin(batch(2, 7));
  needs.begin(batch(3, 1));
  assert.deepEqual(needs.of(3), {});
  needs.hear({ type: "needs", job: 1, index: 4, text: "of 4" });
  needs.hear({ type: "needs", job: 2, index: 5, text: "of 5" });
  needs.begin(batch(4, 2));
  assert.deepEqual(needs.of(4), { needs: { own: new Map([[5, "of 5"]]) } });
});

Deno.test("NeededResults gives values and not their encoding, by job, frozen, and reads what is shared once", () => {
  const results = new NeededResults();
  const shared = textOf({ mesh: [entry("m", [-0, undefined, { deep: [1n] }])] });
  const own = new Map([[1, textOf({ a: [entry("a", undefined)] })]]);
  const needs = results.of({ shared, own }, 1);
  assert.deepEqual(Object.keys(needs), ["a", "mesh"]);
  assert.deepEqual(needs.a, [{
    run: "a",
    parameters: { x: NaN },
    state: "failed",
    result: undefined,
  }]);
  const { result } = needs.mesh![0]!;
  assert.deepEqual(result, [-0, undefined, { deep: [1n] }]);
  assertFrozen(needs);
  assert.deepEqual(Object.keys(results.of({ shared, own }, 2)), ["mesh"]);
  assert.equal(results.of({ shared }, 2).mesh, needs.mesh);
  assert.notEqual(results.of({ shared: textOf({ mesh: [] }) }, 2).mesh, needs.mesh);
  assert.deepEqual(results.of(undefined, 1), {});
});

Deno.test("runBatch() hands each run its own needs, in every function, and empty ones to who needs nothing", async () => {
  const seen: string[] = [];
  const see = (where: string, ctx: Context) =>
    void seen.push(`${where} ${ctx.needs.first?.[0]?.result ?? "nothing"}`);
  const agent = new AgentDouble({
    init: (ctx) => (see("init", ctx), {}),
    step: (_, ctx) => see("step", ctx),
    result: (_, ctx) => see("result", ctx),
  });
  const own = new Map([[0, textOf({ first: [entry("r", "zero")] })]]);
  await agent.run(aJob({ steps: 1 }), { indices: [0, 1], needs: { own } });
  await agent.run(aJob({ steps: 1 }));
  const functions = ["init", "step", "result"];
  assert.deepEqual(
    seen,
    ["zero", "nothing", "nothing"].flatMap((what) => functions.map((where) => `${where} ${what}`)),
  );
});

function assertFrozen(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  assert.ok(Object.isFrozen(value));
  Object.values(value).forEach(assertFrozen);
}

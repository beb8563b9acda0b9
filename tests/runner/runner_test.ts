/** The real thing, from jobs to results: real processes, a real tree, one telling case each. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Job } from "../../src/job/job.ts";
import { planOnly } from "../../src/runner/plan_only.ts";
import { openRunner } from "../../src/runner/runner.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module, points, sweepOf } from "../helpers/jobs.ts";
import { COUNT, WALK } from "../helpers/models.ts";
import { keptResults, runJobs } from "../helpers/real_run.ts";

const EVERY_500 = { every: { kind: "steps", steps: 500 }, keep: 3 } as const;

Deno.test("run() brings a sweep to its results, and finds nothing to do the second time", async () => {
  await inTree(COUNT, async (root, model) => {
    const job = aJob({ model, steps: 10, parameters: { by: 2 }, sweep: points(300) });
    const first = await runJobs(root, [job], { slots: 2 });
    assert.deepEqual(first.outcome, {
      stopped: undefined,
      completed: 300,
      failed: 0,
      cancelled: 0,
      remaining: 0,
    });
    const kept = Object.values(await keptResults(root));
    assert.equal(kept.length, 300);
    assert.deepEqual(new Set(kept.map(({ result }) => result)), new Set(['{"x":20}']));
    const again = await runJobs(root, [job]);
    assert.deepEqual(again.outcome, {
      stopped: undefined,
      completed: 0,
      failed: 0,
      cancelled: 0,
      remaining: 0,
    });
    assert.equal(again.runner.plan.jobs[0]!.countOf("done"), 300);
    assert.deepEqual(again.events("runs.started"), []);
  });
});

Deno.test("run() extends a finished run from its final state: equal to a longer one, bit for bit", async () => {
  await inTree(WALK, async (root, model, folder) => {
    const job = aJob({ model, steps: 1500, measureEverySteps: 100, checkpoint: EVERY_500 });
    await runJobs(root, [job]);
    const extended = await runJobs(root, [{ ...job, steps: 2300 }]);
    assert.equal(extended.runner.plan.jobs[0]!.decisionAt(0), "extend");
    assert.deepEqual(extended.events("run.resumed").map(({ step }) => step), [1500]);
    const fresh = join(folder, "fresh");
    await runJobs(fresh, [{ ...job, steps: 2300 }]);
    assert.deepEqual(await keptResults(root), await keptResults(fresh));
  });
});

Deno.test("run() computes anew, when steps grow, what depends on their number", async () => {
  const annealing = WALK.replace("ctx.params.drift", "(ctx.params.drift * ctx.step / ctx.steps)");
  await inTree(annealing, async (root, model, folder) => {
    const job = aJob({ model, steps: 1000, measureEverySteps: 100, checkpoint: EVERY_500 });
    await runJobs(root, [job]);
    const longer = { ...job, steps: 1500 };
    const extended = await runJobs(root, [longer]);
    const [resumed] = extended.events("run.resumed");
    assert.equal(resumed!.step, 0);
    assert.match(resumed!.rejected[0]!.reason, /depends on 1000 steps/);
    const fresh = join(folder, "fresh");
    await runJobs(fresh, [longer]);
    assert.deepEqual(await keptResults(root), await keptResults(fresh));
  });
});

Deno.test("run() stopped at a checkpoint and run again gives the same bits", async () => {
  await inTree(WALK, async (root, model, folder) => {
    const job = aJob({ model, steps: 40_000, measureEverySteps: 500, checkpoint: EVERY_500 });
    const stopped = await runJobs(root, [job], {}, (event, runner) => {
      if (event.type === "run.checkpointed") runner.stop("checkpoint");
    });
    assert.equal(stopped.outcome.stopped, "asked");
    assert.equal(stopped.outcome.remaining, 1);
    const again = await runJobs(root, [job]);
    assert.equal(again.runner.plan.jobs[0]!.decisionAt(0), "resume");
    assert.ok(again.events("run.resumed")[0]!.step >= 500);
    const golden = join(folder, "golden");
    await runJobs(golden, [job]);
    assert.deepEqual(await keptResults(root), await keptResults(golden));
  });
});

Deno.test("run() makes a new run of changed parameters, and nothing of the old one is left in it", async () => {
  await inTree(WALK, async (root, model, folder) => {
    const job = aJob({ model, steps: 1000, measureEverySteps: 2, checkpoint: EVERY_500 });
    await runJobs(root, [job]);
    const { measureEverySteps: _, ...changed } = { ...job, parameters: { drift: 0.2 } };
    const ran = await runJobs(root, [changed]);
    assert.equal(ran.runner.plan.jobs[0]!.decisionAt(0), "changed-parameters");
    const fresh = join(folder, "fresh");
    await runJobs(fresh, [changed]);
    assert.deepEqual(await keptResults(root), await keptResults(fresh));
    assert.equal((await keptResults(root))["job/job"]!.series, "", "the old series is gone");
  });
});

Deno.test("run() reports a changed model, computes it again when told to", async () => {
  await inTree(COUNT, async (root, model) => {
    const job = aJob({ model, steps: 10 });
    await runJobs(root, [job]);
    await Deno.writeTextFile(model.path, COUNT.replace("?? 1", "?? 3"));
    const reported = await runJobs(root, [job]);
    assert.equal(reported.runner.plan.jobs[0]!.decisionAt(0), "stale-model");
    assert.equal((await keptResults(root))["job/job"]!.result, '{"x":10}');
    await runJobs(root, [job], { options: { rerun: "changed" } });
    assert.equal((await keptResults(root))["job/job"]!.result, '{"x":30}');
  });
});

Deno.test("run() notices a change in a file that the model imports", async () => {
  const importing = 'import { by } from "./lib/by.ts";' + COUNT.replace("?? 1", "?? by");
  await inTree(importing, async (root, model, folder) => {
    await place(folder, "lib/by.ts", "export const by = 1;");
    const job = aJob({ model, steps: 10 });
    await runJobs(root, [job]);
    await place(folder, "lib/by.ts", "export const by = 4;");
    const plan = await planOnly({ root, jobs: [job], slots: 1 }, true);
    assert.equal(plan.jobs[0]!.decisionAt(0), "stale-model");
  });
});

Deno.test("run() holds a run whose model was edited half way; --accept-model goes on with it", async () => {
  await inTree(WALK, async (root, model) => {
    const job = aJob({ model, steps: 60_000, checkpoint: EVERY_500 });
    await runJobs(root, [job], {}, (event, runner) => {
      if (event.type === "run.checkpointed") runner.stop("checkpoint");
    });
    await Deno.writeTextFile(model.path, WALK + "// a comment\n");
    const held = await runJobs(root, [job]);
    assert.equal(held.runner.plan.jobs[0]!.decisionAt(0), "held-model");
    const accepted = await runJobs(root, [job], { options: { acceptModel: true } });
    assert.equal(accepted.outcome.completed, 1);
    assert.ok(accepted.events("run.resumed")[0]!.step >= 500);
    assert.deepEqual(accepted.events("run.resumed")[0]!.rejected, []);
  });
});

Deno.test("run() computes everything again when asked to, checkpoints or not", async () => {
  await inTree(WALK, async (root, model) => {
    const job = aJob({ model, steps: 1000, checkpoint: EVERY_500 });
    await runJobs(root, [job]);
    const golden = await keptResults(root);
    const again = await runJobs(root, [job], { options: { rerun: "all" } });
    assert.equal(again.runner.plan.jobs[0]!.decisionAt(0), "asked");
    assert.deepEqual(again.events("run.resumed"), []);
    assert.deepEqual(again.events("run.checkpointed").map(({ step }) => step), [500, 1000]);
    assert.deepEqual(await keptResults(root), golden);
  });
});

Deno.test("run() takes the result of an equal run at once, series and big result included", async () => {
  const big = WALK.replace(
    "result(state) { return {",
    "result(state) { return { u2: new Array(9000).fill(0.1),",
  );
  await inTree(big, async (root, model) => {
    const job = aJob({ model, steps: 1000, measureEverySteps: 1, checkpoint: EVERY_500 });
    await runJobs(root, [job]);
    const renamed = { ...job, id: "renamed" };
    const ran = await runJobs(root, [job, renamed]);
    assert.equal(ran.runner.reused, 1);
    assert.deepEqual(ran.events("runs.started"), []);
    assert.deepEqual(ran.events("run.reused")[0]!.from, { job: "job", run: "job" });
    const kept = await keptResults(root);
    assert.ok(kept["renamed/renamed"]!.series.length > 10_000);
    assert.deepEqual(kept["renamed/renamed"], kept["job/job"]);
    const uncached = await runJobs(root, [{ ...job, id: "third" }], { options: { reuse: false } });
    assert.equal(uncached.outcome.completed, 1);
  });
});

Deno.test("run() hands a model every number of the manifest, NaN and infinities included", async () => {
  const echo = `
    export const params = { x: { default: 1, max: Infinity }, list: {} };
    export const step = () => {};
    export const result = (_, { params }) => ({ x: String(params.x), list: params.list.map(String) });
  `;
  await inTree(echo, async (root, model) => {
    const sweep = sweepOf("x", [-Infinity, 1e308, 0.1]);
    const job = aJob({ model, steps: 1, parameters: { list: [NaN, Infinity, 5] }, sweep });
    const ran = await runJobs(root, [job]);
    assert.equal(ran.outcome.completed, 3);
    const results = Object.values(await keptResults(root)).map(({ result }) => JSON.parse(result));
    assert.deepEqual(results.map(({ x }) => x).toSorted(), ["-Infinity", "0.1", "1e+308"]);
    assert.deepEqual(results[0].list, ["NaN", "Infinity", "5"]);
    const { readHistory } = await import("../../src/runner/tree_session.ts");
    assert.deepEqual(readHistory(ran.runner.layout).jobs.get("job")!.job, job);
  });
});

Deno.test("openRunner() refuses a tree that another works on, and says who", async () => {
  await inTree(COUNT, async (root, model) => {
    const request = { root, jobs: [aJob({ model })], slots: 1 };
    const first = await openRunner(request);
    await assert.rejects(openRunner(request), (error: Error & { code?: string }) => {
      assert.equal(error.code, "tree-busy");
      assert.match(error.message, new RegExp(String(Deno.pid)));
      return true;
    });
    assert.equal((await first.run()).completed, 1);
  });
});

Deno.test("openRunner() tells of every model that cannot be used, at once, and leaves the tree free", async () => {
  await inTree(COUNT, async (root, model, folder) => {
    const broken = async (name: string, text: string): Promise<Job> =>
      aJob({ id: name, model: module(await place(folder, `${name}.ts`, text)) });
    const jobs = [
      await broken("syntax", "export function step( {"),
      await broken("empty", "export const a = 1;"),
      await broken("throws", "throw new Error('no licence');\nexport function step() {}"),
      aJob({ id: "missing", model: module(join(folder, "nowhere.ts")) }),
      aJob({ id: "good", model }),
    ];
    await assert.rejects(openRunner({ root, jobs, slots: 1 }), (error: Error) => {
      const lines = error.message.split("; ").join("\n");
      assert.match(lines, /syntax\.ts:1/);
      assert.match(lines, /exports only a/);
      assert.match(lines, /no licence \(.*throws\.ts:1:7\)/);
      assert.match(lines, /There is no file .*nowhere\.ts/);
      return true;
    });
    assert.equal((await runJobs(root, [aJob({ model })])).outcome.completed, 1);
  });
});

Deno.test("add() takes up jobs while it runs, each once, reused results too", async () => {
  await inTree(WALK, async (root, model, folder) => {
    const counting = module(await place(folder, "count.ts", COUNT));
    const first = aJob({ id: "first", model, steps: 4000, checkpoint: EVERY_500 });
    const earlier = aJob({ id: "earlier", model: counting, steps: 5 });
    await runJobs(root, [earlier]);
    const added: Promise<unknown>[] = [];
    const ran = await runJobs(root, [first], {}, (event, runner) => {
      if (event.type !== "run.checkpointed" || added.length > 0) return;
      added.push(runner.add([aJob({ id: "b", model: counting, steps: 7, sweep: points(5) })]));
      added.push(runner.add([aJob({ id: "c", model: counting, steps: 9 })]));
      added.push(runner.add([{ ...earlier, id: "same" }]));
    });
    await Promise.all(added);
    assert.equal(ran.outcome.completed, 7);
    const kept = await keptResults(root);
    assert.equal(Object.keys(kept).filter((name) => name.startsWith("b/")).length, 5);
    assert.equal(kept["c/c"]!.result, '{"x":9}');
    assert.equal(kept["same/same"]!.result, '{"x":5}');
    assert.equal(ran.runner.reused, 1);
  });
});

/** A temporary folder with this model in it, and where its tree will be. */
async function inTree(
  model: string,
  use: (root: string, model: Job["model"], folder: string) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    await use(join(folder, "tree"), module(await place(folder, "model.ts", model)), folder);
  });
}

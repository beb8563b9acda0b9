/** Runs that take too long, and runs that measure what is no number, with real slots: how they end, and how they go on. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Job } from "../../src/job/job.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module, points } from "../helpers/jobs.ts";
import { PACED } from "../helpers/models.ts";
import { leavesNoProcess, slotsOf } from "../helpers/processes.ts";
import { keptResults, runJobs } from "../helpers/real_run.ts";
import { float64, OP, wasmModule } from "../models/wasm_module.ts";

const HOURLY = { every: { kind: "time", everyMs: 3_600_000 }, keep: 3 } as const;
const EVERY_20 = { every: { kind: "steps", steps: 20 }, keep: 3 } as const;

Deno.test("a run that hit its timeout goes on from its checkpoint when it is given more time", async () => {
  await withModel(PACED, async (folder, model) => {
    const root = join(folder, "tree");
    await place(folder, "pace.txt", "10");
    const job = aJob({ model, steps: 400, measureEverySteps: 7, checkpoint: HOURLY });
    const short = { ...job, timeoutMs: 300 };
    const first = await runJobs(root, [short]);
    const [failed] = first.events("run.failed");
    const { step, message } = failed!.failure;
    assert.equal(failed!.failure.class, "timeout");
    assert.equal(failed!.attempt, 1, "it is not tried again by itself");
    assert.ok(step > 1 && step <= 40, `step ${step}: none is shorter than 10 ms`);
    assert.match(message, new RegExp(`and has done ${step} of 400 steps; raise timeout and run`));
    assert.deepEqual(first.events("run.checkpointed").map((saved) => saved.step), [step]);

    const again = await runJobs(root, [short]);
    assert.deepEqual(again.events("run.failed").map(({ failure }) => failure.class), ["timeout"]);
    assert.deepEqual(again.events("run.failed").map(({ failure }) => failure.step), [step]);
    assert.deepEqual(again.events("run.resumed").map((resumed) => resumed.step), [step]);
    assert.deepEqual(again.events("run.checkpointed"), []);

    await place(folder, "pace.txt", "0");
    const longer = await runJobs(root, [{ ...job, timeoutMs: 60_000 }]);
    assert.deepEqual(longer.events("run.resumed").map((resumed) => resumed.step), [step]);
    assert.equal(longer.outcome.completed, 1);
    const fresh = join(folder, "fresh");
    await runJobs(fresh, [job]);
    assert.deepEqual(await keptResults(root), await keptResults(fresh));
  });
});

Deno.test("a step that outlives its run's timeout is ended with its process; the others complete", async () => {
  const text = `
    export function init() { return { x: 0 }; }
    export function step(state, ctx) { while (ctx.params.i === 1 && state.x === 50); state.x++; }
  `;
  await withModel(text, async (folder, model) => {
    const root = join(folder, "tree");
    const job = aJob({ model, steps: 100, sweep: points(3), checkpoint: EVERY_20, timeoutMs: 200 });
    const startedAt = performance.now();
    const ran = await runJobs(root, [job]);
    assert.ok(performance.now() - startedAt < 30_000, "its hang limit is five minutes");
    assert.deepEqual([ran.outcome.completed, ran.outcome.failed], [2, 1]);
    const [failed] = ran.events("run.failed");
    assert.equal(failed!.failure.class, "timeout");
    assert.equal(failed!.failure.step, 50);
    assert.match(
      failed!.failure.message,
      /^it computed for \d+s, longer than its timeout of 200ms, and what it began after step 50 /,
    );
    assert.deepEqual(slotsOf(Deno.pid), [], "no core is burnt any more");
    // It does not come as far as the step without end.
    const longer = await runJobs(root, [{ ...job, steps: 45, timeoutMs: 60_000 }]);
    const resumed = longer.events("run.resumed").find(({ run }) => run === failed!.run);
    assert.equal(resumed!.step, 40, "its checkpoint is kept");
    assert.equal(longer.outcome.failed, 0);
  });
});

Deno.test("a run is seen to take too long between two steps, though those of the run before were quick", async () => {
  const text = `
    const bell = new Int32Array(new SharedArrayBuffer(4));
    export function init() { return { x: 0 }; }
    export function step(state, ctx) {
      state.x++;
      if (ctx.params.i === 1) Atomics.wait(bell, 0, 0, 20);
    }
  `;
  await withModel(text, async (folder, model) => {
    const job = aJob({ model, steps: 200_000, sweep: points(2), checkpoint: HOURLY });
    const ran = await runJobs(join(folder, "tree"), [{ ...job, timeoutMs: 400 }]);
    assert.deepEqual([ran.outcome.completed, ran.outcome.failed], [1, 1]);
    const { message, step } = ran.events("run.failed")[0]!.failure;
    assert.match(message, / of 200,000 steps; raise timeout and run again/);
    assert.deepEqual(ran.events("run.checkpointed").map((saved) => saved.step), [step]);
  });
});

Deno.test("a run ends at a NaN with on_nan: fail, keeps its last good checkpoint, and goes on from it with warn", async () => {
  const text = `
    export function init() { return { x: 0, mean: 1 }; }
    export function step(state) { state.x++; if (state.x === 50) state.mean = 0 / 0; }
    export function measure(state) { return { x: state.x, mean: state.mean }; }
  `;
  await withModel(text, async (folder, model) => {
    const root = join(folder, "tree");
    const job = aJob({ model, steps: 100, measureEverySteps: 5, checkpoint: EVERY_20 });
    const first = await runJobs(root, [{ ...job, onNan: "fail" }]);
    assert.deepEqual(first.events("run.failed").map(({ failure }) => failure), [
      { class: "not-finite", message: "mean is NaN at step 50", step: 50 },
    ]);
    assert.deepEqual(first.events("run.checkpointed").map(({ step }) => step), [20, 40]);
    assert.deepEqual(first.events("run.warned"), []);

    const second = await runJobs(root, [job]);
    assert.deepEqual(second.events("run.resumed").map(({ step }) => step), [40]);
    assert.deepEqual(second.events("run.warned").map(({ step, message }) => [step, message]), [
      [50, "mean is NaN at step 50"],
    ]);
    const fresh = join(folder, "fresh");
    const ignored = await runJobs(fresh, [{ ...job, onNan: "ignore" }]);
    assert.deepEqual(ignored.events("run.warned"), []);
    assert.deepEqual(await keptResults(root), await keptResults(fresh));
  });
});

Deno.test("the getters of a WebAssembly model are looked at like any measurement", async () => {
  // Doubles at each call of advance, from the largest power of two on.
  const bytes = wasmModule({
    functions: [
      { name: "init" },
      {
        name: "advance",
        takes: ["i32"],
        body: [OP.globalGet, 0, OP.globalGet, 0, OP.f64Add, OP.globalSet, 0],
      },
      { name: "get_heat", gives: ["f64"], body: [OP.globalGet, 0] },
      { name: "get_turns", gives: ["i64"], body: [OP.i64Const, 7] },
    ],
    globals: [{ type: "f64", mutable: true, value: [OP.f64Const, ...float64(2 ** 1023)] }],
  });
  await inFolder(async (folder) => {
    const path = join(folder, "model.wasm");
    await Deno.writeFile(path, bytes);
    const job = aJob({ model: { kind: "wasm", path }, steps: 4, measureEverySteps: 1 });
    const ran = await runJobs(join(folder, "tree"), [
      { ...job, id: "fails", onNan: "fail" },
      { ...job, id: "warns", seed: 1 },
    ]);
    assert.deepEqual(ran.events("run.failed").map(({ run, failure }) => [run, failure.message]), [
      ["fails", "heat is Infinity at step 1"],
    ]);
    assert.deepEqual(ran.events("run.warned").map(({ run, message }) => [run, message]), [
      ["warns", "heat is Infinity at step 1"],
    ]);
    assert.equal(ran.outcome.completed, 1);
  });
});

async function withModel(
  text: string,
  use: (folder: string, model: Job["model"]) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const model = module(await place(folder, "model.ts", text));
    await leavesNoProcess(() => use(folder, model));
  });
}

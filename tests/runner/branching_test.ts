/** Runs that begin from the states of others: real processes, real trees, to the last bit, over kills, prunes and changes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Job } from "../../src/job/job.ts";
import type { Origin } from "../../src/job/run.ts";
import { planOnly } from "../../src/runner/plan_only.ts";
import { JobProblems } from "../../src/runner/prepare.ts";
import { listCheckpoints, readCheckpoint, writeCheckpoint } from "../../src/store/checkpoint.ts";
import { Layout } from "../../src/store/layout.ts";
import { repairTree } from "../../src/verify/repair.ts";
import { verifyTree } from "../../src/verify/verify.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module, sweepOf } from "../helpers/jobs.ts";
import { PACED, WALK } from "../helpers/models.ts";
import { keptResults, runJobs } from "../helpers/real_run.ts";
import { float64, OP, wasmModule } from "../models/wasm_module.ts";

const DRIFTS = [0.1, 0.2, 0.3];

Deno.test("a run with the same parameters is to the bit what the run it begins from would have become", async () => {
  await inStage(async ({ root, walk, child }) => {
    const jobs = [
      walk("spinup", { steps: 60 }),
      walk("whole", { steps: 130 }),
      child("last", {}),
      child("middle", { from: from({ step: 37 }) }),
      child("points", { sweep: sweepOf("drift", DRIFTS) }),
      child("further", {
        steps: 150,
        sweep: sweepOf("drift", DRIFTS),
        from: from({ job: "points", match: "same-point" }),
      }),
      walk("far", { steps: 150 }),
    ];
    const { outcome } = await runJobs(root, jobs, { slots: 2 });
    assert.deepEqual([outcome.completed, outcome.failed], [11, 0]);
    const kept = await keptResults(root);
    const whole = kept["whole/whole"]!;
    assert.equal(kept["last/last"]!.result, whole.result);
    assert.equal(kept["middle/middle"]!.result, whole.result);
    const results = (job: string) => namesOf(kept, job).map((name) => kept[name]!.result);
    assert.equal(results("points")[0], whole.result);
    assert.equal(new Set(results("points")).size, 3, "other parameters, other ends");
    assert.equal(results("further")[0], kept["far/far"]!.result);
    // Its rows begin with the state it has begun from, and are those of the whole from there on.
    const rows = (name: string) => kept[name]!.series.trim().split("\n").slice(1);
    assert.deepEqual(rows("last/last"), rows("whole/whole").slice(6));
    assert.deepEqual(rows("middle/middle").slice(1), rows("whole/whole").slice(4));
    assert.match(rows("middle/middle")[0]!, /^37,/);
    await assertSound(root);
    assert.equal((await planOnly({ root, jobs, slots: 1 }, true)).toRun, 0);
  });
});

Deno.test("a run draws on from where the other one stopped; with a seed or a repeat of its own it has its own numbers", async () => {
  await inStage(async ({ root, walk, child }) => {
    const jobs = [
      walk("spinup", { steps: 60 }),
      child("same", {}),
      child("seeded", { seed: 5 }),
      child("seeded-later", { seed: 5, from: from({ step: 50 }) }),
      child("repeated", { sweep: { parts: [{ kind: "repeat", count: 3 }] } }),
      child("on", { steps: 140, seed: 5, from: from({ job: "seeded" }) }),
      child("longer", { steps: 140, seed: 5 }),
    ];
    await runJobs(root, jobs);
    const kept = await keptResults(root);
    const result = (name: string) => kept[name]!.result;
    const repeats = namesOf(kept, "repeated").map(result);
    assert.equal(repeats[0], result("same/same"), "the first is the one without repeats");
    const all = [...repeats, result("seeded/seeded"), result("seeded-later/seeded-later")];
    assert.equal(new Set(all).size, 5);
    // The seed is the one of the run it begins from: there is nothing new to draw from.
    assert.equal(result("on/on"), result("longer/longer"));
    // The same state, and so the same bits, whatever the tree.
    const again = `${root}-2`;
    await runJobs(again, jobs, { slots: 2 });
    assert.deepEqual(await keptResults(again), kept);
  });
});

Deno.test("branch() fits the state to other parameters, in place or by another one, once and never again", async () => {
  await inStage(async ({ root, folder, walk }) => {
    const model = module(await place(folder, "fits.ts", FITS));
    const parent = walk("spinup", { model, steps: 50, parameters: {} });
    const sized = (id: string, cells: number, over: Partial<Job> = {}) =>
      walk(id, { model, steps: 400_000, parameters: { cells }, from: from({}), ...over });
    const every = { every: { kind: "steps", steps: 500 }, keep: 3 } as const;
    const jobs = [parent, sized("in-place", 8), sized("other", 16, { checkpoint: every })];
    // Given back in the middle: it goes on from its own, and is not fitted again.
    const cut = await runJobs(root, jobs, {}, (event, runner) => {
      if (event.type === "run.checkpointed" && event.job === "other" && event.step > 50) {
        runner.stop("now");
      }
    });
    assert.equal(cut.outcome.remaining, 1);
    const { outcome, events } = await runJobs(root, jobs);
    assert.deepEqual([outcome.completed, outcome.failed], [1, 0]);
    assert.ok(events("run.resumed")[0]!.step >= 500);
    const kept = await keptResults(root);
    const told = (name: string) => JSON.parse(kept[name]!.result);
    assert.deepEqual(told("in-place/in-place"), {
      cells: 8,
      fitted: [{ step: 50, cells: 8, was: 8 }],
      n: 400_000,
    });
    assert.deepEqual(told("other/other"), {
      cells: 16,
      fitted: [{ step: 50, cells: 16, was: 8 }],
      n: 400_000,
    });
  });
});

Deno.test("a model is told what is wrong with what its branch() returns, and with a state of another model", async () => {
  await inStage(async ({ root, folder, walk, child }) => {
    const wrong = FITS.replace("return { ...s", "return 7 && { f() {}, ...s");
    const model = module(await place(folder, "wrong.ts", wrong));
    const jobs = [
      walk("spinup", { steps: 50, model: module(await place(folder, "fits.ts", FITS)) }),
      child("bad", { model, parameters: { cells: 16 } }),
    ];
    const { events } = await runJobs(root, jobs);
    const [failed] = events("run.failed");
    assert.equal(failed!.failure.class, "bad-state");
    assert.match(failed!.failure.message, /state\.f is a function/);
    const message = await refusal(root, [jobs[0]!, child("walks", {})]);
    assert.match(message, /Job walks has another model than spinup.*branch\(state, ctx\)/s);
    // Somebody insists.
    const insisted = await runJobs(root, [jobs[0]!, child("walks", {})], {
      options: { acceptModel: true },
    });
    assert.match(insisted.events("run.failed")[0]!.failure.message, /measure\(\) gave undefined/);
  });
});

Deno.test("WebAssembly goes on from another's memory; its setters are called for what changed, and then branch", async () => {
  await inStage(async ({ root, folder }) => {
    const path = await placeWasm(folder, "decay.wasm", true);
    const plain = await placeWasm(folder, "plain.wasm", false);
    const job = (id: string, over: Partial<Job>) =>
      aJob({ id, model: { kind: "wasm", path }, steps: 200, checkpoint: AUTO, ...over });
    const jobs = [
      job("spinup", { steps: 120 }),
      job("whole", {}),
      job("same", { from: from({}) }),
      job("spelled", { from: from({}), parameters: { by: 1 } }),
      job("other", { from: from({}), parameters: { by: 10 } }),
      job("plain", { steps: 120, model: { kind: "wasm", path: plain } }),
      job("unfit", {
        model: { kind: "wasm", path: plain },
        from: from({ job: "plain" }),
        parameters: { by: 10 },
      }),
    ];
    const { outcome, events } = await runJobs(root, jobs);
    const kept = await keptResults(root);
    const result = (name: string) => JSON.parse(kept[name]!.result);
    assert.deepEqual(result("whole/whole"), { sum: 200, branches: 0 });
    assert.deepEqual(result("same/same"), { sum: 200, branches: 1 });
    assert.deepEqual(result("spelled/spelled"), result("same/same"));
    assert.deepEqual(result("other/other"), { sum: 120 + 80 * 10, branches: 1 });
    assert.equal(outcome.failed, 1);
    assert.match(
      events("run.failed")[0]!.failure.message,
      /plain\.wasm exports no branch, and by is/,
    );
  });
});

Deno.test("what a run begins from is kept for it: a step between two checkpoints, the end, and every so many steps", async () => {
  await inStage(async ({ root, walk, child }) => {
    const tight = { every: { kind: "steps", steps: 10 }, keep: 1 } as const;
    const jobs = [
      walk("spinup", { steps: 95, checkpoint: { ...tight, keepEverySteps: 40 } }),
      child("a", { from: from({ step: 33 }), checkpoint: tight }),
      child("b", { from: from({ step: 7 }), checkpoint: tight }),
      walk("all", { steps: 40, checkpoint: { ...tight, keep: Number.MAX_SAFE_INTEGER } }),
    ];
    const first = await runJobs(root, jobs);
    assert.deepEqual(stepsOf(root, "spinup"), [7, 33, 40, 80, 95]);
    const saved = first.events("run.checkpointed").filter(({ job }) => job === "all");
    assert.deepEqual(stepsOf(root, "all"), saved.map(({ step }) => step));
    // From then on they need it no more: without it they are extended.
    await Deno.remove(new Layout(root).checkpointFolder("spinup", "spinup"), { recursive: true });
    const longer = jobs.map((job) => job.id === "a" ? { ...job, steps: 200 } : job);
    const { outcome, events } = await runJobs(root, longer);
    assert.deepEqual([outcome.completed, outcome.failed], [1, 0]);
    assert.equal(events("run.resumed")[0]!.step, 130);
    const whole = `${root}-whole`;
    await runJobs(whole, [walk("a", { steps: 200 })]);
    const result = async (tree: string) => (await keptResults(tree))["a/a"]!.result;
    assert.equal(await result(root), await result(whole));
  });
});

Deno.test("a parent that was too quick to keep its end is computed again for it; of one that took long the steps that are there are told", async () => {
  await inStage(async ({ root, walk, child }) => {
    const spinup = walk("spinup", { steps: 60 });
    await runJobs(root, [spinup]);
    assert.deepEqual(stepsOf(root, "spinup"), []);
    const before = (await keptResults(root))["spinup/spinup"];
    const jobs = [spinup, child("later", {})];
    const plan = await planOnly({ root, jobs, slots: 1 }, true);
    assert.deepEqual(plan.jobs.map((job) => job.decisionAt(0)), ["state-anew", "new"]);
    await runJobs(root, jobs);
    const kept = await keptResults(root);
    assert.deepEqual(kept["spinup/spinup"], before);
    assert.ok(kept["later/later"] !== undefined);
    assert.deepEqual(stepsOf(root, "spinup"), [60]);
    // Alone, without the manifest of the parent, nobody may compute that one again.
    const alone = await refusal(root, [child("middle", { from: from({ step: 30 }) })]);
    assert.match(
      alone,
      /state of spinup at step 30 is not in the tree: there is 60; .*keep_every/s,
    );
    await Deno.remove(new Layout(root).checkpointFolder("spinup", "spinup"), { recursive: true });
    assert.match(
      await refusal(root, [child("end", { seed: 9 })]),
      /no state of spinup is in the tree/,
    );
  });
});

Deno.test("a parent that was computed otherwise has those run again that have begun from it, and only then", async () => {
  await inStage(async ({ root, folder, walk, child }) => {
    // Another state each time it is computed: the file is no part of what it is.
    const model = module(await place(folder, "moody.ts", MOODY));
    await place(folder, "mood.txt", "1");
    const spinup = walk("spinup", { model, steps: 30 });
    const jobs = [
      spinup,
      child("next", { model }),
      child("grown", { model, steps: 140, from: from({ job: "next" }) }),
    ];
    const whys = async (wanted: readonly Job[]) =>
      (await planOnly({ root, jobs: wanted, slots: 1 }, true)).jobs.map((job) => job.decisionAt(0));
    await runJobs(root, jobs);
    const again = { options: { rerun: "all" } } as const;
    await runJobs(root, [spinup], again);
    assert.deepEqual(await whys(jobs), ["done", "done", "done"], "to the same state");
    await place(folder, "mood.txt", "2");
    await runJobs(root, [spinup], again);
    assert.deepEqual(await whys(jobs), ["done", "changed-state", "done"]);
    const { outcome } = await runJobs(root, jobs);
    assert.equal(outcome.completed, 1);
    assert.deepEqual(await whys(jobs), ["done", "done", "changed-state"]);
    await runJobs(root, jobs);
    assert.deepEqual(await whys(jobs), ["done", "done", "done"]);
    const fresh = `${root}-fresh`;
    await runJobs(fresh, jobs);
    assert.deepEqual(await keptResults(root), await keptResults(fresh));
    const seeded = [{ ...spinup, seed: 3 }, ...jobs.slice(1)];
    assert.deepEqual(await whys(seeded), ["changed-parameters", "changed-needs", "changed-needs"]);
    const longer = [{ ...spinup, steps: 40 }, ...jobs.slice(1)];
    assert.deepEqual(await whys(longer), ["extend", "changed-needs", "changed-needs"]);
  });
});

Deno.test("a run that was to begin anew from another state does so, however it was stopped before", async () => {
  await inStage(async ({ root, folder, walk, child }) => {
    const model = module(await place(folder, "moody.ts", MOODY));
    await place(folder, "mood.txt", "1");
    const jobs = [walk("spinup", { model, steps: 30 }), child("next", { model })];
    await runJobs(root, jobs);
    await place(folder, "mood.txt", "2");
    await runJobs(root, [jobs[0]!], { options: { rerun: "all" } });
    // Durable, and not begun: what was saved before is there still, and has the same spec.
    const cut = await runJobs(root, jobs, {}, (event, runner) => {
      if (event.type === "runs.started") runner.stop("now");
    });
    assert.equal(cut.outcome.remaining, 1);
    const { events, runner } = await runJobs(root, jobs);
    assert.equal(runner.plan.jobs[1]!.decisionAt(0), "restart");
    assert.match(events("run.resumed")[0]!.rejected[0]!.reason, /computed again, to another one/);
    const fresh = `${root}-fresh`;
    await runJobs(fresh, jobs);
    assert.deepEqual(await keptResults(root), await keptResults(fresh));
    const { findings } = await verifyTree(root);
    assert.deepEqual(findings.filter(({ kind }) => kind === "damage"), []);
  });
});

Deno.test("verifyTree() knows what a run has begun from, and a repair writes it down again", async () => {
  await inStage(async ({ root, walk, child }) => {
    const jobs = [
      walk("spinup", { steps: 60 }),
      child("other", { from: from({ step: 20 }) }),
      child("next", {}),
    ];
    await runJobs(root, jobs);
    const layout = new Layout(root);
    const [mine] = await listCheckpoints(layout.checkpointFolder("next", "next"));
    const { identity, snapshot } = await readCheckpoint(mine!.path);
    assert.deepEqual(
      [identity.parent!.job, identity.parent!.run, identity.parent!.step],
      ["spinup", "spinup", 60],
    );
    const { parent: _, ...orphan } = identity;
    for (
      const [forged, what] of [
        [
          { ...identity, parent: { ...identity.parent!, step: 20 } },
          /begun from spinup at step 20/,
        ],
        [
          { ...identity, parent: { ...identity.parent!, state: "other" } },
          /another state of spinup/,
        ],
        [orphan, /has begun from step 0, and its run from spinup at step 60/],
      ] as const
    ) {
      await writeCheckpoint(layout.checkpointFolder("next", "next"), forged, snapshot);
      const [finding] = (await verifyTree(root)).findings;
      assert.match(finding!.reason, what);
    }
    await writeCheckpoint(layout.checkpointFolder("next", "next"), identity, snapshot);
    await assertSound(root);
    // Of a journal that is lost the checkpoints tell, and it goes on.
    await Deno.remove(layout.journal);
    await repairTree(root, () => new Date());
    await assertSound(root);
    const { outcome } = await runJobs(root, jobs.map((job) => ({ ...job, steps: job.steps + 10 })));
    assert.equal(outcome.completed, 3);
    await assertSound(root);
  });
});

Deno.test("who begins from a run that failed fails with it, and a retry takes up both", async () => {
  await inStage(async ({ root, folder, walk, child }) => {
    const model = module(await place(folder, "fails.ts", FAILS));
    await place(folder, "flag.txt", "fail");
    const jobs = [
      walk("spinup", { model, steps: 30 }),
      child("next", { model }),
      child("third", { model, steps: 140, from: from({ job: "next" }) }),
    ];
    const { outcome, events } = await runJobs(root, jobs);
    assert.deepEqual([outcome.completed, outcome.failed], [0, 3]);
    assert.deepEqual(events("run.failed").map(({ failure }) => failure.message).slice(1), [
      "it begins from spinup, which failed",
      "it begins from next, which failed",
    ]);
    const alone = await refusal(root, [jobs[1]!]);
    assert.match(alone, /begins from spinup, which has not completed in this tree/);
    await place(folder, "flag.txt", "pass");
    assert.equal((await runJobs(root, jobs)).outcome.completed, 3);
    const unknown = await refusal(root, [child("lost", { from: from({ job: "spinpu" }) })]);
    assert.match(unknown, /begins from spinpu, which is in none.*Did you mean "spinup"\?/s);
  });
});

Deno.test("branches that are submitted while their parents are computed have the states of those that are not begun kept", async () => {
  await inStage(async ({ root, folder, walk, child }) => {
    const model = module(await place(folder, "paced.ts", PACED));
    await place(folder, "pace.txt", "2");
    const sweep = sweepOf("drift", Array.from({ length: 8 }, (_, i) => i / 10));
    const late = child("late", {
      ...{ model, sweep },
      from: from({ match: "same-point", step: 37 }),
      parameters: {},
    });
    let added: Promise<unknown> | undefined;
    const spinup = walk("spinup", { model, steps: 60, sweep });
    const over = { batchMax: 1 } as const;
    const { outcome, runner, events } = await runJobs(root, [spinup], over, (event, runner) => {
      if (event.type === "runs.completed") added ??= runner.add([late]);
    });
    await added;
    // Those that were in the slot by then were too quick.
    const { failed, completed } = outcome;
    assert.equal(completed + failed, 16);
    assert.ok(failed < 8, `${failed} failed`);
    for (const { failure } of events("run.failed")) assert.match(failure.message, /no state of/);
    assert.equal(runner.plan.jobs[1]!.count, 8);
    // The next simrun computes these again, for their states.
    assert.equal((await runJobs(root, [spinup, late])).outcome.failed, 0);
    assert.equal(namesOf(await keptResults(root), "late").length, 8);
  });
});

Deno.test("of a sweep one run is named by its id or its beginning, and a point that is not there fails alone", async () => {
  await inStage(async ({ root, walk, child }) => {
    const grid = walk("grid", { steps: 30, parameters: {}, sweep: sweepOf("drift", DRIFTS) });
    await runJobs(root, [
      grid,
      child("first", {
        from: from({ job: "grid", match: "same-point" }),
        parameters: { drift: 0.2 },
      }),
    ]);
    const names = namesOf(await keptResults(root), "grid").map((name) => name.split("/")[1]!);
    const jobs = [
      child("named", { from: from({ job: "grid", run: names[1]! }) }),
      child("short", { from: from({ job: "grid", run: names[1]!.slice(0, 6) }) }),
      child("points", {
        from: from({ job: "grid", match: "same-point" }),
        sweep: sweepOf("drift", [0.2, 0.9]),
        parameters: { cells: 500 },
      }),
    ];
    const { outcome, events } = await runJobs(root, jobs);
    assert.equal(outcome.failed, 1);
    assert.match(
      events("run.failed")[0]!.failure.message,
      /begins from one run of grid, and there is none/,
    );
    const kept = await keptResults(root);
    assert.equal(kept["named/named"]!.result, kept["short/short"]!.result);
    const message = await refusal(root, [child("x", { from: from({ job: "grid", run: "zzz" }) })]);
    assert.match(message, /There is no run "grid\/zzz"/);
    const several = await refusal(root, [child("x", { from: from({ job: "grid" }) })]);
    assert.match(several, /"grid" has 3 runs, and a run begins from one.*match: point/s);
  });
});

/** What is said of jobs that cannot be run, hints and all. */
async function refusal(root: string, jobs: readonly Job[]): Promise<string> {
  try {
    await planOnly({ root, jobs, slots: 1 }, true);
  } catch (error) {
    assert.ok(error instanceof JobProblems, String(error));
    return error.diagnostics.map(({ message, hint }) => `${message} ${hint}`).join("\n");
  }
  throw new assert.AssertionError({ message: "nothing was refused" });
}

async function assertSound(root: string): Promise<void> {
  assert.deepEqual((await verifyTree(root)).findings, []);
}

function namesOf(kept: object, job: string): string[] {
  return Object.keys(kept).filter((name) => name.startsWith(`${job}/`));
}

function stepsOf(root: string, job: string): number[] {
  try {
    const folder = new Layout(root).checkpointFolder(job, job);
    return [...Deno.readDirSync(folder)].map(({ name }) => Number(/\d+/.exec(name))).sort((a, b) =>
      a - b
    );
  } catch {
    return [];
  }
}

function from(over: Partial<Origin>): Origin {
  return { job: "spinup", step: "last", ...over };
}

const AUTO = { every: { kind: "auto" }, keep: 3 } as const;

interface Stage {
  readonly folder: string;
  readonly root: string;
  walk(id: string, over: Partial<Job>): Job;
  /** Begins from the end of spinup. */
  child(id: string, over: Partial<Job>): Job;
}

async function inStage(use: (stage: Stage) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const model = module(await place(folder, "walk.ts", WALK));
    const walk = (id: string, over: Partial<Job>) =>
      aJob({ id, model, measureEverySteps: 10, checkpoint: AUTO, ...over });
    await use({
      folder,
      root: join(folder, "tree"),
      walk,
      child: (id, over) => walk(id, { steps: 130, from: from({}), ...over }),
    });
  });
}

/** Says how often it was fitted, and to what. */
const FITS = `
export const params = { cells: { default: 8 } };
export function init({ params }) { return { u: new Float64Array(params.cells), fitted: [], n: 0 }; }
export async function branch(s, { params, step }, parent) {
  await 0;
  const was = parent.parameters.cells;
  s.fitted.push({ step, cells: params.cells, was });
  if (step !== parent.step) throw new Error("another step");
  if (params.cells === was) return;
  return { ...s, u: new Float64Array(params.cells) };
}
export function step(s) { s.n++; s.u[s.u.length - 1] = s.n; }
export function result({ u, fitted, n }) { return { cells: u.length, fitted, n }; }
`;

const MOODY = `
const mood = Number(Deno.readTextFileSync(new URL("./mood.txt", import.meta.url)));
export function init() { return { x: mood }; }
export function step(s, { rng }) { s.x += rng.uniform(); }
export function measure(s) { return { x: s.x }; }
`;

const FAILS = `
const flag = new URL("./flag.txt", import.meta.url);
export function init() { if (Deno.readTextFileSync(flag) === "fail") throw new Error("not yet"); return { x: 0 }; }
export function step(s) { s.x++; }
`;

/** Adds `by` at each step, which it keeps since the setter; `branch` counts its calls. */
async function placeWasm(folder: string, name: string, hasBranch: boolean): Promise<string> {
  const number = (value: number) =>
    ({ type: "f64", mutable: true, value: [OP.f64Const, ...float64(value)] }) as const;
  // Globals: by, sum, branches, and the number of steps that are left.
  const add = [OP.globalGet, 1, OP.globalGet, 0, OP.f64Add, OP.globalSet, 1];
  const [loop, brIf, i32Sub, localTee, local] = [0x03, 0x0d, 0x6b, 0x22, OP.localGet];
  const bytes = wasmModule({
    globals: [number(1), number(0), number(0)],
    functions: [
      { name: "init" },
      {
        name: "advance",
        takes: ["i32"],
        body: [loop, 0x40, ...add, local, 0, OP.i32Const, 1, i32Sub, localTee, 0, brIf, 0, OP.end],
      },
      { name: "set_by", takes: ["f64"], body: [local, 0, OP.globalSet, 0] },
      { name: "get_by", gives: ["f64"], body: [OP.globalGet, 0] },
      // Where the sum begins: set once more it would begin again.
      { name: "set_start", takes: ["f64"], body: [local, 0, OP.globalSet, 1] },
      { name: "get_start", gives: ["f64"], body: [OP.f64Const, ...float64(0)] },
      { name: "get_sum", gives: ["f64"], body: [OP.globalGet, 1] },
      { name: "get_branches", gives: ["f64"], body: [OP.globalGet, 2] },
      ...hasBranch
        ? [{
          name: "branch",
          body: [OP.globalGet, 2, OP.f64Const, ...float64(1), OP.f64Add, OP.globalSet, 2],
        }]
        : [],
    ],
  });
  await Deno.writeFile(join(folder, name), bytes);
  return join(folder, name);
}

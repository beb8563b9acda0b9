/** Models that read what the jobs they need have computed: real processes, real trees, also over kills and seals. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Job, Need } from "../../src/job/job.ts";
import { planOnly } from "../../src/runner/plan_only.ts";
import { Layout } from "../../src/store/layout.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module, sweepOf } from "../helpers/jobs.ts";
import { keptResults, runJobs, sumOf } from "../helpers/real_run.ts";

/** Relaxes to a temperature; its result has what JSON has no words for. */
const SPINUP = `
export const params = { co2: { default: 280 }, large: { default: 0 } };
export function init() { return { t: 0 }; }
export function step(s, ctx) { s.t += (ctx.params.co2 / 100 - s.t) / 10; }
export function result(s, ctx) {
  return { t: s.t, odd: [NaN, -0, Infinity], large: "x".repeat(ctx.params.large) };
}
`;

/** Begins where others ended. */
const AFTER = `
export const params = { co2: { default: 280 }, albedo: { default: 0.3 } };
export function init(ctx) {
  const { spinup } = ctx.needs;
  const from = spinup.map(({ run, parameters, state, result }) => ({
    run, co2: parameters.co2, state,
    t: result?.t, odd: result?.odd.map((x) => Object.is(x, -0) ? "-0" : String(x)),
    large: result?.large.length,
  }));
  return { t: spinup[0].result?.t ?? -1, from, keys: Object.keys(ctx.needs) };
}
export function step(s, ctx) {
  s.t += ctx.params.albedo * ctx.needs.spinup[0].parameters.co2 / 1000;
}
export function result(s) { return s; }
`;

const CO2 = sweepOf("co2", [280, 420, 560]);

Deno.test("ctx.needs holds the results of all runs of a needed job in the order of its sweep, to the bit", async () => {
  await inTree(async ({ root, spinup, after }) => {
    const jobs = [after("all", {}), spinup({ sweep: CO2 })];
    await runJobs(root, jobs, { slots: 2 });
    const { from, keys } = await resultOf(root, "all/all");
    assert.deepEqual(keys, ["spinup"]);
    const runs = Object.keys(await keptResults(root)).filter((name) => name.startsWith("spinup/"));
    assert.deepEqual(from.map(({ run }) => `spinup/${run}`), runs);
    assert.deepEqual(
      from.map(({ co2, state }) => [co2, state]),
      [280, 420, 560].map((co2) => [
        co2,
        "completed",
      ]),
    );
    for (const { t, co2, odd } of from) {
      assert.ok(Math.abs(t! - co2 / 100) < 1e-3);
      assert.deepEqual(odd, ["NaN", "-0", "Infinity"]);
    }
  });
});

Deno.test("with match: point a run is handed the runs with its parameters, and a result that is a file as well", async () => {
  await inTree(async ({ root, spinup, after }) => {
    const grid = {
      parts: [...sweepOf("co2", [560, 280]).parts, ...sweepOf("albedo", [0.2, 0.4]).parts],
    };
    const jobs = [
      spinup({ sweep: CO2, parameters: { large: 100_000 } }),
      after("sweep", { sweep: grid, needs: [need({ runs: "same-point" })] }),
    ];
    await runJobs(root, jobs);
    const kept = Object.entries(await keptResults(root))
      .filter(([name]) => name.startsWith("sweep/")).map(([, { result }]) => JSON.parse(result));
    assert.equal(kept.length, 4);
    for (const { from, t } of kept as Result[]) {
      assert.equal(from.length, 1);
      assert.equal(from[0]!.large, 100_000);
      const started = [0.2, 0.4].map((albedo) => from[0]!.t! + 50 * albedo * from[0]!.co2 / 1000);
      assert.ok(started.some((wanted) => Math.abs(wanted - t) < 1e-9), `${t} of ${started}`);
    }
    assert.deepEqual(kept.map(({ from }) => from[0].co2).toSorted(), [280, 280, 560, 560]);
  });
});

Deno.test("a needed job of an earlier simrun is found again, in a sealed journal too, and on its own", async () => {
  await inTree(async ({ root, spinup, after }) => {
    const first = await runJobs(root, [spinup({ sweep: CO2 })], { journalBytesMax: 0 });
    assert.equal(first.outcome.completed, 3);
    assert.equal((await Deno.stat(new Layout(root).journal)).size, 0, "it was sealed");
    await runJobs(root, [after("alone", {})]);
    const alone = await resultOf(root, "alone/alone");
    await runJobs(root, [after("alone", {}), spinup({ sweep: CO2 })]);
    assert.deepEqual((await runJobs(root, [after("alone", {})])).events("runs.started"), []);
    const mates = after("mates", {
      sweep: sweepOf("co2", [420, 999]),
      needs: [need({ runs: "same-point" })],
    });
    const matched = await runJobs(root, [mates]);
    const failures = matched.events("run.failed").map(({ failure }) => failure.message);
    assert.deepEqual(failures, [
      "it needs the run of spinup with its parameters, and there is none",
    ]);
    assert.equal(matched.outcome.completed, 1);
    const together = join(root, "..", "together");
    await runJobs(together, [spinup({ sweep: CO2 }), after("alone", {})]);
    assert.deepEqual(await resultOf(together, "alone/alone"), alone);
  });
});

Deno.test("a changed parameter of a needed job has those computed again that rest on it, and says why before", async () => {
  await inTree(async ({ root, spinup, after }) => {
    const points = after("points", { sweep: CO2, needs: [need({ runs: "same-point" })] });
    const all = after("all", {});
    const last = aJob({ ...all, id: "last", needs: [need(), need({ job: "all" })] });
    await runJobs(root, [spinup({ sweep: CO2 }), points, all, last]);
    const jobs = [spinup({ sweep: sweepOf("co2", [280, 420, 700]) }), points, all, last];
    const whys = async () => {
      const plan = await planOnly({ root, jobs, slots: 1 }, true);
      return plan.jobs.map((job) =>
        Array.from({ length: job.count }, (_, index) => job.decisionAt(index))
      );
    };
    assert.deepEqual(await whys(), [
      ["done", "done", "new"],
      ["done", "done", "changed-needs"],
      ["changed-needs"],
      ["changed-needs"],
    ]);
    // The point that is gone has no mate any more.
    const again = await runJobs(root, jobs);
    assert.deepEqual(again.outcome.failed, 1);
    const { from } = await resultOf(root, "all/all");
    assert.deepEqual(from.map(({ co2 }) => co2), [280, 420, 700]);
    assert.equal((await whys()).flat().filter((why) => why !== "done").join(), "changed-needs");
  });
});

Deno.test("a run that is killed goes on from its checkpoint with the same needs, and not when these changed", async () => {
  await inTree(async ({ root, spinup, after, folder }) => {
    const long = (steps: number) => [
      spinup({ sweep: CO2, steps }),
      after("long", {
        // Long enough that a machine that is busy hears of the first checkpoint before the end.
        steps: 2_000_000,
        checkpoint: { every: { kind: "steps", steps: 500 }, keep: 3 },
      }),
    ];
    const golden = join(folder, "golden");
    await runJobs(golden, long(50));
    const other = join(folder, "other");
    for (const tree of [root, other]) {
      for (let tries = 1;; tries++) {
        const { outcome } = await runJobs(tree, long(50), {}, (event, runner) => {
          if (event.type === "run.checkpointed") runner.stop("now");
        });
        if (outcome.remaining === 1) break;
        // It came to its end before the machine, busy as it was, let its first checkpoint be heard.
        assert.ok(tries < 5, "it is never stopped in time");
        await Deno.remove(tree, { recursive: true });
      }
    }
    const resumed = await runJobs(root, long(50));
    const [went] = resumed.events("run.resumed");
    assert.ok(went!.step >= 500, `it went on at ${went!.step}`);
    assert.deepEqual(await resultOf(root, "long/long"), await resultOf(golden, "long/long"));
    const anew = await runJobs(other, long(60));
    const [told] = anew.events("run.resumed");
    assert.equal(told?.step, 0);
    assert.match(told.rejected[0]!.reason, /other results of the jobs that it needs/);
    const fresh = join(folder, "fresh");
    await runJobs(fresh, long(60));
    assert.equal(sumOf(await keptResults(other)), sumOf(await keptResults(fresh)));
  });
});

Deno.test("with if: any a failed run is there without a result; once it has completed, who rests on it is computed again", async () => {
  await inTree(async ({ root, spinup, after, folder }) => {
    const jobs = [
      spinup({ sweep: CO2, model: module(join(folder, "fails.ts")) }),
      after("any", { needs: [need({ accept: "any" })] }),
    ];
    const failing = SPINUP.replace("{ t: 0 }", "fail(ctx)").replace("init()", "init(ctx)") +
      `function fail(ctx) { if (ctx.params.co2 === 420 && flag()) throw new Error("not yet"); return { t: 0 }; }
       function flag() { return Deno.readTextFileSync(new URL("./flag.txt", import.meta.url)) === "fail"; }`;
    await place(folder, "fails.ts", failing);
    await place(folder, "flag.txt", "fail");
    const ran = await runJobs(root, jobs);
    assert.deepEqual([ran.outcome.completed, ran.outcome.failed], [3, 1]);
    const states = async () =>
      (await resultOf(root, "any/any")).from.map(({ co2, state, t }) => [co2, state, t]);
    assert.deepEqual((await states())[1], [420, "failed", undefined]);
    await place(folder, "flag.txt", "pass");
    const again = await runJobs(root, jobs);
    assert.equal(again.runner.plan.jobs[1]!.decisionAt(0), "changed-needs");
    assert.deepEqual((await states()).map(([, state]) => state), Array(3).fill("completed"));
    assert.equal((await runJobs(root, jobs)).runner.plan.toRun, 0);
  });
});

Deno.test("a model cannot change what it needs, and nobody else sees what it tries", async () => {
  await inTree(async ({ root, spinup, folder }) => {
    const model = module(await place(folder, "greedy.ts", GREEDY));
    const greedy = aJob({ id: "greedy", model, steps: 1, needs: [need()], sweep: CO2 });
    await runJobs(root, [spinup({}), greedy], { batchMax: 3 });
    const kept = await keptResults(root);
    for (const [name, { result }] of Object.entries(kept)) {
      if (name.startsWith("greedy/")) assert.deepEqual(JSON.parse(result), ["frozen", 4, "{}"]);
    }
    assert.equal(Object.keys(kept).length, 4);
  });
});

const GREEDY = `
export function init(ctx) { return { ctx: 0, seen: tryAll(ctx) }; }
function tryAll(ctx) {
  const { spinup } = ctx.needs;
  const tries = [
    () => spinup.push(1), () => spinup[0].result.t = 7, () => spinup[0].result.odd.push(1),
    () => ctx.needs.more = 1,
  ];
  let refused = 0;
  for (const one of tries) try { one(); } catch { refused++; }
  return [Object.isFrozen(ctx.needs) ? "frozen" : "loose", refused, JSON.stringify(ctx.needs.nobody ?? {})];
}
export function step() {}
export function result(s) { return s.seen; }
`;

interface Result {
  readonly t: number;
  readonly keys: readonly string[];
  readonly from: readonly {
    readonly run: string;
    readonly co2: number;
    readonly state: string;
    readonly t?: number;
    readonly odd: readonly string[];
    readonly large: number;
  }[];
}

interface Stage {
  readonly folder: string;
  readonly root: string;
  spinup(over: Partial<Job>): Job;
  after(id: string, over: Partial<Job>): Job;
}

async function inTree(use: (stage: Stage) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const models = {
      spinup: module(await place(folder, "spinup.ts", SPINUP)),
      after: module(await place(folder, "after.ts", AFTER)),
    };
    await use({
      folder,
      root: join(folder, "tree"),
      spinup: (over) => aJob({ id: "spinup", model: models.spinup, ...over }),
      after: (id, over) => aJob({ id, model: models.after, steps: 50, needs: [need()], ...over }),
    });
  });
}

async function resultOf(root: string, name: string): Promise<Result> {
  return JSON.parse((await keptResults(root))[name]!.result);
}

function need(over: Partial<Need> = {}): Need {
  return { job: "spinup", runs: "all", accept: "completed", ...over };
}

/** One bad simulation hurts only itself: hangs, overflows, exceptions, a model that is spoilt meanwhile. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Job } from "../../src/job/job.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module, points } from "../helpers/jobs.ts";
import { COUNT, WALK } from "../helpers/models.ts";
import { slotsOf } from "../helpers/processes.ts";
import { keptResults, runJobs } from "../helpers/real_run.ts";

for (
  const [where, text] of [
    ["step()", COUNT.replace("state.x +=", "while (state.x === 50); state.x +=")],
    ["init()", "export function init() { for (;;); }\nexport function step() {}"],
    [
      "an init() that never resolves",
      "export const init = () => new Promise(() => {});\nexport function step() {}",
    ],
  ] as const
) {
  Deno.test(`a run that hangs in ${where} is killed, tried again, failed; the other completes`, async () => {
    await withModels({ bad: text, good: WALK }, async (root, { bad, good }) => {
      const ran = await runJobs(root, [
        aJob({ id: "hangs", model: bad, steps: 100, hangMs: 300, retries: 1 }),
        aJob({ id: "good", model: good, steps: 20_000 }),
      ], { slots: 2 });
      assert.deepEqual([ran.outcome.completed, ran.outcome.failed], [1, 1]);
      assert.equal(ran.outcome.stopped, undefined);
      const [failed] = ran.events("run.failed");
      assert.deepEqual([failed!.run, failed!.attempt, failed!.failure.class], ["hangs", 2, "hang"]);
      assert.equal(failed!.failure.step, where === "step()" ? 50 : 0);
      assert.equal(ran.events("runs.requeued")[0]!.cause, "hang");
      assert.equal(ran.events("runs.completed")[0]!.runs[0]!.attempt, 1);
      assert.deepEqual(slotsOf(Deno.pid), [], "no core is burnt any more");
    });
  });
}

Deno.test("an exception of the model is told with file and line of the user's own source", async () => {
  const typed = `interface State { x: number }

export function init(): State { return { x: 0 }; }
export function step(state: State): void {
  state.x++;
  if (state.x === 5) relax(state);
}
type Unused = { readonly [name: string]: number };
function relax(state: State): void {
  throw new RangeError(\`no convergence at \${state.x}\`);
}
`;
  await withModels({ typed, good: COUNT }, async (root, { typed, good }) => {
    const ran = await runJobs(root, [
      aJob({ id: "throws", model: typed!, steps: 10, retries: 3 }),
      aJob({ id: "good", model: good! }),
    ]);
    assert.deepEqual([ran.outcome.completed, ran.outcome.failed], [1, 1]);
    const [failed] = ran.events("run.failed");
    const { place, ...failure } = failed!.failure;
    assert.deepEqual(failure, {
      class: "model-error",
      message: "RangeError: no convergence at 5",
      step: 4,
    });
    assert.deepEqual(place, { file: typed!.path, line: 10, column: 9 });
    assert.equal(failed!.attempt, 1, "its own exception is not tried again");
  });
});

for (const [how, text] of [["spoilt", "export function step( {"], ["edited", WALK]] as const) {
  Deno.test(`a model that is ${how} while others run is not taken for the one that was planned`, async () => {
    await editedWhileRunning(text);
  });
}

async function editedWhileRunning(text: string): Promise<void> {
  await withModels({ first: WALK, spoilt: COUNT, good: COUNT }, async (root, models) => {
    const { first, spoilt, good } = models;
    const ran = await runJobs(
      root,
      [
        aJob({ id: "first", model: first!, steps: 300 }),
        aJob({ id: "spoilt", model: spoilt!, sweep: points(20) }),
        aJob({ id: "good", model: good!, sweep: points(20) }),
      ],
      {},
      (event) => {
        if (event.type === "runs.started" && event.job === "first") {
          Deno.writeTextFileSync(spoilt!.path, text);
        }
      },
    );
    assert.deepEqual([ran.outcome.completed, ran.outcome.failed], [21, 20]);
    const failures = ran.events("run.failed").map(({ failure }) => failure);
    assert.ok(failures.every((failure) => failure.class === "model-error"));
    assert.match(failures[0]!.message, /changed after it was planned; run simrun again$/);
  });
}

Deno.test("a promise that a model forgot and that rejects fails its run alone", async () => {
  const forgetful = `
    export function init(ctx) {
      if (ctx.params.i === 1) Promise.reject(new Error("nobody waits for me"));
      return { x: 0 };
    }
    export function step(state) { state.x++; }
  `;
  await withModels({ forgetful }, async (root, { forgetful }) => {
    const job = aJob({ model: forgetful!, steps: 2000, sweep: points(4), retries: 0 });
    const ran = await runJobs(root, [job]);
    assert.equal(ran.outcome.stopped, undefined);
    assert.equal(ran.outcome.completed + ran.outcome.failed, 4);
    assert.ok(ran.outcome.completed >= 3);
  });
});

Deno.test("what a model prints goes to its log and never disturbs the protocol", async () => {
  const loud = `
    export function step(state, ctx) {
      console.log("\\x1e{\\"type\\":\\"ready\\"}\\nsecond line", { step: ctx.step });
      Deno.stdout.writeSync(new TextEncoder().encode("raw\\n"));
    }
    export const result = () => 1;
  `;
  await withModels({ loud }, async (root, { loud }) => {
    const ran = await runJobs(root, [aJob({ model: loud!, steps: 2 })]);
    assert.equal(ran.outcome.completed, 1);
    const { log } = ran.events("runs.completed")[0]!.runs[0]!;
    assert.match(log!, /^\[step 0\] .*ready.*\n {2}second line \{ step: 0 \}\n\[step 0\] raw\n/);
  });
});

Deno.test("a model reads its own folder and its inputs, and nothing else", async () => {
  await inFolder(async (folder) => {
    const secret = await place(folder, "secret.txt", "canary");
    const grid = await place(folder, "data/grid.json", "[1, 2, 3]");
    await place(folder, "models/near.txt", "near");
    const text = `
      const tries = {
        secret: () => Deno.readTextFileSync(${JSON.stringify(secret)}),
        write: () => Deno.writeTextFileSync(new URL("./out.txt", import.meta.url), "x"),
        env: () => Deno.env.get("HOME"),
        run: () => new Deno.Command("true").outputSync(),
        near: () => Deno.readTextFileSync(new URL("./near.txt", import.meta.url)),
      };
      export function step() {}
      export function result(state, ctx) {
        const told = { grid: ctx.inputs.grid.json() };
        for (const name in tries) {
          try { told[name] = tries[name](); } catch (error) { told[name] = error.name; }
        }
        return told;
      }
    `;
    const model = module(await place(folder, "models/spy.ts", text));
    const root = join(folder, "tree");
    await runJobs(root, [aJob({ model, steps: 1, inputs: { grid } })]);
    assert.deepEqual(JSON.parse((await keptResults(root))["job/job"]!.result), {
      grid: [1, 2, 3],
      secret: "NotCapable",
      write: "NotCapable",
      env: "NotCapable",
      run: "NotCapable",
      near: "near",
    });
  });
});

async function withModels<Names extends string>(
  texts: Record<Names, string>,
  use: (root: string, models: Record<Names, Job["model"]>) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    const models: Partial<Record<Names, Job["model"]>> = {};
    for (const name in texts) {
      models[name] = module(await place(folder, `${name}.ts`, texts[name]));
    }
    await use(join(folder, "tree"), models as Record<Names, Job["model"]>);
  });
}

/** `run --watch`: manifests that appear and change are taken up, mistakes are told, and Ctrl-C ends it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess, sleep, until } from "../helpers/processes.ts";
import { programCommand, simrun } from "./program.ts";

const COUNT = "export function init() { return { x: 0 }; }\n" +
  "export function step(s) { s.x++; }\nexport const result = (s) => s.x;\n";

Deno.test("simrun run --watch takes up what appears, tells mistakes once, and goes on until it is stopped", async () => {
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "jobs/count.js", COUNT);
      const tree = join(folder, "tree");
      const command = ["run", "--watch", join(folder, "jobs"), "--tree", tree];
      const child = programCommand(command).spawn();
      const talk = new Response(child.stderr).text();
      void child.stdout.cancel();
      const results = async (): Promise<Record<string, unknown>> => {
        const { out } = await simrun(["results", "--json", "--tree", tree], { cwd: folder });
        if (out === "") return {};
        const rows = JSON.parse(out) as { job: string; result: unknown }[];
        return Object.fromEntries(rows.map(({ job, result }) => [job, result]));
      };
      const holds = (wanted: Record<string, unknown>) => async () =>
        JSON.stringify(await results().catch(() => ({}))) === JSON.stringify(wanted);
      await sleep(500);
      await place(folder, "jobs/a.yaml", "{ id: a, model: count.js, steps: 3 }");
      await until(holds({ a: 3 }), "the first manifest is taken up");
      await place(folder, "jobs/b.yaml", "{ id: b, model: count.js, stepz: 3 }");
      await sleep(3_500);
      await place(folder, "jobs/b.yaml", "{ id: b, model: count.js, steps: 4 }");
      await until(holds({ a: 3, b: 4 }), "the mended one is taken up");
      const changed =
        "{ notify: [{ command: [true] }], jobs: [{ id: a, model: count.js, steps: 5 }] }";
      await place(folder, "jobs/a.yaml", changed);
      await until(holds({ a: 5, b: 4 }), "the changed one is computed on");
      await place(folder, "jobs/0.yaml", "{ id: c, model: sum.js, steps: 6, needs: d }");
      await sleep(3_500);
      await place(folder, "jobs/sum.js", COUNT);
      await place(folder, "jobs/d.yaml", "{ id: d, model: count.js, steps: 2 }");
      await until(holds({ a: 5, b: 4, d: 2, c: 6 }), "what lacked a model and a job is taken up");
      child.kill("SIGINT");
      const { code } = await child.status;
      const told = await talk;
      // Nothing was left to do.
      assert.equal(code, EXIT.completed.status, told);
      assert.match(
        told,
        /manifests that appear or change in .*jobs are taken up; Ctrl-C ends it\n/,
      );
      assert.match(told, /a\.yaml: command: not told of anything by the simrun at work/);
      assert.match(told, /0\.yaml:1:\d+: .*sum\.js/);
      assert.equal(told.match(/b\.yaml:1:\d+: .*\(and 1 more mistake\)/g)?.length, 1, told);
    })
  );
});

Deno.test("simrun run --watch - is refused: stdin is read once", async () => {
  await inFolder(async (folder) => {
    const { code, err } = await simrun(["run", "--watch", "-"], { cwd: folder });
    assert.equal(code, EXIT.usage.status);
    assert.match(err, /stdin is read once/);
  });
});

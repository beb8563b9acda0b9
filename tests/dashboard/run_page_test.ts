/** The page of a run tells what `simrun explain` tells of it: where it comes from, what it waits for, what to type next. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { simrun } from "../helpers/program.ts";
import { withShown } from "./shown_tree.ts";

const MODEL = `
export const params = { rate: { default: 1 }, fails: { default: 0 } };
export function init() { return { x: 1 }; }
export function step(s, ctx) {
  if (ctx.params.fails > 0 && ctx.step === 40) throw new Error("the pump is dry");
  s.x += 0.01 * ctx.params.rate;
}
export function result(s) { return { x: s.x }; }
`;

const STUDY = `
defaults: { model: tank.js, steps: 100 }
jobs:
  - id: spinup
  - id: twin
  - id: branch
    from: spinup
    steps: 150
    sweep: { rate: [2, 3] }
  - id: sum
    needs: [branch]
  - id: dry
    parameters: { fails: 1 }
  - id: after
    needs: [dry]
`;

interface Fact {
  readonly name: string;
  readonly value: string;
}

Deno.test("the page of a run tells where it comes from and what to type next, as simrun explain does", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "tank.js", MODEL);
      const study = await place(folder, "study.yaml", STUDY);
      const tree = join(folder, "tree");
      const ran = await simrun(["run", study, "--tree", tree, "-j", "1"]);
      assert.equal(ran.status, EXIT.runsFailed.status, ran.stderr);
      await withShown(tree, [], async (shown) => {
        const told = new Map<string, Map<string, string>>();
        const { rows } = await shown.json("/api/runs");
        for (const { job, run } of rows) {
          const name = job === run ? job : `${job}/${run}`;
          const page = await shown.json(`/api/run?job=${job}&run=${run}`);
          const { stdout } = await simrun(["explain", name, "--tree", tree]);
          const facts = [...page.origins, ...page.lessons] as Fact[];
          for (const { name: title, value } of facts) {
            const line = stdout.split("\n").find((one) => one.trim().startsWith(`${title} `));
            assert.ok(line?.trim().endsWith(value), `${name}: ${title} ${value}\n${stdout}`);
          }
          for (const line of page.next as string[]) assert.ok(stdout.includes(line), line);
          told.set(name, new Map(page.origins.map((one: Fact) => [one.name, one.value])));
        }
        const [branch] = rows.filter((row: { job: string }) => row.job === "branch");
        const own = told.get(`branch/${branch.run}`)!;
        assert.equal(own.get("begins from"), "spinup at step 100");
        assert.match(own.get("identity")!, /^spec [0-9a-f]{16,}.*, model [0-9a-f]+, seed \d+$/);
        assert.match(own.get("computed by")!, /^simrun .* on /);
        assert.match(told.get("spinup")!.get("begun from it")!, /^at step 100: branch\/.*branch\//);
        assert.match(told.get("sum")!.get("rests on")!, /^branch\/.*branch\//);
        // Of a failed run there is no result that could come from somewhere.
        assert.equal(told.get("dry")!.has("identity"), false);
        const after = await shown.json("/api/run?job=after&run=after");
        assert.match(after.next.join(" "), /simrun resume tries it again, with what it needs/);
        const nobody = await shown.get("/api/run?job=after&run=nobody");
        assert.equal(nobody.status, 404);
        await nobody.body?.cancel();
      });
    })
  ));

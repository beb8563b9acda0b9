/** The page of a run tells what `simrun explain` tells of it: where it comes from, what it waits for, what to type next. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { simrun } from "../helpers/program.ts";
import { findThing } from "./browser.ts";
import { type Shown, withShown } from "./shown_tree.ts";

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
  - { id: spinup, parameters: { fails: 0 } }
  - { id: twin, parameters: { fails: 0 } }
  - id: branch
    from: spinup
    parameters: { fails: 0 }
    steps: 150
    sweep: { rate: [2, 3] }
  - id: sum
    needs: [branch]
  - id: dry
    parameters: { fails: 1 }
  - id: after
    needs: [dry]
`;

// deno-lint-ignore no-explicit-any -- JSON
type Json = any;

/** With what the next simrun would do, which is found out behind the page. */
async function decided(shown: Shown, job: string, run: string): Promise<Json> {
  let page: Json;
  await until(async () => {
    page = await shown.json(`/api/run?job=${job}&run=${run}`);
    return page.next[0].startsWith("The next simrun: ");
  }, `it is told what happens to ${job}/${run} next`);
  return page;
}

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
        // With it the tree has been read.
        await shown.json("/api/picture");
        const { rows } = await shown.json("/api/runs");
        for (const { job, run } of rows) {
          const name = job === run ? job : `${job}/${run}`;
          const page = await decided(shown, job, run);
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
        assert.match(after.next.join(" "), /simrun resume .*tries it again, with what it needs/);
        // What is another parameter than in the run that it begins from; there it was the model's default.
        const page = await shown.json(`/api/run?job=branch&run=${branch.run}`);
        assert.deepEqual(page.branch, {
          ...{ job: "spinup", run: "spinup", step: 100 },
          differs: [{ name: "rate", to: "2" }],
        });
        const card = await findThing(
          shown.url,
          `run?job=branch&run=${branch.run}`,
          "section[data-key=branch]",
        );
        if (card !== undefined) assert.match(card, /From spinup at step 100.*rate default 2/);
        const spinup = await shown.json("/api/run?job=spinup&run=spinup");
        assert.equal(spinup.branch, undefined);
        const nobody = await shown.get("/api/run?job=after&run=nobody");
        assert.equal(nobody.status, 404);
        await nobody.body?.cancel();
      });
    })
  ));

const DROP = `
id: drop
model:
  command: [sh, -c, 'echo "$1" > "way 1.txt"; mkdir deep; echo v=\${height} > deep/out.txt', sh, "\${height}"]
  keep: ["*.txt", "deep/*"]
  results: { v: { file: deep/out.txt, pattern: 'v=(.*)' } }
sweep: { height: [3] }
`;

Deno.test("the page of a command's run tells the command, and the files that it kept and where they lie", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const study = await place(folder, "drop.yaml", DROP);
      const tree = join(folder, "tree");
      const ran = await simrun(["run", study, "--tree", tree, "-j", "1"]);
      assert.equal(ran.status, 0, ran.stderr);
      await withShown(tree, [], async (shown) => {
        // With it the tree has been read.
        await shown.json("/api/picture");
        const { rows: [row] } = await shown.json("/api/runs");
        const page = await shown.json(`/api/run?job=drop&run=${row.run}`);
        const explained = await simrun(["explain", `drop/${row.run}`, "--tree", tree, "--json"]);
        const { files } = JSON.parse(explained.stdout);
        assert.match(page.command, /^sh -c '.*' sh 3$/);
        assert.equal(page.files.folder, files);
        const kept = page.files.files.filter(({ name }: Json) => name.startsWith("files/"));
        assert.deepEqual(kept, [
          { name: "files/deep/out.txt", bytes: 4 },
          { name: "files/way 1.txt", bytes: 2 },
        ]);
        const card = await findThing(
          shown.url,
          `run?job=drop&run=${row.run}`,
          "section[data-key=files]",
        );
        if (card !== undefined) assert.match(card, /files\/way 1\.txt 2 B/);
        for (const { name, bytes } of kept) {
          const { size } = await Deno.stat(join(folder, "tree/recent/drop", row.run, name));
          assert.equal(size, bytes);
        }
      });
    })
  ));

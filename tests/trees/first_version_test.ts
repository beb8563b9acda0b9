/** The tree that simrun 0.1.0 wrote, checked in as it was: this version opens it, lists it, and goes on with it. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { simrun } from "../helpers/program.ts";
import { keptResults } from "../helpers/real_run.ts";
import { copyTree, GOLDEN } from "./small_tree.ts";
import { verifyCommand } from "./verify_command.ts";

const FIRST = `${GOLDEN}/0.1.0`;
const JOBS = ["early", "late", "long"].map((name) => `${FIRST}/jobs/${name}.yaml`);

Deno.test("the tree of 0.1.0 is sound, is listed, and comes to its golden results", async () => {
  await inFolder(async (folder) => {
    const root = `${folder}/tree`;
    await copyTree(`${FIRST}/tree`, root);
    const verified = await verifyCommand(root);
    assert.deepEqual([verified.status, verified.stdout], [0, ""], verified.stderr);
    assert.match(verified.stderr, /^Sound: 33 events in the journal, 9 checkpoints, /);

    const status = await simrun(["status", "--json", "--tree", root]);
    assert.equal(status.status, 0, status.stderr);
    assert.deepEqual(Object.keys(JSON.parse(status.stdout).jobs).toSorted(), [
      "big",
      "long",
      "packed",
      "series",
      "sweep",
    ]);
    const listed = await simrun(["results", "--json", "--tree", root]);
    assert.equal(JSON.parse(listed.stdout).length, 6, listed.stderr);
    const series = await simrun(["series", "packed", "--tree", root]);
    assert.equal(series.stdout.trimEnd().split("\n").length, 102, series.stderr);

    // Its models are elsewhere now: the manifests say where.
    const resumed = await simrun(["run", ...JOBS, "--tree", root]);
    assert.equal(resumed.status, 0, resumed.stderr);
    assert.match(resumed.stderr, /long: goes on at step 816$/m);
    const golden = JSON.parse(await Deno.readTextFile(`${FIRST}/results.json`));
    const kept = JSON.stringify(await keptResults(root)).replaceAll("x".repeat(70_000), "x*70000");
    assert.deepEqual(JSON.parse(kept), golden);
    assert.equal((await verifyCommand(root)).status, 0);
  });
});

Deno.test("repair of a sound tree of 0.1.0 changes nothing in it but the owner's record", async () => {
  await inFolder(async (folder) => {
    const root = `${folder}/tree`;
    await copyTree(`${FIRST}/tree`, root);
    const repaired = await verifyCommand(root, { repair: true });
    assert.deepEqual([repaired.status, repaired.stdout], [0, ""]);
    const { stdout } = await new Deno.Command("diff", { args: ["-rq", `${FIRST}/tree`, root] })
      .output();
    const differences = new TextDecoder().decode(stdout).trimEnd().split("\n")
      .filter((line) => !/^Only in .*tree(?:\/hot)?: (?:inbox|answers|quarantine)$/.test(line));
    assert.deepEqual(differences, [
      `Files ${FIRST}/tree/hot/owner.json and ${root}/hot/owner.json differ`,
    ]);
  });
});

/** Damaged trees, one disease each: verify names it, a repair mends it, a resume comes to golden results. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { simrun } from "../helpers/program.ts";
import { keptResults } from "../helpers/real_run.ts";
import { isTorture, seedOf } from "../helpers/torture.ts";
import { DISEASES } from "./diseases.ts";
import { copyTree, goldenResults, makeSmallTree, MANIFESTS } from "./small_tree.ts";
import { verifyCommand } from "./verify_command.ts";
import { Patient } from "./wounds.ts";

const SEED = seedOf();

Deno.test(`verify names ${DISEASES.length} diseases, --repair mends them, and every tree comes to golden results (seed ${SEED})`, async (t) => {
  await inFolder(async (folder) => {
    await makeSmallTree(`${folder}/healthy`);
    const golden = await goldenResults(folder);
    const healthy = await verifyCommand(`${folder}/healthy`);
    assert.deepEqual([healthy.status, healthy.stdout], [0, ""]);
    for (const [i, disease] of DISEASES.entries()) {
      await t.step(disease.name, async () => {
        const root = `${folder}/tree-${i}`;
        await copyTree(`${folder}/healthy`, root);
        disease.hurt(new Patient(root));
        const said = await verifyCommand(root);
        assert.equal(said.status, disease.isNote ? 0 : 1, said.stdout + said.stderr);
        assert.match(said.stdout, disease.says);
        // Each thing on one line, with what to do.
        for (const line of said.stdout.trimEnd().split("\n")) assert.match(line, /^\S+.*: .+; .+$/);

        const repaired = await verifyCommand(root, { repair: true });
        assert.equal(repaired.status, 0, repaired.stdout + repaired.stderr);
        if (disease.mends !== undefined) assert.match(repaired.stdout, disease.mends);
        const after = await verifyCommand(root, { json: true });
        assert.equal(JSON.parse(after.stdout).sound, true, after.stdout);

        // Each is resumed in one of three calls of the tests, and in every long one.
        if (!isTorture && i % 3 !== SEED % 3) return;
        const command = disease.again === "manifests" ? ["run", ...MANIFESTS] : ["resume"];
        const { status, stderr } = await simrun([...command, "--tree", root]);
        assert.equal(status, 0, stderr);
        assert.deepEqual(await keptResults(root), golden, stderr);
        const end = await verifyCommand(root);
        assert.equal(end.status, 0, end.stdout + end.stderr);
      });
      await Deno.remove(`${folder}/tree-${i}`, { recursive: true });
    }
  });
});

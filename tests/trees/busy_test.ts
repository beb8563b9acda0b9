/** A tree that is worked on: verify never takes what changes for damage, and never stands in the way. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { simrun, startSimrun } from "../helpers/program.ts";
import { until } from "../helpers/processes.ts";
import { cases } from "../helpers/torture.ts";
import { checkpointsOf, GOLDEN } from "./small_tree.ts";
import { verifyCommand } from "./verify_command.ts";

const MANIFEST = `
- { id: long, model: ${GOLDEN}/model.js, steps: 1e9, measure_every: 5, checkpoint_every: 20, parameters: { wait: 0.05 } }
- { id: tiny, model: ${GOLDEN}/model.js, steps: 30, measure_every: 10, sweep: { drift: { from: 0, to: 1, count: 3000 } } }
`;

Deno.test("verify sees no damage in a tree while a simrun works on it, and --repair refuses", async () => {
  await inFolder(async (folder) => {
    const root = `${folder}/tree`;
    await Deno.writeTextFile(`${folder}/jobs.yaml`, MANIFEST);
    const working = startSimrun(["run", `${folder}/jobs.yaml`, "--tree", root, "-j", "2", "-q"]);
    try {
      await until(() => checkpointsOf(root, "long").length >= 3, "checkpoints");
      for (let look = 0; look < cases({ short: 15, long: 300 }); look++) {
        const { status, stdout, stderr } = await verifyCommand(root, { json: look % 2 === 0 });
        assert.equal(status, 0, `look ${look}: ${stdout}${stderr}`);
      }
      const { working: isWorkedOn } = JSON.parse(
        (await verifyCommand(root, { json: true })).stdout,
      );
      assert.equal(isWorkedOn, true);
      const refused = await simrun(["verify", "--repair", "--tree", root]);
      assert.equal(refused.status, 4, refused.stderr);
      assert.match(
        refused.stderr,
        new RegExp(`Another simrun works on \\S+: process ${working.pid} `),
      );
    } finally {
      working.kill("SIGKILL");
      await working.status;
    }
    await until(async () => {
      const left = await simrun(["status", "--json", "--tree", root]);
      return left.status === 0;
    }, "the tree can be read");
    assert.equal((await verifyCommand(root)).status, 0, "sound after a kill");
  });
});

Deno.test("verify --json has the shape that docs/format.md describes", async () => {
  await inFolder(async (folder) => {
    const root = `${folder}/tree`;
    assert.equal((await simrun(["run", `${GOLDEN}/late.yaml`, "--tree", root, "-q"])).status, 0);
    await Deno.writeTextFile(`${root}/hot/journal.jsonl`, "garbage\n", { append: true });
    const { status, stdout } = await verifyCommand(root, { json: true });
    assert.equal(status, 1);
    const value = JSON.parse(stdout);
    assert.deepEqual(Object.keys(value), [
      "sound",
      "tree",
      "working",
      "events",
      "checkpoints",
      "run_folders",
      "packs",
      "segments",
      "manifests",
      "quarantined",
      "bytes_read",
      "findings",
      "mended",
    ]);
    const lines = (await Deno.readTextFile(`${root}/hot/journal.jsonl`)).trimEnd().split("\n");
    assert.deepEqual(value.findings, [{
      file: "hot/journal.jsonl",
      kind: "damage",
      problem: "damaged",
      reason: "it has no checksum",
      remedy: "--repair sets it aside and keeps the rest",
      line: lines.length,
      mendable: true,
    }]);
    const page = await Deno.readTextFile(new URL("../../docs/format.md", import.meta.url));
    for (const key of [...Object.keys(value), ...Object.keys(value.findings[0])]) {
      assert.ok(page.includes(`\`${key}\``), `docs/format.md describes ${key}`);
    }
  });
});

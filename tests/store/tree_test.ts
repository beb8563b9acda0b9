import assert from "node:assert/strict";
import { join } from "node:path";
import type { Fault } from "../../src/job/fault.ts";
import { Layout } from "../../src/store/layout.ts";
import { openTree, sweepTree } from "../../src/store/tree.ts";
import { inFolder, inTree } from "./fixtures.ts";

const withCode = (code: string) => (error: Fault) =>
  error.code === code && error.hint !== undefined;

Deno.test("Layout gives every run a folder of its own and never leaves the tree", () => {
  const layout = new Layout("/t");
  assert.equal(layout.checkpointFolder("climate", "climate"), "/t/checkpoints/climate/climate");
  for (const name of ["..", ".", "", "a/b", "a\\b", "a\0", ".hidden"]) {
    assert.throws(() => layout.recentFolder("job", name), /not a name/);
  }
});

Deno.test("openTree(write) makes a tree in a missing or an empty folder, and opens it again", () =>
  inFolder(async (folder) => {
    for (const root of [join(folder, "new/deep"), folder + "/empty"]) {
      if (root.endsWith("empty")) await Deno.mkdir(root);
      const layout = await openTree(root, "write");
      await openTree(root, "write");
      assert.equal(JSON.parse(await Deno.readTextFile(layout.marker)).format, 1);
      assert.equal((await openTree(root, "read")).root, root);
    }
  }));

Deno.test("openTree(read) changes nothing and says that there is no tree", () =>
  inFolder(async (folder) => {
    await assert.rejects(openTree(join(folder, "none"), "read"), withCode("tree-missing"));
    await assert.rejects(openTree(folder, "read"), withCode("tree-invalid"));
    assert.deepEqual([...Deno.readDirSync(folder)], []);
  }));

Deno.test("openTree() refuses a folder of somebody else, a file, and a damaged marker", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "thesis.tex"), "");
    await assert.rejects(openTree(folder, "write"), withCode("tree-invalid"));
    assert.deepEqual([...Deno.readDirSync(folder)].length, 1);
    const file = join(folder, "thesis.tex");
    for (const mode of ["read", "write"] as const) {
      await assert.rejects(openTree(file, mode), withCode("tree-invalid"));
    }
    for (const marker of ["", "{", "[]", "null", '{"format":"1"}', '{"format":0}']) {
      await Deno.writeTextFile(join(folder, "simrun.json"), marker);
      await assert.rejects(openTree(folder, "read"), withCode("tree-invalid"), marker);
    }
  }));

Deno.test("openTree() refuses a tree of a newer format", () =>
  inTree(async (layout) => {
    await Deno.writeTextFile(layout.marker, '{"format":2}');
    for (const mode of ["read", "write"] as const) {
      await assert.rejects(openTree(layout.root, mode), withCode("tree-newer"));
    }
  }));

Deno.test("openTree(write) takes a folder in which its own start was interrupted", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, ".tmp-1234-simrun.json"), '{"for');
    await sweepTree(await openTree(folder, "write"));
    assert.equal([...Deno.readDirSync(folder)].some(({ name }) => name.startsWith(".tmp")), false);
  }));

Deno.test("openTree(write) by many at once makes one tree", () =>
  inFolder(async (folder) => {
    const root = join(folder, "tree");
    await Promise.all(Array.from({ length: 8 }, () => openTree(root, "write")));
    assert.equal((await openTree(root, "read")).root, root);
  }));

Deno.test("sweepTree() removes temporaries at every level", () =>
  inTree(async (layout) => {
    const run = layout.checkpointFolder("job", "run");
    await Deno.mkdir(run, { recursive: true });
    await Deno.mkdir(layout.recentFolder("job", "run"), { recursive: true });
    const aside = join(layout.quarantineFolder, "checkpoints/job/run");
    await Deno.mkdir(aside, { recursive: true });
    const left = [layout.root, layout.hotFolder, layout.archiveFolder, run, aside];
    for (
      const folder of [...left, layout.recentFolder("job", "run"), join(layout.recentRoot, "job")]
    ) {
      await Deno.writeTextFile(join(folder, ".tmp-1-x"), "");
    }
    await Deno.writeTextFile(join(run, "step-000000000001.ckpt"), "");
    assert.equal(await sweepTree(layout), 7);
    assert.equal([...Deno.readDirSync(run)].length, 1);
  }));

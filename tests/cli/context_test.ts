/** Which tree is meant. */
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { absolutePath, type CliContext, treeRoot } from "../../src/cli/context.ts";

Deno.test("absolutePath() agrees with node:path", () => {
  for (const path of ["", ".", "..", "a/b", "./a//b/", "../../../..", "/x/../y", "a/./../b", "~"]) {
    assert.equal(absolutePath("/home/ada", path), resolve("/home/ada", path), path);
  }
});

Deno.test("treeRoot() prefers the flag to SIMRUN_TREE, and that to ./simruns", () => {
  const root = (tree: string | undefined, env: string | undefined) =>
    treeRoot({ cwd: "/w", env: () => env } as unknown as CliContext, {
      tree,
      json: false,
      quiet: false,
      debug: false,
    });
  assert.equal(root("t", "/e"), "/w/t");
  assert.equal(root(undefined, "/e"), "/e");
  assert.equal(root(undefined, ""), "/w/simruns");
});

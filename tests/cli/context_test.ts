/** Which tree is meant. */
import assert from "node:assert/strict";
import { type CliContext, treeRoot } from "../../src/cli/context.ts";

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

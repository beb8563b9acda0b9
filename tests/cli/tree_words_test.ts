/** What is to be typed next, for a tree by itself, one that is cut in shards, and one that Slurm computes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { CliContext } from "../../src/cli/context.ts";
import { treeWords } from "../../src/cli/tree_words.ts";
import { inFolder } from "../helpers/folder.ts";

Deno.test("treeWords() names the command that goes on, and the whole tree where a shard is meant", () =>
  inFolder((cwd) => {
    const context = { cwd, env: () => undefined } as unknown as CliContext;
    const words = (tree?: string): readonly string[] => {
      const { flag, goOn } = treeWords(context, { tree, json: false, quiet: false, debug: false });
      return [flag, goOn(), goOn("--rerun changed")];
    };
    assert.deepEqual(words(), ["", "simrun resume", "simrun resume --rerun changed"]);
    assert.deepEqual(words("a b"), [
      " --tree 'a b'",
      "simrun resume --tree 'a b'",
      "simrun resume --tree 'a b' --rerun changed",
    ]);
    Deno.mkdirSync(join(cwd, "simruns/shards/2-of-3"), { recursive: true });
    Deno.mkdirSync(join(cwd, "else/shards/2-of-3"), { recursive: true });
    const [shard, other] = ["simruns", "else"].map((tree) => join(cwd, tree, "shards/2-of-3"));
    assert.deepEqual(words().slice(0, 2), ["", "simrun resume --shard I/3"]);
    // As each shard answers for itself.
    assert.deepEqual(words(shard).slice(0, 2), ["", "simrun resume --shard 2/3"]);
    const flag = ` --tree ${join(cwd, "else")}`;
    assert.deepEqual(words(other).slice(0, 2), [flag, `simrun resume${flag} --shard 2/3`]);
    Deno.mkdirSync(join(cwd, "else/slurm"));
    const empty = { json: false, quiet: false, debug: false };
    const { root, isSubmitted } = treeWords(context, { tree: other, ...empty });
    assert.deepEqual([root, isSubmitted], [join(cwd, "else"), true]);
    assert.deepEqual(words(other), [
      flag,
      `simrun submit --slurm${flag}`,
      `simrun submit --slurm${flag} --run-flags='--rerun changed'`,
    ]);
    return Promise.resolve();
  }));

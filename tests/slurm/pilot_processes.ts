/** The processes of a pilot on a node of a test's cluster. */
import assert from "node:assert/strict";
import type { Machine } from "../helpers/machine.ts";
import { childrenOf } from "../helpers/processes.ts";

/** A shard's script on a node, and all that it has started, from the top down: the script, simrun, its slots. */
export function pilotOf(node: Machine, shard: number): readonly number[] {
  const word = `SLURM_ARRAY_TASK_ID=${shard}`;
  const isScript = ({ pid, name }: { pid: number; name: string }) =>
    name === "slurm_script" &&
    Deno.readTextFileSync(`/proc/${pid}/environ`).split("\0").includes(word);
  const scripts = node.processes().filter(isScript).map(({ pid }) => pid);
  assert.equal(scripts.length, 1, `the script of shard ${shard}`);
  const below = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(below)];
  const all = below(scripts[0]!);
  assert.ok(all.length >= 3, "script, simrun and a slot");
  return all;
}

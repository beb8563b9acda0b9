/** Does to a tree what simrun does, in a process of its own, and says the most memory that took: `bombs_probe.ts TREE`. */
import { readJournal } from "../../src/store/journal.ts";
import { newestGood } from "../../src/store/checkpoint.ts";
import { readRunFile } from "../../src/store/archive.ts";
import { Layout } from "../../src/store/layout.ts";
import { verifyTree } from "../../src/verify/verify.ts";
import { repairTree } from "../../src/verify/repair.ts";

const root = Deno.args[0]!;
const layout = new Layout(root);
const { findings } = await verifyTree(root);
readJournal(layout, () => {});
const choice = await newestGood(layout, "long", "long", { digest: "any" }, "look");
const read = await readRunFile(layout, "packed", "packed", "series.csv").then(
  () => "read",
  () => "refused",
);
const { verdict } = await repairTree(root, () => new Date());
const peak = /VmHWM:\s+(\d+) kB/.exec(Deno.readTextFileSync("/proc/self/status"))![1];
console.log(JSON.stringify({
  said: findings.map(({ file, reason }) => `${file}: ${reason}`),
  chosen: choice.checkpoint?.file,
  read,
  isSound: verdict.isSound,
  peakBytes: Number(peak) * 1024,
}));

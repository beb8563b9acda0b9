/** Commands that go on from the files of another run. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder, place } from "../helpers/folder.ts";
import { simrun } from "../helpers/program.ts";

/** Counts to its first word, from its second; saves each tenth number. */
const COUNTER = `
end=$1; n=0
[ -z "$2" ] || n=$(cat $2)
[ -z "$2" ] || [ "$3" != fail ] || { echo no such luck >&2; exit 1; }
while [ $n -lt $end ]; do
  n=$((n+1)); echo "step $n square=$((n*n))"
  [ $((n % 10)) -ne 0 ] || { echo $n > tmp; mv tmp state.$n.rst; sleep 0.03; }
done
echo "{\\"n\\": $n, \\"sum\\": $((n*(n+1)/2))}" > result.json
`;

const MANIFEST = `
defaults:
  model: &model
    command: [sh, ./count.sh, "\${end}"]
    restart: [sh, ./count.sh, "\${end}", "\${simrun.checkpoint}", "\${mood}"]
    checkpoint: { files: "*.rst", step: 'state\\.(\\d+)', settled: 1ms }
    measure: { pattern: 'step (?<step>\\d+) square=(?<square>\\d+)' }
    results: result.json
    keep: []
  parameters: { mood: fine }
  checkpoint: { every: 0.01s, keep: all }
jobs:
  - { id: whole, parameters: { end: 45 }, steps: 45 }
  - { id: spinup, parameters: { end: 20 }, steps: 20 }
  - { id: next, parameters: { end: 45 }, steps: 45, from: spinup }
  - { id: fails, parameters: { end: 45, mood: fail }, steps: 45, from: spinup }
`;

Deno.test("a command begins with the files of another's checkpoint, by what its manifest calls restart", async () => {
  await inFolder(async (folder) => {
    await place(folder, "count.sh", COUNTER);
    const path = await place(folder, "jobs.yaml", MANIFEST);
    const tree = join(folder, "tree");
    const { status, stderr } = await simrun(["run", path, "--tree", tree, "-j", "1"]);
    assert.equal(status, 3, stderr);
    // Its words are told at once, and not blamed on the files: nobody else's are there to try.
    assert.match(stderr, /fails.*no such luck/s);
    assert.doesNotMatch(stderr, /going on from step/);
    const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
    const rows = JSON.parse(stdout) as { job: string; result: unknown }[];
    const result = (job: string) => rows.find((row) => row.job === job)?.result;
    assert.deepEqual(result("whole"), { n: 45, sum: 1035 });
    assert.deepEqual(result("next"), result("whole"));
    const series = async (job: string) =>
      (await simrun(["series", job, "--tree", tree])).stdout.trim().split("\n");
    const [whole, next] = [await series("whole"), await series("next")];
    assert.deepEqual(next, [whole[0], ...whole.slice(21)]);
    const sound = await simrun(["verify", "--tree", tree]);
    assert.equal(sound.status, 0, sound.stdout + sound.stderr);
    const silent = MANIFEST.replace(/ {4}restart.*\n {4}checkpoint.*\n/, "");
    const refused = await simrun([
      "validate",
      "--syntax",
      await place(folder, "silent.yaml", silent),
    ]);
    assert.match(
      refused.stderr,
      /Job "next" begins from another run, and its command has no "restart"/,
    );
  });
});

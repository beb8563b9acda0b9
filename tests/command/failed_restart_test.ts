/** Commands that cannot go on from their checkpoints: whose fault it is decides what becomes of these. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";

/** Counts and saves each tenth number. While a file says so it waits for simrun to save that, too, and stays at 45. */
const COUNTER = `
n=\${1:-0}
if [ $n -gt 0 ]; then . "$FOLDER/restart.sh"; fi
while [ $n -lt 60 ]; do
  n=$((n+1)); echo "step $n square=$((n*n))"
  [ $((n % 10)) -ne 0 ] || { echo $n > state.tmp; mv state.tmp state.$n.rst; }
  saved="$FOLDER/tree/checkpoints/count/count/step-0000000000$n.ckpt"
  while [ $((n % 10)) -eq 0 ] && [ -f "$FOLDER/stay" ] && [ ! -f $saved ]; do sleep 0.05; done
  while [ $n -eq 45 ] && [ -f "$FOLDER/stay" ]; do sleep 0.05; done
done
echo "n=$n from=\${1:-0}"
`;

/** A tree with checkpoints at 10, 20, 30 and 40, of which the last three are kept, whose simrun was killed. */
async function killed(folder: string): Promise<{ tree: string; again: () => string[] }> {
  await place(folder, "count.sh", COUNTER);
  await place(folder, "stay", "");
  const manifest = `
id: count
model:
  command: [sh, ./count.sh]
  restart: [sh, ./count.sh, "\${simrun.step}"]
  checkpoint: { files: "*.rst", step: 'state\\.(\\d+)', settled: 0s }
  measure: { pattern: 'step (?<step>\\d+) square=(?<square>\\d+)' }
  env: { FOLDER: "${folder}" }
  results: { n: 'n=(\\d+)', from: 'from=(\\d+)' }
steps: 60
checkpoint_every: 0.1s
`;
  await place(folder, "jobs.yaml", manifest);
  const tree = join(folder, "tree");
  const run = startSimrun(["run", join(folder, "jobs.yaml"), "--tree", tree, "-j", "1"]);
  const again = () => namesIn(join(tree, "checkpoints/count/count"));
  await until(() => again().includes("step-000000000040.ckpt"), "the command is that far");
  await until(() => again().length === 3, "the first one is gone");
  run.kill("SIGKILL");
  await run.status;
  await Deno.remove(join(folder, "stay"));
  return { tree, again };
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

Deno.test("a command that goes on from none of its checkpoints fails and keeps them all, and simrun resume tries them again", async () => {
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      const { tree, again } = await killed(folder);
      const saved = again();
      await place(folder, "restart.sh", "echo ERROR: licence server down; exit 12\n");
      const broken = await simrun(["resume", "--tree", tree]);
      assert.equal(broken.status, 3, broken.stderr);
      assert.match(
        broken.stderr,
        /going on from steps 40, 30 and 20 failed in the same way: it ended with status 12; it said: ERROR: licence server down; its checkpoints are kept: mend what is wrong and type simrun resume/,
      );
      assert.doesNotMatch(broken.stderr, /went on from a checkpoint/);
      assert.deepEqual(again(), saved);
      assert.deepEqual(namesIn(join(tree, "quarantine/checkpoints/count/count")), []);
      const sound = await simrun(["verify", "--tree", tree]);
      assert.equal(sound.status, 0, sound.stderr);

      await place(folder, "restart.sh", "");
      const mended = await simrun(["resume", "--tree", tree]);
      assert.equal(mended.status, 0, mended.stderr);
      assert.match(mended.stderr, /goes on at step 40/);
      assert.match(mended.stderr, /1 went on from a checkpoint/);
      const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
      assert.deepEqual(JSON.parse(stdout)[0].result, { n: 60, from: 40 });
      const series = await Deno.readTextFile(join(tree, "recent/count/count/series.csv"));
      assert.equal(series.trim().split("\n").length, 61);
    })
  );
});

Deno.test("checkpoints that a command could not go on from are put aside once it has from an older one", async () => {
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      const { tree } = await killed(folder);
      await place(
        folder,
        "restart.sh",
        '[ "$1" = 20 ] || { echo bad file $1; exit 3; }\n',
      );
      const { status, stderr } = await simrun(["resume", "--tree", tree]);
      assert.equal(status, 0, stderr);
      assert.match(stderr, /goes on at step 20/);
      const aside = namesIn(join(tree, "quarantine/checkpoints/count/count"));
      for (const step of [30, 40]) assert.ok(aside.includes(`step-0000000000${step}.ckpt`));
      const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
      assert.deepEqual(JSON.parse(stdout)[0].result, { n: 60, from: 20 });
      const series = await Deno.readTextFile(join(tree, "recent/count/count/series.csv"));
      assert.equal(series.trim().split("\n").length, 61);
      const { stdout: story } = await simrun(["explain", "count", "--tree", tree]);
      for (const step of [30, 40]) assert.match(story, new RegExp(`bad file ${step}`));
      const sound = await simrun(["verify", "--tree", tree]);
      assert.equal(sound.status, 0, sound.stderr);
    })
  );
});

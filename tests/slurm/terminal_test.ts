/** `submit --slurm` and `status --watch` on a real terminal, with a real Slurm behind it; and what is said where there is none. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { inFolder } from "../helpers/folder.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { simrun } from "../helpers/program.ts";
import { Pty } from "../helpers/pty.ts";
import { slurmTest, withSlurm } from "../helpers/slurm.ts";
import { Campaign, MANIFEST } from "./campaign.ts";
import { ASKS } from "./submit_scenes.ts";

/** At work when it is looked for, and when Slurm is asked again. */
const SLOW_MS = 200;
const SUBMIT = ["submit", "--slurm", "jobs/walk.yaml"];

Deno.test({
  name: slurmTest.named("on a terminal nothing is submitted unasked, and what is can be watched"),
  ignore: slurmTest.ignore,
  async fn() {
    await leavesNoProcess(() =>
      withSlurm(async ({ folder, env }) => {
        const cwd = join(folder, "study");
        const campaign = await Campaign.place(cwd, { manifest: ASKS + MANIFEST });
        campaign.pace(SLOW_MS);
        const open = (words: readonly string[]) => new Pty(words, { cwd, columns: 110, env });
        for (const answer of ["n", "", "perhaps"]) {
          const asked = open(SUBMIT);
          await asked.sees(/Price: .*[^]*Submit it\? \[y\/N\]/);
          await asked.type(`${answer}\n`);
          assert.equal((await asked.ended()).status, EXIT.interrupted.status);
          assert.match(asked.text, /Nothing was submitted\./);
          assert.deepEqual(submissions(campaign), []);
        }
        const meant = open(SUBMIT);
        await meant.sees(/Submit it\? \[y\/N\]/);
        await meant.type("y\n");
        assert.equal((await meant.ended()).status, 0);
        assert.match(meant.text, /Submitted as Slurm job \d+\./);
        assert.deepEqual(submissions(campaign), ["1"]);

        const watched = open(["status", "--watch"]);
        await watched.sees(/Slurm job \d+: 2 run on n1, n2\./);
        campaign.pace(0);
        await watched.sees(/Slurm job \d+: 2 have ended well\./);
        await watched.sees(/4\/4|4 of 4/);
        await watched.type("q");
        assert.equal((await watched.ended()).status, 0);
      })
    );
  },
});

Deno.test("submit --slurm where there is no Slurm, or nothing to submit, says so in a sentence", () =>
  inFolder(async (folder) => {
    await Campaign.place(folder);
    const env = { PATH: join(folder, "empty") };
    const cases: readonly [readonly string[], number, RegExp][] = [
      [SUBMIT, 2, /There is no Slurm here: \w+ is not installed\.\n.*Log in to a node/],
      [["submit", "--slurm"], 2, /No manifest was named, and nothing was submitted here before\./],
      [["submit"], 2, /simrun submit needs FILES\./],
      [["submit", "jobs/walk.yaml", "--nodes", "2"], 2, /--nodes says something to Slurm\./],
    ];
    for (const [words, status, message] of cases) {
      const ran = await simrun(words, { cwd: folder, env });
      assert.equal(ran.status, status, `${words.join(" ")}: ${ran.stderr}`);
      assert.match(ran.stderr, message);
    }
    // The script can be looked at all the same.
    const shown = await simrun([...SUBMIT, "-n"], { cwd: folder, env });
    assert.equal(shown.status, 0, shown.stderr);
    assert.match(shown.stderr, /^note: The script was not checked\. There is no Slurm here/m);
    assert.match(shown.stdout, /^#!\/bin\/bash\n/);
  }));

function submissions(campaign: Campaign): string[] {
  try {
    return [...Deno.readDirSync(join(campaign.root, "slurm"))].map(({ name }) => name);
  } catch {
    return [];
  }
}

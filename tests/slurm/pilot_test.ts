/** `simrun pilot` outside of any batch system: what it computes, and when it says that more would come to nothing. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Submission } from "../../src/slurm/submission.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";

const MODEL = `
export function init() { return { n: 0 }; }
export function step(state, ctx) {
  state.n++;
  if (ctx.params.slow) for (;;);
}
export function result(state) { return { n: state.n }; }
`;

const MANIFEST = (more: string) =>
  `jobs: [{ id: j, model: m.ts, steps: 5, hang_after: 1h, sweep: { k: [1, 2, 3] }${more} }]\n`;

async function submit(folder: string, text: string): Promise<void> {
  const submission: Submission = {
    ...{ format: "simrun submission", version: 1, submittedAt: new Date().toISOString() },
    ...{ host: "here", of: 2, shards: [1, 2], runs: 3, stepMs: {} },
    manifests: [{ path: "jobs.yaml", folder, text }],
  };
  await place(folder, "T/slurm/1/submission.json", JSON.stringify(submission));
  await place(folder, "T/simrun.json", '{"format":1,"about":"a tree"}\n');
}

Deno.test("simrun pilot computes its shard of what was submitted, whatever became of the files", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "m.ts", MODEL);
      await submit(folder, MANIFEST(""));
      for (const shard of ["1/2", "2/2"]) {
        const ran = await simrun(["pilot", "T/slurm/1", "--tree", "T", "--shard", shard], {
          cwd: folder,
        });
        assert.equal(ran.status, 0, ran.stderr);
      }
      const { stdout } = await simrun([
        "results",
        "--tree",
        "T",
        "--columns",
        "k,n",
        "--format",
        "csv",
      ], { cwd: folder });
      assert.equal(stdout, "k,n\r\n1,5\r\n2,5\r\n3,5\r\n");
    })
  ));

Deno.test("a pilot that began three times and saved nothing ends with status 3", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "m.ts", MODEL);
      await submit(folder, MANIFEST(", parameters: { slow: 1 }"));
      const words = [
        "pilot",
        join(folder, "T/slurm/1"),
        "--tree",
        join(folder, "T"),
        "--shard",
        "1/2",
      ];
      for (let time = 0; time < 3; time++) {
        const child = startSimrun(words);
        await until(async () => {
          const { stdout } = await simrun(["status", "--tree", join(folder, "T"), "--json"]);
          return stdout !== "" && JSON.parse(stdout).runs_running > 0;
        }, "a run at work");
        child.kill("SIGKILL");
        await child.status;
      }
      const last = await simrun(words);
      assert.equal(last.status, 3);
      assert.match(last.stderr, /shard 1\/2 began 3 times and saved nothing/);
      assert.match(last.stderr, /--time/);
      // Submitted again, with more time, it may try again: only what began since then counts.
      await submit(folder, MANIFEST(""));
      const anew = await simrun(words);
      assert.equal(anew.status, 0, anew.stderr);
    })
  ));

Deno.test("a pilot whose predecessor was killed computes half as many runs at a time, and says so", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "m.ts", MODEL);
      await submit(folder, MANIFEST(""));
      await place(folder, "T/slurm/1/shard-1.killed", "");
      const words = ["pilot", "T/slurm/1", "--tree", "T", "-j", "2"];
      const half = await simrun([...words, "--shard", "1/2"], { cwd: folder });
      assert.equal(half.status, 0, half.stderr);
      assert.match(half.stderr, /pilot was killed before, .*: 1 run at a time now, of 2\./);
      // Another shard has nothing to do with it.
      const whole = await simrun([...words, "--shard", "2/2"], { cwd: folder });
      assert.equal(whole.status, 0, whole.stderr);
      assert.doesNotMatch(whole.stderr, /killed/);
    })
  ));

Deno.test("a pilot notes Slurm's number where whoever submitted it could not", () =>
  inFolder(async (folder) => {
    await place(folder, "m.ts", MODEL);
    await submit(folder, MANIFEST(""));
    const words = ["pilot", "T/slurm/1", "--tree", "T", "--shard"];
    const job = () => Deno.readTextFileSync(join(folder, "T/slurm/1/job.json"));
    for (const [shard, number] of [["1/2", "71"], ["2/2", "72"]] as const) {
      const env = { SLURM_ARRAY_JOB_ID: number };
      const ran = await simrun([...words, shard], { cwd: folder, env });
      assert.equal(ran.status, 0, ran.stderr);
      assert.equal(job(), '{"job":"71"}\n');
    }
  }));

Deno.test("a pilot without a submission or a shard says what it lacks", () =>
  inFolder(async (folder) => {
    await submit(folder, MANIFEST(""));
    const cases: readonly [readonly string[], RegExp][] = [
      [
        ["pilot", "T/slurm/2", "--tree", "T", "--shard", "1/2"],
        /There is no submission at .*slurm\/2/,
      ],
      [["pilot", "T/slurm/1", "--tree", "T"], /computes one shard.*none was named/],
      [["pilot", "T/slurm/1", "--tree", "T", "--shard", "1/3"], /3/],
    ];
    for (const [words, message] of cases) {
      const { status, stderr } = await simrun(words, { cwd: folder });
      assert.equal(status, 2, words.join(" "));
      assert.match(stderr, message);
    }
    await place(folder, "T/slurm/3/submission.json", "[]");
    const { status, stderr } = await simrun(
      ["pilot", "T/slurm/3", "--tree", "T", "--shard", "1/2"],
      { cwd: folder },
    );
    assert.deepEqual([status, /is no submission/.test(stderr)], [2, true]);
  }));

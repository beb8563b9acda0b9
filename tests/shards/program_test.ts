/** Shards of one campaign, each a simrun of its own, in one tree: what they compute together, and what readers see. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { type Finished, simrun, startSimrun } from "../helpers/program.ts";

const MODEL = `
export function init({ params, rng }) { return { x: rng.uniform(), n: 0, slow: params.slow ?? 0, log: params.log ?? 0 }; }
export function step(state, ctx) {
  state.x = Math.sin(state.x + ctx.rng.uniform());
  state.n++;
  if (state.slow) for (const end = performance.now() + state.slow; performance.now() < end;);
}
export function measure(state) { return { x: state.x }; }
export function result(state, ctx) {
  console.log("ended at", state.n);
  return { x: state.x, k: ctx.params.k, big: ctx.params.big ? "y".repeat(70_000) : "" };
}
`;

const MANIFEST = `
defaults: { model: m.ts, steps: 40, checkpoint_every: 10, measure_every: 20 }
jobs:
  - { id: wide, sweep: { k: { from: 1, to: 11, step: 1 } } }
  - { id: dear, steps: 90, sweep: { k: [1, 2, 3, 4] } }
  - { id: big, parameters: { big: 1, k: 0 } }
  - { id: first, parameters: { k: 5 } }
  - { id: second, parameters: { k: 6 }, needs: [first] }
`;

async function resultsOf(tree: string, folder: string): Promise<unknown[]> {
  const ran = await simrun(["results", "--tree", tree, "--format", "json"], { cwd: folder });
  assert.equal(ran.status, 0, ran.stderr);
  const rows = JSON.parse(ran.stdout) as { job: string; run: string; result: unknown }[];
  return rows.map(({ job, run, result }) => JSON.stringify([job, run, result])).toSorted();
}

async function ok(args: readonly string[], folder: string): Promise<Finished> {
  const ran = await simrun(args, { cwd: folder });
  assert.equal(ran.status, 0, `${args.join(" ")}: ${ran.stderr}`);
  return ran;
}

Deno.test("three shards at once compute what one simrun computes, and readers see one campaign", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "m.ts", MODEL);
      await place(folder, "jobs.yaml", MANIFEST);
      await ok(["jobs.yaml", "--tree", "one"], folder);
      await Promise.all(
        [1, 2, 3].map((number) =>
          ok(["jobs.yaml", "--tree", "T", "--shard", `${number}/3`, "-j", "1"], folder)
        ),
      );
      assert.deepEqual(await resultsOf("T", folder), await resultsOf("one", folder));
      const status = JSON.parse((await ok(["status", "--tree", "T", "--json"], folder)).stdout);
      assert.equal(status.runs_total, 18);
      assert.equal(status.runs_completed, 18);
      assert.deepEqual(
        status.shards.map(({ shard, state }: { shard: string; state: string }) => [shard, state]),
        [["1/3", "ended"], ["2/3", "ended"], ["3/3", "ended"]],
      );
      const text = (await ok(["status", "--tree", "T"], folder)).stdout;
      assert.match(text, /^None of 3 shards is at work: 3 have ended\./);
      // What stands in files of a shard is found: a log, a series, a result, checkpoints, a story.
      for (
        const args of [
          ["logs", "second"],
          ["results", "wide", "--series", "--format", "csv"],
          ["explain", "dear"],
          ["stats"],
          ["report", "-o", "report.html", "--force"],
        ]
      ) {
        const { stdout } = await ok([...args, "--tree", "T"], folder);
        const alone = await ok([...args, "--tree", "one"], folder);
        // Of a tree that is cut nobody decides what the next simrun does: each has its share.
        const lines = (text: string) =>
          text.split("\n").filter((line) => !line.startsWith("The next simrun:")).length;
        assert.equal(lines(stdout), lines(alone.stdout), args.join(" "));
      }
      // How many lines it has depends on what happened to the run.
      const name = "dear/" + (await runsOf("dear", folder))[0]!;
      const story = (await ok(["explain", name, "--tree", "T"], folder)).stdout;
      assert.match(story, /completed[^]*simrun results dear/);
      const metrics = (await ok(["metrics", "--tree", "T"], folder)).stdout;
      assert.match(metrics, /^simrun_runs_completed_total\{.*job_name="wide".*\} 11$/m);
      const verified = await ok(["verify", "--tree", "T"], folder);
      assert.match(verified.stdout + verified.stderr, /^Sound: /m);
      const saved = JSON.parse((await ok(["checkpoints", "--tree", "T", "--json"], folder)).stdout);
      assert.equal(new Set(saved.map(({ run }: { run: string }) => run)).size, 18);
      // Nothing is left to do, in any of them.
      const again = await ok(["jobs.yaml", "--tree", "T", "--shard", "2/3"], folder);
      assert.match(again.stderr, /done/);
      assert.deepEqual(await resultsOf("T", folder), await resultsOf("one", folder));
    })
  ));

async function runsOf(job: string, folder: string): Promise<string[]> {
  const { stdout } = await ok(["results", job, "--tree", "T", "--format", "json"], folder);
  return (JSON.parse(stdout) as { run: string }[]).map(({ run }) => run);
}

Deno.test("a shard that is killed goes on from its checkpoints, while others work, with the same results", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "m.ts", MODEL);
      const slow = (parameters: string) =>
        `jobs: [{ id: j, model: m.ts, steps: 200, checkpoint_every: 5, ${parameters} sweep: { k: [1, 2, 3, 4] } }]\n`;
      await place(folder, "jobs.yaml", slow("parameters: { slow: 5 },"));
      await ok(["jobs.yaml", "--tree", "one"], folder);
      const args = (
        number: number,
      ) => [
        join(folder, "jobs.yaml"),
        "--tree",
        join(folder, "T"),
        "--shard",
        `${number}/2`,
        "-j",
        "1",
      ];
      const killed = startSimrun(args(1));
      const other = startSimrun(args(2));
      await savedIn(join(folder, "T/shards/1-of-2/checkpoints"));
      killed.kill("SIGKILL");
      await killed.status;
      const seen = JSON.parse((await ok(["status", "--tree", "T", "--json"], folder)).stdout);
      assert.equal(seen.runs_total, 4);
      assert.equal(seen.shards[0].state, "lost");
      const resumed = await ok(["resume", "--tree", "T", "--shard", "1/2"], folder);
      assert.match(resumed.stderr, /completed/);
      assert.equal((await other.status).code, 0);
      assert.deepEqual(await resultsOf("T", folder), await resultsOf("one", folder));
    })
  ));

/** Until a checkpoint stands there. */
async function savedIn(folder: string): Promise<void> {
  for (let looks = 0; looks < 2_000; looks++) {
    try {
      for (const job of Deno.readDirSync(folder)) {
        for (const run of Deno.readDirSync(`${folder}/${job.name}`)) {
          for (const file of Deno.readDirSync(`${folder}/${job.name}/${run.name}`)) {
            if (file.name.endsWith(".ckpt")) return;
          }
        }
      }
    } catch {
      // Not yet.
    }
    await new Promise((soon) => setTimeout(soon, 20));
  }
  assert.fail("nothing was saved");
}

Deno.test("what is asked for of a campaign reaches the shards that are meant, at work or not", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "m.ts", MODEL);
      await place(
        folder,
        "jobs.yaml",
        "jobs: [{ id: j, model: m.ts, steps: 4000, checkpoint_every: 20, parameters: { slow: 5 }, sweep: { k: [1, 2, 3, 4] } }]\n",
      );
      const tree = join(folder, "T");
      const args = (
        number: number,
      ) => [join(folder, "jobs.yaml"), "--tree", tree, "--shard", `${number}/2`, "-j", "1"];
      const [first, second] = [startSimrun(args(1)), startSimrun(args(2))];
      const status = async () => {
        const { status, stdout } = await simrun(["status", "all", "--tree", tree, "--json"]);
        return status === 0 ? JSON.parse(stdout) : { runs_running: 0 };
      };
      while ((await status()).runs_running < 2) await new Promise((soon) => setTimeout(soon, 20));
      const paused = await ok(["pause", "all", "--tree", tree], folder);
      assert.match(paused.stderr, /^shard 1\/2: .*\nshard 2\/2: /);
      while ((await status()).runs_paused < 4) await new Promise((soon) => setTimeout(soon, 20));
      // One run, which is only one's: the other has never heard of it.
      const [one] = Object.keys((await status()).runs);
      const cancelled = await ok(["cancel", one!, "--tree", tree, "--json"], folder);
      const { shards } = JSON.parse(cancelled.stdout) as { shards: { runs: number }[] };
      assert.deepEqual(shards.map(({ runs }) => runs), [1]);
      const unknown = await simrun(["cancel", "nobody", "--tree", tree], { cwd: folder });
      assert.equal(unknown.status, 2);
      assert.match(unknown.stderr, /no job or run nobody/);
      for (const child of [first, second]) child.kill("SIGUSR2");
      assert.deepEqual([(await first.status).code, (await second.status).code], [75, 75]);
      // With nobody at work it is written into the shards' trees.
      await ok(["cancel", "all", "--tree", tree], folder);
      assert.equal((await status()).runs_cancelled, 4);
      const over = await ok(["resume", "--tree", tree, "--shard", "1/2"], folder);
      assert.match(over.stderr, /done but for 2 cancelled/);
    })
  ));

Deno.test("what cannot be a shard, and who may not work in a tree that is cut, is told in a sentence", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "m.ts", MODEL);
      await place(folder, "jobs.yaml", MANIFEST);
      await ok(["jobs.yaml", "--tree", "one"], folder);
      const first = await ok(["jobs.yaml", "--tree", "T", "--shard", "1/3", "-j", "1"], folder);
      assert.match(first.stderr, /18|\d+ runs?/);
      const refused: readonly [readonly string[], RegExp][] = [
        [["jobs.yaml", "--shard", "three"], /--shard takes a number of a number, not "three"/],
        [["jobs.yaml", "--shard", "0/3"], /no shard 0 of 3/],
        [["jobs.yaml", "--shard", "4/3"], /no shard 4 of 3/],
        [["jobs.yaml", "--tree", "T", "--shard", "1/4"], /cut in 3 shards, not in 4/],
        [["jobs.yaml", "--tree", "T"], /cut in 3 shards: only they work in it/],
        [["resume", "--tree", "T"], /cut in 3 shards/],
        [["resume", "--tree", "T", "--shard", "2/3"], /Shard 2\/3 has not begun/],
        [
          ["jobs.yaml", "--tree", "one", "--shard", "1/3"],
          /holds runs of a campaign that is not cut/,
        ],
        [["jobs.yaml", "--tree", "T", "--shard", "2/3", "--watch"], /--watch and --shard/],
      ];
      for (const [args, message] of refused) {
        const ran = await simrun(args, { cwd: folder });
        assert.equal(ran.status, 2, `${args.join(" ")}: ${ran.stderr}`);
        assert.match(ran.stderr, message);
        assert.ok(!/ at .*\.ts:/.test(ran.stderr), ran.stderr);
      }
      // The same shard twice at the same time.
      await place(
        folder,
        "slow.yaml",
        "jobs: [{ id: s, model: m.ts, steps: 2000, parameters: { slow: 5 }, sweep: { k: [1, 2] } }]\n",
      );
      const slow = [
        join(folder, "slow.yaml"),
        "--tree",
        join(folder, "S"),
        "--shard",
        "1/2",
        "-j",
        "1",
      ];
      const child = startSimrun(slow);
      for (;;) {
        const status = await simrun(["status", "--tree", join(folder, "S"), "--json"]);
        if (status.status === 0 && JSON.parse(status.stdout).runs_running > 0) break;
        await new Promise((soon) => setTimeout(soon, 20));
      }
      const twice = await simrun(slow);
      assert.equal(twice.status, 4, twice.stderr);
      child.kill("SIGUSR2");
      assert.equal((await child.status).code, 75);
      // More shards than runs: those without any have nothing to do.
      await place(
        folder,
        "few.yaml",
        "jobs: [{ id: few, model: m.ts, steps: 5, sweep: { k: [1, 2] } }]\n",
      );
      const idle = await ok(["few.yaml", "--tree", "F", "--shard", "3/3"], folder);
      assert.match(idle.stderr, /Shard 3\/3 has no runs/);
    })
  ));

/** Submitted to Slurm once more: what was stopped, given up, killed, or whose number was lost. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { isTorture } from "../helpers/torture.ts";
import { pilotOf } from "./pilot_processes.ts";
import {
  assertWanted,
  ok,
  SLOW_MS,
  type Stage,
  statesOf,
  submitted,
  testScenes,
} from "./submit_scenes.ts";

testScenes("a campaign that was stopped is submitted to Slurm once more", {
  "stopped: only what is left is submitted, as it was asked for": again,
  "given up: taken up again with retry": givenUp,
  "killed, as for want of memory: it goes on in the same job with half the slots": killed,
  "its number lost: it is known by its script, and noted by its pilots": numberless,
  ...(isTorture &&
    { "forgotten by the controller: it stands in the log of completed jobs": forgotten }),
});

async function again(stage: Stage): Promise<void> {
  const { slurm, campaign, type } = stage;
  campaign.pace(SLOW_MS);
  const job = await submitted(stage, "--time", "20min", "--run-flags", "--retries 5");
  await campaign.untilSaved(1, 2);
  // What it asks of Slurm from now on takes seconds: no run must come to its end meanwhile.
  campaign.pace(10 * SLOW_MS);
  await slurm.command("scancel", `${job}_2`);
  await slurm.untilTasks(`${job}_2`, ({ state }) => state === "CANCELLED", "it is cancelled");
  // The other one works still, and is left alone; the last job waits for both.
  const alone = await ok(type("submit", "--slurm", "--then", "true"));
  assert.match(
    alone.stderr,
    new RegExp(
      `^note: Slurm has shard 1 of 2 still: job ${job}\\. The others are submitted\\.$`,
      "m",
    ),
  );
  assert.match(alone.stderr, /^2 runs left: 1 pilot with/m);
  const then = JSON.parse(Deno.readTextFileSync(`${campaign.root}/slurm/2/job.json`)).then;
  const waits = await slurm.command("scontrol", "-o", "show", "job", then);
  assert.match(waits, new RegExp(`afterany:${job}_`));
  const other = alone.stdout.trim();
  await slurm.command("scancel", other);
  await slurm.untilTasks(other, ({ state }) => state === "CANCELLED", "it is cancelled, too");
  campaign.pace(0);
  await slurm.ended(job);
  // As it was asked for, whatever became of the manifest; but for what is said now.
  Deno.removeSync(join(campaign.folder, "jobs/walk.yaml"));
  const bare = await ok(
    type(..."submit --slurm -n --run-flags none --then none --sbatch none".split(" ")),
  );
  assert.match(bare.stdout, /#SBATCH --time=00:20:00\n/);
  assert.doesNotMatch(bare.stdout, /--retries|simrun\(\)/);
  const once = await ok(type("submit", "--slurm", "--mem", "256MiB"));
  assert.match(
    once.stderr,
    new RegExp(`^Once more what was submitted as job ${other} on .*walk\\.yaml`, "m"),
  );
  const second = once.stdout.trim();
  assert.match(second, /^\d+$/, once.stderr);
  const [before, after] = [2, 3].map((number) =>
    Deno.readTextFileSync(`${campaign.root}/slurm/${number}/pilot.sh`)
  ) as [string, string];
  assert.match(before, /#SBATCH --time=00:20:00\n[^]* --retries 5 &/);
  assert.equal(
    after.replace("#SBATCH --mem=256M\n", ""),
    before.replaceAll("slurm/2", "slurm/3"),
  );
  const tasks = await slurm.ended(second);
  assert.deepEqual(tasks.map(({ id, state }) => [id, state]), [[`${second}_2`, "COMPLETED"]]);
  await assertWanted(stage);
  // The newest word on each shard.
  const states = await statesOf(stage);
  assert.deepEqual(states.map(({ shard, state }) => [shard, state]), [[1, "COMPLETED"], [
    2,
    "COMPLETED",
  ]]);
}

async function givenUp(stage: Stage): Promise<void> {
  const { slurm, campaign, type } = stage;
  campaign.pace(SLOW_MS);
  const job = await submitted(stage);
  await campaign.untilSaved(1, 2);
  await ok(type("cancel", "all"));
  await slurm.ended(job);
  assert.equal((await type("wait")).status, 3);
  campaign.pace(0);
  const nothing = await ok(type("submit", "--slurm"));
  assert.doesNotMatch(nothing.stderr, /has changed/);
  assert.match(
    nothing.stderr,
    /^Nothing to submit: .* cancelled\. simrun retry cancelled takes up 4 runs\.$/m,
  );
  await ok(type("retry", "cancelled"));
  const model = join(campaign.folder, "jobs/paced.ts");
  const text = Deno.readTextFileSync(model);
  Deno.writeTextFileSync(model, `${text}// Another one.\n`);
  const changed = await ok(type("submit", "--slurm", "-n"));
  assert.match(changed.stderr, /^note: The model of walk has changed since .*--rerun changed/m);
  Deno.writeTextFileSync(model, text);
  const { stdout } = await ok(type("submit", "--slurm"));
  await slurm.ended(stdout.trim());
  await assertWanted(stage);
}

async function killed(stage: Stage): Promise<void> {
  const { slurm, campaign } = stage;
  campaign.pace(SLOW_MS);
  const job = await submitted(stage);
  await campaign.untilSaved(1, 2);
  const [{ node } = { node: "" }] = await slurm.tasks(`${job}_1`);
  const [, pilot] = pilotOf(slurm.node(node), 1);
  Deno.kill(pilot!, "SIGKILL");
  campaign.pace(0);
  const ended = await slurm.ended(job);
  assert.deepEqual(ended.map(({ state, restarts }) => [state, restarts]), [
    ["COMPLETED", 0],
    ["COMPLETED", 0],
  ]);
  const log = (shard: number) =>
    Deno.readTextFileSync(`${campaign.root}/slurm/1/shard-${shard}.log`);
  assert.match(log(1), /killed before, .*: 1 run at a time now, of 2\.[^]*goes on at step [1-9]/);
  assert.doesNotMatch(log(2), /killed/);
  await assertWanted(stage);
}

async function numberless(stage: Stage): Promise<void> {
  const { slurm, campaign, type } = stage;
  const job = await submitted(stage, "--sbatch", "--hold");
  const file = `${campaign.root}/slurm/1/job.json`;
  Deno.removeSync(file);
  assert.deepEqual((await statesOf(stage)).map(({ state }) => state), ["PENDING", "PENDING"]);
  assert.equal((await type("submit", "--slurm", "jobs/walk.yaml")).status, 4);
  await ok(type("continue", "all"));
  await slurm.ended(job);
  assert.equal(JSON.parse(Deno.readTextFileSync(file)).job, job);
  await assertWanted(stage);
}

async function forgotten(stage: Stage): Promise<void> {
  const { slurm } = stage;
  const job = await submitted(stage);
  await slurm.ended(job);
  await slurm.forget(job);
  assert.deepEqual((await statesOf(stage)).map(({ shard, state }) => [shard, state]), [
    [1, "COMPLETED"],
    [2, "COMPLETED"],
  ]);
}

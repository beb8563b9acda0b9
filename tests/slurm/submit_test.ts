/** `simrun submit --slurm` on a real Slurm: submitted, watched, steered and harvested from one shell. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { until } from "../helpers/processes.ts";
import { MANIFEST } from "./campaign.ts";
import {
  ASKS,
  assertWanted,
  ok,
  SLOW_MS,
  type Stage,
  statesOf,
  submitted,
  testScenes,
} from "./submit_scenes.ts";

testScenes("a campaign is submitted to Slurm, steered and harvested", {
  "from the script to the table, with manifests that change on the way": harvest,
  "what a site does not have is refused in a sentence, and leaves nothing behind": refused,
  "USR2 and a requeue in the middle, and the results are those of one machine": signalled,
  "cancel, pause and continue of all reach pilots that have not begun": queued,
  "paused pilots end and keep no node waiting; submitted again they go on": paused,
});

async function harvest(stage: Stage): Promise<void> {
  const { campaign, type, slurm } = stage;
  const shown = await ok(type("submit", "--slurm", "-n", "jobs/walk.yaml"));
  assert.match(shown.stdout, /^#!\/bin\/bash\n[^]*#SBATCH --array=1-2\n/);
  assert.match(
    shown.stderr,
    /^4 runs left: 2 pilots with 2 cores each in partition normal\.\nPrice: /m,
  );
  assert.deepEqual(exists(campaign.root), false);

  campaign.pace(SLOW_MS);
  const job = await submitted(stage, "--then", "simrun results -o table.csv");
  const text = Deno.readTextFileSync(`${campaign.root}/slurm/1/pilot.sh`);
  assert.equal(text.trim(), shown.stdout.trim());
  // Whoever changes a file afterwards changes nothing of what was submitted.
  Deno.writeTextFileSync(join(campaign.folder, "jobs/walk.yaml"), "nothing: that is a manifest\n");
  const twice = await type("submit", "--slurm", "jobs/walk.yaml");
  assert.equal(twice.status, 2, "a manifest that is none");
  await until(
    async () => {
      const states = await statesOf(stage);
      return states.length === 2 && states.every(({ state }) => state === "RUNNING");
    },
    "both pilots run",
    60_000,
  );
  const { then } = JSON.parse(Deno.readTextFileSync(`${campaign.root}/slurm/1/job.json`));
  const { stdout } = await ok(type("status"));
  assert.match(stdout, new RegExp(`^Slurm job ${job}: 2 run on n1, n2\\.$`, "m"));
  assert.match(stdout, new RegExp(`^  last job ${then}: waits for the pilots$`, "m"));

  campaign.pace(0);
  const waited = await ok(type("wait"));
  assert.match(waited.stderr, /^4 of 4 runs completed\.$/m);
  await assertWanted(stage);
  const [last] = await slurm.ended(then);
  assert.equal(last!.state, "COMPLETED");
  const { slurm_last: told } = JSON.parse((await ok(type("status", "--json"))).stdout);
  assert.deepEqual([told.job, told.state, told.log], [then, "COMPLETED", "slurm/1/then.log"]);
  const table = Deno.readTextFileSync(join(campaign.folder, "table.csv")).trim().split("\n");
  assert.equal(table.length, 5);

  Deno.writeTextFileSync(join(campaign.folder, "jobs/walk.yaml"), ASKS + MANIFEST);
  const over = await ok(type("submit", "--slurm", "jobs/walk.yaml"));
  assert.match(over.stderr, /^Nothing to submit: all runs of .* are done\.$/m);
  const more = MANIFEST.replace("0.4]", "0.4, 0.5]");
  Deno.writeTextFileSync(join(campaign.folder, "jobs/walk.yaml"), ASKS + more);
  const priced = await ok(type("submit", "--slurm", "-n", "jobs/walk.yaml"));
  assert.match(
    priced.stderr,
    /^Price: (?:about|less than) \S+ core-hours, by what such runs took/m,
  );
}

async function refused({ campaign, type }: Stage): Promise<void> {
  const cases: readonly [readonly string[], RegExp][] = [
    [["--partition", "nowhere"], /has no partition nowhere\.\n.*normal, rude, urgent/],
    [["--cpus-per-task", "64"], /No node of partition normal has 64 cores/],
    [["--array", "3"], /There is no shard 3/],
    [["--mem", "4"], /takes a size with its unit/],
    [["--run-flags", "--retrys 3"], /no flag --retrys/],
    [["--run-flags", "--shard 1/2"], /given to each pilot by the submission/],
    [
      ["--then", "cd out && simrun reslts -o r.csv"],
      /"simrun reslts -o r.csv": "reslts" is neither/,
    ],
    [["--profile", "none.yaml"], /There is no none\.yaml/],
    // What only Slurm knows it says in its own words.
    [["--sbatch", "--licenses=matlab"], /Slurm's sbatch said no: .*[Ll]icense/],
  ];
  for (const [words, message] of cases) {
    const { status, stderr } = await type("submit", "--slurm", "jobs/walk.yaml", ...words);
    assert.equal(status, 2, `${words}: ${stderr}`);
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, / at .*\.ts/);
  }
  assert.deepEqual(exists(`${campaign.root}/slurm/1`), false);
}

async function signalled(stage: Stage): Promise<void> {
  const { slurm, campaign } = stage;
  campaign.pace(SLOW_MS);
  const job = await submitted(stage);
  await campaign.untilSaved(1, 2);
  await slurm.command("scancel", "--signal=USR2", "--batch", `${job}_1`);
  await slurm.untilTasks(`${job}_1`, ({ restarts }) => restarts === 1, "it is queued again");
  campaign.pace(0);
  const ended = await slurm.ended(job);
  assert.deepEqual(ended.map(({ state }) => state), ["COMPLETED", "COMPLETED"]);
  await assertWanted(stage);
}

async function queued(stage: Stage): Promise<void> {
  const { slurm, campaign, type } = stage;
  // Held by the user himself: none of them begins.
  const job = await submitted(stage, "--sbatch", "--hold");
  const states = await statesOf(stage);
  assert.deepEqual(states.map(({ state }) => state), ["PENDING", "PENDING"]);
  const busy = await type("submit", "--slurm", "jobs/walk.yaml");
  assert.equal(busy.status, 4);
  assert.match(busy.stderr, new RegExp(`Slurm has shards 1-2 of 2 still: job ${job}\\.`));
  const nothing = await ok(type("status"));
  assert.match(nothing.stdout, /2 wait \(JobHeldUser\)/);
  assert.match(nothing.stdout, /Nothing has begun yet\./);
  const cancelled = await ok(type("cancel", "all"));
  assert.match(
    cancelled.stderr,
    new RegExp(`^Slurm job ${job}: 2 pilots taken out of the queue\\.$`, "m"),
  );
  await slurm.untilTasks(job, ({ state }) => state === "CANCELLED", "its tasks are cancelled");
  const cancelledStates = await statesOf(stage);
  assert.deepEqual(cancelledStates.map(({ state }) => state), ["CANCELLED", "CANCELLED"]);
  // Nothing was computed: whoever harvests behind it must not go on.
  const ended = await type("wait");
  assert.deepEqual([ended.status, ended.stderr], [75, "Nothing was computed.\n"]);
  const told = await ok(type("status"));
  assert.match(told.stdout, /simrun submit --slurm submits it once more\./);
  const second = await submitted(stage, "--sbatch", "--begin=now+1hour");
  const held = await ok(type("pause", "all"));
  assert.match(held.stderr, /2 pilots held in the queue/);
  await slurm.untilTasks(second, ({ reason }) => reason.startsWith("JobHeldUser"), "it is held");
  const released = await ok(type("continue", "all"));
  assert.match(released.stderr, /2 pilots released in the queue/);
  await slurm.untilTasks(second, ({ reason }) => !reason.startsWith("JobHeld"), "it is released");
  await slurm.command("scontrol", "update", `JobId=${second}`, "StartTime=now");
  await slurm.ended(second);
  assert.equal(campaign.owner(1)?.releasedAt !== undefined, true);
  await assertWanted(stage);
}

async function paused(stage: Stage): Promise<void> {
  const { slurm, campaign, type } = stage;
  campaign.pace(SLOW_MS);
  const job = await submitted(stage);
  await campaign.untilSaved(1, 2);
  await ok(type("pause", "all"));
  const ended = await slurm.ended(job);
  assert.deepEqual(ended.map(({ state, restarts }) => [state, restarts]), [
    ["COMPLETED", 0],
    ["COMPLETED", 0],
  ]);
  assert.equal((await type("wait")).status, 75);
  campaign.pace(0);
  await ok(type("continue", "all"));
  await slurm.ended(await submitted(stage));
  assert.equal((await ok(type("wait"))).stderr, "4 of 4 runs completed.\n");
  await assertWanted(stage);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Shards as an array of Slurm jobs, by either script, whatever becomes of the jobs: results are those of one machine. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { listCheckpoints } from "../../src/store/checkpoint.ts";
import { readLive } from "../../src/store/live.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { simrun } from "../helpers/program.ts";
import { type Slurm, slurmTest, withSlurm } from "../helpers/slurm.ts";
import { isTorture } from "../helpers/torture.ts";
import { Campaign, FAILING, MANIFEST, type Results, type Way } from "./campaign.ts";

/** Cores of a task: it has a node to itself, and there are two of each. */
const CORES = 2;
/** Slow enough to be at work when it is looked for. */
const SLOW_MS = 20;

interface Stage {
  readonly slurm: Slurm;
  /** An own one for each scene. */
  readonly folder: string;
  readonly way: Way;
  /** What one machine makes of the usual manifest. */
  readonly wanted: Results;
}

interface Scene {
  readonly play: (stage: Stage) => Promise<void>;
  /** By which script; in the long version by both. */
  readonly way: Way;
  /** Not by both: it waits for minutes. */
  readonly isOnce?: true;
}

const SCENES: Readonly<Record<string, Scene>> = {
  "an array of two shards is computed on two nodes at once": {
    ...{ way: "documented", play: onTwoNodes },
  },
  "USR2 at one shard: it saves, is requeued and goes on; the other never notices": {
    ...{ way: "documented", play: signalled },
  },
  "a partition of higher priority, with grace: shards save, make room and go on": {
    way: "generated",
    play: (stage) => preempted(stage, "SIGUSR2", ["--partition=normal"]),
  },
  "a partition of higher priority, without grace: shards save at TERM and go on": {
    way: "generated",
    // In place of USR2 something that nobody minds: most sites do not send it when a job is preempted.
    play: (stage) => preempted(stage, "SIGTERM", ["--partition=rude", "--signal=B:CONT@120"]),
  },
  "a shard whose run fails ends with status 3, and hurts no other": {
    ...{ way: "generated", play: failing },
  },
  "scancel: all is saved and nothing is requeued; submitted again, it goes on": {
    ...{ way: "documented", play: cancelled },
  },
  ...(isTorture && {
    "the real time limit: USR2 before it, two minutes in the queue, and it goes on": {
      ...{ way: "generated", isOnce: true, play: timeLimit },
    },
  }),
};

Deno.test({
  name: slurmTest.named("shards on Slurm end with the results of one machine"),
  ignore: slurmTest.ignore,
  async fn(t) {
    await leavesNoProcess(() =>
      withSlurm(async (slurm) => {
        const alone = await Campaign.place(join(slurm.shared, "alone"));
        const wanted = await alone.onOneMachine();
        assert.equal(Object.keys(wanted).length, 4);
        let count = 0;
        for (const [name, scene] of Object.entries(SCENES)) {
          const isBoth = isTorture && !scene.isOnce;
          const ways: readonly Way[] = isBoth ? ["documented", "generated"] : [scene.way];
          for (const way of ways) {
            const folder = join(slurm.shared, `scene-${++count}`);
            await t.step(`${name} (${way})`, () => scene.play({ slurm, folder, wanted, way }));
          }
        }
      })
    );
  },
});

async function assertSame(campaign: Campaign, wanted: Results): Promise<void> {
  assert.deepEqual(await campaign.results(), wanted);
  const checked = await simrun(["verify", "--tree", campaign.root]);
  assert.equal(checked.status, 0, checked.stdout + checked.stderr);
}

async function onTwoNodes({ slurm, folder, wanted, way }: Stage): Promise<void> {
  const campaign = await Campaign.place(folder, { way });
  campaign.pace(SLOW_MS);
  const array = await campaign.submit(slurm, CORES);
  await campaign.untilSaved(1, 2);
  const atWork = await slurm.tasks(array);
  assert.deepEqual(atWork.map(({ state }) => state), ["RUNNING", "RUNNING"]);
  assert.deepEqual(atWork.map(({ node }) => node).toSorted(), ["n1", "n2"]);
  assert.deepEqual(
    atWork.map(({ node }) => node),
    [1, 2].map((shard) => campaign.owner(shard)?.host),
  );
  campaign.pace(0);
  const ended = await slurm.ended(array);
  assert.deepEqual(ended.map(({ state }) => state), ["COMPLETED", "COMPLETED"]);
  await assertSame(campaign, wanted);
}

async function signalled({ slurm, folder, wanted, way }: Stage): Promise<void> {
  const campaign = await Campaign.place(folder, { way });
  campaign.pace(SLOW_MS);
  const array = await campaign.submit(slurm, CORES);
  await campaign.untilSaved(1, 2);
  await slurm.command("scancel", "--signal=USR2", "--batch", `${array}_1`);
  await until(() => campaign.owner(1)?.releasedAt !== undefined, "the shard stops", 120_000);
  const saved = campaign.saved(1);
  assert.ok(saved > 0);
  campaign.pace(0);
  const ended = await slurm.ended(array);
  assert.deepEqual(ended.map(({ state }) => state), ["COMPLETED", "COMPLETED"]);
  assert.deepEqual(ended.map(({ restarts }) => restarts), [1, 0]);
  assert.match(campaign.log(array, 1), /Stopped by SIGUSR2[^]*goes on at step [1-9]/);
  assert.doesNotMatch(campaign.log(array, 2), /Stopped by/);
  await assertSame(campaign, wanted);
}

async function preempted(
  { slurm, folder, wanted, way }: Stage,
  signal: Deno.Signal,
  words: readonly string[],
): Promise<void> {
  const campaign = await Campaign.place(folder, { way });
  campaign.pace(SLOW_MS);
  const array = await campaign.submit(slurm, CORES, ...words);
  await campaign.untilSaved(1, 2);
  const shape = ["--array=1-2", `--cpus-per-task=${CORES}`, "--partition=urgent"];
  const urgent = await slurm.submit(folder, ...shape, "--wrap", "true");
  const made = await slurm.ended(urgent);
  assert.deepEqual(made.map(({ state }) => state), ["COMPLETED", "COMPLETED"]);
  campaign.pace(0);
  const ended = await slurm.ended(array);
  assert.deepEqual(ended.map(({ state }) => state), ["COMPLETED", "COMPLETED"]);
  assert.deepEqual(ended.map(({ restarts }) => restarts), [1, 1]);
  const saved = new RegExp(`Stopped by ${signal}[^]*goes on at step [1-9]`);
  for (const task of [1, 2]) assert.match(campaign.log(array, task), saved);
  await assertSame(campaign, wanted);
}

async function failing({ slurm, folder, way }: Stage): Promise<void> {
  const alone = await Campaign.place(join(folder, "alone"), { model: FAILING });
  const campaign = await Campaign.place(join(folder, "shards"), { model: FAILING, way });
  const [wanted, array] = await Promise.all([
    alone.onOneMachine(EXIT.runsFailed.status),
    campaign.submit(slurm, CORES),
  ]);
  assert.equal(Object.keys(wanted).length, 3);
  const ended = await slurm.ended(array);
  assert.deepEqual(ended.map(({ state }) => state).toSorted(), ["COMPLETED", "FAILED"]);
  assert.deepEqual(ended.map(({ exit }) => exit).toSorted(), [0, EXIT.runsFailed.status]);
  assert.deepEqual(ended.map(({ restarts }) => restarts), [0, 0]);
  await assertSame(campaign, wanted);
}

async function cancelled({ slurm, folder, wanted, way }: Stage): Promise<void> {
  // Nothing is saved but because of the signal.
  const manifest = MANIFEST.replace("checkpoint_every: 15", "checkpoint_every: 1_000_000");
  const campaign = await Campaign.place(folder, { manifest, way });
  campaign.pace(SLOW_MS);
  const array = await campaign.submit(slurm, CORES);
  const running = async () =>
    await Promise.all(
      [1, 2].map(async (shard) => (await readLive(campaign.shard(shard)))?.running),
    );
  const isAtWork = async () =>
    (await running()).every((runs) => runs?.some(({ step }) => step > 5) === true);
  await until(isAtWork, "both shards are at work", 120_000);
  const before = await running();
  await slurm.command("scancel", array);
  const ended = await slurm.ended(array);
  assert.deepEqual(ended.map(({ state }) => state), ["CANCELLED", "CANCELLED"]);
  for (const shard of [1, 2]) {
    await until(() => campaign.owner(shard)?.releasedAt !== undefined, "the shard stops", 120_000);
    assert.match(campaign.log(array, shard), /Stopped by SIGTERM/);
    for (const { job, run, step } of before[shard - 1]!) {
      const [newest] = await listCheckpoints(campaign.shard(shard).checkpointFolder(job, run));
      assert.ok((newest?.step ?? 0) >= step, `${run} at ${step}: ${newest?.step}`);
    }
  }
  assert.deepEqual((await slurm.tasks(array)).map(({ restarts }) => restarts), [0, 0]);
  campaign.pace(0);
  const again = await campaign.submit(slurm, CORES);
  const done = await slurm.ended(again);
  assert.deepEqual(done.map(({ state }) => state), ["COMPLETED", "COMPLETED"]);
  for (const shard of [1, 2]) assert.match(campaign.log(again, shard), /goes on at step [1-9]/);
  await assertSame(campaign, wanted);
}

async function timeLimit({ slurm, folder, wanted, way }: Stage): Promise<void> {
  const campaign = await Campaign.place(folder, { way });
  // Slow enough that the time is over before a run has ended.
  campaign.pace(200);
  const limit = ["--time=1", "--signal=B:USR2@25"];
  const array = await campaign.submit(slurm, CORES, ...limit);
  const states = async () => (await slurm.tasks(array)).map(({ state }) => state);
  const stopped = async () => (await states()).every((state) => state === "PENDING");
  await until(() => campaign.saved(1) > 0 && campaign.saved(2) > 0, "shards save", 60_000);
  await until(stopped, "both are requeued before their time is over", 120_000);
  campaign.pace(0);
  // Nobody hurries Slurm.
  const isDone = async () => (await states()).every((state) => state === "COMPLETED");
  await until(isDone, "both go on after two minutes", 300_000);
  assert.deepEqual((await slurm.tasks(array)).map(({ restarts }) => restarts), [1, 1]);
  for (const task of [1, 2]) {
    assert.match(campaign.log(array, task), /Stopped by SIGUSR2[^]*goes on at step [1-9]/);
  }
  await assertSame(campaign, wanted);
}

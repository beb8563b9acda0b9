/**
 * A node that Slurm takes for lost while it lives: the controller starts its jobs elsewhere, and two copies of each are there.
 * The zombie writes nothing more, whether it ran on or stood still, and woke up early or late. And a node that really died.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { isAlive, leavesNoProcess, until } from "../helpers/processes.ts";
import { simrun } from "../helpers/program.ts";
import { type Slurm, slurmTest, withSlurm } from "../helpers/slurm.ts";
import { treePicture } from "../helpers/tree_picture.ts";
import { Campaign, type Results, type Way } from "./campaign.ts";
import { pilotOf } from "./pilot_processes.ts";

/** Three pilots fit on one node, which is what is lost. */
const SHAPE = { cpus: 4 };
const UNREACHED = { ...SHAPE, isNetworked: true, slurmdTimeoutS: 8 };
const CORES = 1;
const SHARDS = [1, 2, 3];
/** What becomes of the three: woken up after its heir has ended, never stopped, woken up while its heir works. */
const [LATE, AWAKE, EARLY] = SHARDS as [number, number, number];
/** A few checkpoints are saved soon. */
const SLOW_MS = 20;
/** So slow that a moment comes in which nothing is being saved. */
const STILL_MS = 3_000;
/** At work for as long as Slurm needs to miss a node, on any machine. */
const SLOWER_MS = 250;

Deno.test({
  name: slurmTest.named(
    "a node is lost: its shards go on elsewhere, and its zombies write nothing beside them",
  ),
  ignore: slurmTest.ignore,
  async fn() {
    await leavesNoProcess(async () => {
      // Two clusters at once: for many seconds nothing happens but that a controller misses a node.
      const both = await Promise.allSettled([
        withSlurm((slurm) => outOfReach(slurm, "generated"), UNREACHED),
        withSlurm((slurm) => crashed(slurm, "documented"), SHAPE),
      ]);
      for (const one of both) if (one.status === "rejected") throw one.reason;
    });
  },
});

async function outOfReach(slurm: Slurm, way: Way): Promise<void> {
  const wanted = await resultsAlone(slurm);
  const { campaign, array } = await allOnOneNode(slurm, way);
  const pilots = new Map(SHARDS.map((shard) => [shard, pilotOf(slurm.node("n1"), shard)]));
  const before = SHARDS.map((shard) => campaign.owner(shard));
  campaign.pace(STILL_MS);
  await untilStill(campaign, LATE);
  for (const shard of [LATE, EARLY]) signal(pilots.get(shard)!, "SIGSTOP");
  campaign.pace(SLOWER_MS);
  await slurm.killSlurmd("n1");

  await untilOnTheOther(slurm, array);
  const hasBegun = (shard: number) => campaign.owner(shard)?.epoch === 2;
  await until(() => SHARDS.every(hasBegun), "heirs have the trees", 180_000);
  for (const shard of SHARDS) {
    const [old, heir] = [before[shard - 1], campaign.owner(shard)];
    assert.deepEqual([old?.host, heir?.host], ["n1", "n2"]);
    assert.notEqual(old?.bootId, heir?.bootId, "as on two machines");
    assert.equal(old?.slurmJob, heir?.slurmJob);
    assert.equal(heir?.slurmRestart, 1);
  }
  // Nobody tells it; it finds out.
  await untilGone(pilots.get(AWAKE)!);
  signal(pilots.get(EARLY)!, "SIGCONT");
  await untilGone(pilots.get(EARLY)!);
  for (const shard of SHARDS) assert.equal(campaign.owner(shard)?.releasedAt, undefined);
  // So the heirs are not disturbed.
  campaign.pace(SLOW_MS);
  await campaign.untilSaved(...SHARDS);
  campaign.pace(0);
  const ended = await slurm.ended(array);
  assert.deepEqual(ended.map(({ state }) => state), SHARDS.map(() => "COMPLETED"));

  const left = pictureOf(campaign, LATE);
  signal(pilots.get(LATE)!, "SIGCONT");
  await untilGone(pilots.get(LATE)!);
  assert.deepEqual(pictureOf(campaign, LATE), left);
  for (const shard of SHARDS) {
    assert.match(campaign.log(array, shard), /was taken over by process \d+ on n2\./);
  }
  // No zombie has had its job requeued.
  assert.deepEqual((await slurm.tasks(array)).map(({ restarts }) => restarts), [1, 1, 1]);
  await assertSame(campaign, wanted);
}

async function crashed(slurm: Slurm, way: Way): Promise<void> {
  const wanted = await resultsAlone(slurm);
  const { campaign, array } = await allOnOneNode(slurm, way);
  // Two are requeued by Slurm; the third one is given up, and submitted again by hand.
  await slurm.node("n1").crash();
  await slurm.command("scancel", `${array}_3`);
  await slurm.command("scontrol", "update", "NodeName=n1", "State=DOWN", "Reason=crashed");
  campaign.pace(0);
  const ended = await slurm.ended(array);
  assert.deepEqual(ended.map(({ state }) => state), ["COMPLETED", "COMPLETED", "CANCELLED"]);
  assert.deepEqual(ended.map(({ node }) => node).slice(0, 2), ["n2", "n2"]);
  for (const shard of [1, 2]) {
    assert.equal(campaign.owner(shard)?.epoch, 2);
    assert.match(campaign.log(array, shard), /goes on at step [1-9]/);
  }
  const again = await campaign.submit(slurm, CORES);
  const done = await slurm.ended(again);
  assert.ok(done.every(({ exit }) => exit === EXIT.completed.status));
  assert.match(campaign.log(again, 3), /goes on at step [1-9]/);
  await assertSame(campaign, wanted);
}

/**
 * All of a shard to the byte, without its sign of life and the picture of the moment. A process that is stopped between its look
 * at the lock and one call does that one call when it wakes up: with these two it is busy all the time, and they mean nothing.
 */
function pictureOf(campaign: Campaign, shard: number): Record<string, string> {
  const picture = treePicture(campaign.shard(shard).root);
  for (const name of ["/hot", "/hot/lock", "/hot/live.json"]) delete picture[name];
  return picture;
}

/** Undefined when something went away while it was looked at. */
function savedIn(campaign: Campaign, shard: number): string | undefined {
  try {
    return JSON.stringify(pictureOf(campaign, shard));
  } catch {
    return undefined;
  }
}

/** Until nothing is being saved: so that a shard's slots are not stopped right before they would change something. */
async function untilStill(campaign: Campaign, shard: number): Promise<void> {
  let last = "";
  let same = 0;
  const isStill = () => {
    const now = savedIn(campaign, shard);
    same = now !== undefined && now === last ? same + 1 : 0;
    last = now ?? "";
    return same > 20;
  };
  await until(isStill, "a shard saves nothing for a moment", 180_000);
}

async function resultsAlone(slurm: Slurm): Promise<Results> {
  return await (await Campaign.place(join(slurm.shared, "alone"))).onOneMachine();
}

/** An array whose shards are all at work on the first node. */
async function allOnOneNode(
  slurm: Slurm,
  way: Way,
): Promise<{ campaign: Campaign; array: string }> {
  const shape = { shards: SHARDS.length, way };
  const campaign = await Campaign.place(join(slurm.shared, "shards"), shape);
  campaign.pace(SLOW_MS);
  await slurm.command("scontrol", "update", "NodeName=n2", "State=DRAIN", "Reason=not-yet");
  const array = await campaign.submit(slurm, CORES);
  await campaign.untilSaved(...SHARDS);
  await slurm.command("scontrol", "update", "NodeName=n2", "State=RESUME");
  assert.deepEqual((await slurm.tasks(array)).map(({ node }) => node), SHARDS.map(() => "n1"));
  return { campaign, array };
}

async function untilOnTheOther(slurm: Slurm, array: string): Promise<void> {
  const isThere = (task: { state: string; node: string }) =>
    task.state === "RUNNING" && task.node === "n2";
  await slurm.untilTasks(array, isThere, "Slurm starts it on the other node", 300_000);
}

function signal(pids: readonly number[], signal: Deno.Signal): void {
  for (const pid of pids) Deno.kill(pid, signal);
}

async function untilGone(pids: readonly number[]): Promise<void> {
  await until(() => !pids.some(isAlive), "a zombie ends by itself", 180_000);
}

async function assertSame(campaign: Campaign, wanted: Results): Promise<void> {
  assert.deepEqual(await campaign.results(), wanted);
  const checked = await simrun(["verify", "--tree", campaign.root]);
  assert.equal(checked.status, 0, checked.stdout + checked.stderr);
}

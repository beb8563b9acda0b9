/** Scenes in which a campaign is submitted from one shell to a real Slurm, each in a folder of its own. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { leavesNoProcess } from "../helpers/processes.ts";
import { type Finished, simrun } from "../helpers/program.ts";
import { keptResults } from "../helpers/real_run.ts";
import { type Slurm, slurmTest, withSlurm } from "../helpers/slurm.ts";
import { Campaign, MANIFEST, type Results } from "./campaign.ts";

/** What every manifest asks of Slurm. */
export const ASKS = `slurm: { nodes: 2, cpus_per_task: 2, time: 30min }\n`;
/** Slow enough to be at work when it is looked for. */
export const SLOW_MS = 20;

export interface Stage {
  readonly slurm: Slurm;
  readonly campaign: Campaign;
  /** What one machine makes of the manifest. */
  readonly wanted: Results;
  /** Types a command in the campaign's folder. */
  readonly type: (...words: readonly string[]) => Promise<Finished>;
}

export type Scenes = Readonly<Record<string, (stage: Stage) => Promise<void>>>;

/** A test that plays them one after the other, on one cluster. */
export function testScenes(name: string, scenes: Scenes): void {
  Deno.test({
    name: slurmTest.named(name),
    ignore: slurmTest.ignore,
    async fn(t) {
      await leavesNoProcess(() =>
        withSlurm(async (slurm) => {
          const wanted = await (await Campaign.place(join(slurm.folder, "alone"))).onOneMachine();
          let count = 0;
          for (const [name, play] of Object.entries(scenes)) {
            const folder = join(slurm.folder, `scene-${++count}`);
            const campaign = await Campaign.place(folder, { manifest: ASKS + MANIFEST });
            const type = (...words: readonly string[]) =>
              simrun(words, { cwd: folder, env: slurm.env });
            await t.step(name, () => play({ slurm, campaign, wanted, type }));
          }
        })
      );
    },
  });
}

/** What it said, when it ended well. */
export async function ok(ran: Promise<Finished>): Promise<Finished> {
  const done = await ran;
  assert.equal(done.status, 0, done.stderr);
  return done;
}

/** Submits the manifest. Answers the array's number. */
export async function submitted({ type }: Stage, ...words: readonly string[]): Promise<string> {
  const { stdout } = await ok(type("submit", "--slurm", "jobs/walk.yaml", ...words));
  assert.match(stdout, /^\d+\n$/);
  return stdout.trim();
}

type Told = { readonly shard: number; readonly state: string; readonly reason?: string };

/** Slurm's word on each shard, as simrun tells it. */
export async function statesOf({ type }: Stage): Promise<readonly Told[]> {
  const { stdout } = await ok(type("status", "--json"));
  return JSON.parse(stdout).slurm ?? [];
}

/** All results are those of one machine. */
export async function assertWanted({ campaign, wanted }: Stage): Promise<void> {
  const shards = [1, 2].map((number) => keptResults(campaign.shard(number).root));
  assert.deepEqual(Object.assign({}, ...await Promise.all(shards)), wanted);
}

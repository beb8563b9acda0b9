/** A tree that is cut in shards, of which each is in another state; and a Slurm that answers what a test wants. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { readOwnerRecord } from "../../src/store/owner.ts";
import { Layout } from "../../src/store/layout.ts";
import { place } from "../helpers/folder.ts";
import { until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";
import { placeStudy } from "./shown_tree.ts";

/** Two runs a shard; one of the fourth's fails. */
const WAVES = `
defaults: { model: oscillator.js, steps: 20000, measure_every: 50, checkpoint_every: 20, allow: { read: [.] } }
jobs:
  - id: wave
    parameters: { slow: 1 }
    sweep: { damping: [0.1, 0.2, 0.3, 0.4], drive: [1, 3] }
`;

export interface CutTree {
  readonly tree: string;
  /** Of the shard that was killed. */
  readonly killedPid: number;
  end(): Promise<void>;
}

/** Of four shards the first is at work, the second was killed, the third has not begun, the fourth has ended. */
export async function cutTree(folder: string): Promise<CutTree> {
  await placeStudy(folder);
  const manifest = await place(folder, "waves.yaml", WAVES);
  const tree = join(folder, "tree");
  const words = (number: number) => [
    ...["run", manifest, "--tree", tree, "--shard", `${number}/4`, "-j", "1", "-q"],
  ];
  await place(folder, "pace.txt", "0\n");
  const fourth = await simrun(words(4));
  assert.equal(fourth.status, EXIT.runsFailed.status, fourth.stderr);
  await place(folder, "pace.txt", "20\n");
  const [first, second] = [startSimrun(words(1)), startSimrun(words(2))];
  const layout = (number: number) => new Layout(new Layout(tree).shardRoot({ number, of: 4 }));
  const journal = (number: number) => Deno.readTextFile(layout(number).journal).catch(() => "");
  await until(async () => {
    const texts = await Promise.all([journal(1), journal(2)]);
    return texts.every((text) => text.includes("run.checkpointed"));
  }, "both shards have saved something");
  const killedPid = readOwnerRecord(layout(2))!.pid;
  second.kill("SIGKILL");
  await second.status;
  return {
    tree,
    killedPid,
    async end() {
      first.kill("SIGINT");
      await first.status;
    },
  };
}

/** Notes that shards of a tree were submitted to Slurm as one array of jobs. */
export async function noteSubmission(tree: string, job: string, shards: number): Promise<void> {
  const all = Array.from({ length: shards }, (_, index) => index + 1);
  const submission = {
    ...{ format: "simrun submission", version: 1, submittedAt: "2026-11-01T00:00:00Z" },
    ...{ host: "login", of: shards, shards: all, runs: 8, stepMs: {} },
    manifests: [{ path: "waves.yaml", folder: "/m", text: "id: wave\n" }],
  };
  await place(tree, "slurm/1/submission.json", JSON.stringify(submission));
  await place(tree, "slurm/1/job.json", JSON.stringify({ job }));
}

/** A `scontrol` that is found before any other: it answers when it may, what it is told to, and counts. */
export class StandInSlurm {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async place(folder: string): Promise<StandInSlurm> {
    const slurm = new StandInSlurm(join(folder, "stand-in"));
    const script = `#!/bin/sh
cd '${slurm.#folder}' || exit 1
echo "$*" >>asked.txt
while [ -e silent ]; do sleep 0.02; done
cat answer.txt
[ ! -e refuses ] || { echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1; }
`;
    await Deno.chmod(await place(folder, "stand-in/scontrol", script), 0o755);
    await slurm.answer("");
    return slurm;
  }

  /** For the process that is to ask it. */
  get env(): Record<string, string> {
    return { PATH: `${this.#folder}:${Deno.env.get("PATH") ?? ""}` };
  }

  async answer(text: string): Promise<void> {
    await place(this.#folder, "answer.txt", text);
  }

  async refuse(): Promise<void> {
    await place(this.#folder, "refuses", "");
  }

  async beSilent(): Promise<void> {
    await place(this.#folder, "silent", "");
  }

  async speak(): Promise<void> {
    await Deno.remove(join(this.#folder, "silent"));
  }

  /** What it was asked, one call a line. */
  async asked(): Promise<string[]> {
    const text = await Deno.readTextFile(join(this.#folder, "asked.txt")).catch(() => "");
    return text.split("\n").filter((line) => line !== "");
  }
}

/** As `scontrol show job --oneliner` tells of a task. */
export function taskLine(job: string, task: number, state: string, more = ""): string {
  return `JobId=${
    Number(job) + task
  } ArrayJobId=${job} ArrayTaskId=${task} JobState=${state} ${more}\n`;
}

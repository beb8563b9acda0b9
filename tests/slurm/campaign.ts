/** A campaign for Slurm, in a folder as docs/shards.md has it, run by the very script that stands there or by simrun's own. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readJournal } from "../../src/store/journal.ts";
import { Layout } from "../../src/store/layout.ts";
import { type OwnerRecord, readOwnerRecord } from "../../src/store/owner.ts";
import { place } from "../helpers/folder.ts";
import { PACED } from "../helpers/models.ts";
import { until } from "../helpers/processes.ts";
import { fromFileUrl, simrun } from "../helpers/program.ts";
import { type Kept, keptResults } from "../helpers/real_run.ts";
import type { Slurm } from "../helpers/slurm.ts";

const DOCS = fromFileUrl(new URL("../../docs/shards.md", import.meta.url));

/** As many runs as two shards share, with a checkpoint every few moments. */
export const MANIFEST = `
id: walk
model: ./paced.ts
steps: 300
checkpoint_every: 15
measure_every: 10
sweep: { drift: [0.1, 0.2, 0.3, 0.4] }
`;

/** One of its points throws. */
export const FAILING = PACED.replace(
  "const { u } = state;",
  'const { u } = state;\n  if (ctx.params.drift === 0.3 && u[0] !== undefined) throw new Error("out of its depth");',
);

/** The script that users are shown. */
export function documentedScript(): string {
  const script = /^```sh\n(#!\/bin\/bash\n[\s\S]*?)^```$/m.exec(Deno.readTextFileSync(DOCS))?.[1];
  assert.ok(script !== undefined, "docs/shards.md has a script for Slurm");
  return script;
}

export type Results = Readonly<Record<string, Kept>>;

/** By which script: that of the documentation, or that which `simrun submit --slurm` makes. */
export type Way = "documented" | "generated";

export class Campaign {
  readonly folder: string;
  readonly #shards: number;
  readonly #way: Way;
  /** Where the logs of an array are that simrun submitted. */
  readonly #folders = new Map<string, string>();

  private constructor(folder: string, shards: number, way: Way) {
    this.folder = folder;
    this.#shards = shards;
    this.#way = way;
  }

  static async place(
    folder: string,
    { manifest = MANIFEST, model = PACED, shards = 2, way = "documented" }: {
      readonly manifest?: string;
      readonly model?: string;
      readonly shards?: number;
      readonly way?: Way;
    } = {},
  ): Promise<Campaign> {
    await place(folder, "jobs/walk.yaml", manifest);
    await place(folder, "jobs/paced.ts", model);
    await place(folder, "shards.sh", documentedScript());
    const campaign = new Campaign(folder, shards, way);
    campaign.pace(0);
    return campaign;
  }

  /** How many milliseconds each step takes from now on. */
  pace(ms: number): void {
    // Replaced whole: a model must not read it while it is empty.
    const path = join(this.folder, "jobs/pace.txt");
    Deno.writeTextFileSync(`${path}.new`, String(ms));
    Deno.renameSync(`${path}.new`, path);
  }

  /** What one machine makes of it, left alone. */
  async onOneMachine(status = 0): Promise<Results> {
    const root = join(this.folder, "one");
    const args = ["run", join(this.folder, "jobs/walk.yaml"), "--tree", root, "-j", "2", "-q"];
    const ran = await simrun(args);
    assert.equal(ran.status, status, ran.stderr);
    return await keptResults(root);
  }

  get root(): string {
    return join(this.folder, "simruns");
  }

  shard(number: number): Layout {
    return new Layout(join(this.root, `shards/${number}-of-${this.#shards}`));
  }

  /** Who has a shard, or had it last. */
  owner(shard: number): OwnerRecord | undefined {
    return readOwnerRecord(this.shard(shard));
  }

  /** What all shards hold together. */
  async results(): Promise<Results> {
    const numbers = Array.from({ length: this.#shards }, (_, at) => at + 1);
    const kept = await Promise.all(numbers.map((number) => keptResults(this.shard(number).root)));
    return Object.assign({}, ...kept);
  }

  /** How many checkpoints a shard tells of. */
  saved(number: number): number {
    let saved = 0;
    try {
      readJournal(this.shard(number), ({ type }) => saved += type === "run.checkpointed" ? 1 : 0);
    } catch {
      // Not begun.
    }
    return saved;
  }

  /** Until each of these shards has saved something anew. */
  async untilSaved(...shards: readonly number[]): Promise<void> {
    const before = shards.map((number) => this.saved(number));
    const isSaved = () => shards.every((number, at) => this.saved(number) > before[at]! + 2);
    await until(isSaved, "shards save checkpoints", 180_000);
  }

  /**
   * Submits all shards, each with so many cores, and with further options of sbatch (`--name=value`). Answers the array's
   * number. Simrun's own submission leaves out shards of which nothing is left.
   */
  async submit(slurm: Slurm, cores: number, ...options: readonly string[]): Promise<string> {
    if (this.#way === "documented") {
      const shape = [`--array=1-${this.#shards}`, `--cpus-per-task=${cores}`];
      return await slurm.submit(this.folder, ...shape, ...options, "shards.sh");
    }
    const shape = [`--nodes=${this.#shards}`, `--cpus-per-task=${cores}`];
    const words = ["submit", "--slurm", "jobs/walk.yaml", "--json", ...shape];
    const more = options.length === 0 ? [] : [`--sbatch=${options.join(" ")}`];
    const { status, stdout, stderr } = await simrun([...words, ...more], {
      ...{ cwd: this.folder, env: slurm.env },
    });
    assert.equal(status, 0, stderr);
    const { job, folder } = JSON.parse(stdout);
    this.#folders.set(job, folder);
    return job;
  }

  /** What the tasks of an array said. */
  log(array: string, task: number): string {
    const folder = this.#folders.get(array);
    return Deno.readTextFileSync(
      folder === undefined
        ? join(this.folder, `slurm-${array}_${task}.out`)
        : join(folder, `shard-${task}.log`),
    );
  }
}

/** `slurm` in manifests and profiles: what it takes, what it refuses, and how several come together. */
import assert from "node:assert/strict";
import { mergeWishes } from "../../src/job/slurm.ts";
import { readManifests } from "../../src/manifest/manifest.ts";
import { profileOf, readProfile, slurmSchema } from "../../src/manifest/slurm_shape.ts";
import { mistakes, read, source } from "./read.ts";

const JOB = "id: a\nmodel: a.ts\nsteps: 1\n";
const JOBS = "jobs: [{ id: b, model: a.ts, steps: 1 }]\n";

const ALL = `slurm:
  nodes: 8
  cpus_per_task: 16
  time: 1-12:00:00
  mem: 32GiB
  partition: long,short
  account: physics
  sbatch: [--qos=high, "--comment=a b"]
  setup: [module load ngspice]
`;

const WISHES = {
  ...{ nodes: 8, cpusPerTask: 16, timeMs: 129_600_000, memoryBytes: 32 * 2 ** 30 },
  ...{ partition: "long,short", account: "physics" },
  ...{ sbatch: ["--qos=high", "--comment=a b"], setup: ["module load ngspice"] },
};

Deno.test("a job and a list of jobs may stand beside what is asked of Slurm", () => {
  for (const text of [ALL + JOB, ALL + JOBS]) {
    const { slurm, jobs, diagnostics } = read(text);
    assert.deepEqual(diagnostics, []);
    assert.deepEqual(slurm, WISHES);
    assert.equal(jobs.length, 1);
  }
  assert.deepEqual(read("slurm:\n" + JOB).slurm, {});
  assert.deepEqual(read(JOB).slurm, {});
});

Deno.test("manifests of one campaign add to each other, and must not contradict each other", () => {
  const both = (other: string) =>
    readManifests([source(ALL + JOB), source(`slurm: { ${other} }\n${JOBS}`, "b.yaml")]);
  const { slurm, diagnostics } = both("nodes: 8, sbatch: [--exclusive]");
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(slurm.sbatch, ["--qos=high", "--comment=a b", "--exclusive"]);
  const [mistake] = both("nodes: 4").diagnostics;
  assert.equal(
    mistake?.message,
    '"slurm" asks for another number of nodes than a manifest before it',
  );
  assert.deepEqual([mistake?.place?.path, mistake?.place?.line], ["b.yaml", 1]);
});

Deno.test("what Slurm could not be told is refused where it stands", () => {
  const refused: readonly [string, RegExp][] = [
    ["nodes: 0", /^1:17 value "slurm.nodes" must be a whole number/],
    ["nodes: 20_000", /^1:17 value/],
    ["time: soon", /^1:16 value "slurm.time" must be a duration/],
    ["mem: 1MiB", /must be at least 128 MiB/],
    ['partition: "a b"', /must be the name of a partition/],
    ['account: "$(x)"', /must be the name of an account/],
    ['sbatch: ["qos=high"]', /must be an option of sbatch/],
    ['sbatch: ["--a\\nrm -rf x"]', /must be an option of sbatch/],
    ['setup: ["a\\nb"]', /must be a line of shell/],
    ["cores: 4", /^1:10 unknown-key .*cpus_per_task/],
    ["walltime: 4h", /time/],
  ];
  for (const [text, message] of refused) {
    const found = mistakes(`slurm: { ${text} }\n${JOB}`);
    assert.equal(found.length, 1, text);
    assert.match(found[0]!, message);
  }
  assert.match(mistakes(`slurm: 8\n${JOB}`)[0]!, /mapping with what is asked of Slurm/);
});

Deno.test("a profile has the same keys, with or without slurm above them", () => {
  const bare = ALL.replace("slurm:\n", "").replaceAll(/^ {2}/gm, "");
  for (const text of [ALL, bare]) {
    assert.deepEqual(readProfile(source(text)), { wishes: WISHES, diagnostics: [] });
  }
  // Written down by simrun itself, it says the same.
  const kept = JSON.stringify(profileOf(WISHES));
  assert.deepEqual(readProfile(source(kept)), { wishes: WISHES, diagnostics: [] });
  const [mistake] = readProfile(source("nodse: 3\n", "p.yaml")).diagnostics;
  assert.deepEqual([mistake?.place?.path, mistake?.place?.line], ["p.yaml", 1]);
});

Deno.test("mergeWishes() lets the stronger say how many, and both say what else", () => {
  assert.deepEqual(
    mergeWishes({ nodes: 1, account: "a", setup: ["x"] }, { nodes: 2, setup: ["y"] }),
    { nodes: 2, account: "a", setup: ["x", "y"] },
  );
  // An empty list takes away what was asked for before it, and is no word on what comes after it.
  const none = mergeWishes({ sbatch: ["--qos=a"], setup: ["x"] }, { sbatch: [] });
  assert.deepEqual(none, { sbatch: [], setup: ["x"] });
  assert.deepEqual(mergeWishes(none, { sbatch: ["--qos=b"] }).sbatch, ["--qos=b"]);
});

Deno.test("docs/slurm.md has every key of slurm", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/slurm.md", import.meta.url));
  const keys = [...text.matchAll(/^\| `(\w+)` \| (?:`|\|)/gm)].map(([, key]) => key!);
  const { properties } = slurmSchema as { readonly properties: object };
  assert.deepEqual(keys, Object.keys(properties));
});

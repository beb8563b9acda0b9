/** Commands that compute on several cores: what runs beside them, what they are told, and what is refused. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { CommandModel } from "../../src/job/command.ts";
import {
  commandEnvironment,
  commandValues,
  jobEnvironment,
} from "../../src/worker/command_values.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob } from "../helpers/jobs.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";

const COMMAND: CommandModel = {
  kind: "command",
  path: "solver",
  command: ["solver"],
  templates: [],
  env: {},
  pass: [],
  graceMs: 5_000,
};

interface Row {
  readonly job: string;
  readonly result: { readonly [name: string]: number };
}

Deno.test("a command with cores has them to itself, and learns how many they are", async () => {
  await inFolder(async (folder) => {
    const path = await place(
      folder,
      "jobs.yaml",
      `
defaults:
  cores: 2
  sweep: { i: [1, 2, 3] }
  model:
    shell: 'ls ../*/busy-* 2>/dev/null | wc -l > before; : > busy-$SIMRUN_CORES; sleep 0.1; ls ../*/busy-* > all;
      echo "before=$(cat before) beside=$(wc -l < all) wide=$(grep -c busy-2 all) threads=$OMP_NUM_THREADS"; rm busy-*; : $SIMRUN_PARAM_i'
    results:
      before: 'before=(\\d+)'
      beside: 'beside=(\\d+)'
      wide: 'wide=(\\d+)'
      threads: 'threads=(\\d+)'
    keep: []
jobs:
  - { id: wide }
  - { id: narrow, cores: 1 }
`,
    );
    const tree = join(folder, "tree");
    const { status, stderr } = await simrun(["run", path, "--tree", tree, "-j", "2"]);
    assert.equal(status, 0, stderr);
    const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
    const rows = JSON.parse(stdout) as Row[];
    assert.equal(rows.length, 6);
    for (const { job, result } of rows) {
      if (job === "wide") {
        assert.deepEqual(result, { before: 0, beside: 1, wide: 1, threads: 2 });
      } else {
        assert.equal(result.wide, 0, "nothing runs beside a wide one");
        assert.equal(result.threads, 1);
        assert.ok(result.beside! <= 2);
      }
    }
  });
});

Deno.test("OMP_NUM_THREADS is what the user or the manifest has set it to; \${simrun.cores} stays", async () => {
  await inFolder(async (folder) => {
    const path = await place(
      folder,
      "jobs.yaml",
      `
defaults: { cores: 2 }
jobs:
  - { id: own, model: { command: [sh, -c, 'echo "t=$OMP_NUM_THREADS c=$1"', sh, "\${simrun.cores}"], results: { t: 't=(\\d+)', c: 'c=(\\d+)' } } }
  - { id: env, model: { command: [sh, -c, 'echo "t=$OMP_NUM_THREADS c=$SIMRUN_CORES"'], env: { OMP_NUM_THREADS: 7 }, results: { t: 't=(\\d+)', c: 'c=(\\d+)' } } }
`,
    );
    const tree = join(folder, "tree");
    const env = { OMP_NUM_THREADS: "5" };
    const { status, stderr } = await simrun(["run", path, "--tree", tree, "-j", "2"], { env });
    assert.equal(status, 0, stderr);
    const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
    const results = (JSON.parse(stdout) as Row[]).map(({ result }) => result);
    assert.deepEqual(results, [{ t: 5, c: 2 }, { t: 7, c: 2 }]);
  });
});

Deno.test("commandEnvironment() gives each process of an MPI program one thread, all others as many as there are cores", () => {
  const job = aJob({ cores: 4 });
  const own = { run: "r", attempt: 1, step: 0, checkpoint: "" };
  const values = commandValues(job, 0, own);
  const environmentOf = (model: typeof COMMAND, user = {}) => {
    const { shared, own: ofRun } = commandEnvironment(
      model,
      values,
      jobEnvironment(model, job, user),
    );
    return { ...shared, ...ofRun };
  };
  const threadsOf = (program: string, env = {}, user = {}) => {
    const model = { ...COMMAND, command: [program, "-np", "${simrun.cores}"], env };
    return environmentOf(model, user).OMP_NUM_THREADS;
  };
  assert.equal(threadsOf("solver"), "4");
  for (const program of ["mpirun", "/opt/mpi/bin/mpiexec", "srun"]) {
    assert.equal(threadsOf(program), "1", program);
    assert.equal(threadsOf(program, { OMP_NUM_THREADS: "2" }), "2");
    assert.equal(threadsOf(program, {}, { OMP_NUM_THREADS: "3" }), "3");
  }
  assert.equal(environmentOf(COMMAND).SIMRUN_CORES, "4");
});

Deno.test("more cores than may be used, and cores where they mean nothing, are refused with their place", async () => {
  await inFolder(async (folder) => {
    const refused = async (manifest: string, flags: readonly string[] = []) => {
      const path = await place(folder, "jobs.yaml", manifest);
      const { status, stderr } = await simrun([
        "run",
        path,
        "--tree",
        join(folder, "tree"),
        ...flags,
      ]);
      assert.equal(status, 2, stderr);
      return stderr;
    };
    await place(folder, "m.ts", "export const init = () => ({}); export const step = () => {};\n");
    await place(folder, "b.plecs", "");
    const wide = "id: mpi\nmodel: { command: [true] }\ncores: 3\n";
    const most = await refused(wide, ["-j", "2"]);
    assert.match(most, /jobs\.yaml:3:8/);
    assert.match(most, /A run of job mpi takes 3 cores; simrun may use 2/);
    assert.match(most, /Type -j 3 to let it use as many, or ask for fewer: cores: 2/);
    const module = await refused("id: a\nmodel: ./m.ts\nsteps: 1\ncores: 2\n");
    assert.match(module, /jobs\.yaml:4:1/);
    assert.match(module, /"cores" says nothing to a model of simrun's own, which computes on one/);
    const plecs = await refused("id: a\nmodel: { plecs: ./b.plecs }\ncores: 2\n");
    assert.match(plecs, /"cores" says nothing to PLECS/);
    const inModel = await refused("id: a\nmodel: { command: [true], cores: 2 }\n");
    assert.match(inModel, /Write "cores, a key of the job"/);
    assert.match(await refused("id: a\nmodel: { command: [true] }\nthreads: 2\n"), /Write "cores"/);
    assert.match(await refused("id: a\nmodel: { command: [true] }\ncores: 0\n"), /cores/);
    // What was computed where there are more cores is no reason to refuse the rest.
    const tree = join(folder, "tree");
    const both = await place(folder, "jobs.yaml", wide);
    assert.equal((await simrun(["run", both, "--tree", tree, "-j", "3"])).status, 0);
    assert.equal((await simrun(["run", both, "--tree", tree, "-j", "1"])).status, 0);
  });
});

Deno.test("run -n, status, explain and submit tell who waits for cores", async () => {
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      const path = await place(
        folder,
        "jobs.yaml",
        `
jobs:
  - { id: long, priority: high, model: { shell: ': > ${folder}/began; sleep 60' } }
  - { id: wide, cores: 2, model: { command: [true] } }
`,
      );
      const tree = join(folder, "tree");
      const plan = await simrun(["run", path, "--tree", tree, "-j", "2", "-n"]);
      assert.match(plan.stdout, /wide +cores: 2 a run, so one runs at a time/);
      const run = startSimrun(["run", path, "--tree", tree, "-j", "2"]);
      await until(() => exists(join(folder, "began")), "the first run has begun");
      let status = "";
      for (let i = 0; i < 100 && !status.includes("waits for"); i++) {
        status = (await simrun(["status", "--tree", tree])).stdout;
      }
      assert.match(status, /^wide waits for 2 cores: 1 of 2 is free$/m);
      const explained = await simrun(["explain", "wide", "--tree", tree]);
      assert.match(explained.stdout, /It waits for 2 cores: 1 of 2 is free\./);
      assert.match(explained.stdout, /cores +2/);
      const more = await place(folder, "more.yaml", "{ id: more, cores: 3, model: { shell: w } }");
      const submitted = await simrun(["submit", more, "--tree", tree]);
      assert.match(submitted.stderr, /takes 3 cores; simrun may use 2/);
      assert.match(submitted.stderr, /simrun slots 3/);
      const slots = await simrun(["slots", "1", "--tree", tree]);
      assert.match(
        slots.stdout + slots.stderr,
        /1 slot from now on, 2 before; wide needs 2 cores, and waits for more slots\./,
      );
      run.kill("SIGTERM");
      await run.status;
    })
  );
});

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Commands that do what no program should: the tree, the files of the user and the slot stand it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { RunFolder } from "../../src/command/run_folder.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";

interface Row {
  readonly job: string;
  readonly result: { readonly [name: string]: unknown } | null;
}

async function ran(folder: string, manifest: string, flags: readonly string[] = []) {
  const path = await place(folder, "jobs.yaml", manifest);
  const tree = join(folder, "tree");
  const { status, stderr } = await simrun(["run", path, "--tree", tree, "-j", "1", ...flags]);
  const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
  const rows = JSON.parse(stdout || "[]") as Row[];
  return { status, stderr, tree, rows };
}

Deno.test("RunFolder writes nothing through a link to an input", async () => {
  await inFolder(async (folder) => {
    const own = await place(folder, "state.rst", "mine\n");
    const run = new RunFolder(join(folder, "run"));
    run.make();
    run.linkInputs({ state: own });
    const bytes = new TextEncoder().encode("of a checkpoint\n");
    await run.putBack([{ name: "state.rst", dtype: "U8", length: bytes.length, bytes }]);
    assert.equal(Deno.readTextFileSync(own), "mine\n");
    assert.equal(run.readText("state.rst"), "of a checkpoint\n");
    assert.deepEqual(run.find().map(({ name }) => name), ["state.rst"]);
  });
});

Deno.test("simrun validate refuses names of which one would be lost in the folder or the environment", async () => {
  await inFolder(async (folder) => {
    await place(folder, "parameters.json", "{}");
    await place(folder, "x.in", "${a-b}");
    const cases: readonly (readonly [manifest: string, words: RegExp])[] = [
      [
        "model: { command: [cat], pass: file }\ninputs: { p: ./parameters.json }",
        /The input "p" and its parameters would both be parameters\.json/,
      ],
      [
        "model: { command: [cat], pass: file, templates: [{ file: ./x.in, as: parameters.json }] }\nparameters: { a-b: 1 }",
        /The template \S*x\.in and its parameters would both be parameters\.json/,
      ],
      [
        "model: { shell: env }\nparameters: { a-b: 1, a_b: 2 }",
        /The parameters "a-b" and "a_b" would both be \$SIMRUN_PARAM_a_b/,
      ],
      [
        "model: { command: [echo, '${simrun.seed}'] }\nparameters: { simrun.seed: 1 }",
        /cannot be called "simrun\.seed"/,
      ],
    ];
    for (const [manifest, words] of cases) {
      const path = await place(folder, "jobs.yaml", `id: a\n${manifest}\n`);
      const { status, stdout, stderr } = await simrun(["validate", path]);
      assert.equal(status, 2, stdout + stderr);
      assert.match(stdout + stderr, words);
    }
  });
});

Deno.test("a value that fits into no variable fails its run instead of being left out", async () => {
  await inFolder(async (folder) => {
    const { status, stderr } = await ran(
      folder,
      `{ id: long, model: { shell: 'echo "n=\${#SIMRUN_PARAM_x}"' }, parameters: { x: ${
        "y".repeat(200_000)
      } } }`,
    );
    assert.equal(status, 3);
    assert.match(stderr, /too long for the system: hand long values over in a template/);
  });
});

Deno.test("a command that removes or replaces its folder takes nothing with it", async () => {
  await inFolder(async (folder) => {
    const own = await place(folder, "own/mine.txt", "mine\n");
    const away = "echo x=1; d=$PWD; cd /; rm -rf $d";
    const results = "results: { x: 'x=(.*)' }";
    const { status, stderr, rows } = await ran(
      folder,
      `
jobs:
  - { id: gone, model: { shell: '${away}', ${results} } }
  - { id: link, model: { shell: '${away}; ln -s ${folder}/own $d', ${results} } }
  - { id: file, model: { shell: '${away}; echo > $d', ${results} } }
  - { id: many, model: { shell: '${away}; : $SIMRUN_PARAM_i', ${results} }, sweep: { i: [1, 2, 3, 4, 5] } }
  - { id: fails, model: { shell: '${away}; ln -s ${folder}/own $d; exit 1' } }
`,
    );
    assert.equal(status, 3);
    assert.match(stderr, /failed: fails: its command failed: it ended with status 1/);
    assert.doesNotMatch(stderr, /failed: (gone|link|file|many)/);
    assert.deepEqual(
      rows.filter(({ job }) => job !== "fails").map(({ result }) => result),
      Array(8).fill({ x: 1 }),
    );
    assert.equal(Deno.readTextFileSync(own), "mine\n");
  });
});

Deno.test("a pipe or a device in the place of a file that is followed keeps no slot waiting", async () => {
  await inFolder(async (folder) => {
    const { status, stderr, rows } = await ran(
      folder,
      `
jobs:
  - { id: pipe, timeout: 60s, model: { shell: 'mkfifo out.dat; sleep 0.3; echo x=1', measure: { file: out.dat, table: Step }, results: { x: 'x=(.*)' } } }
  - { id: zero, timeout: 60s, model: { shell: 'ln -s /dev/zero out.dat; sleep 0.3; echo x=1', measure: { file: out.dat, table: Step }, results: { x: 'x=(.*)' } } }
`,
    );
    assert.equal(status, 0, stderr);
    assert.deepEqual(rows.map(({ result }) => result), [{ x: 1 }, { x: 1 }]);
  });
});

Deno.test("a script that is edited while its runs are computed gives no results under its old name", async () => {
  await inFolder(async (folder) => {
    const script = await place(folder, "s.sh", `echo v=1; : > ${folder}/began; sleep 1\n`);
    const path = await place(
      folder,
      "jobs.yaml",
      `
id: edited
model: { command: [sh, ./s.sh, "\${x}"], results: { v: 'v=(.*)' } }
sweep: { x: [1, 2, 3, 4, 5] }
`,
    );
    const tree = join(folder, "tree");
    const run = startSimrun(["run", path, "--tree", tree, "-j", "1"]);
    await until(() => exists(join(folder, "began")), "the first run has begun");
    await Deno.writeTextFile(script, "echo v=2\n");
    assert.equal((await run.status).code, 3);
    const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
    const values = (JSON.parse(stdout) as Row[]).map(({ result }) => result?.v);
    assert.ok(!values.includes(2), stdout);
    const { stdout: told } = await simrun(["status", "--tree", tree]);
    assert.match(told, /s\.sh changed after it was planned; run simrun again/);
  });
});

Deno.test("files of a command whose names are no UTF-8 are put aside with a word, not lost", async () => {
  await inFolder(async (folder) => {
    const { status, stderr, tree } = await ran(
      folder,
      `
jobs:
  - { id: file, model: { shell: 'printf x > "$(printf "caf\\351.dat")"; echo q > ok.raw' } }
  - { id: folder, model: { shell: 'd=$(printf "d\\351"); mkdir "$d"; echo x > "$d/x"; echo q > ok.raw' } }
  - { id: line, model: { shell: 'printf x > "$(printf "a\\nb")"' } }
`,
    );
    assert.equal(status, 0, stderr);
    for (const job of ["file", "folder"]) {
      assert.ok(exists(join(tree, "recent", job, job, "files/ok.raw")));
    }
    assert.match(stderr, /note +2 runs: 1 of its files or folders cannot be kept/);
    assert.ok(exists(join(tree, "recent/line/line/files/a\nb")));
    const aside = [...Deno.readDirSync(join(tree, "quarantine/hot/work"))];
    assert.equal(aside.filter(({ isDirectory }) => isDirectory).length, 2);
    const { status: sound, stdout } = await simrun(["verify", "--tree", tree]);
    assert.equal(sound, 0, stdout);
  });
});

Deno.test("rows of another table or of no step cost no run", async () => {
  await inFolder(async (folder) => {
    await place(
      folder,
      "print.sh",
      `echo "Step T E"; echo "0 1 2"; echo "nan 7 7"; echo "inf 8 8"; echo "1 3 4"
echo "Step E P"; echo "2 5 6"; echo "3 7 8"; echo "Step T E P"; echo "4 1 2 3"; echo s > s.rst; sleep "$1"`,
    );
    const model =
      `command: [sh, ./print.sh, "\${wait}"], measure: { table: Step }, restart: [sh], checkpoint: { files: "*.rst", settled: 0s }`;
    const { status, stderr, tree } = await ran(
      folder,
      `
defaults: { steps: 10, checkpoint_every: 0.1s }
jobs:
  - { id: short, model: { ${model} }, parameters: { wait: 0 } }
  - { id: saved, model: { ${model} }, parameters: { wait: 1 } }
`,
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /a row of its measurements has the step NaN, and is left out/);
    for (const job of ["short", "saved"]) {
      const { stdout } = await simrun(["series", job, "--tree", tree]);
      const rows = stdout.trim().toLowerCase().split(/\r?\n/).map((line) =>
        line.split(",").slice(-3).join()
      );
      assert.deepEqual(rows.slice(1), ["0,1,2", "1,3,4", "2,nan,5", "3,nan,7", "4,1,2"], stdout);
    }
  });
});

Deno.test("RunFolder counts files beyond its limit instead of forgetting them", async () => {
  await inFolder(async (folder) => {
    const run = new RunFolder(join(folder, "run"), 3);
    run.make();
    for (const name of ["a", "b", "c", "d"]) await run.write(name, "");
    const { files, others } = run.findAll();
    assert.deepEqual([files.length, others], [3, 1]);
  });
});

Deno.test("rows that do not tell their step are there once after a command went on from a checkpoint", async () => {
  await inFolder(async (folder) => {
    // A row for each tenth step; the last words of a checkpoint come after it.
    await place(
      folder,
      "count.sh",
      `n=\${1:-0}
while [ $n -lt 60 ]; do
  n=$((n+1)); echo "step $n"; [ $((n % 5)) -ne 0 ] || echo "e=$n"
  [ $((n % 20)) -ne 0 ] || { echo $n > tmp; mv tmp state.$n.rst; }
  sleep 0.05
done
`,
    );
    const path = await place(
      folder,
      "jobs.yaml",
      `
id: count
steps: 60
checkpoint_every: 0.1s
model:
  command: [sh, ./count.sh]
  restart: [sh, ./count.sh, "\${simrun.step}"]
  progress: 'step (\\d+)'
  measure: { pattern: 'e=(?<e>\\d+)' }
  checkpoint: { files: "*.rst", step: '(\\d+)', settled: 300ms }
`,
    );
    const tree = join(folder, "tree");
    const run = startSimrun(["run", path, "--tree", tree, "-j", "1"]);
    await until(
      () =>
        [20, 40].some((step) =>
          exists(join(tree, `checkpoints/count/count/step-0000000000${step}.ckpt`))
        ),
      "a checkpoint is saved",
    );
    run.kill("SIGKILL");
    await run.status;
    const { status, stderr } = await simrun(["resume", "--tree", tree]);
    assert.equal(status, 0, stderr);
    const { stdout } = await simrun(["series", "count", "--tree", tree]);
    const values = stdout.trim().split(/\r?\n/).slice(1).map((line) =>
      Number(line.split(",").at(-1))
    );
    assert.deepEqual(values, Array.from({ length: 12 }, (_, i) => 5 * (i + 1)));
  });
});

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

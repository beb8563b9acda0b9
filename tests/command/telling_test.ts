/** What simrun tells of commands: why they failed, what they never did, and what of theirs is not kept. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { loadGlobs } from "../../src/command/globs.ts";
import { RunFolder } from "../../src/command/run_folder.ts";
import { fillTemplate } from "../../src/command/template.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { simrun } from "../helpers/program.ts";
import { canMount, onSmallDisk } from "../helpers/small_disk.ts";

async function ran(folder: string, manifest: string, flags: readonly string[] = []) {
  const path = await place(folder, "jobs.yaml", manifest);
  const tree = join(folder, "tree");
  const { status, stderr } = await simrun(["run", path, "--tree", tree, "-j", "1", ...flags]);
  return { status, stderr, tree, path };
}

Deno.test("a command that fails is told by the line that says why, not by what came last", async () => {
  await inFolder(async (folder) => {
    await place(
      folder,
      "f.sh",
      "echo 'ERROR: Unknown pair style (src/force.cpp:275)'; echo 'Last command: pair_style x' >&2; exit 1\n",
    );
    const { status, stderr } = await ran(folder, "id: f\nmodel: { command: [sh, ./f.sh] }\n");
    assert.equal(status, 3);
    assert.match(stderr, /it ended with status 1; it said: ERROR: Unknown pair style \(src\/force/);
  });
});

Deno.test("simrun explain of a failed command tells its words, where its files lie, and how to read its log", async () => {
  await inFolder(async (folder) => {
    await place(folder, "f.sh", "echo half > out.dat; exit 1\n");
    const { tree } = await ran(
      folder,
      'id: f\nmodel: { command: [sh, ./f.sh, "${name}", "${x}", "${simrun.repeat}"] }\nparameters: { name: two words }\nsweep: { grid: { x: [0.5] }, repeat: 2 }\n',
    );
    const { stdout: rows } = await simrun(["status", "--json", "--tree", tree, "failed"]);
    const [run] = Object.keys(JSON.parse(rows).runs as object).sort();
    const { stdout } = await simrun(["explain", run!, "--tree", tree]);
    assert.match(stdout, /command +sh \S*f\.sh 'two words' 0\.5 [12]$/m);
    const files = /files +(\S+)$/m.exec(stdout)?.[1];
    assert.equal(Deno.readTextFileSync(join(files!, "out.dat")), "half\n");
    const { stdout: json } = await simrun(["explain", run!, "--tree", tree, "--json"]);
    const { command, files: inJson } = JSON.parse(json);
    assert.deepEqual(command.slice(2, 4), ["two words", "0.5"]);
    assert.equal(inJson, files);
  });
});

Deno.test("patterns that never matched, and globs that kept nothing, are told once a job", async () => {
  await inFolder(async (folder) => {
    const { status, stderr } = await ran(
      folder,
      `
defaults: { sweep: { i: [1, 2, 3, 4, 5, 6] } }
jobs:
  - id: blind
    model:
      shell: 'echo step $SIMRUN_PARAM_i; echo x > a.txt'
      progress: '^Step (\\d+)'
      measure: { table: Time, file: log.txt }
      keep: "*.raw"
  - id: well
    model:
      shell: 'echo step 1; echo "t=1 v=2"; echo x > a.raw; : $SIMRUN_PARAM_i'
      progress: '^step (\\d+)'
      measure: { pattern: 't=(?<step>\\d+) v=(?<v>\\d+)' }
      keep: ["*.raw", "*.core"]
`,
    );
    assert.equal(status, 0, stderr);
    const told = (words: RegExp) =>
      stderr.split("\n").filter((line) => line.startsWith("note ") && words.test(line)).length;
    assert.equal(told(/blind.* it told no progress: nothing in what it printed matches/), 1);
    assert.equal(told(/nothing of it was measured: there is no row under a line that begins/), 1);
    assert.equal(told(/none of its files was kept: none matches \*\.raw/), 1);
    assert.equal(told(/well/), 0, stderr);
  });
});

Deno.test("links and empty folders that a command leaves are told of; what is kept is whole", async () => {
  await inFolder(async (folder) => {
    const { status, stderr, tree } = await ran(
      folder,
      `
id: links
model: { shell: 'echo 1 > step-1.dat; ln -s step-1.dat newest.dat; mkdir empty full; echo 2 > full/a; : $SIMRUN_PARAM_i' }
inputs: { own: ./jobs.yaml }
sweep: { i: [1, 2, 3] }
`,
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /it left a symbolic link and an empty folder: only files are kept/);
    assert.doesNotMatch(stderr, /3 runs[^\n]*link/, "it is told once");
    const [one] = [...Deno.readDirSync(join(tree, "recent/links"))];
    const kept = join(tree, "recent/links", one!.name, "files");
    assert.deepEqual([...Deno.readDirSync(kept)].map(({ name }) => name).sort(), [
      "full",
      "step-1.dat",
    ]);
    assert.equal((await simrun(["verify", "--tree", tree])).status, 0);
  });
});

Deno.test("RunFolder.findAll() counts links that are not inputs, and folders with nothing in them", async () => {
  await inFolder(async (folder) => {
    const own = await place(folder, "own.txt", "mine\n");
    const run = new RunFolder(join(folder, "run"));
    run.make();
    run.linkInputs({ own });
    Deno.symlinkSync("nowhere", join(run.path, "dangling.lnk"));
    Deno.mkdirSync(join(run.path, "a/b"), { recursive: true });
    await loadGlobs();
    assert.deepEqual(run.findAll(), { files: [], others: 0, links: 1, empties: 1 });
    assert.deepEqual(run.findAll(["*.dat"]), { files: [], others: 0, links: 0, empties: 0 });
    assert.equal(run.findAll(["*.lnk"]).links, 1);
  });
});

Deno.test("a result that is missing names the line and column of its entry in the manifest", async () => {
  await inFolder(async (folder) => {
    const { stderr } = await ran(
      folder,
      "id: f\nmodel: { shell: 'echo y=1', results: { y: 'y=(.*)', mean: { file: out.json, at: a } } }\n",
    );
    assert.match(stderr, /it left no file out\.json \(\S*:2:59\)/);
  });
});

Deno.test("allow and measure_every are refused with a command, and left alone under defaults", async () => {
  await inFolder(async (folder) => {
    const refused = await ran(
      folder,
      "id: a\nmodel: { command: [true] }\nmeasure_every: 10\nallow: { net: [example.org] }\n",
    );
    assert.equal(refused.status, 2);
    assert.match(refused.stderr, /jobs\.yaml:3:1[\s\S]*"measure_every" says nothing to a command/);
    assert.match(refused.stderr, /jobs\.yaml:4:1[\s\S]*"allow" says nothing to a command/);
    assert.match(refused.stderr, /it is not in the sandbox/);
    const shared = await ran(
      folder,
      "defaults: { measure_every: 10, allow: { net: [example.org] } }\njobs: [{ id: a, model: { command: [true] } }]\n",
    );
    assert.equal(shared.status, 0, shared.stderr);
  });
});

Deno.test("fillTemplate() leaves the encoding, the line ends and the mark of a file as they are", () => {
  const encoder = new TextEncoder();
  const filled = (bytes: Uint8Array) =>
    fillTemplate(bytes, ["${", "}"], (name) => name === "x" ? "0.5" : "ä");
  const same = (text: string, wanted: string) =>
    assert.deepEqual(filled(encoder.encode(text)), encoder.encode(wanted));
  same("\ufeffx = ${x}\r\ny = $${x}\r\n", "\ufeffx = 0.5\r\ny = ${x}\r\n");
  same("ü ${y}\u0000\n", "ü ä\u0000\n");
  // Latin-1: "° ${x} é", which is no UTF-8.
  const latin = new Uint8Array([0xb0, 0x20, ...encoder.encode("${x} "), 0xe9, 0x80, 0x0d, 0x0a]);
  const wanted = new Uint8Array([0xb0, 0x20, ...encoder.encode("0.5 "), 0xe9, 0x80, 0x0d, 0x0a]);
  assert.deepEqual(filled(latin), wanted);
});

Deno.test("a command that stops itself is ended by its time limit, and may save before", async () => {
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      const began = performance.now();
      const { status, stderr, tree } = await ran(
        folder,
        `
id: stopped
timeout: 1s
model: { shell: 'trap "echo saved > state; exit 1" TERM; kill -STOP $$; sleep 60', grace: 30s }
`,
      );
      assert.equal(status, 3);
      assert.match(stderr, /stopped[^\n]*(1s|1\.\d s)/);
      assert.ok(performance.now() - began < 25_000, "it was not left to its grace");
      const kept = join(tree, "recent/stopped/stopped/files/state");
      assert.equal(Deno.readTextFileSync(kept), "saved\n");
    })
  );
});

Deno.test("a hung command that stopped itself is ended", async () => {
  await inFolder((folder) =>
    leavesNoProcess(async () => {
      const { status, stderr } = await ran(
        folder,
        `
id: hung
hang_after: 2s
retry: { limit: 0 }
model: { shell: 'echo step 1; kill -STOP $$; sleep 60', grace: 1s, progress: 'step (\\d+)' }
steps: 10
`,
      );
      assert.equal(status, 3);
      assert.match(stderr, /hung/);
    })
  );
});

Deno.test({
  name: "a command for which the disk is too small is tried again as a passing reason, and says so",
  ignore: !canMount(),
  fn: async () => {
    await inFolder(async (folder) => {
      const disk = join(folder, "disk");
      await onSmallDisk(disk, 24 << 20, async () => {
        const path = await place(
          folder,
          "jobs.yaml",
          `
jobs:
  - { id: greedy, retry: { limit: 0 }, model: { shell: 'dd if=/dev/zero of=big bs=1M count=40; exit 1' } }
  - { id: modest, model: { shell: 'echo x=1', results: { x: 'x=(.*)' } } }
`,
        );
        const tree = join(disk, "tree");
        const flags = ["--disk-reserve", "1MiB", "--disk-wait", "30s", "-j", "1"];
        const { status, stderr } = await simrun(["run", path, "--tree", tree, ...flags]);
        assert.equal(status, 3, stderr);
        const words =
          /greedy[^\n]*the disk is full: it ended with status 1; it said: dd: .*No space/;
        assert.match(stderr, words);
        assert.doesNotMatch(stderr, /failed: modest/);
        const { stdout } = await simrun(["results", "--tree", tree, "--json"]);
        const rows = JSON.parse(stdout) as { job: string; result: unknown }[];
        assert.deepEqual(rows.find(({ job }) => job === "modest")?.result, { x: 1 });
        assert.equal((await simrun(["verify", "--tree", tree])).status, 0);
      });
    });
  },
});

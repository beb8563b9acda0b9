/** Trees that are none, that others hold, that cannot be written, that are full. Nothing in them is touched or lost. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { until } from "../helpers/processes.ts";
import { canMount, mount, unmount } from "../helpers/small_disk.ts";
import { attack, endOf, placeAll, resultsOf, startAttack } from "./attack.ts";

const COUNT =
  "export function step(s) { s.x = (s.x ?? 0) + 1; }\nexport const result = (s) => s.x;\n";
/** 320 kB of state, a checkpoint every 500 steps. */
const FIELD = `
export function init(ctx) {
  return { a: Float64Array.from({ length: 40_000 }, () => ctx.rng.uniform()) };
}
export function step(s, ctx) {
  for (let i = 0; i < s.a.length; i += 7) s.a[i] += ctx.rng.uniform() * 1e-4;
}
export const measure = (s) => ({ first: s.a[0] });
export const result = (s) => s.a.reduce((x, y) => x + y, 0);
`;
const FILES = {
  "ok.yaml": "id: ok\nmodel: ok.ts\nsteps: 10\n",
  "ok.ts": COUNT,
  "field.yaml":
    "- { id: field, model: field.ts, steps: 6000, checkpoint_every: 500, measure_every: 100 }\n" +
    "- { id: many, model: ok.ts, steps: 10, sweep: { a: { from: 1, to: 3000, count: 3000 } } }\n",
  "field.ts": FIELD,
};

Deno.test("a place that is no tree, or a newer one, is left as it is", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, {
      ...FILES,
      file: "mine",
      "other/data.txt": "mine",
      "newer/simrun.json": '{"format":2}',
      "lost/hot/journal.jsonl": "",
      "lost/checkpoints/a": "",
      "broken/simrun.json": "{garbage",
    });
    await Deno.symlink("nowhere", `${folder}/dangling`);
    for (
      const [tree, said] of [
        ["file", "§ is a file; a tree is a folder."],
        ["file/below", "§ is a file where a folder is needed."],
        ["other", "§ is not a tree and not empty (it holds data.txt)."],
        ["newer", "§ was written by a newer simrun: format 2, this one knows 1."],
        ["broken", "§/simrun.json is damaged: it names no format."],
        ["lost", "§ is a tree that lost its simrun.json."],
        ["dangling", "§ is a link to a place that is not there."],
      ] as const
    ) {
      const words = said.replace("§", `${folder}/${tree === "file/below" ? "file" : tree}`);
      const { status, stderr } = await attack(folder, ["ok.yaml", "--tree", tree]);
      assert.deepEqual([status, stderr.split("\n")[0]], [2, `error: ${words}`]);
      assert.match(stderr, /\n {7}\S/, `${said} goes with what to do`);
    }
    assert.equal(await Deno.readTextFile(`${folder}/other/data.txt`), "mine");
    assert.equal(await Deno.readTextFile(`${folder}/newer/simrun.json`), '{"format":2}');
    const names = [...Deno.readDirSync(`${folder}/newer`)].map(({ name }) => name);
    assert.deepEqual(names, ["simrun.json"]);

    await Deno.mkdir(`${folder}/real`);
    await Deno.symlink("real", `${folder}/link`);
    assert.equal((await attack(folder, ["ok.yaml", "--tree", "link"])).status, 0);
  });
});

Deno.test("a tree that another simrun holds is refused with its owner's name; looking at it is not", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, {
      "long.yaml": "id: long\nmodel: long.ts\nsteps: 1e9\ncheckpoint_every: 100ms\n",
      "long.ts": COUNT.replace(
        "{ s.x",
        "{ for (const e = performance.now() + 0.1; performance.now() < e;); s.x",
      ),
    });
    const holder = startAttack(folder, ["long.yaml"]);
    await until(() => exists(`${folder}/simruns/checkpoints/long/long`), "it runs");
    for (const args of [["long.yaml"], ["resume"]]) {
      const second = startAttack(folder, args);
      const [{ code }, stderr] = await Promise.all([
        second.status,
        new Response(second.stderr).text(),
        second.stdout.cancel(),
      ]);
      assert.equal(code, 4, stderr);
      assert.match(
        stderr,
        new RegExp(`^error: Another simrun works on \\S+: process ${holder.pid} on `),
      );
      assert.match(stderr, /simrun status/);
    }
    for (
      const args of [["status"], ["checkpoints"], ["run", "-n", "long.yaml"], ["logs", "long"]]
    ) {
      const reader = startAttack(folder, args);
      const [{ code }, stderr] = await Promise.all([
        reader.status,
        new Response(reader.stderr).text(),
        reader.stdout.cancel(),
      ]);
      assert.deepEqual([code, args], [0, args], stderr);
      assert.doesNotMatch(stderr, /cannot be used/);
    }
    holder.kill("SIGTERM");
    const { status, stderr } = await endOf(holder, folder);
    assert.equal(status, 143);
    assert.match(stderr, /\nsimrun resume {4}goes on where it stopped\n$/);
  });
});

Deno.test({
  name: "a tree on a read-only filesystem can be looked at, and says why it cannot be run",
  ignore: !canMount(),
  fn: async () => {
    await inFolder(async (folder) => {
      await placeAll(folder, FILES);
      assert.equal((await attack(folder, ["ok.yaml", "--tree", "ro"])).status, 0);
      mount("--bind", `${folder}/ro`, `${folder}/ro`);
      try {
        mount("-o", "remount,ro,bind", `${folder}/ro`);
        const { status, stderr } = await attack(folder, ["field.yaml", "--tree", "ro"]);
        assert.deepEqual([status, stderr], [
          2,
          `error: The filesystem is read-only: ${folder}/ro.\n` +
          "       Give a writable folder with --tree DIR.\n",
        ]);
        for (const command of ["status", "results", "checkpoints", "resume"]) {
          assert.equal((await attack(folder, [command, "--tree", "ro"])).status, 0, command);
        }
      } finally {
        unmount(`${folder}/ro`);
      }
    });
  },
});

Deno.test({
  name:
    "a disk that fills up ends with status 5; space freed, the campaign goes on to the same results",
  ignore: !canMount(),
  fn: async () => {
    await inFolder(async (folder) => {
      await placeAll(folder, FILES);
      assert.equal((await attack(folder, ["field.yaml", "-q", "--tree", "gold"])).status, 0);
      await Deno.mkdir(`${folder}/disk`);
      mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", `${folder}/disk`);
      try {
        const running = startAttack(folder, [
          "field.yaml",
          "--tree",
          "disk/tree",
          "--disk-wait",
          "0s",
        ]);
        await until(
          () => exists(`${folder}/disk/tree/checkpoints/field/field/step-000000000500.ckpt`),
          "the first checkpoint",
        );
        // Again and again: room that it makes for itself would do for the last few runs.
        let fillers = 0;
        const filling = setInterval(() => fill(`${folder}/disk/filler${fillers++}`), 20);
        const { status, stderr } = await endOf(running, folder).finally(() =>
          clearInterval(filling)
        );
        assert.equal(status, 5, stderr);
        assert.match(stderr, /^error: The disk is full: |^Stopped: the disk is full/m);
        fill(`${folder}/disk/filler${fillers++}`);
        const still = await attack(folder, ["resume", "--tree", "disk/tree", "--disk-wait", "0s"]);
        assert.equal(still.status, 5, still.stderr);
        assert.equal((await attack(folder, ["status", "--tree", "disk/tree"])).status, 0);

        for (let i = 0; i < fillers; i++) Deno.removeSync(`${folder}/disk/filler${i}`);
        mount("-o", "remount,size=32m", `${folder}/disk`);
        const freed = await attack(folder, ["resume", "--tree", "disk/tree"]);
        assert.equal(freed.status, 0, freed.stderr);
        assert.deepEqual(await resultsOf(folder, "disk/tree"), await resultsOf(folder, "gold"));
      } finally {
        unmount(`${folder}/disk`);
      }
    });
  },
});

function fill(path: string): void {
  using file = Deno.openSync(path, { write: true, create: true });
  for (const size of [65_536, 4096, 1]) {
    try {
      for (;;) file.writeSync(new Uint8Array(size));
    } catch {
      // Not even that fits any more.
    }
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

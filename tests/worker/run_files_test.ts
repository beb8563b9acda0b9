/** What one run writes: series before the checkpoint that counts it, and a clean start after another spec. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { Layout } from "../../src/store/layout.ts";
import { packRecent } from "../../src/store/archive.ts";
import { crc32 } from "../../src/store/crc32.ts";
import { useFileSystem } from "../../src/store/file_system.ts";
import { openTree } from "../../src/store/tree.ts";
import { RunFiles } from "../../src/worker/run_files.ts";
import { inFolder } from "../helpers/folder.ts";
import { aJob } from "../helpers/jobs.ts";

const SNAPSHOT = {
  plain: '{"state":{"T":{"$tensor":"T","as":"Uint8Array"}},"rng":null,"columns":["x"]}',
  tensors: [{ name: "T", dtype: "U8" as const, length: 3, bytes: new Uint8Array([1, 2, 3]) }],
};

Deno.test("resume() goes on at the newest checkpoint and cuts the series back to it", async () => {
  await inTree(async (layout) => {
    const files = runFiles(layout);
    await files.save(at(10), SNAPSHOT, "step,x\n0,0\n10,1\n");
    await files.save(at(20), SNAPSHOT, "20,2\n");
    await files.appendSeries("30,3\n");
    const again = runFiles(layout);
    const { checkpoint, rejected } = await again.resume();
    assert.equal(checkpoint!.identity.step, 20);
    assert.deepEqual(checkpoint!.snapshot.tensors[0]!.bytes.slice(), new Uint8Array([1, 2, 3]));
    assert.deepEqual(rejected, []);
    assert.equal(await series(layout), "step,x\n0,0\n10,1\n20,2\n");
    await again.appendSeries("30,3\n");
    assert.equal(await series(layout), "step,x\n0,0\n10,1\n20,2\n30,3\n");
  });
});

Deno.test("resume() rejects a checkpoint whose series is damaged, and takes the one before", async () => {
  await inTree(async (layout) => {
    const files = runFiles(layout);
    await files.save(at(10), SNAPSHOT, "step,x\n10,1\n");
    await files.save(at(20), SNAPSHOT, "20,2\n");
    await Deno.writeTextFile(seriesPath(layout), "step,x\n10,1\n20,9\n");
    const { checkpoint, rejected } = await runFiles(layout).resume();
    assert.equal(checkpoint!.identity.step, 10);
    assert.deepEqual(rejected.map(({ reason }) => reason), [
      "its series does not match its checksum",
    ]);
  });
});

Deno.test("resume() without a checkpoint leaves nothing of what was before", async () => {
  await inTree(async (layout) => {
    const files = runFiles(layout, { digest: "old" });
    await files.save(at(10), SNAPSHOT, "step,x\n10,1\n");
    await files.writeResult("result.json", "[1]");
    await files.appendLog("words\n");
    const { checkpoint, rejected } = await runFiles(layout, { digest: "new" }).resume();
    assert.equal(checkpoint, undefined);
    assert.deepEqual(rejected.map(({ reason }) => reason), [
      "it was computed with other parameters",
    ]);
    await assert.rejects(Deno.stat(layout.recentFolder("job", "job")), Deno.errors.NotFound);
  });
});

Deno.test("resume() of a later attempt leaves what earlier ones have said, and nothing else", async () => {
  await inTree(async (layout) => {
    const first = runFiles(layout);
    await first.appendSeries("step,x\n10,1\n");
    await first.appendLog("went bad\n");
    const second = runFiles(layout, { attempt: 2 });
    await second.resume();
    const folder = layout.recentFolder("job", "job");
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["log.txt"]);
    await second.appendLog("went ");
    await second.appendLog("well\n");
    assert.equal(
      await Deno.readTextFile(join(folder, "log.txt")),
      "went bad\n--- attempt 2 ---\nwent well\n",
    );
    await second.appendLog("a line that was left op");
    await runFiles(layout, { attempt: 3 }).appendLog("third\n");
    assert.match(
      await Deno.readTextFile(join(folder, "log.txt")),
      /\na line that was left op\n--- attempt 3 ---\nthird\n$/,
    );
  });
});

Deno.test("resume() refuses another model's checkpoint, unless any will do", async () => {
  for (const anyModel of [false, true]) {
    await inTree(async (layout) => {
      await runFiles(layout, { modelDigest: "m1" }).save(at(10), SNAPSHOT, "");
      const later = runFiles(layout, { modelDigest: "m2", anyModel });
      assert.equal((await later.resume()).checkpoint?.identity.step, anyModel ? 10 : undefined);
    });
  }
});

Deno.test("resume() fetches a series that was packed away with the finished run", async () => {
  await inTree(async (layout) => {
    await runFiles(layout).save(at(10), SNAPSHOT, "step,x\n10,1\n");
    const report = await packRecent(layout, { keep: 0, finished: () => true });
    assert.equal(report.runs, 1);
    const again = runFiles(layout);
    assert.equal((await again.resume()).checkpoint?.identity.step, 10);
    await again.appendSeries("20,2\n");
    assert.equal(await series(layout), "step,x\n10,1\n20,2\n");
  });
});

Deno.test("startOver() removes checkpoints, series, log and result", async () => {
  await inTree(async (layout) => {
    const files = runFiles(layout);
    await files.save(at(10), SNAPSHOT, "step,x\n10,1\n");
    const anew = runFiles(layout);
    await anew.startOver();
    assert.deepEqual([...Deno.readDirSync(layout.checkpointFolder("job", "job"))], []);
    await anew.save(at(5), SNAPSHOT, "step,x\n5,7\n");
    assert.equal(await series(layout), "step,x\n5,7\n");
    assert.equal((await runFiles(layout).resume()).checkpoint?.identity.step, 5);
    await runFiles(layout, { run: "never" }).startOver();
  });
});

Deno.test("save() keeps rows that could not be written for the next time", async () => {
  await inTree(async (layout) => {
    const files = runFiles(layout);
    await files.save(at(10), SNAPSHOT, "step,x\n10,1\n");
    // A folder in the place of the series: no append can succeed.
    await Deno.rename(seriesPath(layout), `${seriesPath(layout)}.aside`);
    await Deno.mkdir(seriesPath(layout));
    await assert.rejects(files.save(at(20), SNAPSHOT, "20,2\n"));
    await Deno.remove(seriesPath(layout));
    await Deno.rename(`${seriesPath(layout)}.aside`, seriesPath(layout));
    await files.save(at(30), SNAPSHOT, "30,3\n");
    assert.equal(await series(layout), "step,x\n10,1\n20,2\n30,3\n");
  });
});

Deno.test("keepFiles() gives files their names when all they hold is durable, and syncs their folders after that", async () => {
  await inTree(async (layout) => {
    const work = join(layout.root, "hot", "work-of-test");
    const names = ["a.dat", ...Array.from({ length: 40 }, (_, i) => `sub/${i}.dat`)];
    await Deno.mkdir(join(work, "sub"), { recursive: true });
    for (const name of names) await Deno.writeTextFile(join(work, name), `of ${name}\n`);
    const files = runFiles(layout);
    const log = await watched(async () => {
      await files.keepFiles({ folder: work, names, others: 0, areResult: true });
    });
    const target = join(layout.recentFolder("job", "job"), "files");
    for (const name of names) {
      const renamed = log.indexOf(`rename ${join(work, name)}`);
      assert.ok(log.indexOf(`sync ${join(work, name)}`) < renamed, name);
      assert.ok(log.lastIndexOf(`sync ${dirname(join(target, name))}`) > renamed, name);
      assert.equal(await Deno.readTextFile(join(target, name)), `of ${name}\n`);
    }
    assert.ok(log.most > 4 && log.most <= 16, `${log.most} at a time`);
    assert.deepEqual(Object.keys(files.sums!), names.map((name) => `files/${name}`));
    const bytes = new TextEncoder().encode("of sub/7.dat\n");
    assert.deepEqual(files.sums!["files/sub/7.dat"], { bytes: 13, crc32: crc32(bytes) });
    await assert.rejects(Deno.stat(work), Deno.errors.NotFound);
  });
});

Deno.test("keepFiles() of which one cannot be made durable gives none a name, and no word of any", async () => {
  await inTree(async (layout) => {
    const work = join(layout.root, "hot", "work-of-test");
    await Deno.mkdir(work);
    const names = Array.from({ length: 30 }, (_, i) => `${i}.dat`);
    for (const name of names) await Deno.writeTextFile(join(work, name), "x");
    const files = runFiles(layout);
    const bad = join(work, "17.dat");
    const keep = () => files.keepFiles({ folder: work, names, others: 0, areResult: true });
    const log = await watched(() => assert.rejects(keep, /no such luck/), bad);
    assert.ok(!log.some((line) => line.startsWith("rename")));
    assert.equal(log.filter((line) => line === `sync ${bad}`).length, 1, "it is not tried again");
    assert.equal(files.sums, undefined);
  });
});

/** What is synced and renamed meanwhile, in its order, and how many syncs were under way at most. */
async function watched(
  work: () => Promise<unknown>,
  bad = "",
): Promise<string[] & { most: number }> {
  const log = Object.assign([] as string[], { most: 0 });
  let now = 0;
  const open = async (path: string, options: Deno.OpenOptions) => {
    const file = await Deno.open(path, options);
    const sync = async () => {
      log.most = Math.max(log.most, ++now);
      await file.sync();
      await new Promise((later) => setTimeout(later, 1));
      now--;
      log.push(`sync ${path}`);
      if (path === bad) throw new Error("no such luck");
    };
    return new Proxy(file, {
      get: (target, key) => {
        if (key === "sync") return sync;
        const value = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };
  const rename = async (from: string, to: string) => {
    await Deno.rename(from, to);
    log.push(`rename ${from}`);
  };
  useFileSystem(Object.assign(Object.create(Deno), { open, rename }));
  try {
    await work();
  } finally {
    useFileSystem();
  }
  return log;
}

interface Differing {
  readonly run?: string;
  readonly digest?: string;
  readonly modelDigest?: string;
  readonly anyModel?: boolean;
  readonly attempt?: number;
}

function runFiles(layout: Layout, over: Differing = {}): RunFiles {
  const { run = "job", digest = "d1", modelDigest = "m1", anyModel = false, attempt = 1 } = over;
  const writer = { layout, job: aJob(), modelDigest, anyModel, epoch: 1 };
  return new RunFiles(writer, { run, digest, attempt });
}

function at(step: number) {
  return { step, ms: 1, dependsOnSteps: false };
}

function seriesPath(layout: Layout): string {
  return join(layout.recentFolder("job", "job"), "series.csv");
}

function series(layout: Layout): Promise<string> {
  return Deno.readTextFile(seriesPath(layout));
}

async function inTree(use: (layout: Layout) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => await use(await openTree(join(folder, "tree"), "write")));
}

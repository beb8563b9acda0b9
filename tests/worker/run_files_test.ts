/** What one run writes: series before the checkpoint that counts it, and a clean start after another spec. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Layout } from "../../src/store/layout.ts";
import { packRecent } from "../../src/store/archive.ts";
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

interface Differing {
  readonly run?: string;
  readonly digest?: string;
  readonly modelDigest?: string;
  readonly anyModel?: boolean;
}

function runFiles(layout: Layout, over: Differing = {}): RunFiles {
  const { run = "job", digest = "d1", modelDigest = "m1", anyModel = false } = over;
  const writer = { layout, job: aJob(), modelDigest, anyModel, epoch: 1 };
  return new RunFiles(writer, { run, digest, attempt: 1 });
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

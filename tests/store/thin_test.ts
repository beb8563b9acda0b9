import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { CheckpointIdentity } from "../../src/job/snapshot.ts";
import {
  listCheckpoints,
  newestGood,
  readCheckpoint,
  readHeader,
  writeCheckpoint,
} from "../../src/store/checkpoint.ts";
import { checkCheckpoint } from "../../src/store/checkpoint_check.ts";
import type { Layout } from "../../src/store/layout.ts";
import { appendSeries, EMPTY_SERIES } from "../../src/store/series.ts";
import { type Exclusively, repackCheckpoint, thinCheckpoints } from "../../src/store/thin.ts";
import { field, identityAt, inTree, noise, snapshotOf, tensor } from "./fixtures.ts";

const RUN = { job: "climate", run: "climate", expected: { digest: "d1", steps: 1000 } };
const SNAPSHOT = snapshotOf(tensor("T", "F64", field(300)), tensor("seen", "U8", noise(77, 3)));
const alone: Exclusively = async (work) => {
  await work();
  return true;
};
const taken: Exclusively = () => Promise.resolve(false);

function folderOf(layout: Layout): string {
  return layout.checkpointFolder("climate", "climate");
}

function write(layout: Layout, step: number, over: Partial<CheckpointIdentity> = {}) {
  return writeCheckpoint(folderOf(layout), identityAt(step, over), SNAPSHOT);
}

async function steps(layout: Layout): Promise<number[]> {
  return (await listCheckpoints(folderOf(layout))).map(({ step }) => step);
}

async function spoil(path: string): Promise<void> {
  const bytes = Deno.readFileSync(path);
  bytes[bytes.length - 9]! ^= 1;
  await Deno.writeFile(path, bytes);
}

Deno.test("thinCheckpoints() keeps the one that the run goes on from, and tells what it freed", () =>
  inTree(async (layout) => {
    let older = 0;
    for (const step of [100, 200, 300]) older += (await write(layout, step)).bytes;
    const newest = (await write(layout, 400)).file;
    assert.equal(await thinCheckpoints(layout, RUN, alone), older);
    assert.deepEqual(await steps(layout), [400]);
    assert.equal(await thinCheckpoints(layout, RUN, alone), 0);
    const { checkpoint } = await newestGood(layout, "climate", "climate", RUN.expected, "look");
    assert.equal(checkpoint?.file, newest);
  }));

Deno.test("thinCheckpoints() keeps what a resume would fall back to: the newest one is damaged, alien, or beyond the steps", () =>
  inTree(async (layout) => {
    for (const step of [100, 200, 300]) await write(layout, step);
    // Its header is good: only who sums every byte finds out.
    await spoil(join(folderOf(layout), "step-000000000300.ckpt"));
    await write(layout, 400, { digest: "d2" });
    await write(layout, 500, { run: "other" });
    await write(layout, 2000);
    await thinCheckpoints(layout, RUN, alone);
    assert.deepEqual(await steps(layout), [2000, 500, 400, 300, 200]);
  }));

Deno.test("thinCheckpoints() removes nothing where no checkpoint is good, or only by its series not", () =>
  inTree(async (layout) => {
    const series = { bytes: 5, crc32: 7 };
    for (const step of [100, 200]) await write(layout, step, { series });
    assert.equal(await thinCheckpoints(layout, RUN, alone), 0);
    assert.deepEqual(await steps(layout), [200, 100]);
    const path = join(layout.recentFolder("climate", "climate"), "series.csv");
    const mark = await appendSeries(path, "step,x\n1,2\n", EMPTY_SERIES);
    await write(layout, 300, { series: mark });
    await write(layout, 400, { series: { ...mark, crc32: 1 } });
    await thinCheckpoints(layout, RUN, alone);
    assert.deepEqual(await steps(layout), [400, 300]);
  }));

Deno.test("thinCheckpoints() leaves alone what somebody took up, or computed anew, while it looked", () =>
  inTree(async (layout) => {
    for (const step of [100, 200, 300]) await write(layout, step);
    assert.equal(await thinCheckpoints(layout, RUN, taken), 0);
    assert.deepEqual(await steps(layout), [300, 200, 100]);
    const anew: Exclusively = async (work) => {
      for (const { path } of await listCheckpoints(folderOf(layout))) await Deno.remove(path);
      for (const step of [100, 200]) await write(layout, step);
      return await alone(work);
    };
    assert.equal(await thinCheckpoints(layout, RUN, anew), 0);
    assert.deepEqual(await steps(layout), [200, 100]);
  }));

/** A hot spot on a plate, as a model of heat would keep it. */
function plate(cells: number): Uint8Array {
  const hot = Float64Array.from({ length: cells }, (_, i) => {
    const [x, y] = [i % 500 - 250, Math.floor(i / 500) - 100];
    return 300 + 50 * Math.exp(-(x * x + y * y) / 9000);
  });
  return new Uint8Array(hot.buffer);
}

for (const cells of [5_000, 60_000]) {
  Deno.test(`repackCheckpoint() gives a smaller file of the same content (${cells} numbers)`, () =>
    inTree(async (layout) => {
      const state = snapshotOf(tensor("T", "F64", plate(cells)));
      const { file, bytes } = await writeCheckpoint(folderOf(layout), identityAt(300), state);
      const path = join(folderOf(layout), file);
      const before = await readCheckpoint(path);
      const freed = await repackCheckpoint(path, alone);
      assert.ok(freed > bytes * 0.03, `${freed} of ${bytes} bytes`);
      assert.equal((await Deno.stat(path)).size, bytes - freed);
      await checkCheckpoint(path);
      assert.deepEqual(await readCheckpoint(path), before);
      // A second time there is nothing to gain, and nothing is written.
      const { ino } = await Deno.stat(path);
      assert.equal(await repackCheckpoint(path, alone), 0);
      assert.equal((await Deno.stat(path)).ino, ino);
    }));
}

Deno.test("repackCheckpoint() leaves alone what does not shrink, is damaged, has gone, or is another one by now", () =>
  inTree(async (layout) => {
    const random = crypto.getRandomValues(new Uint8Array(40_000));
    const state = snapshotOf(tensor("T", "U8", random));
    const { file } = await writeCheckpoint(folderOf(layout), identityAt(300), state);
    const path = join(folderOf(layout), file);
    const before = Deno.readFileSync(path);
    assert.equal(await repackCheckpoint(path, alone), 0);
    assert.ok(Buffer.from(before).equals(Deno.readFileSync(path)));

    const shrinks = snapshotOf(tensor("T", "F64", plate(5_000)));
    await writeCheckpoint(folderOf(layout), identityAt(400), shrinks);
    const small = join(folderOf(layout), "step-000000000400.ckpt");
    const replaced: Exclusively = async (work) => {
      await writeCheckpoint(folderOf(layout), identityAt(400, { ms: 99 }), state);
      return await alone(work);
    };
    assert.equal(await repackCheckpoint(small, replaced), 0);
    assert.equal((await readCheckpoint(small)).identity.ms, 99);
    await writeCheckpoint(folderOf(layout), identityAt(500), shrinks);
    const gone = join(folderOf(layout), "step-000000000500.ckpt");
    const removed: Exclusively = async (work) => {
      await Deno.remove(gone);
      return await alone(work);
    };
    assert.equal(await repackCheckpoint(gone, removed), 0);
    assert.deepEqual(await steps(layout), [400, 300]);
    await spoil(path);
    assert.equal(await repackCheckpoint(path, alone), 0);
    assert.equal((await readHeader(path)).step, 300);
  }));

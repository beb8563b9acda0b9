/** The fence: a holder that lost the tree changes nothing in it any more, whichever way it writes. */
import assert from "node:assert/strict";
import { Fault } from "../../src/job/fault.ts";
import { packRecent, rotateJournal } from "../../src/store/archive.ts";
import { pruneCheckpoints, quarantine, writeCheckpoint } from "../../src/store/checkpoint.ts";
import {
  makeFolderDurable,
  removeTemporaries,
  replaceDurable,
  writeFileDurable,
  writeFileVolatile,
  writeFully,
} from "../../src/store/disk.ts";
import { raiseFence } from "../../src/store/fence.ts";
import { fs } from "../../src/store/file_system.ts";
import { JournalWriter } from "../../src/store/journal.ts";
import { repairJournal } from "../../src/store/journal_repair.ts";
import { removeLive } from "../../src/store/live.ts";
import { acquireLock } from "../../src/store/lock.ts";
import { appendVolatile } from "../../src/store/plain_file.ts";
import { appendSeries, truncateSeries } from "../../src/store/series.ts";
import type { Layout } from "../../src/store/layout.ts";
import { sweepTree } from "../../src/store/tree.ts";
import { treePicture } from "../helpers/tree_picture.ts";
import { clock, ended, identityAt, inTree, snapshotOf } from "./fixtures.ts";

const now = () => new Date();
const lost = (error: Fault) => error.code === "tree-busy";

/** A tree with something of every kind in it, as a working holder has it. */
async function furnish(layout: Layout): Promise<void> {
  for (const run of ["a", "b", "c"]) {
    await makeFolderDurable(layout.recentFolder("job", run));
    await writeFileDurable(`${layout.recentFolder("job", run)}/series.csv`, "step,x\n1,2\n");
  }
  for (const step of [1, 2, 3]) {
    await writeCheckpoint(layout.checkpointFolder("job", "a"), identityAt(step), snapshotOf());
  }
  await writeFileDurable(`${layout.hotFolder}/.tmp-stray`, "of a write that was interrupted");
  await writeFileDurable(layout.live, "{}");
  await Deno.writeTextFile(layout.journal, "no line of a journal\n{half");
}

/** Every way in which a tree is written; each must be stopped. */
const WRITES: { readonly [what: string]: (layout: Layout) => Promise<unknown> } = {
  "writeFileDurable()": ({ marker }) => writeFileDurable(marker, "x"),
  "writeFileVolatile()": ({ live }) => writeFileVolatile(live, "x"),
  "makeFolderDurable()": (layout) => makeFolderDurable(layout.recentFolder("new", "new")),
  "writeCheckpoint()": (layout) =>
    writeCheckpoint(layout.checkpointFolder("job", "a"), identityAt(4), snapshotOf()),
  "pruneCheckpoints()": (layout) => pruneCheckpoints(layout.checkpointFolder("job", "a"), 1),
  "quarantine()": (layout) =>
    quarantine(layout, `${layout.recentFolder("job", "a")}/series.csv`, "a test"),
  "appendSeries()": (layout) =>
    appendSeries(`${layout.recentFolder("job", "a")}/series.csv`, "2,3\n", { bytes: 7, crc32: 0 }),
  "truncateSeries()": (layout) =>
    truncateSeries(`${layout.recentFolder("job", "a")}/series.csv`, { bytes: 0, crc32: 0 }),
  "appendVolatile()": (layout) => appendVolatile(`${layout.recentFolder("job", "a")}/log.txt`, "x"),
  "removeTemporaries()": ({ hotFolder }) => removeTemporaries(hotFolder),
  "sweepTree()": sweepTree,
  "packRecent()": (layout) => packRecent(layout, { keep: 1, finished: () => true }),
  "rotateJournal()": (layout) => rotateJournal(layout, -1),
  "repairJournal()": repairJournal,
  "JournalWriter.open()": (layout) => JournalWriter.open(layout, clock),
  "fs.mkdir()": ({ root }) => fs.mkdir(`${root}/new`),
  "fs.remove()": ({ live }) => fs.remove(live),
  "fs.rename()": ({ live, root }) => fs.rename(live, `${root}/elsewhere`),
  "fs.writeTextFile()": ({ root }) => fs.writeTextFile(`${root}/new`, "x"),
  "fs.open()": ({ root }) => fs.open(`${root}/new`, { write: true, create: true }),
  // deno-lint-ignore require-await
  "fs.openSync()": async ({ live }) => fs.openSync(live, { write: true, truncate: true }),
};

Deno.test("a holder whose record is another's now changes nothing, whichever way it writes", () =>
  inTree(async (layout) => {
    const old = await acquireLock(layout, { now });
    await furnish(layout);
    const record = JSON.parse(await Deno.readTextFile(layout.owner));
    await Deno.writeTextFile(layout.owner, JSON.stringify({ ...record, uuid: "heir", epoch: 2 }));
    const left = treePicture(layout.root);
    for (const [what, write] of Object.entries(WRITES)) {
      await assert.rejects(write(layout), lost, what);
      assert.deepEqual(treePicture(layout.root), left, what);
    }
    // These two are courtesies: they say nothing, and do nothing either.
    await removeLive(layout);
    await old.release();
    assert.deepEqual(treePicture(layout.root), left);
  }));

Deno.test("every call of a file system that can change something stands behind the fence", () =>
  inTree((layout) => {
    const unfenced = fs;
    const lower = raiseFence(layout.root, () => {});
    const reading = "lstat stat readDir readDirSync readFile readTextFile readTextFileSync room"
      .split(" ");
    const writing = Object.keys(WRITES).flatMap((what) => /^fs\.(\w+)/.exec(what)?.[1] ?? []);
    // One that is added later has to be put on one of the two lists, and behind the fence if need be.
    assert.deepEqual(Object.keys(fs).toSorted(), [...reading, ...writing].toSorted());
    lower();
    assert.equal(fs, unfenced);
    return Promise.resolve();
  }));

Deno.test("a file that was open when the tree was lost takes no byte more, and its temporary goes", () =>
  inTree(async (layout) => {
    let isLost = false;
    const lower = raiseFence(layout.root, () => {
      if (isLost) throw new Fault("tree-busy", "lost");
    });
    const { writer } = await JournalWriter.open(layout, clock);
    await writer.append(ended(1));
    const left = treePicture(layout.root);
    await assert.rejects(
      replaceDurable(layout.live, async (file) => {
        await writeFully(file, new Uint8Array(1000));
        isLost = true;
        // A megabyte may be on its way; the name is what would count.
      }),
      lost,
    );
    await assert.rejects(writer.append(ended(2)), lost);
    await assert.rejects(writer.close(), lost);
    const { "/hot": _, ...files } = treePicture(layout.root);
    const { "/hot": __, ...before } = left;
    assert.deepEqual(files, before);
    lower();
  }));

Deno.test("what a holder opened stays fenced when the same process takes the tree anew", () =>
  inTree(async (layout) => {
    const unfenced = fs;
    const old = await acquireLock(layout, { now });
    const { writer } = await JournalWriter.open(layout, clock);
    const heir = await acquireLock(layout, { now, breakLock: true, observeMs: 10 });
    assert.equal(heir.isBroken, true);
    await assert.rejects(writer.append(ended(1)), lost);
    await writer.close().catch(() => {});
    // The heir's own writes pass.
    await writeFileDurable(layout.live, "{}");
    await old.release();
    await writeFileDurable(layout.live, "{}");
    await heir.release();
    assert.equal(fs, unfenced);
  }));

Deno.test("a fence leaves alone what is beside its tree", () =>
  inTree(async (layout) => {
    const lower = raiseFence(layout.root, () => {
      throw new Fault("tree-busy", "lost");
    });
    await writeFileDurable(`${layout.root}-beside`, "x");
    await assert.rejects(writeFileDurable(`${layout.root}/within`, "x"), lost);
    lower();
  }));

Deno.test("what came on disk when the tree was another's is not told as saved", () =>
  inTree(async (layout) => {
    const { write } = Deno.FsFile.prototype;
    let takeOver = () => {};
    Deno.FsFile.prototype.write = async function (bytes: Uint8Array) {
      const written = await write.call(this, bytes);
      takeOver();
      return written;
    };
    try {
      const lock = await acquireLock(layout, { now });
      const { writer } = await JournalWriter.open(layout, clock);
      using file = await fs.open(layout.live, { write: true, create: true });
      const record = JSON.parse(await Deno.readTextFile(layout.owner));
      // The line was written in time; the tree was lost while it waited for the disk.
      takeOver = () =>
        Deno.writeTextFileSync(layout.owner, JSON.stringify({ ...record, uuid: "heir", epoch: 2 }));
      await assert.rejects(writer.append(ended(1)), lost);
      for (const sync of ["sync", "syncData"] as const) await assert.rejects(file[sync](), lost);
      await writer.close().catch(() => {});
      await lock.release();
    } finally {
      Deno.FsFile.prototype.write = write;
    }
  }));

import assert from "node:assert/strict";
import type { Live } from "../../src/job/live.ts";
import { useFileSystem } from "../../src/store/file_system.ts";
import { readLive, removeLive, writeLive } from "../../src/store/live.ts";
import { inTree } from "./fixtures.ts";

const LIVE: Live = {
  at: "2026-01-02T03:04:05.678Z",
  epoch: 1,
  pid: 2,
  host: "h",
  startedAt: "2026-01-02T03:04:05.678Z",
  slots: 1,
  running: [],
  counts: { total: 1, skipped: 0, completed: 0, failed: 0, queued: 1 },
  steps: { total: 10, done: 0 },
};

Deno.test("readLive() reads what writeLive() wrote, and is calm about its absence or damage", () =>
  inTree(async (layout) => {
    assert.equal(await readLive(layout), undefined);
    await writeLive(layout, LIVE);
    assert.deepEqual(await readLive(layout), LIVE);
    for (const damage of ["", "{", "null", "[]", '{"pid":1}']) {
      await Deno.writeTextFile(layout.live, damage);
      assert.equal(await readLive(layout), undefined);
    }
    await removeLive(layout);
    await removeLive(layout);
    assert.equal(await readLive(layout), undefined);
  }));

Deno.test("writeLive() finds room for a new picture on a full disk, in the place of the old one", () =>
  inTree(async (layout) => {
    await writeLive(layout, LIVE);
    const open = async (path: string, options: Deno.OpenOptions) => {
      const isThere = await Deno.stat(layout.live).then(() => true, () => false);
      if (isThere && options.createNew) throw new Error("No space left on device (os error 28)");
      return await Deno.open(path, options);
    };
    useFileSystem(Object.assign(Object.create(Deno), { open }));
    try {
      await writeLive(layout, { ...LIVE, slots: 2 });
    } finally {
      useFileSystem();
    }
    assert.deepEqual(await readLive(layout), { ...LIVE, slots: 2 });
  }));

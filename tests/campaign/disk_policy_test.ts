import assert from "node:assert/strict";
import {
  type DiskLevel,
  DiskPatience,
  type DiskSight,
  FillRate,
  judgeDisk,
  NOTHING_SEEN,
} from "../../src/campaign/disk_policy.ts";
import { cases, seeded, seedOf } from "../helpers/torture.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

function levelOf(sight: Partial<DiskSight>, before: DiskLevel = "ample"): DiskLevel {
  return judgeDisk({ ...NOTHING_SEEN, ...sight }, before).level;
}

Deno.test("judgeDisk() knows nothing where nobody can say, and then nothing is paused", () => {
  const { level, limit, roomBytes } = judgeDisk(NOTHING_SEEN, "full");
  assert.deepEqual([level, limit, roomBytes], ["ample", undefined, Infinity]);
});

Deno.test("judgeDisk() reserves a hundredth of a small disk, 256 MiB of a large one, and never less than a round", () => {
  const reserveOf = (sight: Partial<DiskSight>) =>
    judgeDisk({ ...NOTHING_SEEN, freeBytes: GIB, ...sight }, "ample").reserveBytes;
  assert.equal(reserveOf({ totalBytes: 100 * MIB }), MIB);
  assert.equal(reserveOf({ totalBytes: 4096 * GIB }), 256 * MIB);
  assert.equal(reserveOf({ totalBytes: 100 * MIB, roundBytes: 7 * MIB }), 7 * MIB);
  assert.equal(reserveOf({ totalBytes: 100 * MIB, reserveBytes: 0 }), 0);
  assert.equal(reserveOf({ totalBytes: 100 * MIB, reserveBytes: 0, roundBytes: MIB }), MIB);
});

Deno.test("judgeDisk() is near below twice the reserve, full below the reserve", () => {
  const disk = { totalBytes: GIB, reserveBytes: 100 * MIB };
  assert.equal(levelOf({ ...disk, freeBytes: 201 * MIB }), "ample");
  assert.equal(levelOf({ ...disk, freeBytes: 199 * MIB }), "near");
  assert.equal(levelOf({ ...disk, freeBytes: 101 * MIB }), "near");
  assert.equal(levelOf({ ...disk, freeBytes: 100 * MIB }), "full");
});

Deno.test("judgeDisk() looks five minutes ahead, and says when it will be full", () => {
  const disk = { totalBytes: 100 * GIB, reserveBytes: 100 * MIB, freeBytes: 400 * MIB };
  assert.equal(levelOf(disk), "ample");
  const fills = { ...NOTHING_SEEN, ...disk, fillsBytesPerMs: 50 * MIB / 60_000 };
  const { level, fullInMs, limit } = judgeDisk(fills, "ample");
  assert.deepEqual([level, limit], ["near", "reserve"]);
  assert.equal(Math.round(fullInMs! / 60_000), 6);
});

Deno.test("judgeDisk() keeps the tree below its budget: near at 80 %, full where what runs would not fit", () => {
  const tree = { budgetBytes: 100 * MIB };
  assert.equal(levelOf({ ...tree, treeBytes: 79 * MIB }), "ample");
  assert.equal(levelOf({ ...tree, treeBytes: 81 * MIB }), "near");
  assert.equal(levelOf({ ...tree, treeBytes: 96 * MIB, claimedBytes: 4 * MIB }), "full");
  assert.equal(levelOf({ ...tree, treeBytes: 95 * MIB, claimedBytes: 4 * MIB }), "near");
  assert.equal(levelOf({ ...tree, treeBytes: undefined }), "ample");
});

Deno.test("judgeDisk() lets as many runs start as the tree has room for, and any number where nobody has set a budget", () => {
  const startsMax = (sight: Partial<DiskSight>) =>
    judgeDisk({ ...NOTHING_SEEN, ...sight }, "ample").startsMax;
  const tree = { budgetBytes: 100 * MIB, treeBytes: 50 * MIB };
  assert.equal(startsMax({ ...tree, claimedBytes: 20 * MIB, startBytes: 10 * MIB }), 4);
  assert.equal(startsMax({ ...tree, claimedBytes: 45 * MIB, startBytes: 10 * MIB }), 1);
  assert.equal(startsMax({ ...tree, claimedBytes: 50 * MIB, startBytes: 10 * MIB }), 0);
  assert.equal(startsMax(tree), Infinity);
  assert.equal(startsMax({ freeBytes: GIB, totalBytes: 2 * GIB }), Infinity);
  assert.equal(startsMax({ ...tree, freeBytes: 0, totalBytes: GIB }), 0);
});

Deno.test("judgeDisk() tells of the limit that is the nearer one, whichever that is", () => {
  const disk = { totalBytes: GIB, reserveBytes: 10 * MIB };
  const tree = { budgetBytes: 100 * MIB };
  const limitOf = (freeBytes: number, treeBytes: number) =>
    judgeDisk({ ...NOTHING_SEEN, ...disk, ...tree, freeBytes, treeBytes }, "ample").limit;
  assert.equal(limitOf(500 * MIB, 99 * MIB), "budget");
  assert.equal(limitOf(9 * MIB, 99 * MIB), "reserve");
  assert.equal(limitOf(9 * MIB, 101 * MIB), "reserve");
  assert.equal(limitOf(15 * MIB, 101 * MIB), "budget");
});

Deno.test("judgeDisk() does not go to and fro around a limit", () => {
  const seed = seedOf();
  const random = seeded(seed);
  for (let i = 0; i < cases({ short: 500, long: 50_000 }); i++) {
    const reserveBytes = MIB * (1 + random.below(500));
    const disk = { totalBytes: GIB, reserveBytes };
    const at = random.pick([reserveBytes, 2 * reserveBytes]);
    let before: DiskLevel = "ample";
    let changes = 0;
    for (let look = 0; look < 50; look++) {
      // By two hundredths of the reserve to both sides.
      const freeBytes = at + (random.next() - 0.5) * 0.04 * reserveBytes;
      const level = levelOf({ ...disk, freeBytes }, before);
      if (level !== before) changes++;
      before = level;
    }
    assert.ok(changes <= 2, `seed ${seed}: ${changes} changes`);
    // And it finds back, however bad it was.
    assert.equal(levelOf({ ...disk, freeBytes: 3 * reserveBytes }, before), "ample");
  }
});

Deno.test("judgeDisk() wants as much gone as makes it ample", () => {
  const disk = { ...NOTHING_SEEN, totalBytes: GIB, reserveBytes: 100 * MIB };
  const { excessBytes } = judgeDisk({ ...disk, freeBytes: 90 * MIB }, "ample");
  assert.equal(
    judgeDisk({ ...disk, freeBytes: 90 * MIB + excessBytes }, "full").level,
    "ample",
  );
  assert.notEqual(
    judgeDisk({ ...disk, freeBytes: 85 * MIB + excessBytes }, "full").level,
    "ample",
  );
});

Deno.test("FillRate tells the pace of two minutes, nothing too early, and begins anew when something was freed", () => {
  const rate = new FillRate();
  rate.add(0, 1000);
  rate.add(2_000, 3000);
  assert.equal(rate.bytesPerMs, 0);
  rate.add(10_000, 11_000);
  assert.equal(rate.bytesPerMs, 1);
  for (let ms = 20_000; ms <= 200_000; ms += 10_000) rate.add(ms, 11_000 + 3 * (ms - 10_000));
  assert.equal(rate.bytesPerMs, 3);
  rate.add(201_000, 500);
  assert.equal(rate.bytesPerMs, 0);
});

Deno.test("DiskPatience ends after so long without a pause in between, never when it is infinite", () => {
  const patience = new DiskPatience(1000);
  patience.waits(0);
  patience.waits(900);
  assert.deepEqual([patience.isOver(999), patience.leftMs(900)], [false, 100]);
  patience.goesOn();
  assert.equal(patience.leftMs(950), undefined);
  patience.waits(950);
  assert.deepEqual([patience.isOver(1900), patience.isOver(1950)], [false, true]);
  const forEver = new DiskPatience(Infinity);
  forEver.waits(0);
  assert.deepEqual([forEver.isOver(1e12), forEver.leftMs(5)], [false, undefined]);
  const atOnce = new DiskPatience(0);
  atOnce.waits(7);
  assert.equal(atOnce.isOver(7), true);
});

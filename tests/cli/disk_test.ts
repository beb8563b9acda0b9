import assert from "node:assert/strict";
import { diskOf } from "../../src/cli/disk.ts";
import { Fault } from "../../src/job/fault.ts";

Deno.test("diskOf() waits for ever where somebody sees it, as long as the runner thinks right elsewhere, or as it is told", () => {
  assert.deepEqual(diskOf({}, false), {});
  assert.deepEqual(diskOf({}, true), { diskWaitMs: Infinity });
  assert.deepEqual(diskOf({ diskWait: "0s" }, true), { diskWaitMs: 0 });
  assert.deepEqual(diskOf({ diskWait: "1h30m" }, false), { diskWaitMs: 5_400_000 });
});

Deno.test("diskOf() takes sizes with and without units", () => {
  assert.deepEqual(diskOf({ disk: "200GiB", diskReserve: "0" }, false), {
    diskBytes: 200 * 2 ** 30,
    diskReserveBytes: 0,
  });
  assert.deepEqual(diskOf({ disk: "20GB" }, false), { diskBytes: 20e9 });
});

Deno.test("diskOf() refuses what is no size, no duration, or too little for a tree, and says what would do", () => {
  const wrong = [
    [{ disk: "much" }, /--disk takes a size, not "much"/, /--disk 512MiB/],
    [{ disk: "100" }, /100 is too little/, /--disk 512MiB/],
    [{ diskReserve: "-1" }, /--disk-reserve takes a size/, /--disk-reserve 512MiB/],
    [{ diskWait: "10" }, /--disk-wait needs a unit/, /--disk-wait 10m/],
    [{ diskWait: "soon" }, /--disk-wait takes a duration, not "soon"/, /--disk-wait 1h/],
  ] as const;
  for (const [flags, message, hint] of wrong) {
    assert.throws(() => diskOf(flags, false), (error: Fault) => {
      assert.match(error.message, message);
      assert.match(error.hint ?? "", hint);
      return error instanceof Fault && error.code === "usage";
    });
  }
});

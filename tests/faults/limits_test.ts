/** T8 and T10 for real: a disk of one megabyte that fills up, and a limit on the size of files. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { canMount, onSmallDisk } from "../helpers/small_disk.ts";
import { cases, seeded } from "../helpers/torture.ts";
import { faultTest, SEED } from "./enumeration.ts";
import { assertSavedIsThere, assertSound, assertSpoken } from "./reference.ts";
import type { Ended } from "./shim.ts";

const NO_SPACE = 5;
/** Here nobody frees anything. */
const NO_WAIT = ["--disk-wait", "0s"];
/** More than the whole campaign takes. */
const FREE_BYTES_MAX = 320 << 10;

faultTest(
  "T8: a tmpfs of 1 MB fills up: exit 5, what is saved stays, golden when there is room",
  async (reference) => {
    if (!canMount()) {
      return console.log("T8 tmpfs: left out, this user may not mount a filesystem");
    }
    const disk = join(reference.folder, "disk");
    await onSmallDisk(disk, 1 << 20, async () => {
      const random = seeded(SEED);
      const count = cases({ short: 8, long: 80 });
      let full = 0;
      for (let i = 0; i < count; i++) {
        // From hardly anything to nearly enough; the seed says where between.
        const freeBytes = Math.floor(((i + random.next()) / count) * FREE_BYTES_MAX);
        const tree = join(disk, `tree-${i}`);
        await fillUp(disk, freeBytes);
        const ended = await reference.start(tree, undefined, NO_WAIT);
        if (ended.status !== 0) full++;
        await assertStopped(ended, tree, /disk is full/);
        await Deno.remove(join(disk, "ballast"));
        await reference.finish(tree, { torn: true });
        await Deno.remove(tree, { recursive: true });
      }
      console.log(`T8 tmpfs of 1 MB: ${count} cases, ${full} of them full, all held`);
      assert.ok(full >= count / 3, `only ${full} of ${count} met a full disk`);
    });
  },
);

faultTest(
  "T10: a limit on the size of files: exit 5 with a sentence, golden without it",
  async (reference) => {
    // The owner's record has about 350 bytes, the journal of the campaign 8 KB, its big result 170 KB.
    const limits = cases({ short: 5, long: 40 });
    let met = 0;
    for (let i = 0; i < limits; i++) {
      const fileBytesMax = i === limits - 1 ? 100 << 10 : 64 + Math.floor((i / limits) * 8192);
      const tree = reference.newTree();
      const words = ["run", reference.manifest];
      const ended = await reference.shim.run(tree, words, { fileBytesMax });
      if (ended.status !== 0) met++;
      await assertStopped(ended, tree, /file size limit/);
      await reference.finish(tree, { torn: true });
    }
    console.log(`T10 ulimit -f: ${limits} cases, ${met} met the limit, all held`);
    assert.equal(met, limits);
  },
);

async function assertStopped(ended: Ended, tree: string, words: RegExp): Promise<void> {
  assertSpoken(ended);
  assert.equal(ended.signal, null);
  if (ended.status !== 0) {
    assert.equal(ended.status, NO_SPACE, ended.stderr);
    assert.match(ended.stderr, words);
  }
  await assertSound(tree);
  assertSavedIsThere(tree);
}

/** Leaves so much room on the disk, and no more. */
async function fillUp(disk: string, freeBytes: number): Promise<void> {
  await Deno.writeFile(join(disk, "ballast"), new Uint8Array((1 << 20) - freeBytes));
}

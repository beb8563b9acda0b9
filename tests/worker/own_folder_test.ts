/** What a model is granted of its own folder, and how much of a log is kept. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { cutLog, LOG_FULL } from "../../src/worker/log_limits.ts";
import { readableOf } from "../../src/worker/own_folder.ts";
import { inFolder, place } from "../helpers/folder.ts";

Deno.test("readableOf() is the folder itself where no link leads out of it", async () => {
  await inFolder(async (folder) => {
    await place(folder, "a/b/c.txt", "");
    await Deno.symlink("b/c.txt", join(folder, "a/inner"));
    await Deno.symlink("..", join(folder, "a/b/up"));
    assert.deepEqual(readableOf(join(folder, "a")), [join(folder, "a")]);
  });
});

Deno.test("readableOf() leaves out links that lead out, nowhere, or through each other, and keeps all beside them", async () => {
  await inFolder(async (folder) => {
    const own = join(folder, "models");
    await place(folder, "secret/s.txt", "");
    await place(own, "m.ts", "");
    await place(own, "clean/deep/d.txt", "");
    await place(own, "mixed/kept.txt", "");
    await Deno.symlink("../../secret", join(own, "mixed/out"));
    await Deno.symlink("mixed/out", join(own, "through"));
    await Deno.symlink("nowhere", join(own, "dangling"));
    await Deno.symlink("/", join(own, "root"));
    const found = readableOf(own).map((path) => path.slice(own.length + 1)).toSorted();
    assert.deepEqual(found, ["clean", "m.ts", "mixed/kept.txt"]);
  });
});

Deno.test("readableOf() sees the same through a link to the folder", async () => {
  await inFolder(async (folder) => {
    await place(folder, "models/m.ts", "");
    await Deno.symlink("m.ts", join(folder, "models/other.ts"));
    await Deno.symlink("models", join(folder, "alias"));
    assert.deepEqual(readableOf(join(folder, "alias")), [join(folder, "alias")]);
  });
});

Deno.test("cutLog() keeps what fits, and says once that there was more", () => {
  assert.equal(cutLog("abc\n", 4), "abc\n");
  assert.equal(cutLog("abcdef\n", 3), `abc\n${LOG_FULL}`);
  assert.equal(cutLog("abc", 0), "");
  assert.equal(cutLog("abc", -5), "");
  // A character of three bytes is not torn in two.
  assert.match(cutLog("€€€€", 7), /^€€\ufffd?\nthe log is full/);
});

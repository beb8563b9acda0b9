import assert from "node:assert/strict";
import { join } from "node:path";
import { Fault } from "../../src/job/fault.ts";
import {
  diskFault,
  isNoSpace,
  makeFolderDurable,
  removeTemporaries,
  replaceDurable,
  writeFileDurable,
  writeFileVolatile,
} from "../../src/store/disk.ts";
import { useFileSystem } from "../../src/store/file_system.ts";
import { inFolder } from "./fixtures.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("writeFileDurable() replaces a file whole and leaves no temporary", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a");
    await writeFileDurable(path, "long old content");
    await writeFileDurable(path, [new Uint8Array([104, 105]), new Uint8Array(0)]);
    assert.equal(await Deno.readTextFile(path), "hi");
    assert.deepEqual(names(folder), ["a"]);
  }));

Deno.test("replaceDurable() keeps the old file when the new one fails half-way", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a");
    await writeFileDurable(path, "old");
    const failing = replaceDurable(path, async (file) => {
      await file.write(new Uint8Array(100));
      throw new Error("No space left on device (os error 28)");
    });
    await assert.rejects(failing, (error: Fault) => error.code === "no-space");
    assert.equal(await Deno.readTextFile(path), "old");
    assert.deepEqual(names(folder), ["a"]);
  }));

Deno.test("writeFileDurable() syncs no handle again whose sync failed, and leaves the old file", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a");
    await writeFileDurable(path, "old");
    let syncs = 0;
    const open = async (path: string | URL, options?: Deno.OpenOptions) => {
      const file = await Deno.open(path, options);
      return Object.assign(file, {
        // The kernel drops pages that it could not write: the second sync would be good, and mean nothing.
        sync: () => ++syncs === 1 ? Promise.reject(new Error("(os error 5)")) : Promise.resolve(),
      });
    };
    useFileSystem(Object.assign(Object.create(Deno), { open }));
    try {
      await assert.rejects(writeFileDurable(path, "new"), /input\/output error/);
    } finally {
      useFileSystem();
    }
    assert.equal(syncs, 1);
    assert.equal(await Deno.readTextFile(path), "old");
    assert.deepEqual(names(folder), ["a"]);
  }));

Deno.test("writeFileDurable() looks whether a rename that reports an error was done", () =>
  inFolder(async (folder) => {
    const path = join(folder, "a");
    await Deno.writeTextFile(path, "old");
    let isDone = true;
    const rename = async (from: string, to: string) => {
      if (isDone) await Deno.rename(from, to);
      throw new Error("Input/output error (os error 5)");
    };
    useFileSystem(Object.assign(Object.create(Deno), { rename }));
    try {
      await writeFileDurable(path, "new");
      assert.equal(await Deno.readTextFile(path), "new");
      isDone = false;
      await assert.rejects(writeFileDurable(path, "newer"), /input\/output error/);
      assert.equal(await Deno.readTextFile(path), "new");
    } finally {
      useFileSystem();
    }
    assert.deepEqual(names(folder), ["a"]);
  }));

Deno.test("writeFileDurable() replaces a planted link instead of following it", () =>
  inFolder(async (folder) => {
    const canary = join(folder, "canary");
    await Deno.writeTextFile(canary, "untouched");
    await Deno.symlink(canary, join(folder, "a"));
    await writeFileDurable(join(folder, "a"), "new");
    assert.equal(await Deno.readTextFile(canary), "untouched");
    assert.equal((await Deno.lstat(join(folder, "a"))).isFile, true);
  }));

Deno.test("writeFileVolatile() is never seen half by a reader", () =>
  inFolder(async (folder) => {
    const path = join(folder, "live");
    await writeFileVolatile(path, "0".repeat(10_000));
    let writing = true;
    const reader = (async () => {
      while (writing) {
        const text = await Deno.readTextFile(path);
        assert.equal(text, text[0]!.repeat(10_000));
      }
    })();
    for (let i = 0; i < 100; i++) await writeFileVolatile(path, String(i % 10).repeat(10_000));
    writing = false;
    await reader;
  }));

Deno.test("makeFolderDurable() makes all levels, and again does nothing", () =>
  inFolder(async (folder) => {
    const deep = join(folder, "a/b/c");
    await makeFolderDurable(deep);
    await makeFolderDurable(deep, { within: folder });
    assert.equal((await Deno.stat(deep)).isDirectory, true);
  }));

Deno.test("makeFolderDurable() refuses a link between the tree and the folder", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "elsewhere/run"), { recursive: true });
    await Deno.mkdir(join(folder, "tree"));
    await Deno.symlink(join(folder, "elsewhere"), join(folder, "tree/job"));
    const making = makeFolderDurable(join(folder, "tree/job/run"), {
      within: join(folder, "tree"),
    });
    await assert.rejects(making, (error: Fault) => error.code === "tree-invalid");
  }));

Deno.test("makeFolderDurable() says that a file is in the way", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "a"), "");
    for (const path of ["a", "a/b"]) {
      await assert.rejects(makeFolderDurable(join(folder, path)), (error: Fault) => {
        return error instanceof Fault && error.code === "tree-invalid";
      });
    }
  }));

Deno.test("removeTemporaries() removes what interrupted writes left, and nothing else", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, ".tmp-0000-step-1.ckpt"), "half");
    await Deno.mkdir(join(folder, ".tmp-1111-run/inside"), { recursive: true });
    await Deno.writeTextFile(join(folder, "step-1.ckpt"), "whole");
    assert.equal(await removeTemporaries(folder), 2);
    assert.deepEqual(names(folder), ["step-1.ckpt"]);
    assert.equal(await removeTemporaries(join(folder, "absent")), 0);
  }));

Deno.test("diskFault() knows a full disk, a quota and a size limit, with and without a code", () => {
  const full = [
    Object.assign(new Error("No space left on device (os error 28)"), { code: "ENOSPC" }),
    new Error("Disk quota exceeded (os error 122)"),
    new Error("File too large (os error 27)"),
    Object.assign(new Error("write failed"), { code: "EDQUOT" }),
  ];
  for (const error of full) {
    assert.equal(isNoSpace(error), true, error.message);
    const fault = diskFault(error, "/tree/a");
    assert.equal(fault.exitStatus, 5);
    assert.match(fault.message, /\/tree\/a/);
    assert.equal(isNoSpace(fault), true);
  }
  assert.equal(diskFault(new Error("(os error 30)"), "/t").code, "tree-readonly");
  assert.equal(diskFault(new Error("(os error 13)"), "/t").code, "tree-readonly");
  assert.equal(diskFault(new Error("(os error 5)"), "/t").code, "io");
  assert.equal(isNoSpace(new Error("(os error 5)")), false);
});

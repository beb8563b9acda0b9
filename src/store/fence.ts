/**
 * The fence around a tree (R11): while it stands, every call of this thread that changes something below the
 * root first looks whether the lock is still its own, right before the system hears of it.
 *
 * It stands in front of the file system and not in those who write, so that nobody can forget it. What a
 * file was opened for is asked of the fence that stood at its opening: a holder that lost the tree keeps
 * losing, whoever takes the tree in the same process later.
 * What no look can stop is one call of a process that was stopped between the look and that call. A line of
 * the journal then goes into the file that the heir has left behind, and is not told; a checkpoint is a true one, checked by
 * whoever goes on from it; what it did to a series is found by the checksum in the checkpoint.
 */
import { isTemporary } from "./disk.ts";
import { type FileHandle, type FileSystem, guardFileSystem } from "./file_system.ts";
import { basename } from "../job/path.ts";

interface Fence {
  readonly root: string;
  /** Throws, or ends the process, when the tree is another's. */
  readonly assertHeld: () => void;
}

/** Into a file that means nothing yet it is looked once in this time, not at every piece of a gigabyte. */
const LOOK_EVERY_MS = 50;

/** The last one of a root counts. */
let fences: readonly Fence[] = [];

/** Puts up a fence; answers how to take it down. */
export function raiseFence(root: string, assertHeld: () => void): () => void {
  const fence = { root, assertHeld };
  fences = [fence, ...fences];
  guardFileSystem(fenced);
  return () => {
    fences = fences.filter((other) => other !== fence);
    if (fences.length === 0) guardFileSystem(undefined);
  };
}

/** Takes down all that stand: a simulated machine is switched off, and its processes did not live to do it. */
export function lowerFences(): void {
  fences = [];
  guardFileSystem(undefined);
}

function fenceOf(path: string | URL): Fence | undefined {
  const name = String(path);
  return fences.find(({ root }) => name === root || name.startsWith(`${root}/`));
}

function assertHeld(path: string | URL): void {
  fenceOf(path)?.assertHeld();
}

function fenced(inner: FileSystem): FileSystem {
  /** Temporaries that this thread made: nobody else knows them, and they may go whoever holds the tree. */
  const own = new Set<string>();
  const opened = (file: FileHandle, path: string, options: Deno.OpenOptions): FileHandle => {
    const fence = fenceOf(path);
    if (fence === undefined || !isForWriting(options)) return file;
    const isOwn = options.createNew === true && isTemporary(basename(path));
    if (isOwn) own.add(path);
    return guardFile(file, fence, isOwn ? LOOK_EVERY_MS : 0);
  };
  return {
    lstat: (path) => inner.lstat(path),
    stat: (path) => inner.stat(path),
    readDir: (path) => inner.readDir(path),
    readDirSync: (path) => inner.readDirSync(path),
    readFile: (path, options) => inner.readFile(path, options),
    readTextFile: (path, options) => inner.readTextFile(path, options),
    readTextFileSync: (path) => inner.readTextFileSync(path),
    ...(inner.room && { room: (path: string) => inner.room!(path) }),
    async mkdir(path, options) {
      assertHeld(path);
      await inner.mkdir(path, options);
    },
    async remove(path, options) {
      if (!own.delete(String(path))) assertHeld(path);
      await inner.remove(path, options);
    },
    async rename(from, to) {
      assertHeld(to);
      await inner.rename(from, to);
      own.delete(String(from));
    },
    async writeTextFile(path, data, options) {
      assertHeld(path);
      await inner.writeTextFile(path, data, options);
    },
    async open(path, options) {
      if (isForWriting(options)) assertHeld(path);
      return opened(await inner.open(path, options), path, options);
    },
    openSync(path, options) {
      if (isForWriting(options)) assertHeld(path);
      return opened(inner.openSync(path, options), path, options);
    },
  };
}

function isForWriting(options: Deno.OpenOptions): boolean {
  const { write, append, create, createNew, truncate } = options;
  return [write, append, create, createNew, truncate].includes(true);
}

/** The same handle, which asks before it changes the file. */
function guardFile(file: FileHandle, fence: Fence, lookEveryMs: number): FileHandle {
  let lookedMs = -Infinity;
  const assertHeld = (): void => {
    const nowMs = performance.now();
    if (nowMs - lookedMs < lookEveryMs) return;
    fence.assertHeld();
    lookedMs = nowMs;
  };
  const write = file.write.bind(file);
  const truncate = file.truncate.bind(file);
  const sync = file.sync.bind(file);
  const syncData = file.syncData.bind(file);
  return Object.assign(file, {
    async write(bytes: Uint8Array) {
      assertHeld();
      return await write(bytes);
    },
    async truncate(length?: number) {
      assertHeld();
      await truncate(length);
    },
    // Looked at afterwards as well: what came on disk when the tree was another's is not told as saved.
    async sync() {
      await sync();
      assertHeld();
    },
    async syncData() {
      await syncData();
      assertHeld();
    },
  });
}

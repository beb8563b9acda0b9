/**
 * Every call by which a tree is read and written, in one place: the real file system, unless a simulation
 * of crashes and full disks puts its own behind them. The fence of a tree stands in front of either.
 */

import { load } from "../job/load.ts";
import type { Room } from "./filesystem_room.ts";

/** An open file, as far as the store uses one. */
export type FileHandle =
  & Pick<
    Deno.FsFile,
    | "close"
    | "read"
    | "readSync"
    | "seek"
    | "seekSync"
    | "stat"
    | "statSync"
    | "sync"
    | "syncData"
    | "truncate"
    | "tryLock"
    | "utimeSync"
    | "write"
  >
  & Disposable;

/** What the store asks of a file system; errors are those of Deno. */
export interface FileSystem extends
  Pick<
    typeof Deno,
    | "lstat"
    | "mkdir"
    | "readDir"
    | "readDirSync"
    | "readFile"
    | "readTextFile"
    | "readTextFileSync"
    | "remove"
    | "rename"
    | "stat"
    | "writeTextFile"
  > {
  open(path: string, options: Deno.OpenOptions): Promise<FileHandle>;
  openSync(path: string, options: Deno.OpenOptions): FileHandle;
  /** Of the filesystem in which a path is. Absent where nobody can say. */
  room?(path: string): Promise<Room>;
}

/** The runtime has no such call of its own. Loaded at need: most programs never ask. */
async function room(path: string): Promise<Room> {
  const { roomAt } = await load<typeof import("./filesystem_room.ts")>(
    import.meta.resolve("./filesystem_room.ts"),
  );
  return await roomAt(path);
}

const REAL: FileSystem = Object.assign(Object.create(Deno) as typeof Deno, { room });

/** The one in use. */
export let fs: FileSystem = REAL;

let unguarded: FileSystem = REAL;
let guard: ((inner: FileSystem) => FileSystem) | undefined;

/** Puts another in its place, for this thread; the real one when called without. */
export function useFileSystem(other: FileSystem = REAL): void {
  unguarded = other;
  fs = guard === undefined ? unguarded : guard(unguarded);
}

/** Whoever is put in its place from now on is reached through this one: see `fence.ts`. Without, directly. */
export function guardFileSystem(by: ((inner: FileSystem) => FileSystem) | undefined): void {
  if (by === guard) return;
  guard = by;
  useFileSystem(unguarded);
}

/** How much room there is: what a filesystem says, what a tree takes, and whether a write finds any. */
import { removeQuietly, temporaryBeside, writeFully } from "./disk.ts";
import { type FileHandle, fs } from "./file_system.ts";
import type { Room } from "./filesystem_room.ts";
import type { Layout } from "./layout.ts";
import { join } from "../job/path.ts";

export type { Room } from "./filesystem_room.ts";

/** Undefined where nobody can say. */
export async function roomOf(layout: Layout): Promise<Room | undefined> {
  try {
    return await fs.room?.(layout.root);
  } catch {
    return undefined;
  }
}

/** The filesystem counts in blocks of this size; a file of one byte takes one. */
export const BLOCK_BYTES = 4096;

/**
 * What the files below a folder take on the disk. It waits for each look, so that whatever else is to be done is done
 * in between; links are not followed, and what goes away meanwhile counts nothing. `goesOn` false ends it.
 */
export async function bytesBelow(
  folder: string,
  goesOn: () => boolean = () => true,
): Promise<number> {
  let bytes = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined && goesOn(); next = folders.pop()) {
    try {
      for await (const { name, isDirectory, isFile } of fs.readDir(next)) {
        if (isDirectory) folders.push(join(next, name));
        if (!isFile) continue;
        const info = await fs.lstat(join(next, name)).catch(() => undefined);
        if (info !== undefined) bytes += info.blocks === null ? info.size : info.blocks * 512;
      }
    } catch {
      // It has just gone, or may not be looked into.
    }
  }
  return bytes;
}

/**
 * Whether a file of so many bytes can be written. A quota, or the last inode, is in no answer of the filesystem; and
 * some have room only for those who ask often enough.
 */
export async function hasRoomFor(layout: Layout, bytes: number): Promise<boolean> {
  const probe = temporaryBeside(join(layout.hotFolder, "room"));
  let file: FileHandle | undefined;
  try {
    file = await fs.open(probe, { write: true, createNew: true });
    const piece = new Uint8Array(Math.min(bytes, PIECE_BYTES));
    for (let left = bytes; left > 0; left -= piece.length) {
      await writeFully(file, left < piece.length ? piece.subarray(0, left) : piece);
    }
    // Some filesystems find out only now.
    await file.sync();
    return true;
  } catch {
    return false;
  } finally {
    file?.close();
    await removeQuietly(probe);
  }
}

const PIECE_BYTES = 1 << 20;

/** The file on which the lock of a tree rests: opened, asked for with flock, put in the place of another. */
import { diskFault, errnoOf, syncFolder, temporaryBeside } from "./disk.ts";
import { type FileHandle, fs } from "./file_system.ts";
import { dirname } from "../job/path.ts";
import { refuseOddFile } from "./plain_file.ts";

export type FlockAnswer = "taken" | "busy" | "unsupported";

/**
 * Creating and opening are two calls: one that does both would also create what a planted link points to. What was opened
 * counts only if it stands there afterwards: somebody may have put a link, or a new lock, in its place.
 */
export async function openLockFile(path: string): Promise<FileHandle> {
  try {
    for (;;) {
      await refuseOddFile(path);
      const file = await openOrCreate(path);
      if (file === undefined) continue;
      const there = await fs.lstat(path).catch(() => undefined);
      if (there?.isFile && there.ino === (await file.stat()).ino) return file;
      file.close();
    }
  } catch (error) {
    throw diskFault(error, path);
  }
}

/** Undefined when another start has made it meanwhile: it is to be looked at again. */
async function openOrCreate(path: string): Promise<FileHandle | undefined> {
  const mode = { read: true, write: true };
  try {
    return await fs.open(path, mode);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    return await fs.open(path, { ...mode, createNew: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return undefined;
  }
}

/** Asks the kernel; never waits. */
export async function askFlock(file: FileHandle): Promise<FlockAnswer> {
  try {
    return await file.tryLock(true) ? "taken" : "busy";
  } catch (error) {
    const errno = errnoOf(error);
    if (!(error instanceof Deno.errors.NotSupported) && errno !== 95 && errno !== 37) throw error;
    return "unsupported";
  }
}

/** Whether the file stands at the path: whoever broke the lock has put another one there. */
export async function isInPlace(path: string, file: FileHandle): Promise<boolean> {
  const there = await fs.stat(path).catch(() => undefined);
  return there?.ino === (await file.stat()).ino;
}

/** Puts a new, locked file in the place of one that a stopped process holds. */
export async function replaceLockFile(path: string): Promise<FileHandle> {
  const temporary = temporaryBeside(path);
  const file = await fs.open(temporary, { read: true, write: true, createNew: true });
  try {
    await askFlock(file);
    await fs.rename(temporary, path);
    await syncFolder(dirname(path));
    return file;
  } catch (error) {
    file.close();
    throw diskFault(error, path);
  }
}

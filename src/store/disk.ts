/**
 * Files that survive: the writing rule R2, folders, and what an error of the disk means to the user.
 *
 * Order of a durable write; a crash between any two leaves the old file whole, and at most a temporary:
 * 1. create a temporary beside the target (create-new: a planted link is never followed);
 * 2. write every byte; 3. sync; 4. close; 5. rename over the target; 6. sync the folder.
 * A sync that failed is not tried again on that handle (R3): the kernel may have dropped the pages.
 */
import { Fault } from "../job/fault.ts";
import { type FileHandle, type FileSystem, fs } from "./file_system.ts";
import { basename, dirname, join, namesBelow } from "../job/path.ts";

export type WarningSink = (message: string) => void;

export type FileData = Uint8Array | readonly Uint8Array[] | string;

const TEMPORARY_PREFIX = ".tmp-";
let folderSyncWarned = false;
let isLimitHeard = false;

/** Replaces a file as a whole, durably (R2). Throws a Fault; the old file is then as it was. */
export function writeFileDurable(
  path: string,
  data: FileData,
  onWarning?: WarningSink,
): Promise<void> {
  return replaceDurable(path, (file) => writeData(file, data), onWarning);
}

/** As {@linkcode writeFileDurable}, for content that is made while it is written. */
export async function replaceDurable(
  path: string,
  fill: (file: FileHandle) => Promise<void>,
  onWarning?: WarningSink,
): Promise<void> {
  await replace(path, fill, true);
  await syncFolder(dirname(path), onWarning);
}

/** Replaces a file as a whole without syncing: for what may be lost in a power cut but never seen half. */
export function writeFileVolatile(path: string, data: FileData): Promise<void> {
  return replace(path, (file) => writeData(file, data), false);
}

/** Makes names in a folder durable. Filesystems that cannot do it are told of once. */
export async function syncFolder(folder: string, onWarning?: WarningSink): Promise<void> {
  try {
    using handle = await fs.open(folder, { read: true });
    await handle.sync();
  } catch (error) {
    if (!isUnsupported(error)) throw diskFault(error, folder);
    if (!folderSyncWarned) {
      folderSyncWarned = true;
      onWarning?.(
        `The filesystem of ${folder} cannot sync folders; after a power cut new files may be missing.`,
      );
    }
  }
}

/**
 * Creates a folder and the missing ones above it, each made durable in its parent: also those that are there,
 * for whoever made them may have been killed before their names were durable. With `within`, that goes up to
 * there, and a link anywhere between is refused, so that no write leaves the tree.
 */
export async function makeFolderDurable(
  path: string,
  options: { readonly within?: string; readonly onWarning?: WarningSink } = {},
): Promise<void> {
  const { within = dirname(path), onWarning } = options;
  if (options.within !== undefined) await refuseLinks(within, path);
  const levels: string[] = [];
  let folder = path;
  for (; folder.length > within.length; folder = dirname(folder)) levels.push(folder);
  for (; !(await isFolder(folder)); folder = dirname(folder)) levels.push(folder);
  const known = knownDurable();
  for (const level of levels.reverse()) {
    if (known.has(level) && await isFolder(level)) continue;
    const isNew = await makeFolder(level);
    try {
      await syncFolder(dirname(level), onWarning);
    } catch (error) {
      // Somebody else's folder, which may be used and not be listed.
      if (isNew || !(error instanceof Fault) || error.code !== "tree-readonly") throw error;
    }
    known.add(level);
  }
}

/** Folders whose names this process has made durable: once is enough, and a checkpoint has four above it. */
const durableFolders = new WeakMap<FileSystem, Set<string>>();

function knownDurable(): Set<string> {
  const known = durableFolders.get(fs) ?? new Set();
  durableFolders.set(fs, known);
  return known;
}

/** Answers whether it was not there before. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await fs.mkdir(path);
    return true;
  } catch (error) {
    if (await isFolder(path)) return false;
    if (!(error instanceof Deno.errors.AlreadyExists)) throw diskFault(error, path);
    throw new Fault("tree-invalid", `${path} is a file where a folder is needed.`, {
      hint: "Move it away, or give another tree with --tree.",
    });
  }
}

/** Refuses a link anywhere between a folder and a path below it, so that nothing is done outside of the tree. */
export async function refuseLinks(within: string, path: string): Promise<void> {
  let folder = within;
  for (const name of namesBelow(within, path)) {
    folder = join(folder, name);
    const info = await fs.lstat(folder).catch(() => undefined);
    if (info === undefined) return;
    if (info.isSymlink) {
      throw new Fault("tree-invalid", `${folder} is a link; simrun does not write through it.`, {
        hint: "Replace the link by a folder.",
      });
    }
  }
}

/** Writes until every byte is taken: a write may be short. */
export async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const written = await file.write(at === 0 ? bytes : bytes.subarray(at));
    if (written === 0) throw new Error("the disk took no byte of a write");
    at += written;
  }
}

/** Removes a file if it is there and can be; for clean-up, where an error would hide a better one. */
export async function removeQuietly(path: string): Promise<void> {
  try {
    await fs.remove(path);
  } catch {
    // What cannot be removed now is swept at the next start.
  }
}

/** Whether a name is a temporary of this file's writes. */
export function isTemporary(name: string): boolean {
  return name.startsWith(TEMPORARY_PREFIX);
}

/** Removes what interrupted writes left in a folder. Only for the holder of the lock. */
export async function removeTemporaries(folder: string): Promise<number> {
  let removed = 0;
  try {
    for await (const entry of fs.readDir(folder)) {
      if (!isTemporary(entry.name)) continue;
      await fs.remove(join(folder, entry.name), { recursive: true });
      removed++;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw diskFault(error, folder);
  }
  return removed;
}

/** A name for a temporary beside `path`; random, so that nobody can plant it. */
export function temporaryBeside(path: string): string {
  const unique = crypto.randomUUID().slice(0, 13);
  return join(dirname(path), `${TEMPORARY_PREFIX}${unique}-${basename(path)}`);
}

/** What an error of the disk means to the user. A Fault passes through unchanged. */
export function diskFault(error: unknown, path: string): Fault {
  if (error instanceof Fault) return error;
  const errno = errnoOf(error);
  const words = errno === undefined ? undefined : ERRNO_WORDS[errno];
  if (words !== undefined) {
    const [code, text, hint] = words;
    return new Fault(code, `${text}: ${path}.`, { hint, cause: error });
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new Fault("io", `Cannot use ${path}: ${reason}.`, { cause: error });
}

/**
 * From here on a write beyond `ulimit -f` fails with an error, which can be told and gone on from; the signal
 * that comes with it would end a process that does not hear it.
 */
export function hearFileSizeLimit(): void {
  if (isLimitHeard) return;
  isLimitHeard = true;
  try {
    Deno.addSignalListener("SIGXFSZ", () => {});
  } catch {
    // This system does not have the signal.
  }
}

/** Whether an error says that the disk, the quota or the file size limit is used up. */
export function isNoSpace(error: unknown): boolean {
  if (error instanceof Fault) return error.code === "no-space";
  const errno = errnoOf(error);
  return errno !== undefined && ERRNO_WORDS[errno]?.[0] === "no-space";
}

/** Whether it may pass: somebody frees space. A limit on the size of files stays what it is as long as a process lives. */
export function mayFindRoom(error: unknown): boolean {
  const cause = error instanceof Fault ? error.cause : error;
  return isNoSpace(error) && errnoOf(cause) !== EFBIG;
}

const EFBIG = 27;

type ErrnoWords = readonly [code: "no-space" | "tree-readonly" | "io", text: string, hint: string];

const ERRNO_WORDS: { readonly [errno: number]: ErrnoWords } = {
  1: ["tree-readonly", "Not permitted", "Check its owner and attributes."],
  5: ["io", "The disk reports an input/output error", "Check the disk; then type: simrun resume"],
  13: ["tree-readonly", "No permission", "Check the permissions, or give --tree DIR."],
  20: ["io", "A file stands where a folder is needed", "Move it away, or give --tree DIR."],
  24: ["io", "Too many open files", "Raise the limit: ulimit -n 4096"],
  27: ["no-space", "The file size limit is reached", "Raise it (ulimit -f), then: simrun resume"],
  28: ["no-space", "The disk is full", "Free some space, then type: simrun resume"],
  30: ["tree-readonly", "The filesystem is read-only", "Give a writable folder with --tree DIR."],
  40: ["io", "Links lead in a circle", "Mend them, or give --tree DIR."],
  122: ["no-space", "The disk quota is used up", "Free some space, then type: simrun resume"],
};

const CODE_ERRNO: { readonly [code: string]: number } = {
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  EACCES: 13,
  EINVAL: 22,
  EMFILE: 24,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  ENOTSUP: 95,
  EOPNOTSUPP: 95,
  EDQUOT: 122,
};

/** The system's error number; Deno gives some as `code` and others only in the message. */
export function errnoOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const number = /os error (\d+)/.exec(error.message)?.[1];
  if (number !== undefined) return Number(number);
  const code = (error as Error & { code?: unknown }).code;
  return typeof code === "string" ? CODE_ERRNO[code] : undefined;
}

function isUnsupported(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === 95 || errno === 22 || error instanceof Deno.errors.NotSupported;
}

async function replace(
  path: string,
  fill: (file: FileHandle) => Promise<void>,
  durable: boolean,
): Promise<void> {
  const temporary = temporaryBeside(path);
  let file: FileHandle | undefined;
  try {
    file = await fs.open(temporary, { write: true, createNew: true });
    await fill(file);
    if (durable) await file.sync();
    const inode = (await file.stat()).ino;
    file.close();
    file = undefined;
    await renameOrLook(temporary, path, inode);
  } catch (error) {
    file?.close();
    await removeQuietly(temporary);
    throw diskFault(error, path);
  }
}

/** A rename that reports an error may have happened all the same (NFS): the inode at the target tells. */
async function renameOrLook(from: string, to: string, inode: number | null): Promise<void> {
  try {
    await fs.rename(from, to);
  } catch (error) {
    const there = await fs.lstat(to).catch(() => undefined);
    if (inode === null || there?.ino !== inode) throw error;
  }
}

async function writeData(file: FileHandle, data: FileData): Promise<void> {
  if (typeof data === "string") return await writeFully(file, new TextEncoder().encode(data));
  if (data instanceof Uint8Array) return await writeFully(file, data);
  for (const part of data) await writeFully(file, part);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await fs.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    // "Not a directory": a file stands where a folder above should be; mkdir will say so.
    if (errnoOf(error) === 20) return false;
    throw diskFault(error, path);
  }
}

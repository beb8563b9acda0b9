/**
 * Files that are changed in place: never through a link, never under another name that the file has as well.
 *
 * Order of opening one: look, open what is there without creating or emptying it, and look again at what was
 * opened. A link that is planted between the looks is found before a byte is written through it.
 */
import { Fault } from "../job/fault.ts";
import { diskFault, replaceDurable, writeFully } from "./disk.ts";
import { type FileHandle, fs } from "./file_system.ts";

export interface InPlace {
  /** Every write goes to the end. */
  readonly append?: boolean;
  /** Makes the file when it is not there. */
  readonly create?: boolean;
}

/** The least of what is copied at once when a file gets an inode of its own. */
const COPY_BYTES = 1 << 20;
const LINE_END = 0x0a;

/** Opens a plain file for reading and changing it in place. Throws a Fault for anything else. */
export async function openInPlace(path: string, options: InPlace = {}): Promise<FileHandle> {
  const { append = false, create = false } = options;
  const mode = append ? { read: true, append } : { read: true, write: true };
  try {
    const there = await look(path);
    if (there === undefined) {
      if (create) return await fs.open(path, { ...mode, createNew: true });
    } else {
      refuseOdd(path, there);
      if ((there.nlink ?? 1) > 1) await unshare(path);
    }
    const file = await fs.open(path, mode);
    try {
      await refuseExchanged(path, file);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  } catch (error) {
    throw diskFault(error, path);
  }
}

/** Appends text that may be lost in a power cut: it is not synced. A line that was left open can be ended before it. */
export async function appendVolatile(
  path: string,
  text: string,
  { onNewLine = false } = {},
): Promise<void> {
  using file = await openInPlace(path, { append: true, create: true });
  try {
    const lineEnd = onNewLine && await isLineOpen(file) ? "\n" : "";
    await writeFully(file, new TextEncoder().encode(lineEnd + text));
  } catch (error) {
    throw diskFault(error, path);
  }
}

async function isLineOpen(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const last = new Uint8Array(1);
  await file.seek(size - 1, Deno.SeekMode.Start);
  await file.read(last);
  return last[0] !== LINE_END;
}

/** Refuses what stands in a file's place and is none. Nothing there is as good. */
export async function refuseOddFile(path: string): Promise<void> {
  const there = await look(path);
  if (there !== undefined) refuseOdd(path, there);
}

async function look(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await fs.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw diskFault(error, path);
  }
}

function refuseOdd(path: string, there: Deno.FileInfo): void {
  if (there.isFile) return;
  const [what, hint] = there.isSymlink
    ? ["is a link; simrun does not follow it", "Remove the link."]
    : ["is not a plain file", "Move it away."];
  throw new Fault("tree-invalid", `${path} ${what}.`, { hint });
}

/** Whether what was opened is what stands there, and stands nowhere else. */
async function refuseExchanged(path: string, file: FileHandle): Promise<void> {
  const opened = await file.stat();
  const there = await fs.lstat(path);
  refuseOdd(path, there);
  const isSame = opened.ino === there.ino && opened.dev === there.dev;
  if (isSame && (opened.nlink ?? 1) <= 1) return;
  throw new Fault("tree-invalid", `${path} was exchanged while it was being opened.`, {
    hint: "Somebody else changes this tree; see who may write to it.",
  });
}

/**
 * Gives a file that has several names an inode of its own: under the others, a backup's or a stranger's, it
 * stays as it is.
 */
async function unshare(path: string): Promise<void> {
  using source = await fs.open(path, { read: true });
  await replaceDurable(path, async (copy) => {
    const piece = new Uint8Array(COPY_BYTES);
    for (;;) {
      const read = await source.read(piece);
      if (read === null) return;
      await writeFully(copy, piece.subarray(0, read));
    }
  });
}

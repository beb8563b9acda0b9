/**
 * The quarantine: files that were rejected, each with its reason beside it. Nothing is deleted here.
 *
 * Crash order: the reason first, then the file, so that nothing stands in the quarantine unexplained. A copy is
 * durable before what was copied is changed.
 */
import { Buffer } from "node:buffer";
import { basename, dirname, join, namesBelow } from "../job/path.ts";
import {
  diskFault,
  makeFolderDurable,
  replaceDurable,
  syncFolder,
  writeFileDurable,
  writeFully,
} from "./disk.ts";
import { type FileHandle, fs } from "./file_system.ts";
import type { Layout } from "./layout.ts";

const COPY_BYTES = 1 << 20;
const ZEROS = new Uint8Array(COPY_BYTES);

/** Moves what stands at a path of the tree aside, durably, and says why beside it. Answers where it is now. */
export async function quarantine(layout: Layout, path: string, reason: string): Promise<string> {
  const target = await explain(layout, path, reason);
  try {
    await fs.rename(path, target);
  } catch (error) {
    throw diskFault(error, path);
  }
  await syncFolder(dirname(target));
  await syncFolder(dirname(path));
  return target;
}

/** A part of a file, from a byte up to and without another. */
export interface FileRange {
  readonly from: number;
  readonly to: number;
}

/** Copies a part of a file of the tree aside, durably, and says why beside it. Answers where the copy is. */
export async function quarantineCopy(
  layout: Layout,
  path: string,
  reason: string,
  range: FileRange,
): Promise<string> {
  const target = await explain(layout, path, reason);
  try {
    using file = await fs.open(path, { read: true });
    await copyRanges(file, [range], target);
  } catch (error) {
    throw diskFault(error, path);
  }
  return target;
}

/** Copies parts of an open file, durably. Zeros are not written: a hole of gigabytes stays a hole. */
export async function copyRanges(
  file: FileHandle,
  ranges: readonly FileRange[],
  target: string,
): Promise<void> {
  const chunk = new Uint8Array(COPY_BYTES);
  let copied = 0;
  await replaceDurable(target, async (copy) => {
    for (const { from, to } of ranges) {
      await file.seek(from, Deno.SeekMode.Start);
      for (let at = from; at < to;) {
        const read = await file.read(chunk.subarray(0, Math.min(chunk.length, to - at)));
        if (read === null) break;
        const bytes = chunk.subarray(0, read);
        if (Buffer.compare(bytes, ZEROS.subarray(0, read)) !== 0) await writeFully(copy, bytes);
        else await copy.seek(read, Deno.SeekMode.Current);
        at += read;
        copied += read;
      }
    }
    await copy.truncate(copied);
  });
}

/** Writes the reason, and answers the free place beside it. */
async function explain(layout: Layout, path: string, reason: string): Promise<string> {
  const target = await freePath(join(layout.quarantineFolder, ...namesBelow(layout.root, path)));
  await makeFolderDurable(dirname(target), { within: layout.root });
  await writeFileDurable(`${target}.reason.txt`, `${basename(path)}: ${reason}\n`);
  return target;
}

async function freePath(path: string): Promise<string> {
  let free = path;
  for (let number = 2; await fs.lstat(free).then(() => true, () => false); number++) {
    free = `${path}.${number}`;
  }
  return free;
}

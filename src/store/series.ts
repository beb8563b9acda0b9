/**
 * The measurement series of a run: a CSV that grows by appends.
 *
 * Crash order: rows are appended and synced *before* the checkpoint that counts their bytes is written.
 * So every checkpoint finds at least its rows; what is beyond them is cut off when the run goes on there.
 */
import { dirname } from "node:path";
import { Fault } from "../job/fault.ts";
import type { CheckpointIdentity } from "../job/snapshot.ts";
import { crc32 } from "./crc32.ts";
import { diskFault, errnoOf, makeFolderDurable, syncFolder, writeFully } from "./disk.ts";
import { fs } from "./file_system.ts";
import { openInPlace } from "./plain_file.ts";

/** How far a series goes: its bytes and their CRC-32. The same words as in a checkpoint's identity. */
export type SeriesMark = CheckpointIdentity["series"];

export const EMPTY_SERIES: SeriesMark = { bytes: 0, crc32: 0 };

/** Appends rows behind `mark`, synced when it returns; answers the new mark. */
export async function appendSeries(
  path: string,
  text: string,
  mark: SeriesMark,
): Promise<SeriesMark> {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === 0) return mark;
  try {
    if (mark.bytes === 0) await makeFolderDurable(dirname(path));
    // A first append creates the file; a later one must find it.
    using file = await openInPlace(path, { create: mark.bytes === 0 });
    const size = (await file.stat()).size;
    if (size < mark.bytes) {
      throw new Fault("tree-damaged", `${path} is shorter than what was written to it.`);
    }
    // Longer: rows of an append that failed or was never counted.
    if (size > mark.bytes) await file.truncate(mark.bytes);
    await file.seek(mark.bytes, Deno.SeekMode.Start);
    try {
      await writeFully(file, bytes);
      await file.syncData();
    } catch (error) {
      await file.truncate(mark.bytes).catch(() => {});
      throw error;
    }
    // Not "when it was empty": an earlier append may have written rows and failed to sync the folder.
    if (mark.bytes === 0) await syncFolder(dirname(path));
  } catch (error) {
    throw diskFault(error, path);
  }
  return { bytes: mark.bytes + bytes.length, crc32: crc32(bytes, mark.crc32) };
}

/** Why the series does not fit the mark, or undefined when it does. Changes nothing. */
export async function checkSeries(path: string, mark: SeriesMark): Promise<string | undefined> {
  if (mark.bytes === 0) return undefined;
  try {
    using file = await fs.open(path, { read: true });
    const chunk = new Uint8Array(Math.min(mark.bytes, 1 << 20));
    let rest = mark.bytes;
    let sum = 0;
    while (rest > 0) {
      const read = await file.read(chunk.subarray(0, Math.min(rest, chunk.length)));
      if (read === null) {
        return `its series has ${mark.bytes - rest} of ${mark.bytes} bytes`;
      }
      sum = crc32(chunk.subarray(0, read), sum);
      rest -= read;
    }
    return sum === mark.crc32 ? undefined : "its series does not match its checksum";
  } catch (error) {
    if (errnoOf(error) === 2 || error instanceof Deno.errors.NotFound) {
      return "its series is missing";
    }
    throw diskFault(error, path);
  }
}

/**
 * Cuts the series back to what a checkpoint counted, durably. Answers a reason instead when it is
 * shorter or different: that checkpoint must not be used. An empty mark removes the file.
 */
export async function truncateSeries(path: string, mark: SeriesMark): Promise<string | undefined> {
  const reason = await checkSeries(path, mark);
  if (reason !== undefined) return reason;
  try {
    if (mark.bytes === 0) {
      await fs.remove(path);
      await syncFolder(dirname(path));
      return undefined;
    }
    using file = await openInPlace(path);
    if ((await file.stat()).size > mark.bytes) {
      await file.truncate(mark.bytes);
      await file.sync();
    }
  } catch (error) {
    if (mark.bytes === 0 && error instanceof Deno.errors.NotFound) return undefined;
    throw diskFault(error, path);
  }
  return undefined;
}

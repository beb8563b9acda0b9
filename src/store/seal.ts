/**
 * Sealing the journal: a long hot journal becomes a segment `archive/journal-000001.zip`.
 *
 * Crash order: the pack is durable, then the hot journal is replaced by an empty one. In between both hold
 * the same entries: readers know them by sequence number, and the next writer empties the hot file.
 */
import { diskFault, type WarningSink, writeFileDurable } from "./disk.ts";
import { fs } from "./file_system.ts";
import { JournalWriter } from "./journal.ts";
import { decodeLine, NEWLINE } from "./journal_line.ts";
import type { Layout } from "./layout.ts";
import { writePack } from "./pack.ts";
import { isSealedWhole, listSegments, segmentEntryName } from "./segment.ts";

/** A hot journal above this is sealed. Smaller ones are read faster than inflated: 100,000 small results. */
export const JOURNAL_LIMIT_BYTES = 32 << 20;

/** Lines sealed into one segment, so that none needs more memory than this to be read. */
const SEGMENT_BYTES_MAX = 64 << 20;

/**
 * Seals the hot journal when it is larger than the limit. Only for the holder of the lock, and while no
 * writer is open. Answers whether it did.
 */
export async function rotateJournal(
  layout: Layout,
  limitBytes = JOURNAL_LIMIT_BYTES,
  onWarning?: WarningSink,
): Promise<boolean> {
  const size = await fs.stat(layout.journal).then((info) => info.size, () => 0);
  if (size <= limitBytes) return false;
  try {
    // Opening cuts off a torn end and finishes a sealing that a crash interrupted.
    await (await JournalWriter.open(layout, () => new Date(0))).writer.close();
    const bytes = await fs.readFile(layout.journal);
    const segments = listSegments(layout);
    let number = Math.max(0, ...segments.map((segment) => segment.number));
    for (const part of partsOf(bytes)) {
      const range = sequenceRange(part);
      // Without a range there is nothing in it.
      if (range === undefined) continue;
      // Sealed before a crash; but a pack that cannot be read again is no reason to let go of the lines.
      const sealedSeq = Math.max(0, ...segments.map((segment) => segment.lastSeq));
      if (range.last <= sealedSeq && isSealedWhole(segments, range.last)) continue;
      const name = segmentEntryName(range.first, range.last);
      await writePack(layout.journalPack(++number), [{ name, data: part }], onWarning);
    }
    await writeFileDurable(layout.journal, "", onWarning);
  } catch (error) {
    throw diskFault(error, layout.journal);
  }
  return true;
}

/** The journal in parts of whole lines, each small enough for a segment (a longer line stands alone). */
function* partsOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length;) {
    const limit = from + SEGMENT_BYTES_MAX;
    let end = bytes.length;
    if (limit < end) {
      const last = bytes.lastIndexOf(NEWLINE, limit);
      const next = last < from ? bytes.indexOf(NEWLINE, limit) : last;
      end = next === -1 ? bytes.length : next + 1;
    }
    yield bytes.subarray(from, end);
    from = end;
  }
}

/** First and last sequence number in the good lines of a part. */
function sequenceRange(part: Uint8Array): { first: number; last: number } | undefined {
  let first: number | undefined;
  let last = 0;
  for (let from = 0; from < part.length;) {
    const newline = part.indexOf(NEWLINE, from);
    const end = newline === -1 ? part.length : newline;
    const entry = decodeLine(part.subarray(from, end));
    if (typeof entry !== "string") {
      first ??= entry.seq;
      last = entry.seq;
    }
    from = end + 1;
  }
  return first === undefined ? undefined : { first, last };
}

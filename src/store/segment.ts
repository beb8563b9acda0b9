/** Sealed segments of the journal: `archive/journal-000001.zip`, one entry that names its sequence numbers. */
import { fs } from "./file_system.ts";
import { decodeLine, linesIn } from "./journal_line.ts";
import { type Layout, packNumber } from "./layout.ts";
import { BadZip, firstName, listZip, readZipEntry, type ZipEntry } from "./zip.ts";

export interface Segment {
  readonly number: number;
  readonly path: string;
  /** From the name of the entry, which stands in the pack twice; both 0 when neither can be read. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Undefined when the pack is damaged; reading it then says why. */
  readonly entry: ZipEntry | undefined;
  readonly damage?: string;
}

let lastRead:
  | { readonly path: string; readonly crc32: number; readonly bytes: Uint8Array }
  | undefined;

/** The sealed segments in order. Only their directories are read. */
export function listSegments(layout: Layout): Segment[] {
  const numbers: number[] = [];
  const odd = new Set<number>();
  try {
    for (const entry of fs.readDirSync(layout.archiveFolder)) {
      const number = packNumber("journal", entry.name);
      if (number === undefined) continue;
      numbers.push(number);
      // Not to be opened: a pipe would never answer.
      if (!entry.isFile && !entry.isSymlink) odd.add(number);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return numbers.sort((a, b) => a - b).map((number) =>
    odd.has(number)
      ? { ...damaged(layout, number, "it is not a plain file"), firstSeq: 0, lastSeq: 0 }
      : openSegment(layout, number)
  );
}

/** The lines of a segment. Packs never change, so the last one read is kept. */
export function readSegment(segment: Segment): Uint8Array {
  if (segment.entry === undefined) throw new BadZip(segment.damage ?? "it is damaged");
  if (lastRead?.path === segment.path && lastRead.crc32 === segment.entry.crc32) {
    return lastRead.bytes;
  }
  const bytes = readZipEntry(segment.path, segment.entry);
  lastRead = { path: segment.path, crc32: segment.entry.crc32, bytes };
  return bytes;
}

/** Name of the one entry in a segment's pack. */
export function segmentEntryName(firstSeq: number, lastSeq: number): string {
  return `journal-${pad(firstSeq)}-${pad(lastSeq)}.jsonl`;
}

function openSegment(layout: Layout, number: number): Segment {
  const path = layout.journalPack(number);
  try {
    for (const entry of listZip(path)) {
      const range = rangeIn(entry.name);
      if (range !== undefined) return { number, path, entry, ...range };
    }
    throw new BadZip("it holds no journal");
  } catch (error) {
    if (!(error instanceof BadZip)) throw error;
    const range = rangeIn(firstName(path) ?? "") ?? { firstSeq: 0, lastSeq: 0 };
    return { ...damaged(layout, number, error.message), ...range };
  }
}

function damaged(layout: Layout, number: number, damage: string) {
  return { number, path: layout.journalPack(number), entry: undefined, damage };
}

/** More lines than any segment holds. */
const SEGMENT_LINES_MAX = 1 << 21;

/**
 * The highest sequence number that the segments may hold. Where one does not say it, room is left: a number
 * that is given twice would make a line look like a repetition, once the segment can be read again.
 */
export function lastSealedSeq(segments: readonly Segment[]): number {
  return segments.reduce(
    (last, segment) =>
      segment.lastSeq > 0 ? Math.max(last, segment.lastSeq) : last + SEGMENT_LINES_MAX,
    0,
  );
}

/** Whether the segment that holds this line can be read from its first line to its last. */
export function isSealedWhole(segments: readonly Segment[], seq: number): boolean {
  const holder = segments.find(({ firstSeq, lastSeq }) => firstSeq <= seq && seq <= lastSeq);
  if (holder === undefined) return segments.every(({ lastSeq }) => lastSeq > 0);
  try {
    return [...linesIn(readSegment(holder))].every((line) => typeof decodeLine(line) !== "string");
  } catch (error) {
    if (error instanceof BadZip) return false;
    throw error;
  }
}

function rangeIn(name: string): { firstSeq: number; lastSeq: number } | undefined {
  const range = /^journal-(\d{1,15})-(\d{1,15})\.jsonl$/.exec(name);
  return range === null ? undefined : { firstSeq: Number(range[1]), lastSeq: Number(range[2]) };
}

function pad(seq: number): string {
  return String(seq).padStart(12, "0");
}

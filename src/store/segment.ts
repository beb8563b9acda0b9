/** Sealed segments of the journal: `archive/journal-000001.zip`, one entry that names its sequence numbers. */
import { fs } from "./file_system.ts";
import type { Layout } from "./layout.ts";
import { BadZip, listZip, readZipEntry, type ZipEntry } from "./zip.ts";

export interface Segment {
  readonly number: number;
  readonly path: string;
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
  try {
    for (const entry of fs.readDirSync(layout.archiveFolder)) {
      const number = /^journal-(\d{6,})\.zip$/.exec(entry.name)?.[1];
      if (number !== undefined) numbers.push(Number(number));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return numbers.sort((a, b) => a - b).map((number) => openSegment(layout, number));
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
      const range = /^journal-(\d+)-(\d+)\.jsonl$/.exec(entry.name);
      if (range === null) continue;
      return { number, path, entry, firstSeq: Number(range[1]), lastSeq: Number(range[2]) };
    }
    throw new BadZip("it holds no journal");
  } catch (error) {
    if (!(error instanceof BadZip)) throw error;
    return { number, path, entry: undefined, firstSeq: 0, lastSeq: 0, damage: error.message };
  }
}

function pad(seq: number): string {
  return String(seq).padStart(12, "0");
}

/**
 * Reading zip packs: the central directory and single entries; never the whole file. What the pack says of itself
 * is bounded by what can be true before memory is taken for it.
 */
import { crc32 } from "./crc32.ts";
import { type FileHandle, fs } from "./file_system.ts";
import { zlib } from "./zlib.ts";

export interface ZipEntry {
  readonly name: string;
  readonly rawBytes: number;
  readonly packedBytes: number;
  readonly crc32: number;
  readonly method: number;
  /** Where the entry's local header stands. */
  readonly offset: number;
}

/** A pack that cannot be read; the message is the reason in words. */
export class BadZip extends Error {}

const STORED = 0;
const DEFLATED = 8;
const END_SIGNATURE = 0x06054b50;
const ENTRY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
/** What simrun writes stays far below both; a segment of the journal has 64 MiB. */
const DIRECTORY_BYTES_MAX = 64 << 20;
const ENTRY_BYTES_MAX = 256 << 20;
/** `journal-000000000001-000000000002.jsonl` */
const SEGMENT_NAME_CHARACTERS = 39;
/** Deflate makes no more of a byte. */
const RATIO_MAX = 1032;

/** The entries of a zip file, in the order of its central directory. */
export function listZip(path: string): ZipEntry[] {
  using file = openZip(path);
  const { size, isFile } = file.statSync();
  if (!isFile) throw new BadZip("it is not a plain file");
  const tail = readAt(file, Math.max(0, size - END_BYTES - COMMENT_BYTES_MAX), size);
  const view = viewOf(tail);
  let end = tail.length - END_BYTES;
  while (end >= 0 && view.getUint32(end, true) !== END_SIGNATURE) end--;
  if (end < 0) throw new BadZip("it has no end record: it is cut off, or no zip file");
  const count = view.getUint16(end + 10, true);
  const from = view.getUint32(end + 16, true);
  const bytes = view.getUint32(end + 12, true);
  if (from + bytes > size) throw new BadZip("its directory lies outside the file");
  if (bytes > DIRECTORY_BYTES_MAX) throw new BadZip(`its directory is too large: ${bytes} bytes`);
  return readDirectory(readAt(file, from, from + bytes), count);
}

/** The name of the first entry as its own header has it, for a pack whose directory is lost. */
export function firstName(path: string): string | undefined {
  try {
    using file = openZip(path);
    const local = readAt(file, 0, 30);
    if (viewOf(local).getUint32(0, true) !== LOCAL_SIGNATURE) return undefined;
    return new TextDecoder().decode(readAt(file, 30, 30 + viewOf(local).getUint16(26, true)));
  } catch {
    return undefined;
  }
}

/** Where the content of the only entry of a damaged pack should begin. */
export function entryStart(path: string, entry: ZipEntry | undefined): number {
  using file = fs.openSync(path, { read: true });
  try {
    return contentOffset(file, { name: "", offset: entry?.offset ?? 0 });
  } catch {
    return Math.min(file.statSync().size, 30 + (entry?.name.length ?? SEGMENT_NAME_CHARACTERS));
  }
}

/** The content of one entry, checked against its length and checksum. */
export function readZipEntry(path: string, entry: ZipEntry): Uint8Array {
  using file = fs.openSync(path, { read: true });
  const from = contentOffset(file, entry);
  if (from + entry.packedBytes > file.statSync().size) {
    throw new BadZip(`${entry.name} lies outside the file`);
  }
  const possible = entry.method === STORED ? entry.packedBytes : entry.packedBytes * RATIO_MAX;
  if (Math.max(entry.rawBytes, entry.packedBytes) > Math.min(possible, ENTRY_BYTES_MAX)) {
    throw new BadZip(
      `${entry.name} says it inflates from ${entry.packedBytes} to ${entry.rawBytes} bytes, ` +
        (entry.rawBytes > possible ? "which cannot be" : "which is too large"),
    );
  }
  const raw = inflate(readAt(file, from, from + entry.packedBytes), entry);
  if (raw.length !== entry.rawBytes || crc32(raw) !== entry.crc32) {
    throw new BadZip(`${entry.name} does not match its checksum`);
  }
  return raw;
}

/** Where the content of an entry begins: behind its own header, whose name may have another length. */
function contentOffset(file: FileHandle, entry: Pick<ZipEntry, "name" | "offset">): number {
  const local = viewOf(readAt(file, entry.offset, entry.offset + 30));
  if (local.getUint32(0, true) !== LOCAL_SIGNATURE) throw new BadZip(`${entry.name} is damaged`);
  return entry.offset + 30 + local.getUint16(26, true) + local.getUint16(28, true);
}

function inflate(packed: Uint8Array, entry: ZipEntry): Uint8Array {
  if (entry.method === STORED) return packed;
  if (entry.method !== DEFLATED) {
    throw new BadZip(`${entry.name} is compressed in an unknown way (${entry.method})`);
  }
  if (entry.rawBytes === 0) return new Uint8Array(0);
  try {
    // The chunk size makes it one pass into one buffer.
    const chunkSize = Math.max(zlib().constants.Z_MIN_CHUNK, entry.rawBytes);
    const raw = zlib().inflateRawSync(packed, { maxOutputLength: entry.rawBytes, chunkSize });
    // Not as a Buffer, whose indexOf is several times slower.
    return new Uint8Array(raw.buffer, raw.byteOffset, raw.length);
  } catch {
    throw new BadZip(`${entry.name} is damaged`);
  }
}

/** Whether a name stays below the folder it is unpacked in. */
export function isSafeName(name: string): boolean {
  return !/[\\\0]/.test(name) && !name.split("/").some((part) => /^(?:\.\.?|)$/.test(part));
}

function readDirectory(bytes: Uint8Array, count: number): ZipEntry[] {
  const view = viewOf(bytes);
  const decoder = new TextDecoder();
  const entries: ZipEntry[] = [];
  for (let at = 0; entries.length < count;) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== ENTRY_SIGNATURE) {
      throw new BadZip("its directory is damaged");
    }
    const nameBytes = view.getUint16(at + 28, true);
    entries.push({
      name: decoder.decode(bytes.subarray(at + 46, at + 46 + nameBytes)),
      method: view.getUint16(at + 10, true),
      crc32: view.getUint32(at + 16, true),
      packedBytes: view.getUint32(at + 20, true),
      rawBytes: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    });
    at += 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

function readAt(file: FileHandle, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from);
  file.seekSync(from, Deno.SeekMode.Start);
  for (let at = 0; at < bytes.length;) {
    const read = file.readSync(bytes.subarray(at));
    if (read === null) throw new BadZip("it is cut off");
    at += read;
  }
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A name in the archive that leads nowhere is a link: packs are never removed. */
function openZip(path: string): FileHandle {
  try {
    return fs.openSync(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new BadZip("it is a link that leads nowhere");
    throw error;
  }
}

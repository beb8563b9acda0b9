/**
 * The check of a checkpoint without keeping it: every byte is summed, and as much inflated as it takes to know whose
 * it is and whether its arrays can be what it says. A state of any size, or a file that lies about its size, costs a
 * few megabytes. A small one is inflated whole: that is quicker than not to.
 */
import { createZstdDecompress, zstdDecompressSync } from "node:zlib";
import type { CheckpointIdentity } from "../job/snapshot.ts";
import { DEFAULT_LIMITS } from "./checkpoint_file.ts";
import {
  BadCheckpoint,
  checkLength,
  type CheckpointHeader,
  decodeHeader,
  HEADER_BYTES,
} from "./checkpoint_header.ts";
import { crc32 } from "./crc32.ts";
import { type FileHandle, fs } from "./file_system.ts";
import { decodeHeader as decodeState, headerEnd } from "./safetensors.ts";

export interface CheckedCheckpoint {
  readonly identity: CheckpointIdentity;
  readonly header: CheckpointHeader;
}

/** So small a file is read in one call, here and now: to wait for another thread would take longer. */
const AT_ONCE_BYTES_MAX = 256 << 10;
const PIECE_BYTES = 1 << 20;

/** Throws a BadCheckpoint with the reason, or what the disk says. */
export async function checkCheckpoint(path: string): Promise<CheckedCheckpoint> {
  using file = fs.openSync(path, { read: true });
  const { size } = file.statSync();
  if (size < HEADER_BYTES) throw new BadCheckpoint(`it is torn: ${size} bytes`);
  const first = readNow(file, Math.min(size, AT_ONCE_BYTES_MAX));
  const header = decodeHeader(first.subarray(0, HEADER_BYTES));
  checkLength(header, size);
  if (header.rawBytes > DEFAULT_LIMITS.rawBytesMax) {
    throw new BadCheckpoint(`it is too large: ${header.rawBytes} bytes`);
  }
  const isSmall = first.length === size && header.rawBytes <= AT_ONCE_BYTES_MAX;
  const identity = isSmall
    ? inflateWhole(first.subarray(HEADER_BYTES), header)
    : await inflateBeginning(file, header);
  if (identity.step !== header.step) {
    throw new BadCheckpoint(`its header names step ${header.step}, its content another`);
  }
  return { identity, header };
}

function inflateWhole(packed: Uint8Array, header: CheckpointHeader): CheckpointIdentity {
  if (crc32(packed) !== header.crc32) throw new BadCheckpoint("its checksum does not match");
  try {
    const raw = zstdDecompressSync(packed, {
      maxOutputLength: header.rawBytes,
      chunkSize: Math.max(header.rawBytes, 1024),
    });
    if (raw.length !== header.rawBytes) throw new Error("it inflates to another length");
    return decodeState(raw.subarray(0, headerEnd(raw, raw.length)), raw.length).identity;
  } catch (error) {
    throw new BadCheckpoint(wordsOf(error));
  }
}

/** The sum first, and only then a byte is inflated: what does not match is not worth the time. */
async function inflateBeginning(
  file: FileHandle,
  header: CheckpointHeader,
): Promise<CheckpointIdentity> {
  let sum = 0;
  for await (const piece of piecesOf(file, header)) sum = crc32(piece, sum);
  if (sum !== header.crc32) throw new BadCheckpoint("its checksum does not match");
  const inflating = createZstdDecompress({ chunkSize: PIECE_BYTES });
  try {
    const feeding = feed(inflating, piecesOf(file, header));
    // Told by the loop below as well; and when that has enough, nobody cares.
    feeding.catch(() => {});
    let head: Uint8Array = new Uint8Array(0);
    for await (const raw of inflating) {
      head = head.length === 0 ? raw as Uint8Array : joined(head, raw as Uint8Array);
      if (head.length < 8) continue;
      const end = headerEnd(head, header.rawBytes);
      if (head.length >= end) return decodeState(head.subarray(0, end), header.rawBytes).identity;
    }
    throw new Error("its header is cut off");
  } catch (error) {
    throw error instanceof BadCheckpoint ? error : new BadCheckpoint(wordsOf(error));
  } finally {
    inflating.destroy();
  }
}

async function feed(
  inflating: ReturnType<typeof createZstdDecompress>,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const piece of pieces) {
    await new Promise<void>((taken, failed) =>
      inflating.write(piece, (error) => error ? failed(error) : taken())
    );
    if (inflating.destroyed) return;
  }
  inflating.end();
}

/** The payload. The piece is reused: whoever takes one is done with it before asking for the next. */
async function* piecesOf(
  file: FileHandle,
  { packedBytes }: CheckpointHeader,
): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(Math.min(PIECE_BYTES, packedBytes));
  for (let at = 0; at < packedBytes;) {
    await file.seek(HEADER_BYTES + at, Deno.SeekMode.Start);
    const read = await file.read(piece.subarray(0, Math.min(packedBytes - at, piece.length)));
    if (read === null) throw new BadCheckpoint("it is torn");
    yield piece.subarray(0, read);
    at += read;
  }
}

function readNow(file: FileHandle, bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  for (let at = 0; at < bytes;) {
    const read = file.readSync(whole.subarray(at));
    if (read === null) throw new BadCheckpoint("it is torn");
    at += read;
  }
  return whole;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

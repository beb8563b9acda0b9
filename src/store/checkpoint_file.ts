/**
 * One checkpoint file: 48 bytes of header, then a zstd frame of the state in safetensors layout.
 *
 * The state is compressed while it is written, piece by piece, so that a state of any size costs two
 * megabytes of memory beside itself; the header, which holds lengths and checksum, is written last, before
 * the sync. A crash at any point leaves a temporary without a valid header and the old checkpoints whole.
 */
import { Buffer } from "node:buffer";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import {
  constants,
  crc32,
  createZstdCompress,
  zstdCompressSync,
  zstdDecompress,
  zstdDecompressSync,
} from "node:zlib";
import {
  type CheckpointIdentity,
  DTYPE_BYTES,
  type Snapshot,
  type Tensor,
} from "../job/snapshot.ts";
import {
  diskFault,
  makeFolderDurable,
  replaceDurable,
  type WarningSink,
  writeFully,
} from "./disk.ts";
import {
  BadCheckpoint,
  checkLength,
  type CheckpointHeader,
  decodeHeader,
  encodeHeader,
  HEADER_BYTES,
} from "./checkpoint_header.ts";
import { type FileHandle, fs } from "./file_system.ts";
import { decodeSafetensors, layoutSafetensors, type Safetensors } from "./safetensors.ts";
import { shuffle, SHUFFLE_BLOCK, unshuffle, worthShuffling } from "./shuffle.ts";

export interface Checkpoint {
  readonly identity: CheckpointIdentity;
  /** The arrays have memory of their own, one each. */
  readonly snapshot: Snapshot;
}

export interface WrittenCheckpoint {
  /** Name in the folder, `step-000000010000.ckpt`. */
  readonly file: string;
  readonly bytes: number;
  readonly rawBytes: number;
  readonly ms: number;
}

export interface ReadLimits {
  /** A file that says it holds more is refused before it is inflated. */
  readonly rawBytesMax: number;
}

const PACKING = {
  params: {
    [constants.ZSTD_c_compressionLevel]: 1,
    [constants.ZSTD_c_checksumFlag]: 1,
  },
};
/** What is so small is compressed in one call: setting up a stream would cost more. */
const AT_ONCE_BYTES_MAX = 256 << 10;
/** A piece is sent on when the next block may not fit; larger than any stream's own buffer. */
const PIECE_BYTES = 2 << 20;
const COPY_BYTES = 1 << 20;
const PACKED_CHUNK_BYTES = 256 << 10;
const decompress = promisify(zstdDecompress) as unknown as (
  bytes: Uint8Array,
  options: { maxOutputLength: number; chunkSize: number },
) => Promise<Uint8Array>;

/** Never more than one buffer can hold. What is larger is not written either. */
export const DEFAULT_LIMITS: ReadLimits = { rawBytesMax: 4 * 2 ** 30 };

/** Name of the checkpoint of a step; names sort as the steps do. */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(12, "0")}.ckpt`;
}

/** The step in a checkpoint's name, or undefined for other names. */
export function stepInName(name: string): number | undefined {
  const step = /^step-(\d{12,16})\.ckpt$/.exec(name)?.[1];
  return step === undefined ? undefined : Number(step);
}

/**
 * Writes a checkpoint durably (R2). The arrays may be views on shared memory; they are read until the
 * promise settles and not after.
 */
export async function writeCheckpoint(
  folder: string,
  identity: CheckpointIdentity,
  snapshot: Snapshot,
  onWarning?: WarningSink,
): Promise<WrittenCheckpoint> {
  const startedMs = performance.now();
  const shuffled = new Set(
    snapshot.tensors
      .filter(({ bytes, dtype }) => worthShuffling(bytes, DTYPE_BYTES[dtype]))
      .map(({ name }) => name),
  );
  const layout = layoutSafetensors(identity, snapshot, shuffled);
  if (layout.bytes > DEFAULT_LIMITS.rawBytesMax) {
    throw new RangeError(`The state has ${layout.bytes} bytes; a checkpoint holds 4 GiB at most.`);
  }
  const file = checkpointName(identity.step);
  let packedBytes = 0;
  await makeFolderDurable(folder, {
    within: dirname(dirname(folder)),
    ...(onWarning && { onWarning }),
  });
  const fill = layout.bytes <= AT_ONCE_BYTES_MAX ? writeAtOnce : writeInPieces;
  await replaceDurable(join(folder, file), async (handle) => {
    const raw = pieces(layout.header, layout.tensors, shuffled);
    packedBytes = await fill(handle, raw, { step: identity.step, rawBytes: layout.bytes });
  }, onWarning);
  return {
    file,
    bytes: HEADER_BYTES + packedBytes,
    rawBytes: layout.bytes,
    ms: performance.now() - startedMs,
  };
}

type HeaderStart = Pick<CheckpointHeader, "step" | "rawBytes">;

/** Answers the number of compressed bytes. */
async function writeAtOnce(
  handle: FileHandle,
  raw: Iterable<Buffer>,
  header: HeaderStart,
): Promise<number> {
  const packed = zstdCompressSync(Buffer.concat([...raw]), PACKING);
  const sums = { packedBytes: packed.length, crc32: crc32(packed) };
  await writeFully(handle, Buffer.concat([encodeHeader({ ...header, ...sums }), packed]));
  return packed.length;
}

/** As {@linkcode writeAtOnce}, compressing while it writes; the header comes last. */
async function writeInPieces(
  handle: FileHandle,
  raw: Iterable<Buffer>,
  header: HeaderStart,
): Promise<number> {
  let packedBytes = 0;
  let sum = 0;
  await handle.seek(HEADER_BYTES, Deno.SeekMode.Start);
  await pipeline(
    raw,
    createZstdCompress({ chunkSize: PACKED_CHUNK_BYTES, ...PACKING }),
    async (packed: AsyncIterable<Uint8Array>) => {
      for await (const chunk of packed) {
        sum = crc32(chunk, sum);
        packedBytes += chunk.length;
        await writeFully(handle, chunk);
      }
    },
  );
  await handle.seek(0, Deno.SeekMode.Start);
  await writeFully(handle, encodeHeader({ ...header, packedBytes, crc32: sum }));
  return packedBytes;
}

/** Reads a checkpoint whole. Throws a BadCheckpoint with the reason, or a Fault of the disk. */
export async function readCheckpoint(
  path: string,
  limits: ReadLimits = DEFAULT_LIMITS,
): Promise<Checkpoint> {
  const { header, packed } = await readPacked(path, limits);
  let file: Safetensors;
  try {
    const limits = {
      maxOutputLength: header.rawBytes,
      chunkSize: Math.min(Math.max(header.rawBytes, 1024), 64 << 20),
    };
    const raw = header.rawBytes <= AT_ONCE_BYTES_MAX
      ? zstdDecompressSync(packed, limits)
      : await decompress(packed, limits);
    if (raw.length !== header.rawBytes) throw new Error("it inflates to another length");
    file = decodeSafetensors(raw);
  } catch (error) {
    throw new BadCheckpoint(error instanceof Error ? error.message : String(error));
  }
  if (file.identity.step !== header.step) {
    throw new BadCheckpoint(`its header names step ${header.step}, its content another`);
  }
  const tensors = file.tensors.map((tensor) => ownTensor(tensor, file.shuffled.has(tensor.name)));
  return { identity: file.identity, snapshot: { plain: file.plain, tensors } };
}

/** Checks a checkpoint without inflating it: lengths and checksums. */
export async function verifyCheckpoint(
  path: string,
  limits: ReadLimits = DEFAULT_LIMITS,
): Promise<CheckpointHeader> {
  return (await readPacked(path, limits)).header;
}

/** Reads and checks the header and the length of the file, nothing else. */
export async function readHeader(path: string): Promise<CheckpointHeader> {
  using file = await openCheckpoint(path);
  return await checkHeader(file, path);
}

/** The file's bytes as they are compressed: the header, then every array in its blocks. */
function* pieces(
  header: Uint8Array,
  tensors: readonly Tensor[],
  shuffled: ReadonlySet<string>,
): Generator<Buffer> {
  const total = tensors.reduce((sum, { bytes }) => sum + bytes.length, header.length);
  // Reused: the stream asks for the next piece only when it has taken this one, because a full piece
  // exceeds what it buffers; and only the last one is not full.
  const piece = new Uint8Array(Math.min(PIECE_BYTES, total));
  let filled = 0;
  for (const [block, width] of blocks(header, tensors, shuffled)) {
    if (filled + block.length > piece.length) {
      yield Buffer.from(piece.buffer, 0, filled);
      filled = 0;
    }
    const target = piece.subarray(filled, filled + block.length);
    if (width > 0) shuffle(block, target, width);
    else target.set(block);
    filled += block.length;
  }
  if (filled > 0) yield Buffer.from(piece.buffer, 0, filled);
}

/** Blocks of at most a megabyte, and the width to shuffle them by; 0 leaves them as they are. */
function* blocks(
  header: Uint8Array,
  tensors: readonly Tensor[],
  shuffled: ReadonlySet<string>,
): Generator<[block: Uint8Array, width: number]> {
  yield* cut(header, COPY_BYTES, 0);
  for (const { name, dtype, bytes } of tensors) {
    const width = DTYPE_BYTES[dtype];
    if (shuffled.has(name)) yield* cut(bytes, SHUFFLE_BLOCK * width, width);
    else yield* cut(bytes, COPY_BYTES, 0);
  }
}

function* cut(
  bytes: Uint8Array,
  size: number,
  width: number,
): Generator<[block: Uint8Array, width: number]> {
  for (let at = 0; at < bytes.length; at += size) yield [bytes.subarray(at, at + size), width];
}

/** The array in memory of its own, its bytes in order. */
function ownTensor(tensor: Tensor, shuffled: boolean): Tensor {
  if (!shuffled) return { ...tensor, bytes: new Uint8Array(tensor.bytes) };
  const width = DTYPE_BYTES[tensor.dtype];
  const bytes = new Uint8Array(tensor.bytes.length);
  let at = 0;
  for (const [block] of cut(tensor.bytes, SHUFFLE_BLOCK * width, width)) {
    unshuffle(block, bytes.subarray(at, at + block.length), width);
    at += block.length;
  }
  return { ...tensor, bytes };
}

/** The header and the compressed bytes, whose checksum is right. */
export async function readPacked(
  path: string,
  limits: ReadLimits,
): Promise<{ readonly header: CheckpointHeader; readonly packed: Uint8Array }> {
  using file = await openCheckpoint(path);
  const header = await checkHeader(file, path);
  if (header.rawBytes > limits.rawBytesMax) {
    throw new BadCheckpoint(
      `it is too large: ${header.rawBytes} bytes, where ${limits.rawBytesMax} are allowed`,
    );
  }
  const packed = await readExactly(file, header.packedBytes, path);
  if (crc32(packed) !== header.crc32) throw new BadCheckpoint("its checksum does not match");
  return { header, packed };
}

async function openCheckpoint(path: string): Promise<FileHandle> {
  try {
    return await fs.open(path, { read: true });
  } catch (error) {
    throw diskFault(error, path);
  }
}

async function checkHeader(file: FileHandle, path: string): Promise<CheckpointHeader> {
  const size = (await file.stat()).size;
  if (size < HEADER_BYTES) throw new BadCheckpoint(`it is torn: ${size} bytes`);
  const header = decodeHeader(await readExactly(file, HEADER_BYTES, path));
  checkLength(header, size);
  return header;
}

async function readExactly(file: FileHandle, length: number, path: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = await file.read(bytes.subarray(at)).catch((error) => {
      throw diskFault(error, path);
    });
    if (read === null) throw new BadCheckpoint(`${basename(path)} is torn`);
    at += read;
  }
  return bytes;
}

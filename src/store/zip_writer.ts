/** Making zip packs: fflate's container around node:zlib's deflate, which runs off the calling thread. */
import { promisify } from "node:util";
import { constants, crc32, deflateRaw, deflateRawSync } from "node:zlib";
import { Zip, type ZipInputFile } from "fflate";

export interface PackedFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** fflate writes no zip64: so many entries and bytes at most. */
export const ZIP_ENTRIES_MAX = 65_535;

const deflate = promisify(deflateRaw) as unknown as (
  data: Uint8Array,
  options: { level: number; finishFlush: number },
) => Promise<Uint8Array<ArrayBuffer>>;

/** Always the same time of day, so that the same files make the same pack. */
const MODIFIED = new Date(1980, 0, 1);
/** On a journal: a twentieth larger than at level 6, in little more than half the time. */
const LEVEL = 2;
/**
 * After so many bytes the compression begins anew, at a whole byte: damage costs what lies up to the next such
 * place, not all that follows. Costs less than a hundredth in size.
 */
const PIECE_BYTES = 256 << 10;
/** What is so small is deflated here and now: handing it to another thread would take longer. */
const AT_ONCE_BYTES_MAX = PIECE_BYTES;

/** The parts of a zip file, to be written one after the other. */
export async function buildZip(files: readonly PackedFile[]): Promise<Uint8Array[]> {
  if (files.length > ZIP_ENTRIES_MAX) {
    throw new Error(`too many files in one pack: ${files.length}`);
  }
  const parts: Uint8Array[] = [];
  const zip = new Zip((error, part) => {
    if (error) throw error;
    parts.push(part);
  });
  for (const { name, data } of files) {
    const packed = data.length <= AT_ONCE_BYTES_MAX
      ? [new Uint8Array(deflateRawSync(data, { level: LEVEL }))]
      : await deflateInPieces(data);
    const entry: ZipInputFile = {
      filename: name,
      size: data.length,
      crc: crc32(data),
      compression: 8,
      mtime: MODIFIED,
    };
    zip.add(entry);
    packed.forEach((piece, i) => entry.ondata?.(null, piece, i === packed.length - 1));
  }
  zip.end();
  return parts;
}

async function deflateInPieces(data: Uint8Array): Promise<Uint8Array<ArrayBuffer>[]> {
  const packed: Uint8Array<ArrayBuffer>[] = [];
  for (let from = 0, end = 0; from < data.length; from = end) {
    end = Math.min(from + PIECE_BYTES, data.length);
    const finishFlush = end === data.length ? constants.Z_FINISH : constants.Z_FULL_FLUSH;
    packed.push(await deflate(data.subarray(from, end), { level: LEVEL, finishFlush }));
  }
  return packed;
}

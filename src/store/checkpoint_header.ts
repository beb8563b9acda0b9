/** The fixed header of a checkpoint file: what is in it, and whether it can be. In memory only. */
import { crc32 } from "./crc32.ts";

/** What the fixed header says; known without inflating anything. */
export interface CheckpointHeader {
  readonly step: number;
  readonly rawBytes: number;
  readonly packedBytes: number;
  readonly crc32: number;
}

/** A checkpoint that must not be used; the message is the reason in words. */
export class BadCheckpoint extends Error {
  override readonly name = "BadCheckpoint";
}

export const HEADER_BYTES = 48;

const MAGIC = "SIMRUNCK";
const VERSION = 1;
const CODEC_ZSTD = 1;
/** No zstd frame inflates to more: a block of 128 KiB takes at least 4 bytes. */
const RATIO_MAX = 50_000;

/** The header as it stands at the beginning of the file. */
export function encodeHeader(header: CheckpointHeader): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint16(8, VERSION, true);
  view.setUint16(10, CODEC_ZSTD, true);
  view.setUint32(12, HEADER_BYTES, true);
  view.setBigUint64(16, BigInt(header.rawBytes), true);
  view.setBigUint64(24, BigInt(header.packedBytes), true);
  view.setBigUint64(32, BigInt(header.step), true);
  view.setUint32(40, header.crc32, true);
  view.setUint32(44, crc32(bytes.subarray(0, 44)), true);
  return bytes;
}

/** Refuses a file that has not the length its header says. */
export function checkLength(header: CheckpointHeader, bytes: number): void {
  const whole = HEADER_BYTES + header.packedBytes;
  if (bytes !== whole) throw new BadCheckpoint(`it is torn: ${bytes} of ${whole} bytes`);
}

/** Takes the header apart. Throws a BadCheckpoint with the reason. */
export function decodeHeader(bytes: Uint8Array): CheckpointHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (new TextDecoder().decode(bytes.subarray(0, 8)) !== MAGIC) {
    throw new BadCheckpoint("it does not begin as a checkpoint");
  }
  if (crc32(bytes.subarray(0, 44)) !== view.getUint32(44, true)) {
    throw new BadCheckpoint("the checksum of its header does not match");
  }
  // Only behind the checksum: a flipped bit is damage, not a newer version.
  if (view.getUint16(8, true) !== VERSION || view.getUint16(10, true) !== CODEC_ZSTD) {
    throw new BadCheckpoint(
      `it is of a newer format: version ${view.getUint16(8, true)}, codec ${
        view.getUint16(10, true)
      }`,
    );
  }
  const header = {
    rawBytes: Number(view.getBigUint64(16, true)),
    packedBytes: Number(view.getBigUint64(24, true)),
    step: Number(view.getBigUint64(32, true)),
    crc32: view.getUint32(40, true),
  };
  if (!Object.values(header).every(Number.isSafeInteger)) {
    throw new BadCheckpoint("its header holds impossible numbers");
  }
  if (header.rawBytes > header.packedBytes * RATIO_MAX) {
    throw new BadCheckpoint(`it says it inflates to ${header.rawBytes} bytes, which cannot be`);
  }
  return header;
}

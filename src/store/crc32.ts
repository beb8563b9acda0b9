/**
 * CRC-32 as in zip and zlib. Small inputs are summed here: `node:zlib` takes 10 to 20 ms to load,
 * which `simrun status` of a small tree need not wait for.
 */
import { zlib } from "./zlib.ts";

/** From here on the native sum is worth loading. */
const NATIVE_BYTES_MIN = 1 << 16;
const POLYNOMIAL = 0xedb88320;

/** Four tables of 256: the sum is taken forward by four bytes at a time. */
const TABLES = makeTables();

/** The sum of `bytes`, going on from `sum`. */
export function crc32(bytes: Uint8Array, sum = 0): number {
  if (bytes.length >= NATIVE_BYTES_MIN) return zlib().crc32(bytes, sum);
  const { length } = bytes;
  let crc = ~sum;
  let at = 0;
  for (const end = length - 3; at < end; at += 4) {
    crc ^= bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
    crc = TABLES[768 + (crc & 255)]! ^ TABLES[512 + (crc >>> 8 & 255)]! ^
      TABLES[256 + (crc >>> 16 & 255)]! ^ TABLES[crc >>> 24]!;
  }
  for (; at < length; at++) crc = TABLES[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(4 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? POLYNOMIAL ^ (crc >>> 1) : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256]!;
    tables[i] = tables[before & 255]! ^ (before >>> 8);
  }
  return tables;
}

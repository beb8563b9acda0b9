/**
 * Byte shuffling: the first bytes of all elements, then the second bytes and so on, because the bytes of
 * one rank resemble each other and compress. Done in blocks of 131,072 elements, so that a plane of a full
 * block is exactly one block of zstd, and so that any array needs only one block of memory.
 */
import { constants, zstdCompressSync } from "node:zlib";

/** Elements in a block; the last one of an array may be shorter. */
export const SHUFFLE_BLOCK = 131_072;

/** Pieces looked at, and the bytes in each, to find out whether shuffling pays. */
const SAMPLE_PIECES = 3;
const SAMPLE_BYTES = 16_384;
/** A gain below this is not worth the time of shuffling back. */
const GAIN_MIN = 0.05;

/** Shuffles one block of elements of `width` bytes from `source` into `target`; both of equal length. */
export function shuffle(source: Uint8Array, target: Uint8Array, width: number): void {
  if (width % 4 === 0 && source.length % (4 * width) === 0 && aligned(source) && aligned(target)) {
    return shuffleWords(wordsOf(source), wordsOf(target), width / 4);
  }
  const count = source.length / width;
  for (let rank = 0; rank < width; rank++) {
    const plane = rank * count;
    for (let i = 0, at = rank; i < count; i++, at += width) target[plane + i] = source[at]!;
  }
}

/** The inverse of {@linkcode shuffle}. */
export function unshuffle(source: Uint8Array, target: Uint8Array, width: number): void {
  if (width % 4 === 0 && source.length % (4 * width) === 0 && aligned(source) && aligned(target)) {
    return unshuffleWords(wordsOf(source), wordsOf(target), width / 4);
  }
  const count = source.length / width;
  for (let rank = 0; rank < width; rank++) {
    const plane = rank * count;
    for (let i = 0, at = rank; i < count; i++, at += width) target[at] = source[plane + i]!;
  }
}

/** Whether a trial on a few pieces of the array becomes smaller when shuffled. */
export function worthShuffling(bytes: Uint8Array, width: number): boolean {
  if (width === 1 || bytes.length < 64 * width) return false;
  const sample = samplePieces(bytes, width);
  const shuffled = new Uint8Array(sample.length);
  shuffle(sample, shuffled, width);
  return compressedBytes(shuffled) < (1 - GAIN_MIN) * compressedBytes(sample);
}

/** Pieces from the start, the middle and the end, each of whole elements. */
function samplePieces(bytes: Uint8Array, width: number): Uint8Array {
  if (bytes.length <= SAMPLE_PIECES * SAMPLE_BYTES) return bytes.slice();
  const sample = new Uint8Array(SAMPLE_PIECES * SAMPLE_BYTES);
  const stride = Math.floor((bytes.length - SAMPLE_BYTES) / (SAMPLE_PIECES - 1) / width) * width;
  for (let piece = 0; piece < SAMPLE_PIECES; piece++) {
    const from = piece * stride;
    sample.set(bytes.subarray(from, from + SAMPLE_BYTES), piece * SAMPLE_BYTES);
  }
  return sample;
}

function compressedBytes(bytes: Uint8Array): number {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 1 } }).length;
}

/**
 * Four elements at a time: the four words of one rank group are a 4 × 4 matrix of bytes, transposed
 * in registers. Six times as fast as byte by byte.
 */
function shuffleWords(source: Uint32Array, target: Uint32Array, wordsEach: number): void {
  const plane = source.length / wordsEach / 4;
  const [second, third, fourth] = [wordsEach, 2 * wordsEach, 3 * wordsEach];
  for (let group = 0; group < wordsEach; group++) {
    const first = 4 * group * plane;
    for (let i = 0, at = group; i < plane; i++, at += 4 * wordsEach) {
      const a = source[at]!;
      const b = source[at + second]!;
      const c = source[at + third]!;
      const d = source[at + fourth]!;
      const abEven = (a & 0x00ff00ff) | ((b & 0x00ff00ff) << 8);
      const abOdd = ((a >>> 8) & 0x00ff00ff) | (b & 0xff00ff00);
      const cdEven = (c & 0x00ff00ff) | ((d & 0x00ff00ff) << 8);
      const cdOdd = ((c >>> 8) & 0x00ff00ff) | (d & 0xff00ff00);
      const out = first + i;
      target[out] = (abEven & 0xffff) | (cdEven << 16);
      target[out + plane] = (abOdd & 0xffff) | (cdOdd << 16);
      target[out + 2 * plane] = (abEven >>> 16) | (cdEven & 0xffff0000);
      target[out + 3 * plane] = (abOdd >>> 16) | (cdOdd & 0xffff0000);
    }
  }
}

function unshuffleWords(source: Uint32Array, target: Uint32Array, wordsEach: number): void {
  const plane = source.length / wordsEach / 4;
  const [second, third, fourth] = [wordsEach, 2 * wordsEach, 3 * wordsEach];
  for (let group = 0; group < wordsEach; group++) {
    const first = 4 * group * plane;
    for (let i = 0, at = group; i < plane; i++, at += 4 * wordsEach) {
      const from = first + i;
      const p = source[from]!;
      const q = source[from + plane]!;
      const r = source[from + 2 * plane]!;
      const s = source[from + 3 * plane]!;
      const abEven = (p & 0xffff) | (r << 16);
      const abOdd = (q & 0xffff) | (s << 16);
      const cdEven = (p >>> 16) | (r & 0xffff0000);
      const cdOdd = (q >>> 16) | (s & 0xffff0000);
      target[at] = (abEven & 0x00ff00ff) | ((abOdd & 0x00ff00ff) << 8);
      target[at + second] = ((abEven >>> 8) & 0x00ff00ff) | (abOdd & 0xff00ff00);
      target[at + third] = (cdEven & 0x00ff00ff) | ((cdOdd & 0x00ff00ff) << 8);
      target[at + fourth] = ((cdEven >>> 8) & 0x00ff00ff) | (cdOdd & 0xff00ff00);
    }
  }
}

function aligned(bytes: Uint8Array): boolean {
  return bytes.byteOffset % 4 === 0;
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

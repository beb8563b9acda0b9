/** Finds the first byte that is not UTF-8, and guesses what the text is instead. Pure. */

export interface BrokenUtf8 {
  /** From 0. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  readonly looksLike?: string;
}

/** `undefined` for valid UTF-8. */
export function checkUtf8(bytes: Uint8Array): BrokenUtf8 | undefined {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return brokenAt(bytes, at);
    at += length;
  }
  return undefined;
}

/** Bytes of the well-formed sequence there (Unicode, table 3-7), or 0. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const second = bytes[at + 1] ?? 0;
  // Overlong forms, surrogates, and what lies beyond U+10FFFF show in the second byte.
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let i = 2; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}

function brokenAt(bytes: Uint8Array, offset: number): BrokenUtf8 {
  let line = 1;
  for (let at = 0; at < offset; at++) if (bytes[at] === 0x0a) line++;
  const looksLike = guess(bytes, offset);
  return { offset, line, ...(looksLike === undefined ? {} : { looksLike }) };
}

function guess(bytes: Uint8Array, offset: number): string | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe || first === 0xfe && second === 0xff) return "UTF-16";
  if (first === 0x1f && second === 0x8b) return "a gzip file";
  if (first === 0x50 && second === 0x4b) return "a zip file";
  if (bytes.subarray(0, 1024).includes(0)) return "a binary file";
  return bytes[offset]! >= 0xa0 ? "Latin-1 text" : undefined;
}

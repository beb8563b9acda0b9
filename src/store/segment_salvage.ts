/**
 * Lines saved from a damaged segment. Its stream begins anew at marked places, so behind a damage the next piece
 * can be inflated again; and every line proves itself, so what is not whole never passes for one.
 */
import { fs } from "./file_system.ts";
import { decodeLine, linesIn } from "./journal_line.ts";
import type { Segment } from "./segment.ts";
import { entryStart } from "./zip.ts";
import { zlib } from "./zlib.ts";

/** What a full flush leaves in a deflate stream. */
const MARK = [0x00, 0x00, 0xff, 0xff];
/** A segment holds less; what inflates to more is a bomb, and nothing is looked for in it. */
const OUTPUT_BYTES_MAX = 80 << 20;
/** A larger file is no segment. */
const FILE_BYTES_MAX = 512 << 20;

/** The good lines by their sequence numbers. */
export async function salvageLines(segment: Segment): Promise<Map<number, Uint8Array>> {
  const good = new Map<number, Uint8Array>();
  if ((await fs.stat(segment.path)).size > FILE_BYTES_MAX) return good;
  const packed = (await fs.readFile(segment.path)).subarray(
    entryStart(segment.path, segment.entry),
  );
  const keep = (raw: Uint8Array) => {
    for (const line of linesIn(raw)) {
      const entry = decodeLine(line);
      if (typeof entry !== "string" && !good.has(entry.seq)) good.set(entry.seq, line);
    }
  };
  try {
    inflateAll(packed, keep);
  } catch (error) {
    if (!(error instanceof Bomb)) throw error;
  }
  return good;
}

class Bomb extends Error {}

/** Behind each damage from the next mark on; then every piece by itself. */
function inflateAll(packed: Uint8Array, keep: (raw: Uint8Array) => void): void {
  const marks = marksIn(packed);
  for (let at = 0; at < packed.length;) {
    const { raw, bytes } = inflateBeginning(packed.subarray(at));
    keep(raw);
    const next = marks.find((mark) => mark > at + bytes) ?? packed.length;
    at = bytes === packed.length - at ? packed.length : next;
  }
  for (const raw of inflatePieces(packed, marks)) keep(raw);
}

/** As many of the first bytes as can be inflated, found by halving: whatever is wrong stays wrong behind it. */
function inflateBeginning(packed: Uint8Array): { raw: Uint8Array; bytes: number } {
  const whole = inflate(packed);
  if (whole !== undefined) return { raw: whole, bytes: packed.length };
  let raw: Uint8Array = new Uint8Array(0);
  let good = 0;
  for (let bad = packed.length; bad - good > 1;) {
    const middle = (good + bad) >>> 1;
    const inflated = inflate(packed.subarray(0, middle));
    if (inflated === undefined) bad = middle;
    else {
      good = middle;
      raw = inflated;
    }
  }
  return { raw, bytes: good };
}

/** Each piece by itself, neighbours joined: a flipped bit may inflate to the end, and to nonsense. */
function* inflatePieces(packed: Uint8Array, marks: readonly number[]): Generator<Uint8Array> {
  let joined: Uint8Array[] = [];
  for (const [i, from] of [0, ...marks].entries()) {
    const raw = inflate(packed.subarray(from, marks[i]));
    if (raw !== undefined) joined.push(raw);
    if (raw === undefined || i === marks.length || joined.length > 8) {
      yield join(joined);
      // A line may reach from one piece into the next.
      joined = joined.slice(-1);
      if (raw === undefined) joined = [];
    }
  }
}

function inflate(packed: Uint8Array): Uint8Array | undefined {
  try {
    const { inflateRawSync, constants } = zlib();
    const raw = inflateRawSync(packed, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: OUTPUT_BYTES_MAX,
      chunkSize: 1 << 20,
    });
    return new Uint8Array(raw.buffer, raw.byteOffset, raw.length);
  } catch (error) {
    if (error instanceof RangeError) throw new Bomb();
    return undefined;
  }
}

/** Where pieces begin: behind each mark. Some only look like one. */
function marksIn(packed: Uint8Array): number[] {
  const marks: number[] = [];
  for (let at = packed.indexOf(0xff); at !== -1; at = packed.indexOf(0xff, at + 1)) {
    if (at >= 2 && MARK.every((byte, i) => packed[at - 2 + i] === byte)) marks.push(at + 2);
  }
  return marks;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

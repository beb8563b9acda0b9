/** Where the good lines of a hot journal end: behind a crash there may be a torn line, or a group with holes. */
import type { FileHandle } from "./file_system.ts";
import { decodeLine, NEWLINE } from "./journal_line.ts";
import { openHot, scanLines } from "./journal_read.ts";
import type { Layout } from "./layout.ts";
import { lastSealedSeq, listSegments } from "./segment.ts";

/** Beyond it the last line is looked for from the beginning. */
const WINDOW_BYTES_MAX = 256 << 20;

export interface Tail {
  /** Where the last good line ends. */
  readonly bytes: number;
  /** Its sequence number; 0 when there is none. */
  readonly seq: number;
}

/** The number of the last good entry of a tree; 0 where there is none. */
export function lastSeqOf(layout: Layout): number {
  using hot = openHot(layout);
  return Math.max(lastSealedSeq(listSegments(layout)), hot === undefined ? 0 : findTail(hot).seq);
}

/**
 * Finds where the good lines end, from the end of the file, in a window that grows until it holds the first line of the
 * last group. Of a group that was not synced, a power cut may keep any part: what stands behind its first damaged line was
 * told to nobody, and is cut off with it. A damaged line before that group is damage, and stays for all to see.
 */
export function findTail(file: FileHandle): Tail {
  const size = file.statSync().size;
  for (let window = 1 << 20;; window *= 4) {
    if (window > WINDOW_BYTES_MAX && size > window) return findTailForward(file);
    const start = Math.max(0, size - window);
    const tail = tailIn(readFrom(file, start, size - start), start);
    if (tail !== undefined) return tail;
  }
}

/** The tail in the last bytes of the file, which begin at `start`; undefined when more of it must be seen. */
function tailIn(bytes: Uint8Array, start: number): Tail | undefined {
  let last: Tail | undefined;
  for (let end = bytes.lastIndexOf(NEWLINE) + 1; end > 0;) {
    const from = end < 2 ? 0 : bytes.lastIndexOf(NEWLINE, end - 2) + 1;
    if (from === 0 && start > 0) return undefined;
    const entry = decodeLine(bytes.subarray(from, end - 1));
    if (typeof entry !== "string") {
      if (entry.synced) return goodFrom(bytes, from, start);
      last ??= { bytes: start + end, seq: entry.seq };
    }
    end = from;
  }
  // Written by a simrun that did not mark its groups, or empty.
  return start === 0 ? last ?? { bytes: 0, seq: 0 } : undefined;
}

/** The tail behind a good line and the good ones that follow it. */
function goodFrom(bytes: Uint8Array, from: number, start: number): Tail {
  let tail: Tail = { bytes: start + from, seq: 0 };
  for (;;) {
    const newline = bytes.indexOf(NEWLINE, from);
    const entry = newline === -1 ? "it is torn" : decodeLine(bytes.subarray(from, newline));
    if (typeof entry === "string") return tail;
    from = newline + 1;
    tail = { bytes: start + from, seq: entry.seq };
  }
}

/** From the beginning: slower, but a journal with gigabytes of garbage behind it takes no memory for them. */
function findTailForward(file: FileHandle): Tail {
  let tail: Tail = { bytes: 0, seq: 0 };
  let beforeDamage: Tail | undefined;
  let isMarked = false;
  file.seekSync(0, Deno.SeekMode.Start);
  scanLines((into) => file.readSync(into), (line, offset, bytes) => {
    const entry = decodeLine(line);
    if (typeof entry === "string") {
      beforeDamage ??= tail;
      return;
    }
    if (entry.synced) {
      isMarked = true;
      beforeDamage = undefined;
    }
    tail = { bytes: offset + bytes + 1, seq: entry.seq };
  });
  return isMarked && beforeDamage !== undefined ? beforeDamage : tail;
}

function readFrom(file: FileHandle, from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  file.seekSync(from, Deno.SeekMode.Start);
  let at = 0;
  while (at < length) {
    const read = file.readSync(bytes.subarray(at));
    if (read === null) break;
    at += read;
  }
  return bytes.subarray(0, at);
}

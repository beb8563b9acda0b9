/**
 * Reading the journal without a lock, while it is written and sealed by another process.
 *
 * Order of reading: open the hot journal, then list the sealed segments, read these, then read the open
 * handle. Sealing replaces the hot file and never changes it, so whatever happens in between, each entry
 * is in what is read; an entry that is met twice is known by its sequence number.
 */
import type { JournalEntry } from "../job/event.ts";
import { diskFault } from "./disk.ts";
import { type FileHandle, fs } from "./file_system.ts";
import {
  beginsAsLine,
  decodeLine,
  type JournalLocation,
  linesIn,
  NEWLINE,
} from "./journal_line.ts";
import { listSegments, readSegment, type Segment } from "./segment.ts";
import type { Layout } from "./layout.ts";
import { basename } from "../job/path.ts";
import { BadZip } from "./zip.ts";
import { Fault } from "../job/fault.ts";

export interface BadLine {
  readonly file: string;
  /** From 1; 0 when the whole file is meant. */
  readonly line: number;
  readonly reason: string;
}

export interface JournalReport {
  /** Entries that were visited. */
  readonly entries: number;
  readonly lastSeq: number;
  /** Bytes of an unfinished last line: being written, or torn by a crash. Not an error. */
  readonly tornBytes: number;
  /** Lines that are damaged; everything else was visited. */
  readonly bad: readonly BadLine[];
  /** Sequence numbers that are in no line: first and last. */
  readonly missing: readonly { readonly from: number; readonly to: number }[];
}

export type JournalVisitor = (entry: JournalEntry, location: JournalLocation) => void;

/** What to type about a damaged journal. */
export const REPAIR_HINT =
  "The other lines were kept. To set the damaged ones aside, type: simrun verify --repair";

/** At first; it grows where a line is longer. The end of a short journal is not looked for in megabytes. */
const CHUNK_BYTES = 256 << 10;
/** No line of the journal is longer; what is takes no more memory than this. */
const LINE_BYTES_MAX = 256 << 20;
/** So much of what is no line is kept, to be told that it is none. */
const STUB_BYTES = 64;

/** Visits every entry in order: the sealed segments, then the hot journal. */
export function readJournal(layout: Layout, visit: JournalVisitor): JournalReport {
  const fold = new Fold(visit);
  try {
    using hot = openHot(layout);
    for (const segment of listSegments(layout)) fold.readSegment(segment);
    if (hot !== undefined) fold.readHot(hot, layout.journal);
  } catch (error) {
    throw diskFault(error, layout.journal);
  }
  return fold.report();
}

/**
 * Calls back for each whole line of a file, read in big chunks; answers the bytes behind the last. Of what does
 * not begin as a line only the beginning is kept: gigabytes of zeros cost no memory. `bytes` is the true length.
 */
export function scanLines(
  read: (into: Uint8Array) => number | null,
  onLine: (line: Uint8Array, offset: number, bytes: number) => void,
): number {
  let buffer = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  let base = 0;
  /** Bytes of the line at hand that were not kept. */
  let dropped = 0;
  for (;;) {
    if (filled === buffer.length) {
      if (filled >= LINE_BYTES_MAX || !beginsAsLine(buffer)) {
        dropped += filled - STUB_BYTES;
        filled = STUB_BYTES;
      }
    }
    if (filled === buffer.length) {
      const larger = new Uint8Array(buffer.length * 2);
      larger.set(buffer);
      buffer = larger;
    }
    const count = read(buffer.subarray(filled));
    if (count === null || count === 0) return filled + dropped;
    const end = filled + count;
    let from = 0;
    let newline = buffer.indexOf(NEWLINE, filled);
    while (newline !== -1 && newline < end) {
      onLine(buffer.subarray(from, newline), base + from, newline - from + dropped);
      base += dropped;
      dropped = 0;
      from = newline + 1;
      newline = buffer.indexOf(NEWLINE, from);
    }
    buffer.copyWithin(0, from, end);
    base += from;
    filled = end - from;
  }
}

class Fold {
  readonly #visit: JournalVisitor;
  readonly #bad: BadLine[] = [];
  readonly #missing: { from: number; to: number }[] = [];
  #entries = 0;
  #lastSeq = 0;
  #tornBytes = 0;

  constructor(visit: JournalVisitor) {
    this.#visit = visit;
  }

  readSegment(segment: Segment): void {
    let bytes: Uint8Array;
    try {
      bytes = readSegment(segment);
    } catch (error) {
      if (!(error instanceof BadZip)) throw error;
      this.#bad.push({ file: segment.path, line: 0, reason: error.message });
      return;
    }
    let number = 0;
    let offset = 0;
    for (const line of linesIn(bytes)) {
      this.#take(line, { segment: segment.number, path: segment.path, offset, number: ++number });
      offset += line.length + 1;
    }
  }

  readHot(file: FileHandle, path: string): void {
    let number = 0;
    this.#tornBytes = scanLines(
      (into) => file.readSync(into),
      (line, offset) => this.#take(line, { segment: 0, path, offset, number: ++number }),
    );
  }

  report(): JournalReport {
    return {
      entries: this.#entries,
      lastSeq: this.#lastSeq,
      tornBytes: this.#tornBytes,
      bad: this.#bad,
      missing: this.#missing,
    };
  }

  #take(
    line: Uint8Array,
    place: { segment: number; path: string; offset: number; number: number },
  ): void {
    const entry = decodeLine(line);
    if (typeof entry === "string") {
      this.#bad.push({ file: place.path, line: place.number, reason: entry });
      return;
    }
    if (entry.seq <= this.#lastSeq) return;
    if (entry.seq > this.#lastSeq + 1) {
      this.#missing.push({ from: this.#lastSeq + 1, to: entry.seq - 1 });
    }
    this.#lastSeq = entry.seq;
    this.#entries++;
    const { segment, offset } = place;
    this.#visit(entry, { segment, offset, bytes: line.length, seq: entry.seq });
  }
}

/** The hot journal as it is now; undefined when there is none. */
export function openHot(layout: Layout): FileHandle | undefined {
  try {
    // A link is followed by nobody who writes; a pipe in its place would never answer.
    for (const { name, isFile } of fs.readDirSync(layout.hotFolder)) {
      if (name === basename(layout.journal) && !isFile) throw notPlain(layout.journal);
    }
    return fs.openSync(layout.journal, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function notPlain(path: string): Fault {
  return new Fault("tree-invalid", `${path} is not a plain file.`, {
    hint: "Type simrun verify --repair: it moves it aside, and rebuilds what can be rebuilt.",
  });
}

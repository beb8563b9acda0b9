/**
 * Reading entries of the journal again, by their places, and following what is appended to it. Both for the holder
 * of the lock and beside its writer: lines that are durable are never changed.
 */
import { Fault } from "../job/fault.ts";
import type { JournalEntry } from "../job/event.ts";
import type { FileHandle } from "./file_system.ts";
import { decodeLine, type JournalLocation, linesIn } from "./journal_line.ts";
import { type JournalVisitor, openHot, scanLines } from "./journal_read.ts";
import type { Layout } from "./layout.ts";
import { listSegments, readSegment, type Segment } from "./segment.ts";
import { homeOf } from "./shards.ts";

/** Reads one entry again. A location in the hot journal stays good when that is sealed. */
export function readEntryAt(layout: Layout, location: JournalLocation): JournalEntry {
  using reader = new EntryReader(layout);
  return reader.at(location);
}

/** Reads many of them: files are opened once. The quickest in the order of their places. */
export class EntryReader implements Disposable {
  readonly #layout: Layout;
  #hot: FileHandle | undefined;
  #isOpen = false;
  #segments: readonly Segment[] | undefined;
  readonly #shards = new Map<string, EntryReader>();

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  at(location: JournalLocation): JournalEntry {
    if (location.shard !== undefined) {
      const { shard, ...inShard } = location;
      return this.#readerOf(shard).at(inShard);
    }
    const entry = (location.segment === 0 ? this.#readHot(location) : undefined) ??
      this.#readSealed(location);
    if (entry === undefined) {
      throw new Fault(
        "tree-damaged",
        `Entry ${location.seq} of the journal cannot be read again.`,
        { hint: "Check the tree with: simrun verify" },
      );
    }
    return entry;
  }

  [Symbol.dispose](): void {
    this.#hot?.close();
    this.#hot = undefined;
    for (const reader of this.#shards.values()) reader[Symbol.dispose]();
    this.#shards.clear();
  }

  #readerOf(shard: string): EntryReader {
    const known = this.#shards.get(shard);
    if (known !== undefined) return known;
    const reader = new EntryReader(homeOf(this.#layout, shard));
    this.#shards.set(shard, reader);
    return reader;
  }

  #readHot(location: JournalLocation): JournalEntry | undefined {
    if (!this.#isOpen) this.#hot = openHot(this.#layout);
    this.#isOpen = true;
    if (this.#hot === undefined) return undefined;
    const line = new Uint8Array(location.bytes);
    this.#hot.seekSync(location.offset, Deno.SeekMode.Start);
    for (let at = 0; at < line.length;) {
      const read = this.#hot.readSync(line.subarray(at));
      if (read === null) return undefined;
      at += read;
    }
    return entryIn(line, location.seq);
  }

  #readSealed(location: JournalLocation): JournalEntry | undefined {
    this.#segments ??= listSegments(this.#layout);
    for (const segment of this.#segments) {
      if (location.seq < segment.firstSeq || location.seq > segment.lastSeq) continue;
      const bytes = readSegment(segment);
      // Sealing keeps the lines; their offsets too, unless a long journal became several segments.
      const entry =
        entryIn(bytes.subarray(location.offset, location.offset + location.bytes), location.seq) ??
          findSeq(bytes, location.seq);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
}

/** So much is read between two looks at other work. */
const PIECE_BYTES = 1 << 20;

/**
 * Visits the whole lines of a piece of the hot journal, from a place up to `to` at most. Answers where the next piece
 * begins: at `to` when all of it was read.
 */
export function readPiece(layout: Layout, from: number, to: number, visit: JournalVisitor): number {
  using file = openHot(layout);
  if (file === undefined) return to;
  for (let bytes = PIECE_BYTES;; bytes *= 2) {
    const end = Math.min(to, from + bytes);
    file.seekSync(from, Deno.SeekMode.Start);
    let at = from;
    const rest = scanLines((into) => {
      const read = at < end ? file.readSync(into.subarray(0, end - at)) : null;
      at += read ?? 0;
      return read;
    }, (line, offset, length) => {
      const entry = decodeLine(line);
      if (typeof entry === "string") return;
      visit(entry, { segment: 0, offset: from + offset, bytes: length, seq: entry.seq });
    });
    // A line may be longer than a piece.
    if (rest < at - from || end === to) return end === to ? to : at - rest;
  }
}

function findSeq(bytes: Uint8Array, seq: number): JournalEntry | undefined {
  for (const line of linesIn(bytes)) {
    const entry = entryIn(line, seq);
    if (entry !== undefined) return entry;
  }
  return undefined;
}

function entryIn(line: Uint8Array, seq: number): JournalEntry | undefined {
  const entry = decodeLine(line);
  return typeof entry !== "string" && entry.seq === seq ? entry : undefined;
}

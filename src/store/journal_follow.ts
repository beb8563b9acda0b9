/**
 * Reading the journal again and again, each time what is new, without a lock and while it is written and sealed by
 * another process. The order of reading is that of `journal_read.ts`: the hot journal is opened before segments are
 * listed, and one that was replaced is read to its end.
 *
 * Lines that were seen may be taken back: a group whose sync failed is cut off again, and other lines come in its
 * place. Whatever stands behind the last line that proves what is before it is then visited once more.
 *
 * Each entry comes with its place, which stays good when the hot journal is sealed: see `journal_again.ts`.
 */
import type { JournalEntry } from "../job/event.ts";
import { diskFault } from "./disk.ts";
import type { FileHandle } from "./file_system.ts";
import { type JournalLocation, type LineRead, linesIn, readLine } from "./journal_line.ts";
import { type JournalVisitor, openHot, scanLines } from "./journal_read.ts";
import type { Layout } from "./layout.ts";
import { listSegments, readSegment, type Segment } from "./segment.ts";
import { BadZip } from "./zip.ts";

export interface Followed {
  /** The last entry that was visited. */
  readonly seq: number;
  /** No entry up to this one is ever taken back, whatever becomes of the machine. */
  readonly safeSeq: number;
  /** There was more than was asked for. */
  readonly hasMore: boolean;
  /** Numbers were left out: lines are damaged or gone. */
  readonly isDamaged: boolean;
  /** Entries behind this one were taken back, and come, or came, a second time; what was made of them is not true. */
  readonly wentBackTo: number | undefined;
}

export interface FollowOptions {
  /** Stops at the first line behind so many bytes; all that is there when absent. */
  readonly bytesMax?: number;
  /** Entries of other types are counted and not visited, and so need not be parsed. */
  readonly types?: ReadonlySet<JournalEntry["type"]>;
}

/** A place in the hot journal: behind the line of that number. */
interface Place {
  readonly offset: number;
  readonly seq: number;
}

/** So much of a line tells it from any other: its checksum. */
const HEAD_BYTES = 16;

export class JournalFollower implements Disposable {
  readonly #layout: Layout;
  #hot: FileHandle | undefined;
  #inode: number | null = null;
  /** Sealed ones that are still to be read; the first is in hand when there are lines. */
  #segments: Segment[] = [];
  #lines: Iterator<Uint8Array> | undefined;
  /** Where the next line of the segment in hand begins. */
  #sealedOffset = 0;
  #offset = 0;
  #seq: number;
  #isDamaged = false;
  /** Nothing before it is ever taken back. */
  #safe: Place;
  #types: FollowOptions["types"];
  /** Where the last line stands that was read, and how it begins. */
  #last: { readonly offset: number; readonly head: Uint8Array } | undefined;

  /** Begins behind the entry of this number. */
  constructor(layout: Layout, afterSeq = 0) {
    this.#layout = layout;
    this.#seq = afterSeq;
    this.#safe = { offset: 0, seq: afterSeq };
  }

  /** Visits what has come since the last call, in order. Throws a `Fault` when the tree cannot be read. */
  read(
    visit: JournalVisitor,
    { bytesMax = Infinity, types }: FollowOptions = {},
  ): Followed {
    this.#types = types;
    let left = bytesMax;
    let wentBackTo: number | undefined;
    try {
      for (;;) {
        if (this.#hot === undefined) {
          if (!this.#open() && this.#segments.length === 0) return this.#answer(false, wentBackTo);
        }
        left -= this.#readSealed(visit, left);
        if (left <= 0) return this.#answer(true, wentBackTo);
        if (this.#hot === undefined) return this.#answer(false, wentBackTo);
        if (this.#wasCut()) {
          this.#goBack();
          wentBackTo = Math.min(wentBackTo ?? Infinity, this.#seq);
        }
        left -= this.#readHot(this.#hot, visit, left);
        if (left <= 0) return this.#answer(true, wentBackTo);
        if (this.#isCurrent()) return this.#answer(false, wentBackTo);
        this.#close();
      }
    } catch (error) {
      throw diskFault(error, this.#layout.journal);
    }
  }

  [Symbol.dispose](): void {
    this.#close();
  }

  #answer(hasMore: boolean, wentBackTo: number | undefined): Followed {
    const { seq: safeSeq } = this.#safe;
    return { seq: this.#seq, safeSeq, hasMore, isDamaged: this.#isDamaged, wentBackTo };
  }

  #open(): boolean {
    this.#hot = openHot(this.#layout);
    this.#inode = this.#hot?.statSync().ino ?? null;
    this.#offset = 0;
    this.#last = undefined;
    this.#safe = { offset: 0, seq: this.#seq };
    // A damaged one that does not tell its numbers is looked at: perhaps they are later.
    this.#segments = listSegments(this.#layout).filter(({ lastSeq }) =>
      lastSeq === 0 || lastSeq > this.#seq
    );
    return this.#hot !== undefined;
  }

  #close(): void {
    this.#hot?.close();
    this.#hot = undefined;
  }

  /** Whether the hot journal's path still leads to the file that is open. */
  #isCurrent(): boolean {
    using now = openHot(this.#layout);
    return now !== undefined && now.statSync().ino === this.#inode;
  }

  #readSealed(visit: JournalVisitor, bytesMax: number): number {
    let bytes = 0;
    for (let segment = this.#segments[0]; segment !== undefined; segment = this.#segments[0]) {
      try {
        this.#lines ??= linesIn(readSegment(segment));
      } catch (error) {
        // What verify tells of; the others can be read.
        if (!(error instanceof BadZip)) throw error;
      }
      for (;;) {
        if (bytes >= bytesMax) return bytes;
        const line = this.#lines?.next();
        if (line === undefined || line.done) break;
        const { length } = line.value;
        const offset = this.#sealedOffset;
        this.#sealedOffset += length + 1;
        bytes += length;
        const found = readLine(line.value, this.#isWanted);
        if (typeof found === "string") continue;
        const { number } = segment;
        this.#visitNew(found, { segment: number, offset, bytes: length, seq: found.seq }, visit);
      }
      this.#segments.shift();
      this.#lines = undefined;
      this.#sealedOffset = 0;
      // It is never cut.
      this.#safe = { offset: 0, seq: this.#seq };
    }
    return bytes;
  }

  #readHot(file: FileHandle, visit: JournalVisitor, bytesMax: number): number {
    const start = this.#offset;
    file.seekSync(start, Deno.SeekMode.Start);
    const read = (into: Uint8Array): number | null =>
      this.#offset - start >= bytesMax ? null : file.readSync(into);
    scanLines(read, (line, at, length) => {
      if (this.#offset - start >= bytesMax) return;
      const found = readLine(line, this.#isWanted);
      // At the end it is perhaps on its way, and is looked at again; elsewhere it is damage.
      if (typeof found === "string") return;
      const offset = start + at;
      if (found.isSynced) this.#safe = { offset, seq: Math.min(this.#seq, found.seq - 1) };
      this.#offset = offset + length + 1;
      this.#last = { offset, head: line.slice(0, HEAD_BYTES) };
      this.#visitNew(found, { segment: 0, offset, bytes: length, seq: found.seq }, visit);
    });
    return this.#offset - start;
  }

  /** What was visited already, and what nobody asks for, is not parsed. */
  readonly #isWanted = (seq: number, type: JournalEntry["type"]): boolean =>
    seq > this.#seq && (this.#types?.has(type) ?? true);

  #visitNew({ seq, entry }: LineRead, location: JournalLocation, visit: JournalVisitor): void {
    if (seq <= this.#seq) return;
    if (seq > this.#seq + 1) this.#isDamaged = true;
    this.#seq = seq;
    if (entry !== undefined) visit(entry, location);
  }

  /** Whether the last line that was read does not stand in its place any more. */
  #wasCut(): boolean {
    if (this.#last === undefined) return false;
    const { offset, head } = this.#last;
    const there = new Uint8Array(HEAD_BYTES);
    this.#hot!.seekSync(offset, Deno.SeekMode.Start);
    return this.#hot!.readSync(there) !== HEAD_BYTES || there.some((byte, at) => byte !== head[at]);
  }

  #goBack(): void {
    this.#offset = this.#safe.offset;
    this.#seq = this.#safe.seq;
    this.#last = undefined;
  }
}

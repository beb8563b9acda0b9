/**
 * Writing the journal: the only truth about progress, appended by the holder of the lock alone.
 *
 * Crash order of an append: the lines of a group are written at the end of the file, then the file is
 * synced, and only then do their promises resolve. A crash in between leaves whole lines that nobody was
 * told of (true all the same: what they report had happened) and at most one torn line, which is cut off,
 * durably, when the journal is opened again, before anything is appended.
 * A write or sync that failed ends the writer (R3): the group is cut off again, so that what was
 * refused is not found later, and everything after it is refused until the journal is opened anew. Only a
 * write that found no room may be tried again, once it is cut off: nothing of it had reached the disk's own memory.
 */
import { join } from "../job/path.ts";
import type { RunEvent } from "../job/event.ts";
import type { Fault } from "../job/fault.ts";
import {
  diskFault,
  makeFolderDurable,
  mayFindRoom,
  syncFolder,
  type WarningSink,
  writeFileDurable,
  writeFully,
} from "./disk.ts";
import { type FileHandle, fs } from "./file_system.ts";
import { encodeLine, lineBody, lineBytesMax, markSynced } from "./journal_line.ts";
import { findTail, type Tail } from "./journal_tail.ts";
import type { Layout } from "./layout.ts";
import { openInPlace } from "./plain_file.ts";
import { copyRanges } from "./quarantine.ts";
import { isSealedWhole, lastSealedSeq, listSegments } from "./segment.ts";

export {
  type BadLine,
  type JournalReport,
  type JournalVisitor,
  readJournal,
  REPAIR_HINT,
} from "./journal_read.ts";
export { readEntryAt } from "./journal_again.ts";
export type { JournalLocation } from "./journal_line.ts";

export interface JournalOptions {
  readonly onWarning?: WarningSink;
}

export interface OpenedJournal {
  readonly writer: JournalWriter;
  /** Sequence number of the last entry that is there. */
  readonly lastSeq: number;
  /** Bytes of torn lines that were cut off; a copy is in the quarantine. */
  readonly tornBytes: number;
}

const PIECE_BYTES = 1 << 20;

export class JournalWriter {
  /** Asked when there is no room for a line: resolves when there may be, with false when it is not waited for. */
  onNoRoom: ((fault: Fault) => Promise<boolean>) | undefined;
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #now: () => Date;
  #buffer = new Uint8Array(PIECE_BYTES);
  #durableBytes: number;
  #nextSeq: number;
  #waiting: string[] = [];
  #waitingGroup: PromiseWithResolvers<void> | undefined;
  #writing: Promise<void> | undefined;
  #fault: Fault | undefined;
  #closed = false;

  private constructor(
    file: FileHandle,
    path: string,
    tail: Tail,
    now: () => Date,
  ) {
    this.#file = file;
    this.#path = path;
    this.#durableBytes = tail.bytes;
    this.#nextSeq = tail.seq + 1;
    this.#now = now;
  }

  /** Opens the journal behind its last good line. Only for the holder of the lock. */
  static async open(
    layout: Layout,
    now: () => Date,
    options: JournalOptions = {},
  ): Promise<OpenedJournal> {
    let file: FileHandle | undefined;
    try {
      const segments = listSegments(layout);
      const sealedSeq = lastSealedSeq(segments);
      file = await openToAppend(layout, options.onWarning);
      let tail = findTail(file);
      const tornBytes = (await file.stat()).size - tail.bytes;
      if (tornBytes > 0) await cutTail(layout, file, tail.bytes);
      if (tail.seq > 0 && tail.seq <= sealedSeq && isSealedWhole(segments, tail.seq)) {
        // Sealed, and then a crash before the hot file was emptied: do that now.
        file.close();
        await writeFileDurable(layout.journal, "", options.onWarning);
        file = await openToAppend(layout, options.onWarning);
        tail = { bytes: 0, seq: 0 };
      }
      // Lines of a killed holder may not be on disk yet, and what is done now rests on them.
      if (tail.bytes > 0) await file.syncData();
      const lastSeq = Math.max(tail.seq, sealedSeq);
      // Behind its own lines, even where these are kept because their segment is damaged.
      const at = { bytes: tail.bytes, seq: lastSeq };
      return {
        writer: new JournalWriter(file, layout.journal, at, now),
        lastSeq,
        tornBytes,
      };
    } catch (error) {
      file?.close();
      throw diskFault(error, layout.journal);
    }
  }

  /** Set once a write or sync failed: every later append rejects with it. */
  get fault(): Fault | undefined {
    return this.#fault;
  }

  /** Bytes of the hot journal that are durable. */
  get bytes(): number {
    return this.#durableBytes;
  }

  /** Resolves when the event is durable. Appends that come while a group is being synced go together. */
  append(event: RunEvent): Promise<void> {
    if (this.#closed) throw new Error("append to a closed journal");
    if (this.#fault !== undefined) return Promise.reject(this.#fault);
    this.#waiting.push(lineBody(event, this.#nextSeq++, this.#now().toISOString()));
    if (this.#waitingGroup === undefined) {
      this.#waitingGroup = Promise.withResolvers();
      // Nobody needs to wait for it; the fault is kept and meets the next append.
      this.#waitingGroup.promise.catch(() => {});
      if (this.#writing === undefined) queueMicrotask(() => this.#start());
    }
    return this.#waitingGroup.promise;
  }

  /** As {@linkcode append}, for an event that nothing waits for. */
  appendSoon(event: RunEvent): void {
    if (this.#fault === undefined) void this.append(event);
  }

  /** Resolves when all that was appended is durable. */
  async flush(): Promise<void> {
    this.#start();
    while (this.#writing !== undefined) await this.#writing;
    if (this.#fault !== undefined) throw this.#fault;
  }

  /** Flushes and closes. */
  async close(): Promise<void> {
    if (this.#closed) return;
    try {
      await this.flush();
    } finally {
      this.#closed = true;
      this.#file.close();
    }
  }

  #start(): void {
    if (this.#writing !== undefined || this.#waitingGroup === undefined) return;
    this.#writing = this.#writeGroups().finally(() => {
      this.#writing = undefined;
      // What was appended after the last look of the loop and before here.
      this.#start();
    });
  }

  async #writeGroups(): Promise<void> {
    while (this.#waitingGroup !== undefined) {
      const lines = this.#waiting;
      const group = this.#waitingGroup;
      this.#waiting = [];
      this.#waitingGroup = undefined;
      try {
        if (this.#fault !== undefined) throw this.#fault;
        lines[0] = markSynced(lines[0]!);
        const bytes = await this.#writeOrWait(lines);
        await this.#file.syncData();
        this.#durableBytes += bytes;
        group.resolve();
      } catch (error) {
        await this.#fail(error);
        group.reject(this.#fault);
      }
    }
  }

  async #writeOrWait(lines: readonly string[]): Promise<number> {
    for (;;) {
      try {
        return await this.#write(lines);
      } catch (error) {
        if (this.onNoRoom === undefined || !mayFindRoom(error)) throw error;
        await this.#file.truncate(this.#durableBytes);
        if (!await this.onNoRoom(diskFault(error, this.#path))) throw error;
      }
    }
  }

  async #write(lines: readonly string[]): Promise<number> {
    let total = 0;
    let filled = 0;
    for (const line of lines) {
      const room = lineBytesMax(line);
      if (filled > 0 && filled + room > this.#buffer.length) {
        await writeFully(this.#file, this.#buffer.subarray(0, filled));
        filled = 0;
      }
      if (room > this.#buffer.length) this.#buffer = new Uint8Array(room);
      const end = encodeLine(line, this.#buffer, filled);
      total += end - filled;
      filled = end;
    }
    await writeFully(this.#file, this.#buffer.subarray(0, filled));
    return total;
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#fault !== undefined) return;
    this.#fault = diskFault(error, this.#path);
    // A lost lock means that the file is another's now: not one byte of it may be touched.
    if (this.#fault.code !== "tree-busy") {
      await this.#file.truncate(this.#durableBytes).catch(() => {});
    }
  }
}

/** Copies the torn end to the quarantine, durably, and only then cuts it off. */
async function cutTail(layout: Layout, file: FileHandle, goodBytes: number): Promise<void> {
  const size = file.statSync().size;
  await makeFolderDurable(layout.quarantineFolder, { within: layout.root });
  const copy = join(layout.quarantineFolder, `journal-torn-at-${goodBytes}.jsonl`);
  await copyRanges(file, [{ from: goodBytes, to: size }], copy);
  await file.truncate(goodBytes);
  await file.sync();
}

async function openToAppend(layout: Layout, onWarning?: WarningSink): Promise<FileHandle> {
  const isNew = await fs.lstat(layout.journal).then(() => false, () => true);
  const file = await openInPlace(layout.journal, { append: true, create: true });
  if (isNew) await syncFolder(layout.hotFolder, onWarning);
  return file;
}

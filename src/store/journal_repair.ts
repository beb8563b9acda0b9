/**
 * Setting damaged lines of the journal aside, so that the rest reads clean again. Holder of the lock only.
 *
 * Crash order: what is damaged is copied to the quarantine, durably; then the file is replaced by one
 * without it (R2). In between nothing is lost, and the repair can be done again.
 */
import { basename, join } from "node:path";
import { makeFolderDurable, writeFileDurable } from "./disk.ts";
import { fs } from "./file_system.ts";
import { JournalWriter } from "./journal.ts";
import { decodeLine, linesIn, NEWLINE } from "./journal_line.ts";
import { scanLines } from "./journal_read.ts";
import type { Layout } from "./layout.ts";
import { writePack } from "./pack.ts";
import { copyRanges, type FileRange, quarantine, quarantineCopy } from "./quarantine.ts";
import { listSegments, readSegment, type Segment, segmentEntryName } from "./segment.ts";
import { salvageLines } from "./segment_salvage.ts";
import { BadZip } from "./zip.ts";

export interface JournalRepair {
  /** Lines that were set aside. */
  readonly lines: number;
  /** Damaged segments; the quarantine holds each as it was. */
  readonly segments: number;
  /** Lines that were saved from them. */
  readonly salvaged: number;
}

/** Repairs the hot journal and the sealed segments; no writer may be open. */
export async function repairJournal(layout: Layout): Promise<JournalRepair> {
  let lines = 0;
  let segments = 0;
  let salvaged = 0;
  for (const segment of listSegments(layout)) {
    try {
      const { good, bad } = sortLines(readSegment(segment));
      if (bad.length === 0 || segment.entry === undefined) continue;
      await keepAside(layout, segment.path, bad);
      await writePack(segment.path, [{ name: segment.entry.name, data: joinLines(good) }]);
      lines += bad.length;
    } catch (error) {
      if (!(error instanceof BadZip)) throw error;
      salvaged += await rebuildSegment(layout, segment, error.message);
      segments++;
    }
  }
  // Opening cuts off a torn end, which is no damage.
  await (await JournalWriter.open(layout, () => new Date(0))).writer.close();
  lines += await repairHot(layout);
  return { lines, segments, salvaged };
}

/** Puts a segment of what can be saved in the place of a damaged one. Answers the number of lines. */
async function rebuildSegment(layout: Layout, segment: Segment, reason: string): Promise<number> {
  const { isFile } = await fs.lstat(segment.path);
  const good = isFile ? await salvageLines(segment) : new Map<number, Uint8Array>();
  // A crash between sealing and emptying has left the lines there as well.
  await eachHotLine(layout, (line) => {
    const entry = decodeLine(line);
    if (typeof entry === "string" || good.has(entry.seq)) return;
    if (segment.firstSeq <= entry.seq && entry.seq <= segment.lastSeq) {
      good.set(entry.seq, line.slice());
    }
  });
  const sorted = [...good].sort(([a], [b]) => a - b);
  const first = segment.firstSeq || sorted[0]?.[0];
  const last = segment.lastSeq || sorted.at(-1)?.[0];
  if (!isFile || first === undefined || last === undefined) {
    await quarantine(layout, segment.path, reason);
    return 0;
  }
  const { size } = await fs.stat(segment.path);
  await quarantineCopy(layout, segment.path, reason, { from: 0, to: size });
  // Even an empty one says which numbers were given out.
  const data = joinLines(sorted.map(([, line]) => line));
  await writePack(segment.path, [{ name: segmentEntryName(first, last), data }]);
  return sorted.length;
}

/** By places in the file, never by its content: a journal may be longer than the memory. */
async function repairHot(layout: Layout): Promise<number> {
  const good: FileRange[] = [];
  const bad: FileRange[] = [];
  await eachHotLine(layout, (line, from, bytes) => {
    const ranges = typeof decodeLine(line) === "string" ? bad : good;
    const to = from + bytes + 1;
    const last = ranges.at(-1);
    if (ranges === good && last?.to === from) good[good.length - 1] = { from: last.from, to };
    else ranges.push({ from, to });
  });
  if (bad.length === 0) return 0;
  using file = await fs.open(layout.journal, { read: true });
  await copyRanges(file, bad, await placeAside(layout, layout.journal));
  await copyRanges(file, good, layout.journal);
  return bad.length;
}

async function eachHotLine(
  layout: Layout,
  take: (line: Uint8Array, offset: number, bytes: number) => void,
): Promise<void> {
  if (!await fs.lstat(layout.journal).then((info) => info.isFile, () => false)) return;
  using file = await fs.open(layout.journal, { read: true });
  scanLines((into) => file.readSync(into), take);
}

function sortLines(bytes: Uint8Array): { good: Uint8Array[]; bad: Uint8Array[] } {
  const good: Uint8Array[] = [];
  const bad: Uint8Array[] = [];
  for (const line of linesIn(bytes)) {
    (typeof decodeLine(line) === "string" ? bad : good).push(line);
  }
  return { good, bad };
}

async function keepAside(layout: Layout, path: string, bad: Uint8Array[]): Promise<void> {
  await writeFileDurable(await placeAside(layout, path), joinLines(bad));
}

async function placeAside(layout: Layout, path: string): Promise<string> {
  await makeFolderDurable(layout.quarantineFolder, { within: layout.root });
  const name = `${basename(path)}-bad-lines-${crypto.randomUUID().slice(0, 8)}.jsonl`;
  return join(layout.quarantineFolder, name);
}

function joinLines(lines: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(lines.reduce((sum, line) => sum + line.length + 1, 0));
  let at = 0;
  for (const line of lines) {
    joined.set(line, at);
    at += line.length;
    joined[at++] = NEWLINE;
  }
  return joined;
}

/**
 * Setting damaged lines of the journal aside, so that the rest reads clean again. Holder of the lock only.
 *
 * Crash order: the damaged lines are copied to the quarantine, durably; then the file is replaced by one
 * without them (R2). In between nothing is lost, and the repair can be done again.
 */
import { basename, join } from "node:path";
import { makeFolderDurable, writeFileDurable } from "./disk.ts";
import { fs } from "./file_system.ts";
import { JournalWriter } from "./journal.ts";
import { decodeLine, NEWLINE } from "./journal_line.ts";
import type { Layout } from "./layout.ts";
import { writePack } from "./pack.ts";
import { quarantine } from "./quarantine.ts";
import { listSegments, readSegment } from "./segment.ts";
import { BadZip } from "./zip.ts";

export interface JournalRepair {
  /** Lines that were set aside. */
  readonly lines: number;
  /** Whole segments that were set aside because nothing in them could be read. */
  readonly segments: number;
}

/** Repairs the hot journal and the sealed segments; no writer may be open. */
export async function repairJournal(layout: Layout): Promise<JournalRepair> {
  let lines = 0;
  let segments = 0;
  for (const segment of listSegments(layout)) {
    try {
      const { good, bad } = sortLines(readSegment(segment));
      if (bad.length === 0 || segment.entry === undefined) continue;
      await keepAside(layout, segment.path, bad);
      await writePack(segment.path, [{ name: segment.entry.name, data: joinLines(good) }]);
      lines += bad.length;
    } catch (error) {
      if (!(error instanceof BadZip)) throw error;
      await quarantine(layout, segment.path, error.message);
      segments++;
    }
  }
  // Opening cuts off a torn end, which is no damage.
  await (await JournalWriter.open(layout, () => new Date(0))).writer.close();
  const { good, bad } = sortLines(await fs.readFile(layout.journal));
  if (bad.length > 0) {
    await keepAside(layout, layout.journal, bad);
    await writeFileDurable(layout.journal, joinLines(good));
  }
  return { lines: lines + bad.length, segments };
}

function sortLines(bytes: Uint8Array): { good: Uint8Array[]; bad: Uint8Array[] } {
  const good: Uint8Array[] = [];
  const bad: Uint8Array[] = [];
  for (let from = 0; from < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, from);
    const end = newline === -1 ? bytes.length : newline;
    const line = bytes.subarray(from, end);
    (typeof decodeLine(line) === "string" ? bad : good).push(line);
    from = end + 1;
  }
  return { good, bad };
}

async function keepAside(layout: Layout, path: string, bad: Uint8Array[]): Promise<void> {
  await makeFolderDurable(layout.quarantineFolder, { within: layout.root });
  const name = `${basename(path)}-bad-lines-${crypto.randomUUID().slice(0, 8)}.jsonl`;
  await writeFileDurable(join(layout.quarantineFolder, name), joinLines(bad));
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

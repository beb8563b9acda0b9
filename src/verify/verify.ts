/**
 * A look at a whole tree: every checksum is computed, and what is there is compared with what the journal tells.
 * Changes nothing and needs no lock. What looks wrong while a simrun works on the tree is looked at again:
 * only what is still wrong then is told.
 */
import { fs } from "../store/file_system.ts";
import { type JournalReport, readJournal } from "../store/journal_read.ts";
import { FORMAT_VERSION, Layout } from "../store/layout.ts";
import { lifeOf, type OwnerRecord } from "../store/owner.ts";
import { join } from "../job/path.ts";
import { openTree } from "../store/tree.ts";
import { checkArchive, countQuarantined } from "./archive.ts";
import { ASIDE, type Finding, keyOf } from "./finding.ts";
import { describeKind, lookAt, namesIn, readSmallText, twoByTwo, wordsOf } from "./look.ts";
import { checkRun, runsToCheck } from "./runs.ts";
import { type Counts, Scan } from "./scan.ts";

export type { Finding } from "./finding.ts";

export interface Verdict {
  readonly findings: readonly Finding[];
  readonly counts: Readonly<Counts>;
  /** Nothing but notes was found. */
  readonly isSound: boolean;
  /** A simrun works on the tree. */
  readonly isWorkedOn: boolean;
}

const SMALL_BYTES_MAX = 64 << 10;
const LOOKS_MAX = 4;
const LOOK_AGAIN_MS = 300;

/** Looks at the tree; `isMine` says that the caller holds its lock. */
export async function verifyTree(root: string, isMine = false): Promise<Verdict> {
  const layout = new Layout(root);
  let before = await readOwner(layout);
  let scan = await look(layout, !isMine && isAlive(before));
  let findings: readonly Finding[] = scan.findings.list;
  for (let looks = 1; looks < LOOKS_MAX && !isMine; looks++) {
    const after = await readOwner(layout);
    const isStill = !isAlive(before) && !isAlive(after) && before?.uuid === after?.uuid;
    if (isStill || findings.every(({ kind }) => kind === "note")) break;
    await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
    before = after;
    scan = await look(layout, isAlive(after));
    const stayed = new Set(findings.map(keyOf));
    findings = scan.findings.list.filter((one) => one.kind === "note" || stayed.has(keyOf(one)));
  }
  return {
    findings,
    counts: scan.counts,
    isSound: findings.every(({ kind }) => kind === "note"),
    isWorkedOn: scan.isWorkedOn,
  };
}

/** Two trees as one. */
export function withVerdict(one: Verdict, other: Verdict): Verdict {
  const counts = { ...one.counts };
  for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += other.counts[name];
  return {
    findings: [...one.findings, ...other.findings],
    counts,
    isSound: one.isSound && other.isSound,
    isWorkedOn: one.isWorkedOn || other.isWorkedOn,
  };
}

/** Refuses what is no tree, and a newer one. A tree that lost its marker is one all the same. */
export async function refuseStrangers(layout: Layout): Promise<void> {
  const read = await readSmallText(layout.marker, SMALL_BYTES_MAX);
  const format = "text" in read ? formatIn(read.text) : undefined;
  if (format !== undefined && format <= FORMAT_VERSION) return;
  if (format === undefined && await looksLikeTree(layout)) return;
  // Said as everywhere: missing, a file, a newer one, somebody's folder.
  await openTree(layout.root, "read");
}

/** What in a folder makes it a tree, where its marker does not say so. */
async function looksLikeTree(layout: Layout): Promise<boolean> {
  const names = await namesIn(layout.root);
  if (typeof names === "string") return false;
  const folders = new Set(names.filter(({ kind }) => kind === "folder").map(({ name }) => name));
  return folders.has("hot") && (folders.has("checkpoints") || folders.has("archive"));
}

async function look(layout: Layout, isWorkedOn: boolean): Promise<Scan> {
  const scan = new Scan(layout, isWorkedOn);
  await checkMarker(scan);
  await checkRoot(scan);
  await checkHot(scan);
  await checkJournal(scan);
  await checkArchive(scan);
  const runs = await runsToCheck(scan);
  await twoByTwo(runs, async ([job, run]) => {
    try {
      await checkRun(scan, job, run);
    } catch (error) {
      // A fault of the disk in one place is no reason to be silent about the others.
      scan.unreadable(layout.checkpointFolder(job, run), wordsOf(error));
    }
  });
  scan.counts.quarantined = await countQuarantined(layout.quarantineFolder);
  return scan;
}

async function checkMarker(scan: Scan): Promise<void> {
  const { marker } = scan.layout;
  const mend = { how: "mark" } as const;
  const remedy = "--repair writes it anew";
  const read = await readSmallText(marker, SMALL_BYTES_MAX);
  if ("reason" in read) {
    const { kind } = await lookAt(marker);
    if (kind === "missing") scan.damage(marker, "lost", "it is not there", remedy, { mend });
    else scan.damage(marker, "damaged", read.reason, remedy, { mend });
    return;
  }
  const format = formatIn(read.text);
  if (format === undefined) {
    scan.damage(marker, "damaged", "it names no format", remedy, { mend });
  } else if (format > FORMAT_VERSION) {
    const newer = `it is of format ${format}, and this simrun knows ${FORMAT_VERSION}`;
    scan.damage(marker, "alien", newer, "use the newer simrun");
  }
}

/** The number in a marker, or undefined when it names none. */
function formatIn(text: string): number | undefined {
  try {
    const format = (JSON.parse(text) as { format?: unknown } | null)?.format;
    return Number.isSafeInteger(format) && format as number > 0 ? format as number : undefined;
  } catch {
    return undefined;
  }
}

const ROOT_FOLDERS = ["hot", "recent", "checkpoints", "archive", "quarantine", "shards", "slurm"];

async function checkRoot(scan: Scan): Promise<void> {
  const { root, marker, log } = scan.layout;
  for (const { name, kind } of await scan.entries(root)) {
    const path = join(root, name);
    // What people read is no part of what is kept.
    if (path === marker || path.replace(/\.[1-9]\d*$/, "") === log) continue;
    if (!ROOT_FOLDERS.includes(name)) scan.alien(path);
    else if (kind !== "folder") scan.notPlain(path, kind, "folder");
  }
}

async function checkHot(scan: Scan): Promise<void> {
  const { layout } = scan;
  const files = [layout.lock, layout.owner, layout.journal, layout.live];
  const folders = [layout.inbox, layout.answers, layout.notifyFolder];
  for (const { name, kind } of await scan.entries(layout.hotFolder)) {
    const path = join(layout.hotFolder, name);
    if (folders.includes(path)) {
      if (kind === "folder") await scan.entries(path);
      else scan.notPlain(path, kind, "folder");
      // What commands are at work on, or were: the next simrun clears it away.
    } else if (path === layout.workRoot && kind === "folder") continue;
    else if (!files.includes(path)) scan.alien(path);
    else if (kind !== "file") scan.notPlain(path, kind, "file");
    else if (path === layout.owner) await checkOwner(scan);
  }
}

async function checkOwner(scan: Scan): Promise<void> {
  const { owner } = scan.layout;
  const read = await readSmallText(owner, SMALL_BYTES_MAX);
  if ("text" in read && ownerIn(read.text) !== undefined) return;
  // Replaced while it was read.
  if ((await lookAt(owner)).kind === "missing") return;
  const reason = "text" in read ? "it is no record of a holder" : read.reason;
  const remedy = "--repair keeps a copy in the quarantine and writes a new one, as any simrun does";
  scan.damage(owner, "damaged", reason, remedy, { mend: { how: "aside" } });
}

function ownerIn(text: string): OwnerRecord | undefined {
  try {
    const value = JSON.parse(text) as Partial<OwnerRecord> | null;
    const isWhole = typeof value?.uuid === "string" && Number.isSafeInteger(value.epoch) &&
      typeof value.host === "string" && typeof value.pid === "number" &&
      typeof value.startedAt === "string";
    return isWhole ? value as OwnerRecord : undefined;
  } catch {
    return undefined;
  }
}

async function readOwner(layout: Layout): Promise<OwnerRecord | undefined> {
  const read = await readSmallText(layout.owner, SMALL_BYTES_MAX);
  return "text" in read ? ownerIn(read.text) : undefined;
}

/** Of another host nothing can be known but that it did not say that it let go. */
function isAlive(owner: OwnerRecord | undefined): boolean {
  return owner !== undefined && lifeOf(owner) !== "dead";
}

async function checkJournal(scan: Scan): Promise<void> {
  const { layout, counts } = scan;
  const hot = await lookAt(layout.journal);
  let report: JournalReport;
  try {
    report = readJournal(layout, (entry) => scan.facts.apply(entry));
  } catch (error) {
    scan.isJournalWhole = false;
    if (hot.kind !== "file" && hot.kind !== "missing") return;
    return scan.unreadable(layout.journal, wordsOf(error));
  }
  counts.events = report.entries;
  counts.bytes += hot.bytes;
  for (const { file, line, reason } of report.bad) {
    const remedy = line === 0
      ? "--repair saves the lines that can be inflated, and keeps the pack in the quarantine"
      : "--repair sets it aside and keeps the rest";
    scan.damage(file, "damaged", reason, remedy, {
      mend: { how: "journal" },
      ...(line > 0 && { line }),
    });
  }
  const { losses } = scan.facts;
  scan.isJournalWhole = report.bad.length === 0 && report.missing.length === 0 &&
    losses.length === 0 && hot.kind === "file";
  if (report.tornBytes > 0 && !scan.isWorkedOn) {
    const reason = `its last line is unfinished: ${report.tornBytes} bytes`;
    const remedy = "a crash left it; the next simrun cuts it off";
    scan.note(layout.journal, "leftover", reason, remedy, { mend: { how: "journal" } });
  }
  // Damaged lines are told of already; what they were is known when they are set aside.
  if (report.bad.length > 0) return;
  for (const { from, to } of report.missing) {
    if (losses.some((lost) => lost.from <= from && to <= lost.to)) continue;
    const what = from === to ? `entry ${from} is` : `entries ${from} to ${to} are`;
    const remedy =
      "--repair writes down that they are lost; runs whose end they told are run again";
    scan.damage(layout.journal, "lost", `${what} in no file`, remedy, {
      mend: { how: "losses", from, to },
    });
  }
  if (hot.kind === "missing" && await hasWorked(scan)) {
    const remedy = "--repair begins a new one with what the checkpoints tell";
    scan.damage(layout.journal, "lost", "it is not there", remedy, { mend: { how: "journal" } });
  } else if (hot.kind !== "file" && hot.kind !== "missing") {
    scan.damage(layout.journal, "not-plain", `it is ${describeKind(hot.kind)}`, ASIDE, {
      mend: { how: "aside" },
    });
  }
}

/** Whether more happened here than that somebody took the lock. */
async function hasWorked(scan: Scan): Promise<boolean> {
  const { layout } = scan;
  const owner = await readOwner(layout);
  if ((owner?.epoch ?? 0) > 1 || scan.facts.jobs.size > 0) return true;
  for (const folder of [layout.checkpointRoot, layout.recentRoot]) {
    const names = await namesIn(folder);
    if (typeof names !== "string" && names.length > 0) return true;
  }
  return await fs.lstat(join(layout.archiveFolder, "manifests")).then(() => true, () => false);
}

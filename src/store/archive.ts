/**
 * Packs of finished runs' files: `archive/runs-000001.zip`, so that any tool opens them.
 *
 * Crash order: the pack is durable, then each folder is renamed to a temporary name and
 * removed. In between a run stands in both places, which counts as one (R9); the folder is asked first.
 * Packs never change; of two that hold a run, the one with the higher number is right.
 */
import { dirname, join } from "../job/path.ts";
import { Fault } from "../job/fault.ts";
import {
  diskFault,
  makeFolderDurable,
  syncFolder,
  temporaryBeside,
  type WarningSink,
  writeFileDurable,
} from "./disk.ts";
import { fs } from "./file_system.ts";
import { KEPT_FOLDER, type Layout, packNumber } from "./layout.ts";
import { writePack } from "./pack.ts";
import { subfolders } from "./tree.ts";
import { BadZip, isSafeName, listZip, readZipEntry, type ZipEntry } from "./zip.ts";
import type { PackedFile } from "./zip_writer.ts";

export { JOURNAL_LIMIT_BYTES, rotateJournal } from "./seal.ts";

/** Content of one pack; a run with more keeps its folder, which costs few files. */
const PACK_BYTES_MAX = 64 << 20;
const PACK_RUNS_MAX = 2_000;
const PACK_FILES_MAX = 20_000;

export interface PackOptions {
  /** Folders of `recent/` that may stay; packing begins above it and goes down to half of it. */
  readonly keep: number;
  /** Whether the run's files may move; those of a running one must not. */
  readonly finished: (job: string, run: string) => boolean;
  /** Content of one pack, where 64 MiB are too much at a time; and so many packs at most. */
  readonly bytesMax?: number;
  readonly packsMax?: number;
  /** Asked before a packed folder goes: false leaves it, for the run has been taken up again meanwhile. */
  readonly mayGo?: (job: string, run: string) => boolean;
  readonly onWarning?: WarningSink;
}

export interface PackReport {
  readonly packs: number;
  readonly runs: number;
  readonly files: number;
}

export interface RunFile {
  readonly name: string;
  readonly bytes: number;
}

interface RunFolder {
  readonly job: string;
  readonly run: string;
  readonly path: string;
  readonly modifiedMs: number;
}

/** Packs the files of finished runs when more than `keep` of them have folders. Holder of the lock only. */
export async function packRecent(layout: Layout, options: PackOptions): Promise<PackReport> {
  const folders = await listRecent(layout, options.finished);
  let report: PackReport = { packs: 0, runs: 0, files: 0 };
  if (folders.length <= options.keep) return report;
  // Which ones stay is a convenience; so the time of the folder is good enough to tell.
  folders.sort((a, b) => a.modifiedMs - b.modifiedMs || (a.path < b.path ? -1 : 1));
  const leaving = folders.slice(0, folders.length - Math.floor(options.keep / 2));
  const { bytesMax = PACK_BYTES_MAX, packsMax = Infinity, mayGo = () => true } = options;
  let batch = new Batch(bytesMax);
  const close = async () => {
    if (batch.folders.length === 0) return;
    const number = Math.max(0, ...packNumbers(layout)) + 1;
    await writePack(layout.runsPack(number), batch.files, options.onWarning);
    for (const { job, run, path } of batch.folders) if (mayGo(job, run)) await removeFolder(path);
    report = {
      packs: report.packs + 1,
      runs: report.runs + batch.folders.length,
      files: report.files + batch.files.length,
    };
    batch = new Batch(bytesMax);
  };
  for (const folder of leaving) {
    if (report.packs === packsMax) break;
    const files = await readFolder(folder);
    if (files === undefined) continue;
    if (!batch.hasRoomFor(files)) await close();
    batch.add(folder, files);
  }
  if (report.packs < packsMax) await close();
  return report;
}

/** One file of a finished run, from its folder or the newest pack that holds the run. */
export async function readRunFile(
  layout: Layout,
  job: string,
  run: string,
  name: string,
): Promise<Uint8Array | undefined> {
  const path = join(layout.recentFolder(job, run), name);
  try {
    return await fs.readFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw diskFault(error, path);
  }
  const packed = findPacked(layout, job, run);
  const entry = packed?.entries.find((entry) => entry.name === `${job}/${run}/${name}`);
  if (packed === undefined || entry === undefined) return undefined;
  try {
    return readZipEntry(packed.path, entry);
  } catch (error) {
    if (error instanceof BadZip) {
      throw new Fault("tree-damaged", `${packed.path} cannot be read: ${error.message}.`, {
        hint: `Type simrun run --rerun with the manifest of ${job} to compute the run again.`,
        cause: error,
      });
    }
    throw diskFault(error, packed.path);
  }
}

/** The files that a finished run left, wherever they are now; sorted by name. */
export async function listRunFiles(
  layout: Layout,
  job: string,
  run: string,
): Promise<readonly RunFile[]> {
  const folder = layout.recentFolder(job, run);
  const found: RunFile[] = [];
  for (const name of await filesBelow(folder)) {
    found.push({ name, bytes: (await fs.stat(join(folder, name))).size });
  }
  if (found.length > 0) return found;
  const prefix = `${job}/${run}/`;
  return (findPacked(layout, job, run)?.entries ?? [])
    .map((entry) => ({ name: entry.name.slice(prefix.length), bytes: entry.rawBytes }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Puts the packed files of a run back into its folder, so that it can be gone on with. Does nothing when
 * the folder is there. Made beside and renamed: a crash leaves no folder, or a whole one.
 */
export async function restoreRun(layout: Layout, job: string, run: string): Promise<boolean> {
  const folder = layout.recentFolder(job, run);
  if (await fs.lstat(folder).then(() => true, () => false)) return false;
  const files = await listRunFiles(layout, job, run);
  if (files.length === 0) return false;
  await makeFolderDurable(dirname(folder), { within: layout.root });
  const temporary = temporaryBeside(folder);
  for (const { name } of files) {
    const path = join(temporary, name);
    const bytes = await readRunFile(layout, job, run, name);
    await makeFolderDurable(dirname(path));
    if (bytes !== undefined) await writeFileDurable(path, bytes);
  }
  try {
    await fs.rename(temporary, folder);
  } catch (error) {
    throw diskFault(error, folder);
  }
  await syncFolder(dirname(folder));
  return true;
}

class Batch {
  readonly folders: RunFolder[] = [];
  readonly files: PackedFile[] = [];
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  hasRoomFor(files: readonly PackedFile[]): boolean {
    return this.#bytes + sizeOf(files) <= this.#bytesMax && this.folders.length < PACK_RUNS_MAX &&
      this.files.length + files.length <= PACK_FILES_MAX;
  }

  add(folder: RunFolder, files: readonly PackedFile[]): void {
    this.folders.push(folder);
    this.files.push(...files);
    this.#bytes += sizeOf(files);
  }
}

async function listRecent(
  layout: Layout,
  finished: (job: string, run: string) => boolean,
): Promise<RunFolder[]> {
  const folders: RunFolder[] = [];
  for (const job of await subfolders(layout.recentRoot)) {
    for (const run of await subfolders(join(layout.recentRoot, job))) {
      if (!finished(job, run)) continue;
      const path = layout.recentFolder(job, run);
      const modifiedMs = (await fs.stat(path)).mtime?.getTime() ?? 0;
      folders.push({ job, run, path, modifiedMs });
    }
  }
  return folders;
}

/** All files of a run, or undefined when they are too much for a pack. */
async function readFolder(folder: RunFolder): Promise<PackedFile[] | undefined> {
  const names = await filesBelow(folder.path);
  // What a command wrote is for other programs to read: it stays where it is.
  if (names.some((name) => name.startsWith(`${KEPT_FOLDER}/`))) return undefined;
  if (names.length > PACK_FILES_MAX) return undefined;
  let bytes = 0;
  for (const name of names) bytes += (await fs.stat(join(folder.path, name))).size;
  if (bytes > PACK_BYTES_MAX) return undefined;
  const files: PackedFile[] = [];
  for (const name of names) {
    const data = await fs.readFile(join(folder.path, name));
    files.push({ name: `${folder.job}/${folder.run}/${name}`, data });
  }
  return files;
}

/** Out of the way in one operation, so that a crash never leaves half of a folder where it counts. */
export async function removeFolder(path: string): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    await fs.rename(path, temporary);
    await syncFolder(dirname(path));
    await fs.remove(temporary, { recursive: true });
  } catch (error) {
    throw diskFault(error, path);
  }
}

/** Paths of the plain files below a folder, relative to it; links are not followed. */
async function filesBelow(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of fs.readDir(folder)) {
      if (entry.isFile) names.push(entry.name);
      if (!entry.isDirectory) continue;
      const inside = await filesBelow(join(folder, entry.name));
      names.push(...inside.map((name) => `${entry.name}/${name}`));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw diskFault(error, folder);
  }
  return names.sort();
}

interface PackedRun {
  readonly path: string;
  readonly entries: readonly ZipEntry[];
}

/** Directories of packs that were read: packs never change. */
const directories = new Map<string, ReadonlyMap<string, readonly ZipEntry[]>>();

function findPacked(layout: Layout, job: string, run: string): PackedRun | undefined {
  for (const number of packNumbers(layout).sort((a, b) => b - a)) {
    const path = layout.runsPack(number);
    const entries = directoryOf(path).get(`${job}/${run}`);
    if (entries !== undefined) return { path, entries };
  }
  return undefined;
}

function directoryOf(path: string): ReadonlyMap<string, readonly ZipEntry[]> {
  const known = directories.get(path);
  if (known !== undefined) return known;
  const byRun = new Map<string, ZipEntry[]>();
  try {
    for (const entry of listZip(path)) {
      // A name that leads out of the run's folder was not written by simrun, and is not unpacked by it.
      if (!isSafeName(entry.name)) continue;
      const run = entry.name.split("/", 2).join("/");
      const entries = byRun.get(run);
      if (entries === undefined) byRun.set(run, [entry]);
      else entries.push(entry);
    }
  } catch (error) {
    // A damaged pack hides what is in it, not what is in the others; verify reports it.
    if (!(error instanceof BadZip)) throw diskFault(error, path);
  }
  directories.set(path, byRun);
  return byRun;
}

function packNumbers(layout: Layout): number[] {
  const numbers: number[] = [];
  try {
    for (const entry of fs.readDirSync(layout.archiveFolder)) {
      // A pipe is not opened: it would never answer.
      const isOdd = !entry.isFile && !entry.isSymlink;
      const number = isOdd ? undefined : packNumber("runs", entry.name);
      if (number !== undefined) numbers.push(number);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw diskFault(error, layout.archiveFolder);
  }
  return numbers;
}

function sizeOf(files: readonly PackedFile[]): number {
  return files.reduce((sum, { data }) => sum + data.length, 0);
}

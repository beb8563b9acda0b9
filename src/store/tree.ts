/** Opening a tree: its marker, its version, and what is wrong with a folder that is none. */
import { Fault } from "../job/fault.ts";
import {
  diskFault,
  errnoOf,
  hearFileSizeLimit,
  isTemporary,
  makeFolderDurable,
  refuseLinks,
  removeQuietly,
  removeTemporaries,
  syncFolder,
  temporaryBeside,
  type WarningSink,
  writeFileDurable,
} from "./disk.ts";
import { fs } from "./file_system.ts";
import { FORMAT_VERSION, Layout } from "./layout.ts";
import { basename, join } from "../job/path.ts";
import { refuseOddFile } from "./plain_file.ts";

/** Levels below the root in which simrun writes: quarantine/checkpoints/<job>/<run>. */
const DEEPEST_WRITES = 4;

/**
 * Opens the tree at `root`. `write` creates what is missing (marker first: a folder is a tree before
 * anything else is in it); `read` changes nothing.
 */
export async function openTree(
  root: string,
  mode: "read" | "write",
  onWarning?: WarningSink,
): Promise<Layout> {
  const layout = new Layout(root);
  const kind = await folderKind(root);
  if (kind === "file") {
    throw new Fault("tree-invalid", `${root} is a file; a tree is a folder.`, {
      hint: "Give another place with --tree DIR.",
    });
  }
  if (kind === "dangling") {
    throw new Fault("tree-invalid", `${root} is a link to a place that is not there.`, {
      hint: "Make the folder it points to, or give another place with --tree DIR.",
    });
  }
  if (kind === "missing" && mode === "read") throw missing(root);
  // Before any of them is read: behind a link or a pipe may be something without end.
  if (kind === "folder") await refuseOddFiles(layout);
  const marked = kind === "folder" && await checkMarker(layout);
  if (mode === "read") {
    if (marked) return layout;
    // It may have been taken away since it was looked at.
    if (await folderKind(root) === "missing") throw missing(root);
    throw foreign(root, "holds no simrun.json, so it is not a tree");
  }
  hearFileSizeLimit();
  if (!marked) {
    if (kind === "folder") await refuseForeignContent(layout);
    await makeFolderDurable(root, warn(onWarning));
    await writeMarker(layout, onWarning);
  } else if (!(await subfolders(root)).includes(basename(layout.hotFolder))) {
    // Who wrote the marker may have been killed before its name was durable. After a power cut that left the folders
    // and not the marker, nobody could tell the tree from somebody else's data.
    await syncFolder(root, onWarning);
  }
  await probeWritable(layout);
  const folders = [layout.hotFolder, layout.inbox, layout.answers, layout.recentRoot];
  for (const folder of [...folders, layout.checkpointRoot, layout.archiveFolder]) {
    await makeFolderDurable(folder, { within: root, ...warn(onWarning) });
  }
  return layout;
}

function missing(root: string): Fault {
  return new Fault("tree-missing", `There is no tree at ${root}.`, {
    hint: "Run something first, e.g. simrun jobs/*.yaml, or name the tree with --tree DIR.",
  });
}

/** Removes what interrupted writes left anywhere in the tree. Only for the holder of the lock. */
export function sweepTree(layout: Layout): Promise<number> {
  return sweepFolder(layout.root, DEEPEST_WRITES);
}

async function sweepFolder(folder: string, depth: number): Promise<number> {
  let removed = await removeTemporaries(folder);
  if (depth === 0) return removed;
  for (const name of await subfolders(folder)) {
    removed += await sweepFolder(join(folder, name), depth - 1);
  }
  return removed;
}

/** Names of the folders in a folder, sorted; none when it is not there. */
export async function subfolders(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of fs.readDir(folder)) {
      if (entry.isDirectory && !isTemporary(entry.name)) names.push(entry.name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw diskFault(error, folder);
  }
  return names.sort();
}

/** The files of a tree that have one name for ever are plain ones, or not there. */
async function refuseOddFiles(layout: Layout): Promise<void> {
  const { marker, lock, owner, journal, live } = layout;
  await refuseLinks(layout.root, layout.hotFolder);
  for (const path of [marker, lock, owner, journal, live]) await refuseOddFile(path);
}

/** What a marker says. */
export function markerText(): string {
  return `{"format":${FORMAT_VERSION},"about":"A tree of simrun; type simrun status --tree DIR."}\n`;
}

async function writeMarker(layout: Layout, onWarning?: WarningSink): Promise<void> {
  try {
    await writeFileDurable(layout.marker, markerText(), onWarning);
  } catch (error) {
    // A simrun that was quicker made the tree, took it, and swept this one's temporary away.
    if (!await checkMarker(layout)) throw error;
  }
}

/** Whether there is a marker; refuses one that cannot be understood. */
async function checkMarker(layout: Layout): Promise<boolean> {
  let text: string;
  try {
    text = await fs.readTextFile(layout.marker);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw diskFault(error, layout.marker);
  }
  const format = markerFormat(text);
  if (format === undefined) {
    throw new Fault("tree-invalid", `${layout.marker} is damaged: it names no format.`, {
      hint: `If the folder is a tree, write it anew: ${markerText().trim()}`,
    });
  }
  if (format > FORMAT_VERSION) {
    throw new Fault(
      "tree-newer",
      `${layout.root} was written by a newer simrun: format ${format}, this one knows ${FORMAT_VERSION}.`,
      { hint: "Use the newer simrun, or another tree with --tree DIR." },
    );
  }
  return true;
}

function markerFormat(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const format = (value as { format?: unknown } | null)?.format;
    return typeof format === "number" && Number.isInteger(format) && format > 0
      ? format
      : undefined;
  } catch {
    return undefined;
  }
}

/** A folder without marker must be empty, so that simrun never spreads over somebody's data. */
async function refuseForeignContent(layout: Layout): Promise<void> {
  const found: string[] = [];
  try {
    for await (const entry of fs.readDir(layout.root)) {
      if (!isTemporary(entry.name)) found.push(entry.name);
    }
  } catch (error) {
    throw diskFault(error, layout.root);
  }
  // Another simrun may have made the tree since the first look.
  if (found.length === 0 || await checkMarker(layout)) return;
  if (found.includes("hot") && found.includes("checkpoints")) {
    throw new Fault("tree-invalid", `${layout.root} is a tree that lost its simrun.json.`, {
      hint: `Write it anew: ${markerText().trim()}`,
    });
  }
  throw foreign(layout.root, `is not a tree and not empty (it holds ${found.sort()[0]})`);
}

function foreign(root: string, why: string): Fault {
  return new Fault("tree-invalid", `${root} ${why}.`, {
    hint: "Give an empty or a new folder with --tree DIR.",
  });
}

async function probeWritable(layout: Layout): Promise<void> {
  const probe = temporaryBeside(layout.marker);
  try {
    (await fs.open(probe, { write: true, createNew: true })).close();
  } catch (error) {
    throw diskFault(error, layout.root);
  } finally {
    await removeQuietly(probe);
  }
}

async function folderKind(path: string): Promise<"folder" | "file" | "missing" | "dangling"> {
  try {
    return (await fs.stat(path)).isDirectory ? "folder" : "file";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      const link = await fs.lstat(path).catch(() => undefined);
      return link?.isSymlink ? "dangling" : "missing";
    }
    if (errnoOf(error) === 20) return "missing";
    throw diskFault(error, path);
  }
}

function warn(onWarning: WarningSink | undefined): { onWarning?: WarningSink } {
  return onWarning === undefined ? {} : { onWarning };
}

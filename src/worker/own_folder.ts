/** What a model may read of its own folder: all of it but what links lead out of it. Looks, never writes. */
import { join } from "../job/path.ts";

/** More entries than this are not looked through; folders that were not looked into are not granted. */
const ENTRIES_MAX = 20_000;

/**
 * The folder itself where nothing in it leads out; else the parts of it that stay inside. The runtime asks for
 * permission by the name of a link and opens what it points to, so a link is granted only by its target.
 */
export function readableOf(folder: string): string[] {
  const walk = { root: realPath(folder) ?? folder, entriesLeft: ENTRIES_MAX };
  const { isWhole, parts } = look(folder, walk);
  return isWhole ? [folder] : parts;
}

interface Walk {
  readonly root: string;
  entriesLeft: number;
}

function look(folder: string, walk: Walk): { isWhole: boolean; parts: string[] } {
  let isWhole = true;
  const parts: string[] = [];
  const below: string[] = [];
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (walk.entriesLeft-- <= 0) return { isWhole: false, parts };
    if (entry.isDirectory) below.push(path);
    else if (!entry.isSymlink || staysInside(path, walk.root)) parts.push(path);
    else isWhole = false;
  }
  // Near ones first: of a huge folder the files beside the model are granted in any case.
  for (const path of below) {
    const found = look(path, walk);
    if (found.isWhole) parts.push(path);
    else {
      isWhole = false;
      parts.push(...found.parts);
    }
  }
  return { isWhole, parts };
}

function staysInside(link: string, root: string): boolean {
  const target = realPath(link);
  return target !== undefined && (target === root || target.startsWith(`${root}/`));
}

function realPath(path: string): string | undefined {
  try {
    return Deno.realPathSync(path);
  } catch {
    // It leads nowhere: there is nothing to read, today.
    return undefined;
  }
}

function entriesOf(folder: string): Iterable<Deno.DirEntry> {
  try {
    return [...Deno.readDirSync(folder)];
  } catch {
    // What simrun may not look into, the model may not read either.
    return [];
  }
}

/**
 * The quarantine: files that were rejected, each with its reason beside it. Nothing is deleted here.
 *
 * Crash order: the reason first, then the file, so that nothing stands in the quarantine unexplained.
 */
import { basename, dirname, join, relative } from "node:path";
import { diskFault, makeFolderDurable, syncFolder, writeFileDurable } from "./disk.ts";
import { fs } from "./file_system.ts";
import type { Layout } from "./layout.ts";

/** Moves a file of the tree aside, durably, and says why beside it. Answers where it is now. */
export async function quarantine(layout: Layout, path: string, reason: string): Promise<string> {
  const target = await freePath(join(layout.quarantineFolder, relative(layout.root, path)));
  await makeFolderDurable(dirname(target), { within: layout.root });
  await writeFileDurable(`${target}.reason.txt`, `${basename(path)}: ${reason}\n`);
  try {
    await fs.rename(path, target);
  } catch (error) {
    throw diskFault(error, path);
  }
  await syncFolder(dirname(target));
  await syncFolder(dirname(path));
  return target;
}

async function freePath(path: string): Promise<string> {
  let free = path;
  for (let number = 2; await fs.lstat(free).then(() => true, () => false); number++) {
    free = `${path}.${number}`;
  }
  return free;
}

/** A tree as it stands on the disk, to the byte: what a test compares to see whether anything was touched. */
import { crc32 } from "node:zlib";

/** Each path with its kind, inode, time of the last change, length and checksum. */
export function treePicture(root: string): Record<string, string> {
  const picture: Record<string, string> = {};
  const look = (path: string) => {
    const { isDirectory, ino, mtime, size } = Deno.lstatSync(path);
    const name = path.slice(root.length) || "/";
    if (isDirectory) {
      picture[name] = `folder ${ino} ${mtime?.getTime()}`;
      for (const entry of Deno.readDirSync(path)) look(`${path}/${entry.name}`);
    } else {
      picture[name] = `${ino} ${mtime?.getTime()} ${size} ${crc32(Deno.readFileSync(path))}`;
    }
  };
  look(root);
  return picture;
}

/** Temporaries anywhere in a tree. */
export function strayFiles(root: string): string[] {
  return Object.keys(treePicture(root)).filter((path) => path.includes("/.tmp-"));
}

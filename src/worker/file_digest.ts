/** Digests of files as they lie on disk. Reads; never waits for a pipe and never holds a large file whole. */
import { Fault } from "../job/fault.ts";
import { fs } from "../store/file_system.ts";

/** 16 hexadecimal characters like `shortDigest`; piece by piece, for an input may be larger than memory. */
export async function digestFile(path: string): Promise<string> {
  await requireFile(path);
  // Takes 20 ms to load, and most campaigns have no inputs.
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const piece of file.readable) hash.update(piece);
  return hash.digest("hex").slice(0, 16);
}

/** Refuses what has no end, like a pipe or a device. Throws what looking at it throws. */
export async function requireFile(path: string): Promise<void> {
  const { isFile, isDirectory } = await fs.stat(path);
  if (isFile) return;
  const what = isDirectory ? "a folder" : "a pipe or a device";
  throw new Fault("manifest", `${path} is ${what}, not a file`);
}

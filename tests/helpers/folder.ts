/** A temporary folder for one test, and files in it. */
import { dirname, join } from "node:path";

/** Calls with a fresh folder, which is removed afterwards. */
export async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "simrun-test-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes a file below the folder, with the folders it needs. Answers its path. */
export async function place(folder: string, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
  return path;
}

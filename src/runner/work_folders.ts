/** Clears away what commands of an earlier simrun were at work on, and what of them is still alive. */
import { processesIn, signalAll } from "../command/process_tree.ts";
import { diskFault } from "../store/disk.ts";
import { fs } from "../store/file_system.ts";
import type { Layout } from "../store/layout.ts";

/** Holder of the lock only, before its first slot begins. */
export async function clearWork({ workRoot }: Layout): Promise<void> {
  try {
    if (!(await fs.lstat(workRoot)).isDirectory) return;
    signalAll(processesIn(await Deno.realPath(workRoot)), "SIGKILL");
    await fs.remove(workRoot, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw diskFault(error, workRoot);
  }
}

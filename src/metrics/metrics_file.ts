/** A file for node_exporter's textfile collector: replaced as a whole, and readable by whoever the collector runs as. */
import { basename, dirname, join } from "node:path";
import { diskFault } from "../store/disk.ts";

/** The collector is another user. */
const MODE = 0o644;

export async function writeMetricsFile(path: string, text: string): Promise<void> {
  // The collector reads whatever ends in .prom, also what is only half written.
  const name = `.${basename(path)}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  const temporary = join(dirname(path), name);
  try {
    // Whatever the mask of the process is: the runtime sets the mode when the file is there.
    await Deno.writeTextFile(temporary, text, { createNew: true, mode: MODE });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw diskFault(error, path);
  }
}

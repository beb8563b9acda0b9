/** Which sinks a tree has: `hot/notify/sinks.json`, as the last `run` asked for them; `resume` takes them from there. */
import { join } from "node:path";
import type { SinkSpec } from "../job/sink.ts";
import { makeFolderDurable, writeFileDurable } from "../store/disk.ts";
import { fs } from "../store/file_system.ts";
import type { Layout } from "../store/layout.ts";

function listFile({ notifyFolder }: Layout): string {
  return join(notifyFolder, "sinks.json");
}

/** Only for the holder of the lock. Writes nothing where nothing changes. */
export async function writeSinks(layout: Layout, sinks: readonly SinkSpec[]): Promise<void> {
  if (JSON.stringify(sinks) === JSON.stringify(readSinks(layout))) return;
  await makeFolderDurable(layout.notifyFolder, { within: layout.root });
  await writeFileDurable(listFile(layout), JSON.stringify({ sinks }, null, 1) + "\n");
}

/** None where there is no list, or none that can be read. */
export function readSinks(layout: Layout): readonly SinkSpec[] {
  try {
    const value = JSON.parse(fs.readTextFileSync(listFile(layout))) as { sinks?: unknown } | null;
    return Array.isArray(value?.sinks) ? value.sinks as SinkSpec[] : [];
  } catch {
    return [];
  }
}

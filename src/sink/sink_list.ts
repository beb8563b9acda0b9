/**
 * Which sinks a tree has, and from where on each is told that has no note of its own yet: `hot/notify/sinks.json`, as the
 * last `run` asked for them; `resume` takes them from there.
 */
import { join } from "node:path";
import type { SinkSpec } from "../job/sink.ts";
import { makeFolderDurable, writeFileDurable } from "../store/disk.ts";
import { fs } from "../store/file_system.ts";
import type { Layout } from "../store/layout.ts";

export interface SinkList {
  readonly sinks: readonly SinkSpec[];
  /** By name: the last entry of the journal before the sink came to the tree. What stands behind it is told. */
  readonly after: ReadonlyMap<string, number>;
}

function listFile({ notifyFolder }: Layout): string {
  return join(notifyFolder, "sinks.json");
}

/**
 * Only for the holder of the lock, and before it writes to the journal, whose last entry it names: should it be killed before
 * anybody was told of anything, whoever tells them later finds here where to begin. Writes nothing where nothing changes.
 */
export async function writeSinks(
  layout: Layout,
  sinks: readonly SinkSpec[],
  lastSeq: number,
): Promise<void> {
  const known = readSinkList(layout);
  const after = new Map(sinks.map(({ name }) => [name, known.after.get(name) ?? lastSeq]));
  const text = textOf({ sinks, after });
  if (text === textOf(known)) return;
  await makeFolderDurable(layout.notifyFolder, { within: layout.root });
  await writeFileDurable(listFile(layout), text);
}

/** Empty where there is no list, or none that can be read. */
export function readSinkList(layout: Layout): SinkList {
  try {
    const value = JSON.parse(fs.readTextFileSync(listFile(layout))) as
      | { readonly sinks?: unknown; readonly after?: unknown }
      | null;
    return {
      sinks: Array.isArray(value?.sinks) ? value.sinks as SinkSpec[] : [],
      after: new Map(
        Object.entries(value?.after ?? {}).filter(([, seq]) => Number.isSafeInteger(seq)),
      ),
    };
  } catch {
    return { sinks: [], after: new Map() };
  }
}

export function readSinks(layout: Layout): readonly SinkSpec[] {
  return readSinkList(layout).sinks;
}

function textOf({ sinks, after }: SinkList): string {
  return JSON.stringify({ sinks, after: Object.fromEntries(after) }, null, 1) + "\n";
}

/**
 * How far a sink has been told, in `hot/notify/NAME.json`. It is written by the process of the sinks alone, one at a
 * time; should it be lost, the sink is told again of what happened since it came to the tree (`sink_list.ts`).
 */
import { join } from "node:path";
import type { NoticePlace } from "../notice/notice_place.ts";
import { makeFolderDurable, writeFileDurable } from "../store/disk.ts";
import { fs } from "../store/file_system.ts";
import type { Layout } from "../store/layout.ts";

export interface SinkState {
  /** The last one that has arrived. */
  readonly delivered?: NoticePlace;
  /** All entries of the journal up to this one are told, and will always be there. */
  readonly safeSeq: number;
  /** Why nothing arrives at the moment. */
  readonly failing?: { readonly since: string; readonly tries: number; readonly message: string };
  /** Given up since the tree is there. */
  readonly lost?: number;
  /** What became of the last one that was given up. */
  readonly lastLoss?: string;
}

export function sinkStateFile(layout: Layout, name: string): string {
  return join(layout.notifyFolder, `${name}.json`);
}

export function readSinkState(layout: Layout, name: string): SinkState | undefined {
  try {
    const value = JSON.parse(fs.readTextFileSync(sinkStateFile(layout, name))) as SinkState | null;
    return Number.isSafeInteger(value?.safeSeq) ? value! : undefined;
  } catch {
    return undefined;
  }
}

export async function writeSinkState(
  layout: Layout,
  name: string,
  state: SinkState,
): Promise<void> {
  await makeFolderDurable(layout.notifyFolder);
  await writeFileDurable(sinkStateFile(layout, name), JSON.stringify(state, null, 1) + "\n");
}

/**
 * How far a sink has been told, in `hot/notify/NAME.json`. It is written by the process of the sinks alone, one at a
 * time; should it be lost, the sink is told again of what happened since it came to the tree (`sink_list.ts`).
 */
import { join } from "node:path";
import type { Notice } from "../notice/notice.ts";
import { makeFolderDurable, writeFileDurable } from "../store/disk.ts";
import { fs } from "../store/file_system.ts";
import type { Layout } from "../store/layout.ts";

/** Of a notice, in the order in which they come. */
export interface NoticePlace {
  readonly seq: number;
  /** From 0 among those of one entry. */
  readonly index: number;
  readonly at: string;
}

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

/** Its place is its id: `seq.number`, or `seq` where it is alone. */
export function placeOf({ id, at }: Pick<Notice, "id" | "at">): NoticePlace {
  const [seq, number = "1"] = id.split(".");
  return { seq: Number(seq), index: Number(number) - 1, at };
}

/**
 * Whether a notice has arrived already. An entry that took the place of one that a power cut has undone came later.
 */
export function hasArrived(
  notice: Pick<Notice, "id" | "at">,
  delivered: NoticePlace | undefined,
): boolean {
  if (delivered === undefined || notice.at > delivered.at) return false;
  const { seq, index } = placeOf(notice);
  return seq < delivered.seq || seq === delivered.seq && index <= delivered.index;
}

/** Where a notice stands among those of its tree: so it is known how far somebody was told. Pure. */
import type { Notice } from "./notice.ts";

/** Of a notice, in the order in which they come. */
export interface NoticePlace {
  readonly seq: number;
  /** From 0 among those of one entry. */
  readonly index: number;
  readonly at: string;
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

/** Whether a program has failed for want of room on a disk, by what it said and by how full the disk is. */
import type { LastWords } from "../command/last_words.ts";
import { fs } from "../store/file_system.ts";
import { RunFailure } from "./run_failure.ts";

const SAID = /No space left on device|ENOSPC|disk quota exceeded|EDQUOT|disk is full/i;
/** Somebody who writes in larger pieces has failed before there is less. */
const FULL_BELOW_BYTES = 1 << 20;

/**
 * The failure in its place: there may be room when it is tried again. `clear` removes what it has written, where that is
 * on the disk that is full: it is half of something, and all others need the room.
 */
export async function failedForRoom(
  why: string,
  { folder, words, clear }: {
    readonly folder: string;
    readonly words: LastWords;
    readonly clear: () => void;
  },
): Promise<RunFailure | undefined> {
  // In a folder that is gone there is nothing to be full.
  const free = await fs.room?.(folder).then(({ freeBytes }) => freeBytes, () => Infinity);
  const isFull = free !== undefined && free < FULL_BELOW_BYTES;
  if (isFull) clear();
  else if (!SAID.test(words.telling ?? "") && !SAID.test(words.last)) return undefined;
  const removed = isFull ? "; what it wrote is removed, to make room" : "";
  return new RunFailure("transient", `the disk is full: ${why}${removed}`);
}

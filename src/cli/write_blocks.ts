/** Many small pieces of output as few writes. */
import type { Stream } from "../screen/terminal.ts";

/** Gathered before they are written: a hundred thousand rows are not as many system calls. */
const BLOCK_CHARACTERS = 1 << 16;

export function writeBlocks(stream: Stream, pieces: Iterable<string>): void {
  let block = "";
  for (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK_CHARACTERS) continue;
    stream.write(block);
    block = "";
  }
  if (block !== "") stream.write(block);
}

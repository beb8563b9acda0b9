/** Many small pieces of output as few writes. */
import type { Stream } from "../screen/terminal.ts";

/** Gathered before they are written: a hundred thousand rows are not as many system calls. */
const BLOCK_CHARACTERS = 1 << 16;

/** `shown` makes of whole pieces what the stream gets. */
export function writeBlocks(
  stream: Stream,
  pieces: Iterable<string>,
  shown: (stream: Stream, text: string) => string = (_, text) => text,
): void {
  let block = "";
  for (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK_CHARACTERS) continue;
    stream.write(shown(stream, block));
    block = "";
  }
  if (block !== "") stream.write(shown(stream, block));
}

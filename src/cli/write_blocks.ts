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
  for (const block of gathered(pieces)) stream.write(shown(stream, block));
}

/** The same text in fewer pieces. */
export function* gathered(pieces: Iterable<string>): IterableIterator<string> {
  let block = "";
  for (const piece of pieces) {
    block += piece;
    if (block.length < BLOCK_CHARACTERS) continue;
    yield block;
    block = "";
  }
  if (block !== "") yield block;
}

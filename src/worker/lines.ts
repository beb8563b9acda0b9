/** Splits a stream of bytes into lines of text; both ends of a slot's pipes read with it. */

/**
 * Yields each line without its newline. A last line without one is not yielded: it was cut off.
 * Of a line longer than `bytesMax` its head is yielded, and nothing after it.
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  bytesMax = Infinity,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  // A long line arrives in many pieces; joining them once keeps it linear.
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      pieces.push(chunk.subarray(from, at));
      yield decoder.decode(pieces.length === 1 ? pieces[0]! : join(pieces));
      pieces = [];
      length = 0;
      from = at + 1;
    }
    if (from < chunk.length) pieces.push(chunk.slice(from));
    length += chunk.length - from;
    if (length > bytesMax) return yield decoder.decode(pieces[0]);
  }
}

function join(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Lines out of a stream of bytes, however it is cut into chunks. */
import assert from "node:assert/strict";
import { readLines } from "../../src/worker/lines.ts";
import { seeded } from "../helpers/seeded.ts";

Deno.test("readLines() gives the same lines however the bytes are cut", async () => {
  const text = 'a\n\n{"ä": "€ 😀"}\n' + "x".repeat(3000) + "\nlast\n";
  const bytes = new TextEncoder().encode(text);
  const wanted = text.split("\n").slice(0, -1);
  for (let seed = 1; seed <= 30; seed++) {
    const random = seeded(seed);
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = 1 + random.below(seed < 5 ? 2 : 800);
      chunks.push(bytes.slice(at, at + length));
      at += length;
    }
    assert.deepEqual(await linesOf(chunks), wanted, `seed ${seed}`);
  }
});

Deno.test("readLines() drops a last line that was cut off", async () => {
  const chunk = new TextEncoder().encode('{"type":"ready"}\n{"type":"resul');
  assert.deepEqual(await linesOf([chunk]), ['{"type":"ready"}']);
  assert.deepEqual(await linesOf([]), []);
});

Deno.test("readLines() is not disturbed by a chunk that is written over afterwards", async () => {
  const buffer = new Uint8Array(4);
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const text = ["ab", "cd\n", undefined][turn++];
      if (text === undefined) return controller.close();
      buffer.fill(0);
      new TextEncoder().encodeInto(text, buffer);
      controller.enqueue(buffer.subarray(0, text.length));
    },
  }, { highWaterMark: 0 });
  let turn = 0;
  const lines: string[] = [];
  for await (const line of readLines(stream)) lines.push(line);
  assert.deepEqual(lines, ["abcd"]);
});

async function linesOf(chunks: readonly Uint8Array<ArrayBuffer>[]): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(ReadableStream.from(chunks))) lines.push(line);
  return lines;
}

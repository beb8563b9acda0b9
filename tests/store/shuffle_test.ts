import assert from "node:assert/strict";
import { shuffle, unshuffle, worthShuffling } from "../../src/store/shuffle.ts";
import { field, noise } from "./fixtures.ts";

/** Byte by byte, as the format describes it. */
function plainly(source: Uint8Array, width: number): Uint8Array {
  const count = source.length / width;
  return source.map((_, at) => source[(at % count) * width + Math.floor(at / count)]!);
}

Deno.test("shuffle() sorts bytes by rank for every width and length, and unshuffle() undoes it", () => {
  for (const width of [1, 2, 4, 8]) {
    for (const count of [0, 1, 2, 3, 4, 5, 8, 31, 64, 1000, 4099]) {
      const source = noise(width * count, width + count);
      const shuffled = new Uint8Array(source.length);
      shuffle(source, shuffled, width);
      assert.deepEqual(shuffled, plainly(source, width), `${count} × ${width}`);
      const back = new Uint8Array(source.length);
      unshuffle(shuffled, back, width);
      assert.deepEqual(back, source);
    }
  }
});

Deno.test("shuffle() gives the same bytes from shared memory and from odd addresses", () => {
  for (const width of [2, 4, 8]) {
    const source = noise(64 * width, 5);
    for (const offset of [0, 1, 2, 3, 4, 8]) {
      const shared = new Uint8Array(
        new SharedArrayBuffer(source.length + 8),
        offset,
        source.length,
      );
      shared.set(source);
      const target = new Uint8Array(new ArrayBuffer(source.length + 8), 8 - offset, source.length);
      shuffle(shared, target, width);
      assert.deepEqual([...target], [...plainly(source, width)]);
      const back = new Uint8Array(source.length);
      unshuffle(target, back, width);
      assert.deepEqual(back, source);
    }
  }
});

Deno.test("worthShuffling() is for smooth fields, not for bytes, random numbers or a few values", () => {
  assert.equal(worthShuffling(field(50_000, true), 8), true);
  assert.equal(worthShuffling(new Uint8Array(50_000), 1), false);
  assert.equal(worthShuffling(new Uint8Array(16), 8), false);
  const random = new Uint8Array(65_536);
  crypto.getRandomValues(random);
  assert.equal(worthShuffling(random, 8), false);
});

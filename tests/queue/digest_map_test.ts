/** DigestMap: the same as a `Map`, whatever comes and goes in whatever order. */
import assert from "node:assert/strict";
import { DigestMap } from "../../src/queue/digest_map.ts";
import { forSeeds, type Seeded } from "../helpers/seeded.ts";
import { cases } from "../helpers/torture.ts";

/** Digests at random, numbered ones, which fill neighbouring places, and what only looks like a digest or not at all. */
function someTexts(random: Seeded, count: number): string[] {
  const hex = (value: number) => value.toString(16).padStart(16, "0");
  const kinds = [
    () => Array.from({ length: 16 }, () => random.below(16).toString(16)).join(""),
    () => hex(random.below(count)),
    () => random.pick(["", "f".repeat(16), "0".repeat(16), "F".repeat(16), "é".repeat(16)]),
    () => `run-${random.below(count)}`,
  ];
  return Array.from({ length: count }, () => random.pick(kinds)());
}

Deno.test("DigestMap is what a Map is", () =>
  forSeeds(cases({ short: 40, long: 4_000 }), (random) => {
    const texts = someTexts(random, 1 + random.below(400));
    const map = new DigestMap<{ readonly of: string }>();
    const model = new Map<string, { readonly of: string }>();
    for (let i = 0; i < 2_000; i++) {
      const text = random.pick(texts);
      const value = { of: text };
      switch (random.below(4)) {
        case 0:
          map.set(text, value);
          model.set(text, value);
          break;
        case 1:
          assert.equal(map.add(text, value), !model.has(text));
          if (!model.has(text)) model.set(text, value);
          break;
        case 2:
          assert.equal(map.take(text), model.get(text));
          model.delete(text);
          break;
        default:
          assert.equal(map.get(text), model.get(text));
      }
    }
    for (const text of texts) assert.equal(map.get(text), model.get(text));
    const found = new Map<string, { readonly of: string }>();
    map.forEach((text, value) => {
      assert.equal(found.has(text), false);
      found.set(text, value);
    });
    assert.deepEqual(new Map([...found].sort()), new Map([...model].sort()));
  }));

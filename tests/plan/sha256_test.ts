import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { Sha256 } from "../../src/plan/sha256.ts";

/** Examples of FIPS 180-4's appendix and of NIST's test vectors. */
const PUBLISHED: readonly (readonly [string, string])[] = [
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
];

const sha256 = new Sha256();

Deno.test("Sha256 gives the digests that are published with the standard", () => {
  for (const [text, digest] of PUBLISHED) {
    for (const data of [text, new TextEncoder().encode(text)]) {
      assert.equal(Buffer.from(sha256.add(data).bytes()).toString("hex"), digest);
      assert.equal(sha256.add(data).head(), digest.slice(0, 16));
    }
  }
});

Deno.test("Sha256 agrees with node:crypto at every length and beyond ASCII", () => {
  const alphabet = ["a", "~", "\u0000", "\u007f", "\u0080", "é", "漢", "🜁", "\ud800"];
  for (let length = 0; length < 300; length++) {
    const ascii = "0123456789".repeat(30).slice(0, length);
    const mixed = ascii + alphabet[length % alphabet.length]! + ascii.slice(0, length % 7);
    for (const text of [ascii, mixed]) {
      // Half a surrogate pair is written as U+FFFD, in both.
      const expected = createHash("sha256").update(new TextEncoder().encode(text)).digest();
      assert.equal(sha256.add(text).head(), expected.toString("hex", 0, 8), JSON.stringify(text));
      assert.deepEqual(sha256.add(text).bytes(), new Uint8Array(expected));
    }
  }
});

Deno.test("Sha256 takes a message in pieces, of texts and bytes, and begins anew after each", () => {
  const encoder = new TextEncoder();
  for (let length = 0; length < 200; length += 7) {
    const pieces = ["", "a".repeat(length), "é", "b".repeat(length % 60), "漢".repeat(length)];
    const expected = createHash("sha256").update(pieces.join("")).digest();
    for (const [i, piece] of pieces.entries()) {
      sha256.add(i % 2 === 0 ? piece : encoder.encode(piece));
    }
    assert.deepEqual(sha256.bytes(), new Uint8Array(expected));
  }
});

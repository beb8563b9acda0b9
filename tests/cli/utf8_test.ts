/** The first byte that is not UTF-8. */
import assert from "node:assert/strict";
import { checkUtf8 } from "../../src/cli/utf8.ts";

Deno.test("checkUtf8() agrees with the decoder of the platform on every short sequence", () => {
  const edges = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf];
  const leads = [...edges, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff];
  const decoder = new TextDecoder("utf-8", { fatal: true });
  for (const a of leads) {
    for (const b of leads) {
      for (const c of leads) {
        for (const d of [0x41, 0xbf]) {
          const bytes = new Uint8Array([a, b, c, d]);
          let valid = true;
          try {
            decoder.decode(bytes);
          } catch {
            valid = false;
          }
          assert.equal(checkUtf8(bytes) === undefined, valid, `${bytes}`);
        }
      }
    }
  }
});

Deno.test("checkUtf8() counts bytes and lines", () => {
  assert.deepEqual(checkUtf8(new Uint8Array([0x0a, 0xc3, 0xa4, 0x0a, 0x80])), {
    offset: 4,
    line: 3,
  });
  assert.equal(checkUtf8(new Uint8Array()), undefined);
});

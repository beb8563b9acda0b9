import assert from "node:assert/strict";
import type { Snapshot } from "../../src/job/snapshot.ts";
import { decodeSafetensors, layoutSafetensors } from "../../src/store/safetensors.ts";
import { identityAt, noise, tensor } from "./fixtures.ts";

function encode(snapshot: Snapshot, shuffled: ReadonlySet<string> = new Set()): Uint8Array {
  const layout = layoutSafetensors(identityAt(5, { dependsOnSteps: 9 }), snapshot, shuffled);
  const file = new Uint8Array(layout.bytes);
  file.set(layout.header);
  let at = layout.header.length;
  for (const { bytes } of layout.tensors) {
    file.set(bytes, at);
    at += bytes.length;
  }
  assert.equal(at, layout.bytes);
  return file;
}

Deno.test("decodeSafetensors() gives back identity, state and arrays under any name", () => {
  const names = ["T", "0", "10", "", "__proto__", "__metadata__", "___metadata__", "ü 🌡", "a.b.c"];
  const tensors = names.map((name, i) => tensor(name, i % 2 ? "F64" : "I16", noise(24 + 8 * i, i)));
  const plain = '{"text":"\\ud800 \\u0000","t":1}';
  const decoded = decodeSafetensors(encode({ plain, tensors }, new Set(["T"])));
  assert.deepEqual(decoded.identity, identityAt(5, { dependsOnSteps: 9 }));
  assert.equal(decoded.plain, plain);
  assert.deepEqual([...decoded.shuffled], ["T"]);
  const byName = new Map(decoded.tensors.map((tensor) => [tensor.name, tensor]));
  assert.equal(byName.size, names.length);
  for (const { name, dtype, length, bytes } of tensors) {
    const found = byName.get(name)!;
    assert.deepEqual([found.dtype, found.length], [dtype, length]);
    assert.deepEqual([...found.bytes], [...bytes]);
  }
});

Deno.test("layoutSafetensors() aligns every array to its elements and leaves no gaps", () => {
  const tensors = [
    tensor("a", "U8", noise(3, 1)),
    tensor("b", "F64", noise(8, 2)),
    tensor("c", "I16", noise(6, 3)),
    tensor("d", "F32", noise(12, 4)),
    tensor("e", "U64", noise(0, 5)),
  ];
  const file = encode({ plain: "{}", tensors });
  const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
  assert.equal(headerBytes % 8, 0);
  const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + headerBytes)));
  assert.deepEqual(header.b.data_offsets, [0, 8]);
  assert.deepEqual(header.d.data_offsets, [8, 20]);
  assert.deepEqual(header.c.data_offsets, [20, 26]);
  assert.deepEqual(header.a.data_offsets, [26, 29]);
});

Deno.test("decodeSafetensors() refuses every cut and a header that promises too much", () => {
  const file = encode({ plain: "{}", tensors: [tensor("T", "F64", noise(16, 1))] });
  for (let length = 0; length < file.length; length++) {
    assert.throws(() => decodeSafetensors(file.subarray(0, length)), Error, String(length));
  }
  const bomb = file.slice();
  new DataView(bomb.buffer).setBigUint64(0, 2n ** 63n, true);
  assert.throws(() => decodeSafetensors(bomb), /cut off/);
  const text = new TextDecoder("latin1").decode(file).replace("[0,16]", "[8,24]");
  assert.throws(() => decodeSafetensors(Uint8Array.from(text, (c) => c.charCodeAt(0))), /wrongly/);
});

Deno.test("layoutSafetensors() refuses an array whose bytes do not fit its length", () => {
  const wrong = { ...tensor("T", "F64", noise(16, 1)), length: 3 };
  assert.throws(() => layoutSafetensors(identityAt(1), { plain: "", tensors: [wrong] }, new Set()));
});

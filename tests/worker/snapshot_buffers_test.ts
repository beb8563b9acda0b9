/** The buffers through which states leave the simulation thread: two, or one, never more memory than they may take. */
import assert from "node:assert/strict";
import { CONTROL } from "../../src/worker/protocol.ts";
import { RunFailure } from "../../src/worker/run_failure.ts";
import { SnapshotBuffers } from "../../src/worker/snapshot_buffers.ts";
import { takeApart } from "../../src/worker/state.ts";
import { forSeeds } from "../helpers/seeded.ts";

const MIB = 2 ** 20;

function stateOf(bytes: number) {
  return takeApart({ u: new Uint8Array(bytes).fill(bytes % 251) });
}

function buffersOf(bytesMax: number) {
  const orders = new Int32Array(new SharedArrayBuffer(CONTROL.bytes));
  const buffers = new SnapshotBuffers(orders, bytesMax);
  return {
    buffers,
    written: (buffer: 0 | 1) => Atomics.store(orders, CONTROL.buffers[buffer]!, 0),
  };
}

Deno.test("take() fills the second buffer while the first is written, and gives up when both are", () => {
  const { buffers, written } = buffersOf(10 * MIB);
  const state = stateOf(4 * MIB);
  assert.equal(buffers.take(state, false)?.buffer, 0);
  assert.equal(buffers.take(state, false)?.buffer, 1);
  assert.equal(buffers.take(state, false), undefined);
  written(1);
  assert.equal(buffers.take(state, false)?.buffer, 1);
});

Deno.test("take() makes do with one buffer for a state that fits once", () => {
  const { buffers, written } = buffersOf(10 * MIB);
  const state = stateOf(6 * MIB);
  const first = buffers.take(state, false)!;
  assert.equal(buffers.take(state, false), undefined, "there is no room for a second copy");
  written(first.buffer);
  assert.ok(buffers.take(state, false));
});

Deno.test("take() ends a run whose state fits in no buffer, with the figures", () => {
  const { buffers } = buffersOf(10 * MIB);
  assert.throws(() => buffers.take(stateOf(11 * MIB), true), (error: Error) => {
    assert.ok(error instanceof RunFailure);
    assert.equal(error.failureClass, "out-of-memory");
    assert.match(error.message, /takes 11 MiB, and 10 MiB of its slot's memory/);
    return true;
  });
});

Deno.test("however states grow and shrink, what is written is whole and the buffers stay within their bounds", () => {
  forSeeds(200, (random) => {
    const bytesMax = 1000 + random.below(10_000);
    const { buffers, written } = buffersOf(bytesMax);
    const busy = new Map<0 | 1, SharedArrayBuffer>();
    for (let i = 0; i < 100; i++) {
      // Arrays lie at multiples of eight bytes.
      const bytes = 1 + random.below(bytesMax - 64);
      const taken = buffers.take(stateOf(bytes), false);
      if (taken !== undefined) {
        assert.ok(!busy.has(taken.buffer), "one that is written is left alone");
        const copy = new Uint8Array(taken.shared);
        assert.ok(copy.subarray(0, bytes).every((byte) => byte === bytes % 251));
        busy.set(taken.buffer, taken.shared);
        const held = [...busy.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
        assert.ok(held <= Math.max(bytesMax, 64), `${held} of ${bytesMax}`);
      }
      for (const buffer of [...busy.keys()]) {
        if (random.next() < 0.4) {
          busy.delete(buffer);
          written(buffer);
        }
      }
    }
  });
});

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { CheckpointIdentity } from "../../src/job/snapshot.ts";
import {
  BadCheckpoint,
  checkpointName,
  listCheckpoints,
  newestGood,
  pruneCheckpoints,
  readCheckpoint,
  readHeader,
  verifyCheckpoint,
  writeCheckpoint,
} from "../../src/store/checkpoint.ts";
import type { Layout } from "../../src/store/layout.ts";
import { checkCheckpoint } from "../../src/store/checkpoint_check.ts";
import { field, identityAt, inTree, noise, snapshotOf, tensor } from "./fixtures.ts";

const EXPECTED = { digest: "d1", model: "m1", steps: 1000 };
const SNAPSHOT = snapshotOf(tensor("T", "F64", field(300)), tensor("seen", "U8", noise(77, 3)));

function folderOf(layout: Layout, job = "climate", run = job): string {
  return layout.checkpointFolder(job, run);
}

function write(layout: Layout, step: number, over: Partial<CheckpointIdentity> = {}) {
  const identity = identityAt(step, over);
  return writeCheckpoint(folderOf(layout, identity.job, identity.run), identity, SNAPSHOT);
}

Deno.test("readCheckpoint() gives back bit for bit what was written from shared memory", () =>
  inTree(async (layout) => {
    const special = new Float64Array([NaN, -NaN, Infinity, -0, 5e-324]);
    new DataView(special.buffer).setBigUint64(0, 0x7ff8dead_beef0001n, true);
    const tensors = [
      // Several blocks, and an end that fills neither a block nor four elements.
      tensor("T", "F64", field(300_003, true)),
      tensor("mask", "U16", noise(2 * 131_075, 2)),
      tensor("noise", "F32", noise(4 * 600_001, 4)),
      tensor("special", "F64", new Uint8Array(special.buffer)),
      tensor("spins", "I8", noise(3_000_001, 6)),
      tensor("empty", "I64", new Uint8Array(0)),
    ];
    const identity = identityAt(123, { ms: 0.1 + 0.2, series: { bytes: 5, crc32: 4_294_967_295 } });
    const written = await writeCheckpoint(folderOf(layout), identity, snapshotOf(...tensors));
    assert.equal(written.file, "step-000000000123.ckpt");
    const path = join(folderOf(layout), written.file);
    assert.equal((await Deno.stat(path)).size, written.bytes);
    const { identity: found, snapshot } = await readCheckpoint(path);
    assert.deepEqual(found, identity);
    assert.equal(snapshot.plain, snapshotOf().plain);
    assert.equal(snapshot.tensors.length, tensors.length);
    for (const { name, dtype, length, bytes } of tensors) {
      const back = snapshot.tensors.find((tensor) => tensor.name === name)!;
      assert.deepEqual([back.dtype, back.length], [dtype, length]);
      assert.equal(Buffer.compare(Buffer.from(bytes), back.bytes), 0, name);
      assert.equal(back.bytes.byteOffset % 8, 0);
    }
    assert.equal((await verifyCheckpoint(path)).rawBytes, written.rawBytes);
  }));

Deno.test("writeCheckpoint() makes a smooth field smaller than zstd alone does", () =>
  inTree(async (layout) => {
    const smooth = field(200_000);
    const written = await writeCheckpoint(
      folderOf(layout),
      identityAt(1),
      snapshotOf(tensor("T", "F64", smooth)),
    );
    assert.ok(written.bytes < 0.85 * zstdCompressSync(smooth).length, String(written.bytes));
  }));

Deno.test("writeCheckpoint() at once for many runs keeps them apart", () =>
  inTree(async (layout) => {
    const states = Array.from({ length: 6 }, (_, i) => tensor("T", "F64", noise(8 * 400_000, i)));
    await Promise.all(states.map((state, i) => {
      const identity = identityAt(i, { run: `r${i}` });
      return writeCheckpoint(folderOf(layout, "climate", `r${i}`), identity, snapshotOf(state));
    }));
    for (const [i, state] of states.entries()) {
      const path = join(folderOf(layout, "climate", `r${i}`), checkpointName(i));
      const back = (await readCheckpoint(path)).snapshot.tensors[0]!;
      assert.equal(Buffer.compare(Buffer.from(back.bytes), Buffer.from(state.bytes)), 0);
    }
  }));

Deno.test("a checkpoint is a header and a plain zstd frame of safetensors", () =>
  inTree(async (layout) => {
    const { file } = await write(layout, 1);
    const bytes = await Deno.readFile(join(folderOf(layout), file));
    assert.equal(new TextDecoder().decode(bytes.subarray(0, 8)), "SIMRUNCK");
    const raw = zstdDecompressSync(bytes.subarray(48));
    const header = JSON.parse(raw.subarray(8, 8 + Number(raw.readBigUInt64LE(0))).toString());
    assert.equal(header.__metadata__.job, "climate");
    assert.equal(header.T.dtype, "F64");
  }));

Deno.test("a checkpoint cut at 40 lengths is always found torn", () =>
  inTree(async (layout) => {
    const { file, bytes } = await write(layout, 1);
    const path = join(folderOf(layout), file);
    const whole = await Deno.readFile(path);
    for (let i = 0; i < 40; i++) {
      await Deno.writeFile(path, whole.subarray(0, Math.floor(i * bytes / 40)));
      await assert.rejects(readCheckpoint(path), BadCheckpoint);
      await assert.rejects(verifyCheckpoint(path), BadCheckpoint);
      await assert.rejects(readHeader(path), /torn/);
    }
    await Deno.writeFile(path, new Uint8Array([...whole, 0]));
    await assert.rejects(readCheckpoint(path), BadCheckpoint);
  }));

Deno.test("a checkpoint with one bit flipped at 200 places, or a zeroed page, is always found bad", () =>
  inTree(async (layout) => {
    const { file } = await write(layout, 1);
    const path = join(folderOf(layout), file);
    const whole = await Deno.readFile(path);
    const places = new Set<number>();
    for (let bit = 0; bit < 48 * 8; bit += 5) places.add(bit);
    for (let i = 0; places.size < 200; i++) places.add((i * 7919 + 48 * 8) % (whole.length * 8));
    for (const bit of places) {
      const rotten = whole.slice();
      rotten[bit >> 3]! ^= 1 << (bit & 7);
      await Deno.writeFile(path, rotten);
      await assert.rejects(readCheckpoint(path), BadCheckpoint, `bit ${bit}`);
    }
    for (const from of [0, 512, 1024]) {
      await Deno.writeFile(path, whole.slice().fill(0, from, from + 512));
      await assert.rejects(readCheckpoint(path), BadCheckpoint);
    }
    await Deno.writeFile(path, whole);
    assert.equal((await readCheckpoint(path)).identity.step, 1);
  }));

Deno.test("readCheckpoint() bounds what it inflates by the header, the limit, and the frame itself", () =>
  inTree(async (layout) => {
    const bomb = zstdCompressSync(new Uint8Array(50_000_000), {
      params: { [constants.ZSTD_c_checksumFlag]: 1 },
    });
    const path = join(layout.root, checkpointName(1));
    const says = async (rawBytes: bigint) => {
      const header = Buffer.alloc(48);
      header.write("SIMRUNCK");
      header.writeUInt16LE(1, 8);
      header.writeUInt16LE(1, 10);
      header.writeUInt32LE(48, 12);
      header.writeBigUInt64LE(rawBytes, 16);
      header.writeBigUInt64LE(BigInt(bomb.length), 24);
      header.writeBigUInt64LE(1n, 32);
      header.writeUInt32LE(crc32(bomb), 40);
      header.writeUInt32LE(crc32(header.subarray(0, 44)), 44);
      await Deno.writeFile(path, new Uint8Array([...header, ...bomb]));
    };
    await says(50_000_000n);
    await assert.rejects(readCheckpoint(path, { rawBytesMax: 1_000_000 }), /too large: 50000000/);
    await says(1_000n);
    await assert.rejects(readCheckpoint(path), BadCheckpoint);
    await says(2n ** 52n);
    await assert.rejects(readCheckpoint(path), /cannot be/);
    await says(2n ** 63n);
    await assert.rejects(readCheckpoint(path), /impossible/);
  }));

Deno.test("checkCheckpoint() finds one flipped bit in megabytes that it does not inflate", () =>
  inTree(async (layout) => {
    const large = snapshotOf(tensor("T", "F64", field(400_000)), tensor("n", "U8", noise(900, 1)));
    const { file, bytes } = await writeCheckpoint(folderOf(layout), identityAt(7), large);
    const path = join(folderOf(layout), file);
    assert.equal((await checkCheckpoint(path)).identity.step, 7);
    const whole = await Deno.readFile(path);
    for (let i = 1; i <= 40; i++) {
      const rotten = whole.slice();
      rotten[Math.floor(i * (bytes - 1) / 40)]! ^= 1 << (i & 7);
      await Deno.writeFile(path, rotten);
      await assert.rejects(checkCheckpoint(path), BadCheckpoint, `place ${i}`);
    }
    await Deno.writeFile(path, whole.subarray(0, -1));
    await assert.rejects(checkCheckpoint(path), /torn/);
  }));

Deno.test("readCheckpoint() names a newer format", () =>
  inTree(async (layout) => {
    const { file } = await write(layout, 1);
    const path = join(folderOf(layout), file);
    const bytes = Buffer.from(await Deno.readFile(path));
    bytes.writeUInt16LE(2, 8);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 44)), 44);
    await Deno.writeFile(path, bytes);
    await assert.rejects(readCheckpoint(path), /newer format: version 2/);
  }));

Deno.test("listCheckpoints() sorts by step, newest first, and sees checkpoints only", () =>
  inTree(async (layout) => {
    assert.deepEqual(await listCheckpoints(folderOf(layout)), []);
    for (const step of [9, 1_000_000_000_000, 10]) await write(layout, step);
    await Deno.writeTextFile(join(folderOf(layout), ".tmp-1-step-000000000011.ckpt"), "");
    await Deno.writeTextFile(join(folderOf(layout), "step-12.ckpt"), "");
    await Deno.mkdir(join(folderOf(layout), "step-000000000013.ckpt"));
    const steps = (await listCheckpoints(folderOf(layout))).map(({ step }) => step);
    assert.deepEqual(steps, [1_000_000_000_000, 10, 9]);
  }));

Deno.test("pruneCheckpoints() keeps the newest with good headers and does not count bad ones", () =>
  inTree(async (layout) => {
    for (const step of [1, 2, 3, 4, 5]) await write(layout, step);
    await Deno.writeTextFile(join(folderOf(layout), checkpointName(6)), "torn");
    assert.deepEqual(await pruneCheckpoints(folderOf(layout), 2), [3, 2, 1].map(checkpointName));
    const steps = (await listCheckpoints(folderOf(layout))).map(({ step }) => step);
    assert.deepEqual(steps, [6, 5, 4]);
    await pruneCheckpoints(folderOf(layout), 0);
    assert.equal((await listCheckpoints(folderOf(layout))).length, 2, "one good one always stays");
  }));

Deno.test("newestGood() falls back over bad ones and moves them aside with their reasons", () =>
  inTree(async (layout) => {
    for (const step of [10, 20, 30, 40]) await write(layout, step);
    const at = (step: number) => join(folderOf(layout), checkpointName(step));
    await Deno.truncate(at(40), 100);
    const rotten = await Deno.readFile(at(30));
    rotten[200]! ^= 4;
    await Deno.writeFile(at(30), rotten);
    const looked = await newestGood(layout, "climate", "climate", EXPECTED, "look");
    assert.equal(looked.checkpoint?.file, checkpointName(20));
    assert.deepEqual(looked.rejected.map(({ file }) => file), [40, 30].map(checkpointName));
    assert.equal((await listCheckpoints(folderOf(layout))).length, 4);
    const found = await newestGood(layout, "climate", "climate", EXPECTED, "quarantine");
    assert.equal(found.checkpoint?.identity.step, 20);
    assert.deepEqual(found.rejected, looked.rejected);
    assert.equal((await listCheckpoints(folderOf(layout))).length, 2);
    const moved = join(layout.quarantineFolder, "checkpoints/climate/climate", checkpointName(40));
    assert.equal((await Deno.stat(moved)).size, 100);
    assert.match(await Deno.readTextFile(`${moved}.reason.txt`), /torn: 100 of/);
    // The same name again, later: nothing in the quarantine is overwritten.
    await write(layout, 40);
    await Deno.truncate(at(40), 50);
    await newestGood(layout, "climate", "climate", EXPECTED, "quarantine");
    assert.deepEqual([(await Deno.stat(moved)).size, (await Deno.stat(`${moved}.2`)).size], [
      100,
      50,
    ]);
  }));

Deno.test("newestGood() starts at nothing when all are bad, or there are none", () =>
  inTree(async (layout) => {
    const nothing = await newestGood(layout, "climate", "climate", EXPECTED, "quarantine");
    assert.deepEqual(nothing, { rejected: [] });
    for (const step of [1, 2]) {
      await write(layout, step);
      await Deno.truncate(join(folderOf(layout), checkpointName(step)));
    }
    const found = await newestGood(layout, "climate", "climate", EXPECTED, "quarantine");
    assert.equal(found.checkpoint, undefined);
    assert.equal(found.rejected.length, 2);
  }));

Deno.test("newestGood() refuses what was computed otherwise, and says how", () =>
  inTree(async (layout) => {
    const refusals: [Partial<CheckpointIdentity>, RegExp][] = [
      [{ digest: "d2" }, /other parameters/],
      [{ model: "m2" }, /version of the model/],
      [{ dependsOnSteps: 500 }, /depends on 500 steps/],
      [{ step: 1001 }, /beyond the 1000 steps/],
    ];
    for (const [over, reason] of refusals) {
      await write(layout, over.step ?? 7, over);
      const { checkpoint, rejected } = await newestGood(
        layout,
        "climate",
        "climate",
        EXPECTED,
        "quarantine",
      );
      assert.equal(checkpoint, undefined);
      assert.match(rejected[0]!.reason, reason);
    }
    await write(layout, 8, { dependsOnSteps: 1000, model: "m2" });
    const anyModel = { digest: "d1", steps: 1000 };
    const found = await newestGood(layout, "climate", "climate", anyModel, "look");
    assert.equal(found.checkpoint?.identity.step, 8);
  }));

Deno.test("newestGood() knows the swapped files of two runs, and a file under another step's name", () =>
  inTree(async (layout) => {
    await write(layout, 5, { run: "a" });
    await write(layout, 5, { run: "b" });
    const a = join(folderOf(layout, "climate", "a"), checkpointName(5));
    const b = join(folderOf(layout, "climate", "b"), checkpointName(5));
    await Deno.rename(a, `${a}.x`);
    await Deno.rename(b, a);
    await Deno.rename(`${a}.x`, b);
    for (const [run, other] of [["a", "b"], ["b", "a"]] as const) {
      const { checkpoint, rejected } = await newestGood(layout, "climate", run, EXPECTED, "look");
      assert.equal(checkpoint, undefined);
      assert.match(rejected[0]!.reason, new RegExp(`run ${other} of job climate`));
    }
    await write(layout, 5);
    const path = join(folderOf(layout), checkpointName(5));
    await Deno.rename(path, join(folderOf(layout), checkpointName(900)));
    const { rejected } = await newestGood(layout, "climate", "climate", EXPECTED, "look");
    assert.match(rejected[0]!.reason, /step 5, not of the one in its name/);
  }));

Deno.test("newestGood() asks for a further reason, e.g. a damaged series", () =>
  inTree(async (layout) => {
    for (const step of [1, 2]) await write(layout, step, { series: { bytes: step, crc32: 0 } });
    const check = (identity: CheckpointIdentity) =>
      Promise.resolve(identity.series.bytes > 1 ? "its series is short" : undefined);
    const found = await newestGood(layout, "climate", "climate", { ...EXPECTED, check }, "look");
    assert.equal(found.checkpoint?.identity.step, 1);
    assert.deepEqual(found.rejected, [{ file: checkpointName(2), reason: "its series is short" }]);
  }));

Deno.test("writeCheckpoint() does not write through a planted link", () =>
  inTree(async (layout) => {
    const elsewhere = join(layout.root, "elsewhere");
    await Deno.mkdir(join(elsewhere, "climate"), { recursive: true });
    await Deno.symlink(elsewhere, join(layout.checkpointRoot, "climate"));
    await assert.rejects(write(layout, 1), /is a link/);
    assert.deepEqual([...Deno.readDirSync(join(elsewhere, "climate"))], []);
  }));

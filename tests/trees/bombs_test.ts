/** Files that say little and inflate to much, or say much and hold little: bounded before memory is taken (T35). */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { constants, crc32, createZstdCompress, deflateRawSync } from "node:zlib";
import { inFolder } from "../helpers/folder.ts";
import { copyTree, GOLDEN } from "./small_tree.ts";
import { forgedCheckpoint, Patient } from "./wounds.ts";

const PROBE = fileURLToPath(new URL("./bombs_probe.ts", import.meta.url));
const PEAK_BYTES_MAX = 300e6;
const GIB = 2 ** 30;
const CHECKPOINT = "checkpoints/long/long/step-000000009999.ckpt";
const SEGMENT = "archive/journal-000002.zip";
const PACK = "archive/runs-000002.zip";

interface Bomb {
  readonly name: string;
  readonly plant: (tree: Patient) => void | Promise<void>;
  readonly says: RegExp;
}

const BOMBS: readonly Bomb[] = [
  {
    name: "a checkpoint that says it inflates to 4 GiB, from 300 bytes",
    plant: (tree) =>
      tree.write(CHECKPOINT, forgedCheckpoint(new Uint8Array(9), { rawBytes: 4n << 30n })),
    says: /it says it inflates to 4294967296 bytes, which cannot be/,
  },
  {
    name: "a checkpoint that says 1000 bytes, and inflates to 1 GiB",
    plant: async (tree) => {
      const packed = await zeros(GIB);
      tree.write(CHECKPOINT, forgedCheckpoint(new Uint8Array(), { rawBytes: 1000n, packed }));
    },
    says: /step-000000009999\.ckpt: /,
  },
  {
    name: "a frame of zstd that claims 100 GB",
    plant: (tree) => {
      const packed = new Uint8Array(4000);
      // One segment, its content size in eight bytes: then the window is as large.
      packed.set([0x28, 0xb5, 0x2f, 0xfd, 0xe0]);
      new DataView(packed.buffer).setBigUint64(5, 100_000_000_000n, true);
      tree.write(CHECKPOINT, forgedCheckpoint(new Uint8Array(), { rawBytes: 1_000_000n, packed }));
    },
    says: /step-000000009999\.ckpt: /,
  },
  {
    name: "a segment of 1 MB that inflates to 1 GiB",
    plant: (tree) =>
      tree.write(SEGMENT, zip("journal-000000000900-000000000999.jsonl", deflated(GIB), GIB)),
    says:
      /journal-000002\.zip: \S+ says it inflates from \d+ to 1073741824 bytes, which is too large/,
  },
  {
    name: "a segment that says it inflates to 4 GB, from 30 bytes",
    plant: (tree) =>
      tree.write(SEGMENT, zip("journal-000000000900-000000000999.jsonl", deflated(30), 4e9)),
    says: /journal-000002\.zip: \S+ says it inflates from \d+ to 4000000000 bytes, which cannot be/,
  },
  {
    name: "a pack with an entry of 1 GiB",
    plant: (tree) => tree.write(PACK, zip("packed/packed/series.csv", deflated(GIB), GIB)),
    says: /runs-000002\.zip: packed\/packed\/series\.csv says it inflates/,
  },
  {
    name: "a pack whose entry is said to be 4 GB in the file",
    plant: (tree) =>
      tree.write(PACK, zip("packed/packed/series.csv", deflated(30), 30, { packedBytes: 4e9 })),
    says: /runs-000002\.zip: packed\/packed\/series\.csv lies outside the file/,
  },
  {
    name: "a pack that claims 10,000,000 entries",
    plant: (tree) => {
      const bytes = zip("packed/packed/series.csv", deflated(30), 30);
      const view = new DataView(bytes.buffer);
      // As many as the field holds, in a directory as large as they would need.
      view.setUint16(bytes.length - 12, 0xffff, true);
      view.setUint16(bytes.length - 14, 0xffff, true);
      view.setUint32(bytes.length - 10, 10_000_000 * 46, true);
      tree.write(PACK, bytes);
    },
    says: /runs-000002\.zip: its directory lies outside the file/,
  },
  {
    name: "a pack whose directory is a hole of 2 GB",
    plant: (tree) => {
      const head = zip("packed/packed/series.csv", deflated(30), 30);
      const end = head.slice(-22);
      new DataView(end.buffer).setUint32(12, 2e9, true);
      new DataView(end.buffer).setUint32(16, 0, true);
      tree.write(PACK, "");
      Deno.truncateSync(tree.path(PACK), 2e9);
      using file = Deno.openSync(tree.path(PACK), { append: true });
      file.writeSync(end);
    },
    says: /runs-000002\.zip: its directory is too large: 2000000000 bytes/,
  },
];

Deno.test(`${BOMBS.length} decompression bombs are refused within ${PEAK_BYTES_MAX / 1e6} MB`, async (t) => {
  await inFolder(async (folder) => {
    for (const [i, { name, plant, says }] of BOMBS.entries()) {
      await t.step(name, async () => {
        const tree = new Patient(`${folder}/tree-${i}`);
        await copyTree(`${GOLDEN}/0.1.0/tree`, tree.root);
        await plant(tree);
        const output = await new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--quiet", "--no-check", PROBE, tree.root],
        }).output();
        const decoder = new TextDecoder();
        assert.equal(output.code, 0, decoder.decode(output.stderr));
        const { said, chosen, isSound, peakBytes } = JSON.parse(decoder.decode(output.stdout));
        assert.match(said.join("\n"), says);
        // Of another digest all are; the bomb is none of those that are taken for good.
        assert.equal(chosen, undefined);
        assert.equal(isSound, true);
        assert.ok(peakBytes < PEAK_BYTES_MAX, `${Math.round(peakBytes / 1e6)} MB`);
        await Deno.remove(tree.root, { recursive: true });
      });
    }
  });
});

/** So many zeros as zstd packs them. */
async function zeros(bytes: number): Promise<Uint8Array> {
  const packing = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  const piece = new Uint8Array(16 << 20);
  const parts: Uint8Array[] = [];
  packing.on("data", (part: Uint8Array) => parts.push(part));
  const done = new Promise((end) => packing.on("end", end));
  for (let at = 0; at < bytes; at += piece.length) {
    await new Promise((taken) => packing.write(piece, taken));
  }
  packing.end();
  await done;
  return new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
}

/** So many zeros as deflate packs them: pieces that begin anew, one after the other. */
function deflated(bytes: number): Uint8Array {
  const whole = Math.min(bytes, 16 << 20);
  const flush = { finishFlush: constants.Z_FULL_FLUSH };
  const piece = new Uint8Array(deflateRawSync(new Uint8Array(whole), flush));
  const count = Math.floor(bytes / whole);
  const last = deflateRawSync(new Uint8Array(0));
  const packed = new Uint8Array(piece.length * count + last.length);
  for (let i = 0; i < count; i++) packed.set(piece, i * piece.length);
  packed.set(last, piece.length * count);
  return packed;
}

/** A zip file of one entry, which may say of itself what is not so. */
function zip(
  name: string,
  packed: Uint8Array,
  rawBytes: number,
  lies: { readonly packedBytes?: number } = {},
): Uint8Array {
  const label = new TextEncoder().encode(name);
  const bytes = new Uint8Array(30 + label.length + packed.length + 46 + label.length + 22);
  const view = new DataView(bytes.buffer);
  const packedBytes = lies.packedBytes ?? packed.length;
  const common = (at: number) => {
    view.setUint16(at, 20, true);
    view.setUint16(at + 4, 8, true);
    view.setUint32(at + 10, crc32(new Uint8Array(0)), true);
    view.setUint32(at + 14, packedBytes, true);
    view.setUint32(at + 18, rawBytes, true);
    view.setUint16(at + 22, label.length, true);
  };
  view.setUint32(0, 0x04034b50, true);
  common(4);
  bytes.set(label, 30);
  bytes.set(packed, 30 + label.length);
  const directory = 30 + label.length + packed.length;
  view.setUint32(directory, 0x02014b50, true);
  common(directory + 6);
  bytes.set(label, directory + 46);
  const end = directory + 46 + label.length;
  view.setUint32(end, 0x06054b50, true);
  view.setUint16(end + 8, 1, true);
  view.setUint16(end + 10, 1, true);
  view.setUint32(end + 12, 46 + label.length, true);
  view.setUint32(end + 16, directory, true);
  return bytes;
}

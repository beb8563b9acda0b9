import assert from "node:assert/strict";
import { join } from "node:path";
import type { Dtype } from "../../src/job/snapshot.ts";
import { exportNpy, exportSafetensors } from "../../src/store/export.ts";
import { decodeSafetensors } from "../../src/store/safetensors.ts";
import { field, identityAt, inFolder, run, snapshotOf, tensor, works } from "./fixtures.ts";

const numpy = await works("python3", "-c", "import numpy");
const DTYPES: readonly Dtype[] = [
  "F64",
  "F32",
  "I8",
  "U8",
  "I16",
  "U16",
  "I32",
  "U32",
  "I64",
  "U64",
];
/** 0x0102… in every element: wrong byte order or width shows. */
const COUNTED = Uint8Array.from({ length: 240 }, (_, i) => (i * 37 + 1) % 120);

Deno.test("exportSafetensors() is plain: no array is shuffled", () => {
  const snapshot = snapshotOf(tensor("T", "F64", field(1000)), tensor("n", "I32", COUNTED));
  const decoded = decodeSafetensors(exportSafetensors({ identity: identityAt(5), snapshot }));
  assert.equal(decoded.shuffled.size, 0);
  assert.deepEqual(decoded.identity, identityAt(5));
  assert.deepEqual([...decoded.tensors[0]!.bytes], [...field(1000)]);
});

Deno.test("exportNpy() pads its header to 64 bytes and ends it with a newline", () => {
  for (const length of [0, 1, 1000]) {
    const file = exportNpy(tensor("T", "F64", new Uint8Array(8 * length)));
    const headerBytes = 10 + file[8]! + 256 * file[9]!;
    assert.equal(headerBytes % 64, 0);
    assert.equal(file[headerBytes - 1], 10);
    assert.equal(file.length, headerBytes + 8 * length);
  }
});

Deno.test("exportNpy() opens in NumPy with the same values (needs python3 with numpy)", {
  ignore: !numpy,
}, () =>
  inFolder(async (folder) => {
    for (const dtype of DTYPES) {
      await Deno.writeFile(join(folder, `${dtype}.npy`), exportNpy(tensor("x", dtype, COUNTED)));
    }
    await Deno.writeFile(join(folder, "raw"), COUNTED);
    const program = `
import sys, numpy as np
kinds = dict(F64='<f8', F32='<f4', I8='i1', U8='u1', I16='<i2', U16='<u2', I32='<i4', U32='<u4', I64='<i8', U64='<u8')
raw = open(sys.argv[1] + '/raw', 'rb').read()
for name, kind in kinds.items():
    a = np.load(f'{sys.argv[1]}/{name}.npy')
    assert a.dtype == np.dtype(kind) and a.tobytes() == raw and a.shape == (240 // a.itemsize,), name
print('ok')`;
    assert.equal((await run("python3", "-c", program, folder)).trim(), "ok");
  }));

Deno.test(
  "exportSafetensors() opens in Python by the format's own words (needs python3 with numpy)",
  {
    ignore: !numpy,
  },
  () =>
    inFolder(async (folder) => {
      const snapshot = snapshotOf(
        tensor("T", "F64", field(90)),
        tensor("layers.0.u", "F32", COUNTED),
        tensor("flags", "U8", COUNTED.subarray(0, 3)),
      );
      const path = join(folder, "state.safetensors");
      await Deno.writeFile(path, exportSafetensors({ identity: identityAt(5), snapshot }));
      const program = `
import sys, json, struct, numpy as np
data = open(sys.argv[1], 'rb').read()
n = struct.unpack('<Q', data[:8])[0]
header = json.loads(data[8:8 + n])
meta = header.pop('__metadata__')
assert all(isinstance(v, str) for v in meta.values())
spans = sorted(v['data_offsets'] for v in header.values())
assert spans[0][0] == 0 and all(a[1] == b[0] for a, b in zip(spans, spans[1:])) and 8 + n + spans[-1][1] == len(data)
b, e = header['T']['data_offsets']
T = np.frombuffer(data[8 + n + b:8 + n + e], '<f8')
try:
    from safetensors.numpy import load_file
    assert (load_file(sys.argv[1])['T'] == T).all()
except ImportError:
    pass
print(meta['job'], meta['step'], len(T), repr(float(T[3])))`;
      const said = (await run("python3", "-c", program, path)).trim();
      const expected = new Float64Array(field(90).buffer as ArrayBuffer)[3]!;
      assert.equal(said, `climate 5 90 ${expected}`);
    }),
);

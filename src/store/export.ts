/** Checkpoints for other programs: plain safetensors and `.npy`, as bytes. Writes no files. */
import type { Dtype, Tensor } from "../job/snapshot.ts";
import type { Checkpoint } from "./checkpoint_file.ts";
import { layoutSafetensors } from "./safetensors.ts";

/** The whole state as plain safetensors: arrays by name, the rest and the identity as metadata. */
export function exportSafetensors(checkpoint: Checkpoint): Uint8Array {
  const layout = layoutSafetensors(checkpoint.identity, checkpoint.snapshot, new Set());
  const file = new Uint8Array(layout.bytes);
  file.set(layout.header);
  let at = layout.header.length;
  for (const { bytes } of layout.tensors) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/** One array of a state as NumPy's own format. */
export function exportNpy(tensor: Tensor): Uint8Array {
  return npyFile(NPY_TYPES[tensor.dtype], [tensor.length], tensor.bytes);
}

/** NumPy's own format, version 1.0: header padded to 64 bytes, then the elements, the last dimension the fastest. */
export function npyFile(type: string, shape: readonly number[], bytes: Uint8Array): Uint8Array {
  const lengths = shape.map((length) => `${length},`).join(" ");
  const about = `{'descr': '${type}', 'fortran_order': False, 'shape': (${lengths}), }`;
  const preamble = 10;
  const headerBytes = Math.ceil((preamble + about.length + 1) / 64) * 64;
  const file = new Uint8Array(headerBytes + bytes.length).fill(0x20, 0, headerBytes);
  file.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0]);
  new DataView(file.buffer).setUint16(8, headerBytes - preamble, true);
  file.set(new TextEncoder().encode(about), preamble);
  file[headerBytes - 1] = 0x0a;
  file.set(bytes, headerBytes);
  return file;
}

/** Arrays of floats by name as plain safetensors; the header is padded so that they are aligned. */
export function safetensorsFile(
  arrays: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: Float64Array;
  }[],
  metadata: { readonly [name: string]: string },
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let end = 0;
  for (const { name, shape, data } of arrays) {
    header[name] = { dtype: "F64", shape, data_offsets: [end, end += data.byteLength] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + end).fill(0x20, 8, 8 + headerBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(text, 8);
  let at = 8 + headerBytes;
  for (const { data } of arrays) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

const NPY_TYPES: { readonly [dtype in Dtype]: string } = {
  F64: "<f8",
  F32: "<f4",
  I8: "|i1",
  U8: "|u1",
  I16: "<i2",
  U16: "<u2",
  I32: "<i4",
  U32: "<u4",
  I64: "<i8",
  U64: "<u8",
};

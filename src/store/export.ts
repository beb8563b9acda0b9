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

/** One array as NumPy's own format, version 1.0: header padded to 64 bytes, then the elements. */
export function exportNpy(tensor: Tensor): Uint8Array {
  const about = `{'descr': '${NPY_TYPES[tensor.dtype]}', 'fortran_order': False, ` +
    `'shape': (${tensor.length},), }`;
  const preamble = 10;
  const headerBytes = Math.ceil((preamble + about.length + 1) / 64) * 64;
  const file = new Uint8Array(headerBytes + tensor.bytes.length).fill(0x20, 0, headerBytes);
  file.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0]);
  new DataView(file.buffer).setUint16(8, headerBytes - preamble, true);
  file.set(new TextEncoder().encode(about), preamble);
  file[headerBytes - 1] = 0x0a;
  file.set(tensor.bytes, headerBytes);
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

/**
 * The safetensors layout: 8 bytes header length, a JSON header, the arrays one after the other. What a
 * checkpoint says of itself stands in the header's metadata. In memory only; never touches the disk.
 */
import type { Parent } from "../job/run.ts";
import {
  type CheckpointIdentity,
  type Dtype,
  DTYPE_BYTES,
  type Snapshot,
  type Tensor,
} from "../job/snapshot.ts";

/** The limit of the reference implementation, so that Python opens whatever is written here. */
const HEADER_BYTES_MAX = 100_000_000;
const RESERVED = "__metadata__";

export interface SafetensorsLayout {
  /** Length field and JSON, padded so that the arrays start at a multiple of 8. */
  readonly header: Uint8Array;
  /** The arrays as they follow: the widest elements first, so that each is aligned without gaps. */
  readonly tensors: readonly Tensor[];
  /** Bytes of the whole. */
  readonly bytes: number;
}

export interface Safetensors {
  readonly identity: CheckpointIdentity;
  readonly plain: string;
  readonly tensors: readonly Tensor[];
  /** Names of the arrays whose bytes are shuffled. */
  readonly shuffled: ReadonlySet<string>;
}

/** An array in a file: where its bytes stand, counted from the end of the header. */
interface TensorPlace extends Omit<Tensor, "bytes"> {
  readonly from: number;
  readonly to: number;
}

interface SafetensorsHeader extends Omit<Safetensors, "tensors"> {
  readonly places: readonly TensorPlace[];
}

/** Header and order of a safetensors file. `shuffled` is empty in a file for other programs. */
export function layoutSafetensors(
  identity: CheckpointIdentity,
  snapshot: Snapshot,
  shuffled: ReadonlySet<string>,
): SafetensorsLayout {
  const tensors = [...snapshot.tensors].sort((a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype]);
  const fields = [`"${RESERVED}":${JSON.stringify(metadata(identity, snapshot.plain, shuffled))}`];
  let at = 0;
  for (const { name, dtype, length, bytes } of tensors) {
    const end = at + length * DTYPE_BYTES[dtype];
    if (bytes.byteLength !== end - at) {
      throw new Error(`array ${name} has ${bytes.byteLength} bytes`);
    }
    // Not an object literal: an array may be called "__proto__".
    fields.push(
      `${JSON.stringify(escapeName(name))}:` +
        `{"dtype":"${dtype}","shape":[${length}],"data_offsets":[${at},${end}]}`,
    );
    at = end;
  }
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  if (padded > HEADER_BYTES_MAX) {
    throw new RangeError(
      `The state holds ${json.length} bytes besides its typed arrays; keep numbers in typed arrays.`,
    );
  }
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return { header, tensors, bytes: header.length + at };
}

/** Takes a file apart. The arrays are views on it. Throws an Error whose message is the reason. */
export function decodeSafetensors(file: Uint8Array): Safetensors {
  const end = headerEnd(file, file.length);
  const { identity, plain, shuffled, places } = decodeHeader(file.subarray(0, end), file.length);
  const tensors = places.map(({ name, dtype, length, from, to }) => ({
    name,
    dtype,
    length,
    bytes: file.subarray(end + from, end + to),
  }));
  return { identity, plain, tensors, shuffled };
}

/** Where the header of a file of so many bytes ends; needs its first eight bytes. */
export function headerEnd(head: Uint8Array, bytes: number): number {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const stated = head.length < 8 ? -1n : view.getBigUint64(0, true);
  if (stated < 2n || stated > BigInt(Math.min(HEADER_BYTES_MAX, bytes - 8))) {
    throw new Error("its header is cut off");
  }
  return 8 + Number(stated);
}

/** What the header of a file of so many bytes says, and whether the arrays can be where it says. */
export function decodeHeader(head: Uint8Array, bytes: number): SafetensorsHeader {
  const header = parseHeader(head.subarray(8));
  const places: TensorPlace[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === RESERVED) continue;
    places.push(decodePlace(unescapeName(name), value, bytes - head.length));
  }
  const total = places.reduce((sum, { from, to }) => sum + to - from, head.length);
  if (total !== bytes) throw new Error("its arrays do not fill it");
  const meta = header[RESERVED] as { readonly [name: string]: unknown } | undefined;
  const shuffled = JSON.parse(text(meta, "shuffled")) as string[];
  return {
    identity: decodeIdentity(meta),
    plain: text(meta, "state"),
    places,
    shuffled: new Set(shuffled),
  };
}

function parseHeader(bytes: Uint8Array): { [name: string]: unknown } {
  const header: unknown = JSON.parse(new TextDecoder().decode(bytes));
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new Error("its header is not an object");
  }
  return header as { [name: string]: unknown };
}

function decodePlace(name: string, value: unknown, bytes: number): TensorPlace {
  const { dtype, shape, data_offsets: offsets } = value as {
    dtype: Dtype;
    shape: number[];
    data_offsets: number[];
  };
  const length = shape[0];
  const [from, to] = offsets;
  if (
    !Object.hasOwn(DTYPE_BYTES, dtype) || shape.length !== 1 || !isCount(length) ||
    !isCount(from) || !isCount(to) || to - from !== length * DTYPE_BYTES[dtype] ||
    to > bytes
  ) {
    throw new Error(`its array ${JSON.stringify(name)} is described wrongly`);
  }
  return { name, dtype, length, from, to };
}

/** All values are strings: so the format wants it, and so 64-bit counts survive any reader. */
function metadata(
  identity: CheckpointIdentity,
  plain: string,
  shuffled: ReadonlySet<string>,
): { readonly [name: string]: string } {
  return {
    format: "simrun-checkpoint-1",
    job: identity.job,
    run: identity.run,
    digest: identity.digest,
    model: identity.model,
    step: String(identity.step),
    attempt: String(identity.attempt),
    epoch: String(identity.epoch),
    series_bytes: String(identity.series.bytes),
    series_crc32: String(identity.series.crc32),
    ...(identity.dependsOnSteps !== undefined && {
      depends_on_steps: String(identity.dependsOnSteps),
    }),
    ms: String(identity.ms),
    ...(identity.parent !== undefined && { parent: JSON.stringify(identity.parent) }),
    shuffled: JSON.stringify([...shuffled]),
    state: plain,
  };
}

function decodeIdentity(
  meta: { readonly [name: string]: unknown } | undefined,
): CheckpointIdentity {
  const format = text(meta, "format");
  if (format !== "simrun-checkpoint-1") throw new Error(`its format is ${JSON.stringify(format)}`);
  return {
    job: text(meta, "job"),
    run: text(meta, "run"),
    digest: text(meta, "digest"),
    model: text(meta, "model"),
    step: count(meta, "step"),
    attempt: count(meta, "attempt"),
    epoch: count(meta, "epoch"),
    series: { bytes: count(meta, "series_bytes"), crc32: count(meta, "series_crc32") },
    ...(meta?.depends_on_steps !== undefined && {
      dependsOnSteps: count(meta, "depends_on_steps"),
    }),
    ms: Number(text(meta, "ms")),
    ...(meta?.parent !== undefined && { parent: decodeParent(text(meta, "parent")) }),
  };
}

function decodeParent(json: string): Parent {
  const parent = JSON.parse(json) as Parent;
  const { job, run, digest, model, state, step, crc32 } = parent;
  const texts: readonly unknown[] = [job, run, digest, model, state];
  if (texts.some((one) => typeof one !== "string") || ![step, crc32].every(isCount)) {
    throw new Error("its parent is described wrongly");
  }
  return parent;
}

function text(meta: { readonly [name: string]: unknown } | undefined, name: string): string {
  const value = meta?.[name];
  if (typeof value !== "string") throw new Error(`its header does not say its ${name}`);
  return value;
}

function count(meta: { readonly [name: string]: unknown } | undefined, name: string): number {
  const value = Number(text(meta, name));
  if (!isCount(value)) throw new Error(`its ${name} is no count`);
  return value;
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0;
}

/** One name is the format's own; an array of that name gets one more underscore in front. */
function escapeName(name: string): string {
  return /^_*__metadata__$/.test(name) ? `_${name}` : name;
}

function unescapeName(name: string): string {
  return /^_+__metadata__$/.test(name) ? name.slice(1) : name;
}

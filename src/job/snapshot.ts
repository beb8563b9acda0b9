/** A model's state taken apart: its arrays by name and the rest as plain JSON. What a checkpoint holds. */
import type { Parent } from "./run.ts";

/** Element types, named as in the safetensors format; `U8C` is a clamped Uint8 and is written as U8. */
export type Dtype = "F64" | "F32" | "I8" | "U8" | "I16" | "U16" | "I32" | "U32" | "I64" | "U64";

export const DTYPE_BYTES: { readonly [dtype in Dtype]: number } = {
  F64: 8,
  F32: 4,
  I8: 1,
  U8: 1,
  I16: 2,
  U16: 2,
  I32: 4,
  U32: 4,
  I64: 8,
  U64: 8,
};

export interface Tensor {
  /** Where the array stands in the state, e.g. `T` or `layers.0.u`. Unique in a snapshot. */
  readonly name: string;
  readonly dtype: Dtype;
  /** Number of elements. */
  readonly length: number;
  /** The elements, little-endian; may be a view on shared memory. `length × DTYPE_BYTES` bytes. */
  readonly bytes: Uint8Array;
}

export interface Snapshot {
  /** The state as JSON with a mark where each tensor stood, and the generator's state. */
  readonly plain: string;
  readonly tensors: readonly Tensor[];
}

/** What a checkpoint says of itself besides the state (rule R5). Written as metadata strings. */
export interface CheckpointIdentity {
  readonly job: string;
  readonly run: string;
  /** Digest of what is computed: parameters, seed, measuring, inputs. Not the number of steps. */
  readonly digest: string;
  /** Digest of the model's files. */
  readonly model: string;
  readonly step: number;
  readonly attempt: number;
  /** The holder of the tree's lock when this was written; grows with every holder. */
  readonly epoch: number;
  /** How much of the series file belongs to this state; bytes and their CRC-32. */
  readonly series: { readonly bytes: number; readonly crc32: number };
  /** The model read `ctx.steps`: the state is only good for a run of exactly so many steps. */
  readonly dependsOnSteps?: number;
  /** Milliseconds of computing behind this state, of all attempts. */
  readonly ms: number;
  /** What the run has begun from, when not at step 0. */
  readonly parent?: Parent;
}

/** What the tests of the store share: a tree in a temporary folder, states, and other programs. */
import { join } from "node:path";
import type { RunEvent } from "../../src/job/event.ts";
import {
  type CheckpointIdentity,
  type Dtype,
  DTYPE_BYTES,
  type Snapshot,
  type Tensor,
} from "../../src/job/snapshot.ts";
import type { Layout } from "../../src/store/layout.ts";
import { openTree } from "../../src/store/tree.ts";

export const clock = () => new Date("2026-01-02T03:04:05.678Z");

/** Calls with a fresh folder, which is removed afterwards. */
export async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "simrun-store-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

export function inTree(use: (layout: Layout) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => await use(await openTree(join(folder, "tree"), "write")));
}

export function ended(completed: number): RunEvent {
  return { type: "campaign.ended", outcome: "completed", completed, failed: 0, remaining: 0 };
}

export function identityAt(
  step: number,
  over: Partial<CheckpointIdentity> = {},
): CheckpointIdentity {
  return {
    job: "climate",
    run: "climate",
    digest: "d1",
    model: "m1",
    step,
    attempt: 2,
    epoch: 7,
    series: { bytes: 0, crc32: 0 },
    ms: 12.5,
    ...over,
  };
}

export function tensor(name: string, dtype: Dtype, bytes: Uint8Array): Tensor {
  return { name, dtype, length: bytes.length / DTYPE_BYTES[dtype], bytes };
}

/** Bytes that depend on the seed alone; repeated patterns, so that they compress a little. */
export function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = i % 8 < 3 ? i >> 10 : state >>> 24;
  }
  return bytes;
}

/** A smooth field as a model would keep it, on shared memory when asked for. */
export function field(length: number, shared = false): Uint8Array {
  const buffer = shared ? new SharedArrayBuffer(length * 8) : new ArrayBuffer(length * 8);
  const values = new Float64Array(buffer);
  for (let i = 0; i < length; i++) values[i] = 288 + 30 * Math.sin(i / 500) + (i % 7) * 1e-9;
  return new Uint8Array(buffer);
}

export function snapshotOf(...tensors: Tensor[]): Snapshot {
  return { plain: '{"t":0.5,"T":{"$tensor":"T"}}', tensors };
}

/** Whether a program is there and this call of it works. */
export async function works(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}

export async function run(command: string, ...args: string[]): Promise<string> {
  const output = await new Deno.Command(command, { args }).output();
  const text = new TextDecoder().decode(output.stdout);
  if (!output.success) throw new Error(new TextDecoder().decode(output.stderr) + text);
  return text;
}

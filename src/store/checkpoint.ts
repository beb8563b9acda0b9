/**
 * The checkpoints of a run: which there are, which one is good, and which may go.
 *
 * Crash order: an old checkpoint goes only after its successors are durable and their headers were read
 * back (R4). What is rejected is moved to the quarantine, never deleted (R7).
 */
import { join } from "node:path";
import { ownDigest } from "../job/run_digest.ts";
import type { CheckpointIdentity } from "../job/snapshot.ts";
import {
  type Checkpoint,
  DEFAULT_LIMITS,
  readCheckpoint,
  readHeader,
  stepInName,
} from "./checkpoint_file.ts";
import { BadCheckpoint } from "./checkpoint_header.ts";
import { diskFault } from "./disk.ts";
import { fs } from "./file_system.ts";
import type { Layout } from "./layout.ts";
import { quarantine } from "./quarantine.ts";

export { quarantine } from "./quarantine.ts";
export { BadCheckpoint, type CheckpointHeader } from "./checkpoint_header.ts";
export {
  type Checkpoint,
  checkpointName,
  readCheckpoint,
  readHeader,
  type ReadLimits,
  verifyCheckpoint,
  writeCheckpoint,
  type WrittenCheckpoint,
} from "./checkpoint_file.ts";

export interface ListedCheckpoint {
  readonly file: string;
  readonly path: string;
  /** Taken from the name. */
  readonly step: number;
}

/** What a checkpoint must be to be gone on from. */
export interface Expected {
  readonly digest: string;
  /** Digest of the model; not compared when absent. */
  readonly model?: string;
  /** Steps asked for: a state beyond them, or one that depends on another number, is refused. */
  readonly steps?: number;
  /** Only older ones are looked at. */
  readonly below?: number;
  readonly rawBytesMax?: number;
  /** A further reason to refuse, e.g. that its series is damaged. */
  readonly check?: (identity: CheckpointIdentity) => Promise<string | undefined>;
}

export interface Rejected {
  readonly file: string;
  readonly reason: string;
}

export interface Choice {
  /** Absent: the run starts at step 0. */
  readonly checkpoint?: Checkpoint & { readonly file: string };
  readonly rejected: readonly Rejected[];
}

/** The checkpoints in a folder by the step in their names, newest first. Temporaries are none. */
export async function listCheckpoints(folder: string): Promise<ListedCheckpoint[]> {
  const found: ListedCheckpoint[] = [];
  try {
    for await (const entry of fs.readDir(folder)) {
      const step = entry.isFile ? stepInName(entry.name) : undefined;
      if (step === undefined) continue;
      found.push({ file: entry.name, path: join(folder, entry.name), step });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw diskFault(error, folder);
  }
  return found.sort((a, b) => b.step - a.step);
}

/** Removes all but the newest `keep` checkpoints whose headers are good, and those that stay. Answers what was removed. */
export async function pruneCheckpoints(
  folder: string,
  keep: number,
  stays: (step: number) => boolean = () => false,
): Promise<string[]> {
  const removed: string[] = [];
  let good = 0;
  for (const { file, path, step } of await listCheckpoints(folder)) {
    if (good >= Math.max(1, keep)) {
      if (stays(step)) continue;
      await fs.remove(path).catch((error) => {
        if (!(error instanceof Deno.errors.NotFound)) throw diskFault(error, path);
      });
      removed.push(file);
    } else if (await hasGoodHeader(path)) {
      good++;
    }
  }
  return removed;
}

/**
 * The chain: the newest good checkpoint, else the one before, and so on (R7). With `quarantine` what is
 * rejected is moved aside, so that it is neither tried again nor counted among those to keep; with `look`
 * nothing is touched. Only the holder of the lock may quarantine.
 */
export async function newestGood(
  layout: Layout,
  job: string,
  run: string,
  expected: Expected,
  mode: "quarantine" | "look",
): Promise<Choice> {
  const rejected: Rejected[] = [];
  for (const listed of await listCheckpoints(layout.checkpointFolder(job, run))) {
    if (listed.step >= (expected.below ?? Infinity)) continue;
    const tried = await tryCheckpoint(listed, job, run, expected);
    if (typeof tried !== "string") {
      return { checkpoint: { ...tried, file: listed.file }, rejected };
    }
    rejected.push({ file: listed.file, reason: tried });
    if (mode === "quarantine") await quarantine(layout, listed.path, tried);
  }
  return { rejected };
}

/** The checkpoint, or the reason why the run cannot go on from it. */
async function tryCheckpoint(
  listed: ListedCheckpoint,
  job: string,
  run: string,
  expected: Expected,
): Promise<Checkpoint | string> {
  try {
    const limits = expected.rawBytesMax === undefined
      ? DEFAULT_LIMITS
      : { rawBytesMax: expected.rawBytesMax };
    const checkpoint = await readCheckpoint(listed.path, limits);
    return mismatch(checkpoint.identity, listed.step, job, run, expected) ??
      await expected.check?.(checkpoint.identity) ?? checkpoint;
  } catch (error) {
    if (error instanceof BadCheckpoint) return error.message;
    throw error;
  }
}

/** Why a run cannot go on from a checkpoint that is whole, or undefined when it can. */
export function mismatch(
  identity: CheckpointIdentity,
  step: number,
  job: string,
  run: string,
  expected: Expected,
): string | undefined {
  if (identity.job !== job || identity.run !== run) {
    return `it belongs to run ${identity.run} of job ${identity.job}`;
  }
  if (identity.step !== step) return `it is of step ${identity.step}, not of the one in its name`;
  if (identity.digest !== expected.digest) {
    return ownDigest(identity.digest) === ownDigest(expected.digest)
      ? "it was computed on other results of the jobs that it needs"
      : "it was computed with other parameters";
  }
  if (expected.model !== undefined && identity.model !== expected.model) {
    return "it was computed with another version of the model";
  }
  if (expected.steps === undefined) return undefined;
  if (identity.dependsOnSteps !== undefined && identity.dependsOnSteps !== expected.steps) {
    return `its state depends on ${identity.dependsOnSteps} steps being asked for, not ${expected.steps}`;
  }
  if (step > expected.steps) return `it is beyond the ${expected.steps} steps asked for`;
  return undefined;
}

async function hasGoodHeader(path: string): Promise<boolean> {
  try {
    await readHeader(path);
    return true;
  } catch (error) {
    if (error instanceof BadCheckpoint) return false;
    throw error;
  }
}

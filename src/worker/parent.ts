/** The state of a run that another one begins from, as it stands in the tree: found, told by its digest, or said to be absent. */
import { createHash } from "node:crypto";
import { isModelFile, type Job } from "../job/job.ts";
import { type Parent, type ParentOrder, runName } from "../job/run.ts";
import type { Snapshot } from "../job/snapshot.ts";
import {
  BadCheckpoint,
  type Checkpoint,
  listCheckpoints,
  type ListedCheckpoint,
  mismatch,
  readCheckpoint,
  readHeader,
} from "../store/checkpoint.ts";
import type { Layout } from "../store/layout.ts";

/** The state that a run is to begin from cannot be had. The message says what there is. */
export class NoState extends Error {
  override readonly name = "NoState";
}

/** Of all that a model's steps depend on: its state and its random generator, or the files of a command. */
export function stateDigest({ plain, tensors }: Snapshot): string {
  const { state = null, rng = null } = JSON.parse(plain) as Record<string, unknown>;
  const hash = createHash("sha256").update(JSON.stringify([state, rng]));
  for (
    const { name, dtype, length, bytes } of tensors.toSorted((a, b) => a.name < b.name ? -1 : 1)
  ) {
    hash.update(JSON.stringify([name, dtype, length])).update(bytes);
  }
  return hash.digest("hex").slice(0, 16);
}

/** Another state stands there now. One that is gone is no other: who has begun from it has it. */
export async function isOtherState(layout: Layout, parent: Parent): Promise<boolean> {
  try {
    const folder = layout.checkpointFolder(parent.job, parent.run);
    const listed = (await listCheckpoints(folder)).find(({ step }) => step === parent.step);
    if (listed === undefined || (await readHeader(listed.path)).crc32 === parent.crc32) {
      return false;
    }
    const { identity, snapshot } = await readCheckpoint(listed.path);
    // Of another spec or model it is another computation: the digest of what the run rests on tells that.
    if (identity.digest !== parent.digest || identity.model !== parent.model) return false;
    return stateDigest(snapshot) !== parent.state;
  } catch {
    // A damaged one says nothing.
    return false;
  }
}

export async function findState(
  layout: Layout,
  order: ParentOrder,
  job: Job,
  anyModel: boolean,
): Promise<Checkpoint & Pick<Parent, "crc32">> {
  const { run, step } = order;
  const listed = await listCheckpoints(layout.checkpointFolder(order.job, run));
  const found = step === "last" ? listed[0] : listed.find((one) => one.step === step);
  if (found === undefined) throw new NoState(absentWords(order, listed));
  let checkpoint: Checkpoint & Pick<Parent, "crc32">;
  try {
    const { crc32 } = await readHeader(found.path);
    checkpoint = { ...await readCheckpoint(found.path), crc32 };
  } catch (error) {
    if (!(error instanceof BadCheckpoint)) throw error;
    throw new NoState(`${nameOf(order, found.step)} cannot be used: ${error.message}`);
  }
  const { identity } = checkpoint;
  const expected = { digest: order.digest, ...(anyModel ? {} : { model: order.model }) };
  const reason = mismatch(identity, found.step, order.job, run, expected);
  if (reason !== undefined) {
    throw new NoState(`${nameOf(order, found.step)} cannot be used: ${reason}`);
  }
  if (step === "last" && isModelFile(job.model) && !isLast(checkpoint, order)) {
    throw new NoState(
      `the final state of ${
        runName(order.job, run)
      } was not kept: its newest checkpoint is of step ` +
        `${identity.step}. Computed again, it keeps it (--rerun all)`,
    );
  }
  return checkpoint;
}

function isLast({ identity, snapshot }: Checkpoint, { steps }: ParentOrder): boolean {
  return identity.step === steps || "ending" in JSON.parse(snapshot.plain);
}

function nameOf({ job, run }: ParentOrder, step: number): string {
  return `the state of ${runName(job, run)} at step ${step}`;
}

/** So many steps are named; of more the first and the last. */
const STEPS_NAMED_MAX = 8;

/** Why a state cannot be begun from, and how it would be kept. */
export function absentWords(
  { job, run, step }: Pick<ParentOrder, "job" | "run" | "step">,
  listed: readonly Pick<ListedCheckpoint, "step">[],
): string {
  const name = runName(job, run);
  if (listed.length === 0) {
    return `no state of ${name} is in the tree; computed again, it keeps the one that is begun from ` +
      "(--rerun all)";
  }
  const steps = listed.map((one) => one.step).reverse();
  const named = steps.length <= STEPS_NAMED_MAX
    ? steps.join(", ")
    : `${steps.slice(0, 3).join(", ")} … ${steps.slice(-3).join(", ")}`;
  const there = `there ${steps.length === 1 ? "is" : "are"} ${named}`;
  return step === "last"
    ? `the final state of ${name} was not kept: ${there}; computed again, it keeps it (--rerun all)`
    : `the state of ${name} at step ${step} is not in the tree: ${there}; more of them stay with ` +
      "checkpoint: { keep: all } or { keep_every: STEPS } in its job";
}

/**
 * The beginning of a run that goes on from another's state. It makes that state its own first, as a checkpoint in its
 * own folder that names where it comes from; from then on it needs the other run no more. The other's files are only read.
 */
import { isModelFile, type Job } from "../job/job.ts";
import { type Parent, type ParentOrder, runName } from "../job/run.ts";
import { randomSeed } from "../plan/digest.ts";
import { takeRepeat } from "../plan/point_numbers.ts";
import { pointAt } from "../plan/sweep.ts";
import type { Checkpoint, WrittenCheckpoint } from "../store/checkpoint.ts";
import { findState, NoState, stateDigest } from "./parent.ts";
import { RunRandom } from "./random.ts";
import type { RunFiles, Writer } from "./run_files.ts";

/** A run's own first checkpoint. */
export interface Begun {
  readonly checkpoint: Checkpoint;
  readonly parent: Parent;
  readonly written: WrittenCheckpoint;
}

/** Durable when it returns. Throws {@linkcode NoState}, or what the disk says. */
export async function beginFrom(
  order: ParentOrder,
  { layout, job, anyModel }: Writer,
  index: number,
  files: RunFiles,
): Promise<Begun> {
  const { identity, snapshot, crc32 } = await findState(layout, order, job, anyModel);
  const { step } = identity;
  if (isModelFile(job.model) && step >= job.steps) {
    throw new NoState(
      `it has ${job.steps} steps, and ${runName(order.job, order.run)}, which it begins from, ` +
        `is at step ${step} already: its steps go on from there`,
    );
  }
  const { job: id, run, digest, model } = identity;
  const parent = { job: id, run, step, digest, model, state: stateDigest(snapshot), crc32 };
  const own = {
    tensors: snapshot.tensors,
    plain: ownPlain(snapshot.plain, order, job, index, step),
  };
  const written = await files.begin(own, parent);
  return { checkpoint: { identity: files.identityAt(step), snapshot: own }, parent, written };
}

/** Without what is of the other run: its series, its end, and its random numbers where this run has its own. */
function ownPlain(
  text: string,
  order: ParentOrder,
  job: Job,
  index: number,
  step: number,
): string {
  const plain = JSON.parse(text) as Record<string, unknown>;
  delete plain.ending;
  plain.columns = null;
  if (!isModelFile(job.model)) return JSON.stringify({ ...plain, lastRowStep: step });
  const point = pointAt(job.sweep, index);
  const { repeat } = takeRepeat(job.sweep, point);
  const hasOwnNumbers = job.seed !== order.seed || repeat !== order.repeat;
  if (hasOwnNumbers) plain.rng = RunRandom.fromSeed(randomSeed(job, point, step)).state();
  return JSON.stringify(plain);
}

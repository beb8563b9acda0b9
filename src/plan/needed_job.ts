/** Jobs as others need them: their runs, each by all that its result depends on. Pure. */
import type { NeededState } from "../job/model.ts";
import type { Job } from "../job/job.ts";
import { canonical, shortDigest } from "./digest.ts";
import { type Point, pointAt } from "./sweep.ts";

/** A needed run. A completed one is told from every other by digest, model and steps: they make its result. */
export interface NeededRun {
  readonly run: string;
  readonly state: NeededState;
  /** Its spec digest. */
  readonly digest: string;
  /** Digest of its model. */
  readonly model: string;
  /** Steps it was asked for; it may have ended before by its own rule. */
  readonly steps: number;
  /** Its job has come to its end without it: nobody needs it, and nobody is told of it. */
  readonly isSpared?: true;
}

/** A job that is needed: as it is planned, as it has ended meanwhile, or as the tree tells of it. */
export interface NeededJob {
  readonly job: Job;
  readonly count: number;
  runAt(index: number): NeededRun;
  /** The sweep's values of a run. */
  pointAt(index: number): Point;
  /** Of all its runs, in their order. */
  digestOfAll(): string;
}

/** So much is digested at once: a million runs are never one text. */
const PIECE_CHARACTERS = 1 << 16;

/** What whoever rests on these runs rests on. Of one that did not complete only its parameters and its end are told. */
export function digestOfRuns(needed: NeededJob, indices: Iterable<number>): string {
  let text = "";
  for (const index of indices) {
    const { run, state, digest, model, steps, isSpared } = needed.runAt(index);
    if (isSpared) continue;
    text += state === "completed"
      ? `${run} ${digest} ${model} ${steps}\n`
      : `${run} ${shortDigest(canonical(parametersOf(needed, index)))} ${state}\n`;
    if (text.length > PIECE_CHARACTERS) text = `${shortDigest(text)}\n`;
  }
  return shortDigest(text);
}

/** 0, 1, 2 … */
export function* indicesBelow(count: number): IterableIterator<number> {
  for (let index = 0; index < count; index++) yield index;
}

/** The fixed parameters with the sweep's point over them. */
export function parametersAt(job: Job, index: number): Job["parameters"] {
  return { ...job.parameters, ...pointAt(job.sweep, index) };
}

/** The same of a job whose points may follow from results. */
export function parametersOf(needed: NeededJob, index: number): Job["parameters"] {
  return { ...needed.job.parameters, ...needed.pointAt(index) };
}

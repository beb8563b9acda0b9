/** Journal lines from batches and what slots say of them. Pure. */
import type { CompletedRun, RunEvent } from "../job/event.ts";
import { encodeFields } from "../job/plain.ts";
import { pointAt } from "../plan/sweep.ts";
import type { Peak } from "./peaks.ts";
import type { SlotBatch } from "./slot.ts";
import type { FromSlot, RunResult } from "./slot_messages.ts";

/** Of runs that were asked for anew the line says so before their files are cleared away. */
export function startedLine({ job, attempt, identities }: SlotBatch, isAnew: boolean): RunEvent {
  return {
    type: "runs.started",
    job: job.job.id,
    model: job.model.digest,
    steps: job.job.steps,
    attempt,
    runs: [...identities.values()].flatMap(({ run, digest }) => [run, digest]),
    ...(isAnew && { anew: true }),
  };
}

export function checkpointedLine(
  { job }: SlotBatch,
  run: string,
  { step, file, bytes, rawBytes, ms, stallMs }: Extract<FromSlot, { type: "saved" }>,
): RunEvent {
  const rounded = (ms: number) => Math.round(ms * 100) / 100;
  return {
    type: "run.checkpointed",
    job: job.job.id,
    run,
    step,
    file,
    bytes,
    rawBytes,
    ms: rounded(ms),
    stallMs: rounded(stallMs),
  };
}

/** The record of a run that ended well; it explains itself, the sweep's point included. */
export function completedRun(
  batch: SlotBatch,
  number: number,
  result: RunResult,
  peak: Peak = {},
): CompletedRun {
  const { sweep } = batch.job.job;
  const { run, digest } = batch.identities.get(number)!;
  const { index, step, ...rest } = result;
  const point = sweep === undefined ? {} : { point: encodeFields(pointAt(sweep, index)) };
  const files = batch.files.get(number);
  return {
    run,
    digest,
    ...point,
    attempt: batch.attempt,
    steps: step,
    ...rest,
    ...(files !== undefined && { files }),
    ...peak,
  };
}

/** A line names no more runs than a reader likes to hold. */
const RUNS_IN_LINE_MAX = 1000;

/** What happened to runs of a job, in as many lines as it takes. */
export function runLines<
  T extends "runs.cancelled" | "runs.held" | "runs.continued" | "runs.retried" | "runs.prioritised",
>(type: T, job: string, runs: readonly string[]): { type: T; job: string; runs: string[] }[] {
  const lines: { type: T; job: string; runs: string[] }[] = [];
  for (let at = 0; at < runs.length; at += RUNS_IN_LINE_MAX) {
    lines.push({ type, job, runs: runs.slice(at, at + RUNS_IN_LINE_MAX) });
  }
  return lines;
}

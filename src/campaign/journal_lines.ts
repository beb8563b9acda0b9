/** Journal lines from batches and what slots say of them. Pure. */
import type { CompletedRun, RunEvent } from "../job/event.ts";
import { encodeFields } from "../job/plain.ts";
import type { Peak } from "./peaks.ts";
import type { SlotBatch } from "./slot.ts";
import type { FromSlot, RunResult } from "./slot_messages.ts";

/** Of runs that were asked for anew the line says so before their files are cleared away. */
export function startedLine({ job, attempt, identities }: SlotBatch, isAnew: boolean): RunEvent {
  const runs: string[] = [];
  for (const { run, digest } of identities.values()) runs.push(run, digest);
  return {
    type: "runs.started",
    job: job.job.id,
    model: job.model.digest,
    steps: job.job.steps,
    attempt,
    runs,
    ...(isAnew && { anew: true }),
    ...(job.guide?.search !== undefined && proposedIn(job, [...identities.keys()])),
  };
}

/** Of a search: what was proposed is durable before it is tried, so that it stays what it is. */
function proposedIn(
  { guide, offset }: SlotBatch["job"],
  numbers: readonly number[],
): Pick<Extract<RunEvent, { type: "runs.started" }>, "proposed"> {
  if (guide?.search === undefined) return {};
  const proposed = numbers.map((number) => {
    const { at, values, from } = guide.proposalAt(number - offset)!;
    return { at, values: encodeFields(values), from };
  });
  return { proposed };
}

export function checkpointedLine(
  { job }: SlotBatch,
  run: string,
  { step, file, bytes, rawBytes, ms, stallMs, from }: Extract<FromSlot, { type: "saved" }>,
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
    ...(from !== undefined && { from }),
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
  const { index, step, ms, ending, series, log } = result;
  const files = batch.files.get(number);
  const { attempt } = batch;
  // By hand, because copying records takes longer than all else that is done for a tiny run.
  const record: { -readonly [field in keyof CompletedRun]: CompletedRun[field] } =
    sweep === undefined ? { run, digest, attempt, steps: step, ms, result: result.result } : {
      run,
      digest,
      point: encodeFields(batch.job.pointAt(index)),
      attempt,
      steps: step,
      ms,
      result: result.result,
    };
  if (ending !== undefined) record.ending = ending;
  if (series !== undefined) record.series = series;
  if (log !== undefined) record.log = log;
  if (files !== undefined) record.files = files;
  if (peak.memoryBytes !== undefined) record.memoryBytes = peak.memoryBytes;
  if (peak.longestStepMs !== undefined) record.longestStepMs = peak.longestStepMs;
  const from = batch.parents.get(number);
  if (from !== undefined) record.from = from;
  return record;
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

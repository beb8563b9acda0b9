/** What the simulated slots compute: cheap, and different at every step of every run, so that no mistake cancels out. */
import type { Job } from "../../src/job/job.ts";
import type { Snapshot } from "../../src/job/snapshot.ts";
import { originsOf } from "../../src/plan/mates.ts";
import { pointAt } from "../../src/plan/sweep.ts";

export interface ToyState {
  step: number;
  word: number;
  readonly recent: Float64Array;
  /** Rows measured since they were last taken. */
  rows: string;
}

export interface ToyOutcome {
  readonly result: { readonly word: number; readonly recent: readonly number[] };
  readonly series: string;
}

export function begin(job: Job, index: number): ToyState {
  const point = job.sweep === undefined ? job.parameters : pointAt(job.sweep, index);
  const word = (Number(point.start) + job.seed * 7919) >>> 0;
  const state = { step: 0, word, recent: new Float64Array(4), rows: "" };
  if (job.measureEverySteps !== undefined) state.rows = "step,word\n";
  return state;
}

export function advance(state: ToyState, steps: number, job: Job): void {
  for (let i = 0; i < steps; i++) {
    state.step++;
    state.word = Math.imul(state.word ^ state.step, 0x9e3779b1) >>> 0;
    state.recent[state.step % 4]! += state.word / 2 ** 32;
    if (job.measureEverySteps !== undefined && state.step % job.measureEverySteps === 0) {
      state.rows += `${state.step},${state.word}\n`;
    }
  }
}

export function takeRows(state: ToyState): string {
  const { rows } = state;
  state.rows = "";
  return rows;
}

export function resultOf({ word, recent }: ToyState): ToyOutcome["result"] {
  return { word, recent: [...recent] };
}

/** The plain part of a snapshot; its array is {@linkcode ToyState.recent}. */
export function plainOf({ word }: ToyState): string {
  return JSON.stringify({ state: { word } });
}

/** From another's state: its rows begin here. */
export function branch(state: ToyState, job: Job): void {
  state.rows = job.measureEverySteps === undefined ? "" : "step,word\n";
}

export function restore(step: number, { plain, tensors }: Snapshot): ToyState {
  const { word } = (JSON.parse(plain) as { state: { word: number } }).state;
  const { buffer, byteOffset } = tensors[0]!.bytes.slice();
  return { step, word, recent: new Float64Array(buffer, byteOffset, 4), rows: "" };
}

/** What a run comes to when nothing disturbs it. `jobs` knows those that others begin from. */
export function golden(job: Job, index: number, jobs: readonly Job[] = []): ToyOutcome {
  const state = stateAt(job, index, job.steps, jobs);
  return { result: resultOf(state), series: takeRows(state) };
}

function stateAt(job: Job, index: number, step: number, jobs: readonly Job[]): ToyState {
  const { from } = job;
  let state: ToyState;
  if (from === undefined) state = begin(job, index);
  else {
    const parent = jobs.find(({ id }) => id === from.job)!;
    const [origin] = originsOf(job, index, parent);
    const at = from.step === "last" ? parent.steps : from.step;
    state = stateAt(parent, origin!, at, jobs);
    branch(state, job);
  }
  advance(state, step - state.step, job);
  return state;
}

/**
 * A large field of which every step changes a part. It times the gaps between its own steps, and a plain copy of
 * the field now and then: what a checkpoint costs, seen from inside. The times are kept outside of the state.
 */
import type { Context } from "../../src/job/model.ts";

export const params = {
  numbers: { default: 2_097_152, min: 1, about: "length of the field" },
  part: { default: 16_384, min: 1, about: "numbers changed by one step" },
  copyEveryMs: { default: 0, min: 0, about: "time a plain copy so often; 0: never" },
};

interface State {
  readonly field: Float64Array;
  at: number;
}

/** Shorter gaps are the loop itself. */
const GAP_MS_MIN = 0.05;

/** The gap before each step, by the number of steps done by then. */
const gapsMs: { readonly step: number; readonly ms: number }[] = [];
const copiesMs: number[] = [];
let leftAt = 0;
let copiedAt = 0;
let copy: Float64Array | undefined;

export function init(ctx: Context): State {
  const { numbers } = ctx.params;
  const field = new Float64Array(numbers!);
  // A smooth field with measurement noise: neither random nor empty, as simulations are.
  for (let i = 0; i < field.length; i++) {
    field[i] = 280 + 20 * Math.sin(i / 5000) + 0.001 * ctx.rng.uniform();
  }
  if (ctx.params.copyEveryMs! > 0) {
    copy = new Float64Array(new SharedArrayBuffer(field.byteLength)).fill(1);
  }
  return { field, at: 0 };
}

export function step(state: State, ctx: Context): void {
  const now = performance.now();
  if (leftAt > 0 && now - leftAt > GAP_MS_MIN) {
    gapsMs.push({ step: ctx.step, ms: now - leftAt });
  }
  const { field } = state;
  const { part, copyEveryMs } = ctx.params;
  const end = Math.min(field.length, state.at + part!);
  let left = field[end - 1]!;
  for (let i = state.at; i < end; i++) {
    left = field[i] = 0.5 * (left + field[i]!) + 1e-9 * Math.sqrt(field[i]!);
  }
  state.at = end === field.length ? 0 : end;
  if (copy !== undefined && now - copiedAt > copyEveryMs!) timeCopy(field, copy);
  leftAt = performance.now();
}

function timeCopy(from: Float64Array, into: Float64Array): void {
  const begin = performance.now();
  into.set(from);
  copiedAt = performance.now();
  copiesMs.push(copiedAt - begin);
}

export function result(state: State): unknown {
  let sum = 0;
  for (const value of state.field) sum += value;
  return { sum, gapsMs, copiesMs };
}

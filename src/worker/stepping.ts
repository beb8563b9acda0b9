/** The innermost loop: many steps of a model with one call and two stores each. */
import type { RunContext } from "./context.ts";
import type { Instance } from "./model.ts";
import { CONTROL, ORDER } from "./protocol.ts";
import { BadState } from "./state.ts";

/** Kept before a model takes the floor: a changed one would be handed the orders. */
const { load } = Atomics;

/** Steps are done in chunks of about this long between two looks at the orders. */
const CHUNK_MS = 5;
const CHUNK_STEPS_MAX = 2 ** 30;

/** How many steps to do between two looks at orders and clock. */
export interface Pace {
  chunkSteps: number;
}

/** Chunks grow until one takes about CHUNK_MS, and shrink when steps get slower. */
export function adaptChunk(pace: Pace, elapsedMs: number, steps: number): void {
  if (elapsedMs > 2 * CHUNK_MS) pace.chunkSteps = Math.max(1, steps >>> 1);
  else if (steps === pace.chunkSteps && elapsedMs < CHUNK_MS / 2) {
    pace.chunkSteps = Math.min(steps * 2, CHUNK_STEPS_MAX);
  }
}

/**
 * The hot loop: one call, two stores and a comparison a step. The store of the step is what the agent sees
 * as a sign of life; it needs no atomics, a torn or late number only delays the picture.
 *
 * At `to` it asks `look` for the next step to stop at, and returns when that is the same one. One loop
 * from end to end, not one a chunk: each time it is entered it begins in slower code.
 */
export function stepAlong(
  step: NonNullable<Instance["step"]>,
  state: unknown,
  ctx: RunContext,
  shared: { readonly progress: Float64Array; readonly orders: Int32Array },
  from: number,
  to: number,
  look: (at: number) => number,
): void {
  const { progress, orders } = shared;
  for (let at = from;; at++) {
    // An order is obeyed at the next step, also where steps have become much slower than they were.
    if (at === to || isOrdered(orders)) {
      to = look(at);
      if (to === at) return;
    }
    ctx.step = at;
    step(state, ctx as never);
    progress[CONTROL.step] = at + 1;
  }
}

/** Whether the agent asks for anything. One plain load on most machines. */
export function isOrdered(orders: Int32Array): boolean {
  return load(orders, CONTROL.order) !== ORDER.none;
}

/** Whether the agent asks for the run back. */
export function mustYield(orders: Int32Array): boolean {
  return load(orders, CONTROL.order) === ORDER.yield;
}

/** The first multiple of `every` behind `step`. */
export function nextMultiple(step: number, every: number): number {
  return step - (step % every) + every;
}

/** A step that is not over when it returns would be stepped over. */
export function refusePromise(returned: unknown, name: string): void {
  if (returned instanceof Promise) {
    throw new BadState(`${name}() returned a promise; steps are synchronous: load data in init()`);
  }
}

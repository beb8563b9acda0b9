/** Models for tests that run the real thing, as text: what a user might have written. */

/** A random walk with a state of every kind; slow enough to be interrupted, exact to the last bit. */
export const WALK = `
export const params = { drift: { default: 0.1 }, cells: { default: 500 } };
export function init(ctx) {
  const u = Float64Array.from({ length: ctx.params.cells }, () => ctx.rng.normal());
  return { u, energy: 0, flips: 0n, history: [] };
}
export function step(state, ctx) {
  const { u } = state;
  for (let i = 1; i < u.length; i++) u[i] += ctx.params.drift * Math.sin(u[i - 1]);
  const at = ctx.rng.below(u.length);
  u[at] = ctx.rng.normal();
  state.energy += u[at] * ctx.rng.uniform();
  state.flips += BigInt(at);
  if (state.history.length < 50) state.history.push(state.energy);
}
export function measure(state) { return { energy: state.energy, first: state.u[0] }; }
export function result(state) { return { ...state, sum: state.u.reduce((a, b) => a + b) }; }
`;

/** Counts its steps; as quick as a model can be. */
export const COUNT = `
export function init() { return { x: 0 }; }
export function step(state, ctx) { state.x += ctx.params.by ?? 1; }
export function measure(state) { return { x: state.x }; }
`;

/**
 * A walk whose steps take as many milliseconds as the file `pace.txt` beside it says now: slow as long as a
 * test needs it running, quick when it wants the end. What it computes does not depend on it.
 */
export const PACED = `
const pace = new URL("./pace.txt", import.meta.url);
const bell = new Int32Array(new SharedArrayBuffer(4));
export const params = { drift: { default: 0.1 } };
export function init(ctx) {
  return { u: Float64Array.from({ length: 64 }, () => ctx.rng.normal()), energy: 0 };
}
export function step(state, ctx) {
  const waitMs = Number(Deno.readTextFileSync(pace));
  if (waitMs > 0) Atomics.wait(bell, 0, 0, waitMs);
  const { u } = state;
  for (let i = 1; i < u.length; i++) u[i] += ctx.params.drift * Math.sin(u[i - 1]);
  u[ctx.rng.below(u.length)] = ctx.rng.normal();
  state.energy += u[0] * ctx.rng.uniform();
}
export function measure(state) { return { energy: state.energy, first: state.u[0] }; }
export function result(state) { return { energy: state.energy, u: [...state.u] }; }
`;

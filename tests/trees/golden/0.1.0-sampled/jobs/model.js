/** A short walk that a sampled point and its own random numbers decide. */
export function init() {
  return { x: 0 };
}

export function step(state, { params, rng }) {
  state.x += params.rate * (params.goal - state.x) + rng.uniform() / params.cells;
  if (params.solver === "rough") state.x = Math.round(1024 * state.x) / 1024;
}

export function result({ x }, { params }) {
  return { x, off: (x - params.goal) * (x - params.goal) };
}

/** A walk on a line: each step goes left or right, a little more often to the right where there is a drift. */
export function init() {
  return { x: 0 };
}

export function step(state, ctx) {
  const { stride, drift } = ctx.params;
  state.x += ctx.rng.uniform() < 0.5 + drift ? stride : -stride;
}

/** Where it ended, and how far that is, in metres. */
export function result(state) {
  return { x: state.x, distance: Math.abs(state.x) };
}

/**
 * The logistic map in its chaotic range, `work` times a step: floating point work that no compiler can leave out.
 * Plain JavaScript, so that simrun, a bare loop and the pools of Node compute the very same function.
 */
export const params = {
  rate: { default: 3.9, min: 0, max: 4 },
  work: { default: 25, min: 1, type: "integer" },
};

export function init() {
  return { x: 0.3 };
}

export function step(state, ctx) {
  const { rate, work } = ctx.params;
  let { x } = state;
  for (let i = 0; i < work; i++) x = rate * x * (1 - x);
  state.x = x;
}

export function result(state) {
  return { x: state.x };
}

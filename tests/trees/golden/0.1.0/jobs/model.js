/** A damped walk: quick, exact to the last bit, with an array and a list in its state. */
export const params = {
  drift: { default: 0.1 },
  wait: { default: 0 },
  big: { default: 0 },
};

export function init(ctx) {
  return { u: Float64Array.from({ length: 40 }, () => ctx.rng.normal()), energy: 0, seen: [] };
}

export function step(state, ctx) {
  const { u } = state;
  for (let i = 1; i < u.length; i++) u[i] += ctx.params.drift * Math.sin(u[i - 1]);
  u[ctx.rng.below(u.length)] = ctx.rng.normal();
  state.energy += u[0] * ctx.rng.uniform();
  if (state.seen.length < 9) state.seen.push(state.energy);
  const end = performance.now() + ctx.params.wait;
  while (ctx.params.wait > 0 && performance.now() < end);
}

export const measure = (state) => ({ energy: state.energy, first: state.u[0] });

export function result(state, ctx) {
  const text = "x".repeat(ctx.params.big);
  return { energy: state.energy, u: [...state.u], ...(text && { text }) };
}

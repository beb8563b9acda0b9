/** The logistic map x → r x (1 − x), and whether nearby orbits part: its Lyapunov exponent. */

export const params = {
  r: { default: 3.7, min: 0, max: 4, about: "Growth rate; chaos begins near 3.57" },
};

interface Context {
  readonly params: { readonly r: number };
  readonly rng: { uniform(): number };
}

interface Orbit {
  x: number;
  /** Sum of ln |dx'/dx| over the steps so far. */
  stretching: number;
  steps: number;
}

/** The state at the start. All of it is saved in checkpoints, so keep everything that changes here. */
export function init(ctx: Context): Orbit {
  return { x: ctx.rng.uniform(), stretching: 0, steps: 0 };
}

/** One step, in place. */
export function step(orbit: Orbit, ctx: Context): void {
  const { r } = ctx.params;
  orbit.stretching += Math.log(Math.abs(r * (1 - 2 * orbit.x)));
  orbit.x = r * orbit.x * (1 - orbit.x);
  orbit.steps++;
}

/** A row of the series every `measure_every` steps; the last one is the result. */
export function measure(orbit: Orbit) {
  return { x: orbit.x, lyapunov: orbit.stretching / orbit.steps }; // chaos where lyapunov > 0
}

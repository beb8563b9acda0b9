/**
 * How far the two layers of two_layers.ts are from a record of surface temperatures, in K: the root of the mean of
 * the squared differences at the months of the record.
 */
import * as layers from "./two_layers.ts";

/**
 * Month and K. Of the exact solution for λ = 1.3 W/m²/K, γ = 0.6 W/m²/K and C = 8.2 W yr/m²/K, so that everybody can
 * see what a fit has to find: Geoffroy et al. (2013) J. Climate 26, 1841, eq. 7 to 12.
 */
const RECORD = [
  [12, 0.4278],
  [36, 1.0369],
  [60, 1.4214],
  [120, 1.8762],
  [240, 2.0900],
  [480, 2.1765],
  [840, 2.2689],
  [1200, 2.3510],
] as const;

export const params = layers.params;

type Params = Parameters<typeof layers.step>[1];

interface Fit {
  readonly layers: ReturnType<typeof layers.init>;
  month: number;
  squares: number;
  compared: number;
}

export function init(): Fit {
  return { layers: layers.init(), month: 0, squares: 0, compared: 0 };
}

export function step(fit: Fit, ctx: Params): void {
  layers.step(fit.layers, ctx);
  fit.month++;
  const next = RECORD[fit.compared];
  if (fit.month !== next?.[0]) return;
  fit.squares += (fit.layers.surface - next[1]) ** 2;
  fit.compared++;
}

export function result(fit: Fit) {
  return { misfit: Math.sqrt(fit.squares / fit.compared), warming: fit.layers.surface };
}

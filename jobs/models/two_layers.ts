/**
 * The Earth as two layers that exchange heat, forced by carbon dioxide and shaken by the weather:
 *
 *   C  dT/dt  = F − λ T − γ (T − Td) + noise
 *   Cd dTd/dt = γ (T − Td)                  T and Td in K above the undisturbed state
 *
 * One step is a month; carbon dioxide is doubled at once, at the start.
 *
 * Geoffroy et al. (2013) J. Climate 26, 1841: the model; C, Cd and γ, means of 16 CMIP5 models.
 * Hasselmann (1976) Tellus 28, 473: weather as white noise.
 */

export const params = {
  forcing: { default: 3.93, min: 0, unit: "W/m²", about: "F, by a doubling of carbon dioxide" },
  feedback: { default: 1.16, min: 0.01, unit: "W/m²/K", about: "λ, heat lost for every degree" },
  exchange: { default: 0.73, min: 0, unit: "W/m²/K", about: "γ, heat uptake by the deep ocean" },
  surface_heat: { default: 7.3, min: 0.5, unit: "W yr/m²/K", about: "C, heat capacity on top" },
  deep_heat: { default: 106, min: 0.5, unit: "W yr/m²/K", about: "Cd, of the deep ocean" },
  weather: { default: 0, min: 0, unit: "W/m²", about: "Deviation of the noise of a month" },
} as const;

type Params = { readonly [name in keyof typeof params]: number };

interface Context {
  readonly params: Params;
  readonly rng: { normal(): number };
}

interface Layers {
  surface: number;
  deep: number;
}

const MONTH = 1 / 12;

export function init(): Layers {
  return { surface: 0, deep: 0 };
}

export function step(layers: Layers, { params, rng }: Context): void {
  const { forcing, feedback, exchange, surface_heat, deep_heat, weather } = params;
  const noise = weather === 0 ? 0 : weather * rng.normal();
  const sunk = exchange * (layers.surface - layers.deep);
  layers.surface += MONTH * (forcing + noise - feedback * layers.surface - sunk) / surface_heat;
  layers.deep += MONTH * sunk / deep_heat;
}

export function measure({ surface, deep }: Layers) {
  return { surface, deep };
}

/** What is reached by now, and in the end. */
export function result({ surface }: Layers, { params }: Context) {
  return { warming: surface, sensitivity: params.forcing / params.feedback };
}

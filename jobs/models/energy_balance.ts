/**
 * One-dimensional energy balance model of the Earth's climate, with seasons and a deep ocean.
 *
 *   C ∂T/∂t = Q s(x,t) (1 − α) − (A + B T) + F + ∂/∂x [D (1 − x²) ∂T/∂x] − γ (T − Td)
 *   Cd ∂Td/∂t = γ (T − Td)                  x = sin(latitude);  T and Td in °C
 *
 * One step is one day of a 365-day year. The run begins on 1 January 1850 in equilibrium.
 *
 * Budyko (1969) Tellus 21, 611, and Sellers (1969) J. Appl. Meteorol. 8, 392: ice and albedo.
 * North (1975) J. Atmos. Sci. 32, 1301: heat transport by diffusion; ice where T < −10 °C.
 * North & Coakley (1979) J. Atmos. Sci. 36, 1189: s(x,t), the sun's seasons in three terms.
 * Myhre et al. (1998) Geophys. Res. Lett. 25, 2715: F = 5.35 ln(CO2 / CO2 in 1850).
 * Geoffroy et al. (2013) J. Climate 26, 1841: C, Cd and γ, means of 16 CMIP5 models.
 * Rose (2018) J. Open Source Softw. 3, 659 (climlab): A, B, D and the albedos.
 */

export const params = {
  co2: { default: 420, min: 100, max: 10_000, unit: "ppm", about: "Carbon dioxide from `year` on" },
  year: { default: 2030, min: 2020, max: 3000, about: "Year in which `co2` is reached" },
  solar: { default: 1361, min: 0, unit: "W/m²", about: "Total solar irradiance, 4 Q" },
  season: { default: 1, min: 0, max: 1, about: "Strength of the seasons; 0 is annual-mean sun" },
  albedo: { default: 0.3, min: 0, max: 1, about: "Albedo α without ice, global mean" },
  albedo_p2: { default: 0.078, about: "Its rise towards the poles, times P2(x)" },
  ice_albedo: { default: 0.62, min: 0, max: 1, about: "Albedo α where it is colder than −10 °C" },
  olr_a: { default: 210, unit: "W/m²", about: "A, outgoing longwave radiation at 0 °C" },
  olr_b: { default: 2, min: 0.1, unit: "W/m²/K", about: "B, its rise with temperature" },
  diffusion: { default: 0.555, min: 0, unit: "W/m²/K", about: "D, heat transport" },
  surface_heat: { default: 7.3, min: 0.5, unit: "W yr/m²/K", about: "C, heat capacity on top" },
  deep_heat: { default: 106, min: 0.5, unit: "W yr/m²/K", about: "Cd, of the deep ocean" },
  exchange: { default: 0.73, min: 0, unit: "W/m²/K", about: "γ, heat uptake by the deep ocean" },
  cells: { default: 720, type: "integer", min: 10, max: 10_000, about: "Belts of equal area" },
} as const;

type Params = { readonly [name in keyof typeof params]: number };
type Context = { readonly params: Params };

interface Climate {
  /** Temperature of every belt, °C, from the South Pole to the North Pole. */
  readonly surface: Float64Array;
  readonly deep: Float64Array;
  /** Sum of `surface` over the days of this year, and its mean over the last whole year. */
  readonly sum: Float64Array;
  readonly annual: Float64Array;
  /** Days since 1 January 1850. */
  day: number;
  /** Heat content at the last new year, W yr/m², and what it gained in the year before, W/m². */
  heat: number;
  imbalance: number;
  /** Global means of two years, °C; that of 2020 is NaN until then. */
  mean1850: number;
  mean2020: number;
}

const DAYS = 365;
const FREEZING = -10;
const SPIN_UP_DAYS = 60 * DAYS;
const CO2_1850 = 284.317;

/** Annual means of CMIP6, ppm: Meinshausen et al. (2020) Geosci. Model Dev. 13, 3571. */
const HISTORY: readonly (readonly [year: number, ppm: number])[] = [
  [1850, CO2_1850],
  [1900, 295.675],
  [1950, 312.821],
  [1980, 338.705],
  [2000, 369.125],
  [2010, 388.717],
  [2020, 414.39],
];

export function init({ params }: Context): Climate {
  const zeros = () => new Float64Array(params.cells);
  const climate = { surface: zeros(), deep: zeros(), sum: zeros(), annual: zeros(), day: 0 };
  const start = { ...climate, heat: 0, imbalance: 0, mean1850: NaN, mean2020: NaN };
  start.surface.forEach((_, i, T) => T[i] = 14 - 28 * p2(sine(i, params.cells)));
  // To the equilibrium of 1850: first the surface alone, then with a deep ocean that is soon warm.
  integrate(start, SPIN_UP_DAYS, { ...params, exchange: 0 }, () => 0);
  start.deep.set(start.annual);
  integrate(start, SPIN_UP_DAYS, { ...params, deep_heat: params.surface_heat }, () => 0);
  start.deep.set(start.annual);
  const mean1850 = mean(start.annual);
  return { ...start, day: 0, heat: heatContent(start, params), imbalance: 0, mean1850 };
}

export function advance(climate: Climate, days: number, { params }: Context): void {
  const path = [...HISTORY.filter(([year]) => year < params.year), [params.year, params.co2]];
  const forcing = (year: number) => 5.35 * Math.log(interpolate(path, year) / CO2_1850);
  integrate(climate, days, params, forcing);
}

/** Means of the last whole year. */
export function measure({ annual, day, imbalance, mean1850, mean2020 }: Climate) {
  const temperature = mean(annual);
  return {
    year: 1850 + day / DAYS,
    temperature: temperature + 273.15, // K
    warming: temperature - mean1850, // K, since 1850
    warming_since_2020: temperature - mean2020, // K
    ice_line: (iceLine(annual) + iceLine(annual.toReversed())) / 2, // degrees of latitude
    imbalance, // W/m²
  };
}

export function done({ surface }: Climate) {
  return Number.isFinite(surface[0]!) ? undefined : "diverged: no temperature at the South Pole";
}

/**
 * Time steps of one day. All that is linear in T is taken at the step's end (backward Euler), so
 * that every grid is stable; sunlight, ice and forcing are taken at its beginning.
 */
function integrate(climate: Climate, days: number, p: Params, forcing: (year: number) => number) {
  const { surface, deep, sum } = climate;
  const n = surface.length;
  const inertia = p.surface_heat * DAYS; // W/m²/K
  const share = p.exchange / (p.deep_heat * DAYS); // of T − Td that the deep ocean takes up a day
  const exchange = p.exchange / (1 + share);

  // Gauss elimination of the tridiagonal system, as far as it is the same every day.
  const lower = new Float64Array(n);
  const upper = new Float64Array(n);
  const pivot = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const [south, north] = [conductance(i, n, p.diffusion), conductance(i + 1, n, p.diffusion)];
    const diagonal = inertia + p.olr_b + exchange + south + north;
    pivot[i] = 1 / (diagonal - south * (upper[i - 1] ?? 0));
    lower[i] = south * (pivot[i - 1] ?? 0);
    upper[i] = north * pivot[i]!;
  }
  const x1 = surface.map((_, i) => sine(i, n));
  const x2 = x1.map(p2);
  const open = x2.map((y) => (p.solar / 4) * (1 - p.albedo - p.albedo_p2 * y));
  const ice = (p.solar / 4) * (1 - p.ice_albedo);
  const right = new Float64Array(n);

  for (let k = 0; k < days; k++) {
    const year = climate.day / DAYS;
    const gain = forcing(1850 + year) - p.olr_a;
    // The year begins at the northern winter solstice. (In the polar night the three terms of
    // the series are a little below zero, which keeps the annual mean exact.)
    const s1 = -0.796 * p.season * Math.cos(2 * Math.PI * year);
    const s2 = -0.477 + 0.147 * p.season * Math.cos(4 * Math.PI * year);
    let carry = 0;
    for (let i = 0; i < n; i++) {
      const T = surface[i]!;
      const sun = (1 + s1 * x1[i]! + s2 * x2[i]!) * (T < FREEZING ? ice : open[i]!);
      carry = inertia * T + sun + gain + exchange * deep[i]! + lower[i]! * carry;
      right[i] = carry * pivot[i]!;
    }
    carry = 0;
    for (let i = n - 1; i >= 0; i--) {
      carry = right[i]! + upper[i]! * carry;
      surface[i] = carry;
      deep[i] = (deep[i]! + share * carry) / (1 + share);
      sum[i]! += carry;
    }
    climate.day++;
    if (climate.day % DAYS === 0) closeYear(climate, p);
  }
}

function closeYear(climate: Climate, p: Params): void {
  const { sum, annual } = climate;
  for (let i = 0; i < sum.length; i++) annual[i] = sum[i]! / DAYS;
  sum.fill(0);
  const heat = heatContent(climate, p);
  climate.imbalance = heat - climate.heat;
  climate.heat = heat;
  if (climate.day === (2021 - 1850) * DAYS) climate.mean2020 = mean(annual);
}

/** Sine of the latitude in the middle of a belt. */
function sine(i: number, cells: number): number {
  return (2 * i + 1) / cells - 1;
}

/** Of the southern edge of a belt, W/m²/K: D (1 − x²) / Δx². */
function conductance(i: number, cells: number, diffusion: number): number {
  const x = (2 * i) / cells - 1;
  return (diffusion * (1 - x * x) * cells ** 2) / 4;
}

/** The second Legendre polynomial. */
function p2(x: number): number {
  return (3 * x * x - 1) / 2;
}

function mean(belts: Float64Array): number {
  return belts.reduce((sum, value) => sum + value, 0) / belts.length;
}

function heatContent({ surface, deep }: Climate, p: Params): number {
  return p.surface_heat * mean(surface) + p.deep_heat * mean(deep);
}

/** Where it is −10 °C on the way from the pole to the equator: 90 if nowhere colder, 0 if always. */
function iceLine(belts: Float64Array): number {
  const open = belts.findIndex((T) => T >= FREEZING);
  if (open === 0) return 90;
  if (open === -1 || open > belts.length / 2) return 0;
  const [cold, warm] = [belts[open - 1]!, belts[open]!];
  const place = open - 1 + (FREEZING - cold) / (warm - cold);
  return (Math.asin(-sine(place, belts.length)) * 180) / Math.PI;
}

function interpolate(path: readonly (readonly number[])[], at: number): number {
  let [x0, y0] = path[0]! as [number, number];
  for (const [x, y] of path as readonly [number, number][]) {
    if (x > at) return y0 + ((y - y0) * (at - x0)) / (x - x0);
    [x0, y0] = [x, y];
  }
  return y0;
}

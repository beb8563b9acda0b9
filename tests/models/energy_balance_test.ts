/** The climate model against analytic solutions, the literature and its own bookkeeping of energy. */
import assert from "node:assert/strict";
import * as model from "../../jobs/models/energy_balance.ts";
import { bareContext, bareRun } from "./bare.ts";

type Climate = ReturnType<typeof model.init>;
type Parameters = { readonly [name: string]: number };

const YEAR = 365;
const P = bareContext(model).params as { readonly [name in keyof typeof model.params]: number };

function climate(parameters: Parameters, untilYear = 1850): Climate {
  return bareRun(model, (untilYear - 1850) * YEAR, { cells: 180, ...parameters }).state as Climate;
}

/** No ice can form, and no season: the equation is linear, and the state at the start is its equilibrium. */
const LINEAR = { olr_a: 120, season: 0, exchange: 0 };

/** Largest difference of the equilibrium from sum over n of T_n P_n(x), the solution of North (1975). */
function errorAgainstNorth(cells: number, albedoP2: number): number {
  const { surface } = climate({ ...LINEAR, cells, albedo_p2: albedoP2 });
  // Absorbed sunlight (1 - albedo - albedoP2 P2)(1 - 0.477 P2), with P2² = 1/5 + 2/7 P2 + 18/35 P4.
  const open = 1 - P.albedo;
  const cross = 0.477 * albedoP2;
  const modes = [
    open + cross / 5,
    -0.477 * open - albedoP2 + (cross * 2) / 7,
    (cross * 18) / 35,
  ];
  const temperature = modes.map((mode, k) =>
    ((P.solar / 4) * mode - (k === 0 ? LINEAR.olr_a : 0)) /
    (P.olr_b + 2 * k * (2 * k + 1) * P.diffusion)
  );
  let largest = 0;
  surface.forEach((T, i) => {
    const x = (2 * i + 1) / cells - 1;
    const exact = temperature[0]! + temperature[1]! * (3 * x ** 2 - 1) / 2 +
      temperature[2]! * (35 * x ** 4 - 30 * x ** 2 + 3) / 8;
    largest = Math.max(largest, Math.abs(T - exact));
  });
  return largest;
}

Deno.test("init() finds the two-mode solution T0 + T2 P2(x) of North (1975) where the albedo is constant", () => {
  assert.ok(errorAgainstNorth(180, 0) < 2e-3, `${errorAgainstNorth(180, 0)} K`);
});

Deno.test("init() finds the three-mode solution where the albedo rises towards the poles, to second order in the grid", () => {
  const [coarse, fine] = [errorAgainstNorth(90, 0.078), errorAgainstNorth(180, 0.078)];
  assert.ok(fine < 3e-3, `${fine} K`);
  assert.ok(
    coarse / fine > 3.5 && coarse / fine < 4.5,
    `error falls by ${coarse / fine}, not by 4`,
  );
});

Deno.test("advance() gives the seasonal wave Q a s1 / |B + 2D + iωC| of North & Coakley (1979)", () => {
  const ctx = bareContext(model, { ...LINEAR, season: 1, albedo_p2: 0, cells: 180 });
  const state = model.init(ctx);
  let [cosine, sine] = [0, 0];
  for (let day = 1; day <= YEAR; day++) {
    model.advance(state, 1, ctx);
    // 3 ∫ T P1 dx / 2 over the globe, then its first harmonic in time.
    const wave = 3 * state.surface.reduce((sum, T, i) => sum + T * ((2 * i + 1) / 180 - 1), 0) /
      180;
    cosine += (2 / YEAR) * wave * Math.cos((2 * Math.PI * day) / YEAR);
    sine += (2 / YEAR) * wave * Math.sin((2 * Math.PI * day) / YEAR);
  }
  const force = -0.796 * (P.solar / 4) * (1 - P.albedo);
  const [damping, inertia] = [P.olr_b + 2 * P.diffusion, 2 * Math.PI * P.surface_heat];
  const amplitude = Math.abs(force) / Math.hypot(damping, inertia);
  assert.ok(Math.abs(Math.hypot(cosine, sine) / amplitude - 1) < 0.01);
  // The ocean lags the sun by nearly a quarter of a year.
  const lag = Math.atan2(-sine, -cosine) * YEAR / (2 * Math.PI);
  assert.ok(Math.abs(lag - Math.atan2(inertia, damping) * YEAR / (2 * Math.PI)) < 2, `${lag} days`);
});

Deno.test("a doubling of CO2 warms by 5.35 ln 2 / B without ice, as Myhre et al. (1998) and North (1975) give it", () => {
  const state = climate({ ...LINEAR, co2: 2 * 284.317, year: 2020 }, 2090);
  const { warming } = model.measure(state);
  assert.ok(Math.abs(warming - (5.35 * Math.LN2) / P.olr_b) < 1e-5, `${warming} K`);
});

Deno.test("the ice-albedo feedback brings a doubling to 3 K, the best estimate of IPCC AR6 (2021, chapter 7)", () => {
  const state = climate({ exchange: 0, co2: 2 * 284.317, year: 2020, cells: 360 }, 2080);
  const { warming } = model.measure(state);
  assert.ok(warming > 2.5 && warming < 4, `${warming} K is outside the likely range 2.5 to 4 K`);
  assert.ok(warming > 1.3 * (5.35 * Math.LN2) / P.olr_b);
});

Deno.test("the climate of 1850 and of 2020 is the Earth's: mean near 288 K, ice near 70°, observed warming and imbalance", () => {
  const ctx = bareContext(model);
  const state = model.init(ctx);
  const then = model.measure(state);
  assert.ok(Math.abs(then.temperature - 286.9) < 0.5, `${then.temperature} K`);
  assert.ok(Math.abs(then.ice_line - 70) < 2, `ice line at ${then.ice_line}°`);
  assert.ok(Number.isNaN(then.warming_since_2020));
  model.advance(state, (2021 - 1850) * YEAR, ctx);
  const now = model.measure(state);
  assert.equal(now.year, 2021);
  assert.equal(now.warming_since_2020, 0);
  assert.ok(Math.abs(now.temperature - 288) < 0.5, `${now.temperature} K`);
  assert.ok(now.ice_line > then.ice_line && now.ice_line < 80, `ice line at ${now.ice_line}°`);
  // IPCC AR6 (2021, SPM A.1.2): 0.95 to 1.20 K in 2011-2020 over 1850-1900.
  assert.ok(now.warming > 0.9 && now.warming < 1.3, `${now.warming} K`);
  // Von Schuckmann et al. (2020) Earth Syst. Sci. Data 12, 2013: 0.87 ± 0.12 W/m² in 2010-2018.
  assert.ok(Math.abs(now.imbalance - 0.87) < 0.24, `${now.imbalance} W/m²`);
});

Deno.test("the global mean follows the two-layer model of Geoffroy et al. (2013) where the albedo is constant", () => {
  const state = climate({ ...LINEAR, exchange: P.exchange, co2: 500, year: 2020 }, 2100);
  const history = [[1850, 284.317], [1900, 295.675], [1950, 312.821], [1980, 338.705]];
  const path = [...history, [2000, 369.125], [2010, 388.717], [2020, 500], [9999, 500]];
  let [T, Td] = [0, 0];
  const steps = 20;
  for (let k = 0; k < 250 * steps; k++) {
    const year = 1850 + k / steps;
    const next = path.findIndex(([known]) => known! > year);
    const [[x0, y0], [x1, y1]] = [path[next - 1]!, path[next]!];
    const co2 = y0! + ((y1! - y0!) * (year - x0!)) / (x1! - x0!);
    const uptake = P.exchange * (T - Td);
    T += (5.35 * Math.log(co2 / 284.317) - P.olr_b * T - uptake) / (P.surface_heat * steps);
    Td += uptake / (P.deep_heat * steps);
  }
  const { warming } = model.measure(state);
  // The annual mean of 2099 lies half a year before the box model's last moment.
  assert.ok(Math.abs(warming - T) < 2e-3, `${warming} K, not ${T} K`);
});

Deno.test("the heat content changes by exactly what comes in and goes out", () => {
  const cells = 180;
  const ctx = bareContext(model, { cells });
  const state = model.init(ctx);
  const content = () => P.surface_heat * mean(state.surface) + P.deep_heat * mean(state.deep);
  const before = content();
  let gain = 0;
  for (let day = 0; day < YEAR; day++) {
    const year = day / YEAR;
    const ice = state.surface.map((T) => (T < -10 ? 1 : 0));
    model.advance(state, 1, ctx);
    const co2 = 284.317 + (295.675 - 284.317) * year / 50;
    const net = state.surface.map((T, i) => {
      const x = (2 * i + 1) / cells - 1;
      const y = (3 * x * x - 1) / 2;
      const sun = 1 - 0.796 * Math.cos(2 * Math.PI * year) * x +
        (-0.477 + 0.147 * Math.cos(4 * Math.PI * year)) * y;
      const albedo = ice[i] ? P.ice_albedo : P.albedo + P.albedo_p2 * y;
      return (P.solar / 4) * sun * (1 - albedo) - P.olr_a - P.olr_b * T;
    });
    gain += (mean(net) + 5.35 * Math.log(co2 / 284.317)) / YEAR;
  }
  assert.ok(Math.abs(content() - before - gain) < 1e-9, `${content() - before} against ${gain}`);
  assert.ok(Math.abs(model.measure(state).imbalance - gain) < 1e-9);
});

Deno.test("the climate of 1850 does not depend on the grid", () => {
  const [coarse, middle, fine] = [180, 360, 720].map((cells) => model.measure(climate({ cells })));
  assert.ok(Math.abs(coarse!.temperature - fine!.temperature) < 0.1);
  assert.ok(Math.abs(middle!.temperature - fine!.temperature) < 0.05);
  assert.ok(Math.abs(middle!.ice_line - fine!.ice_line) < 0.3);
});

Deno.test("a sun weaker by 10 % freezes the whole Earth, as Budyko (1969) and Sellers (1969) found", () => {
  const { temperature, ice_line } = model.measure(climate({ solar: 0.9 * P.solar }));
  assert.equal(ice_line, 0);
  assert.ok(temperature < 240, `${temperature} K`);
});

Deno.test("advance() gives the same bits however the days are split, and from a copy of the state", () => {
  const ctx = bareContext(model, { cells: 90 });
  const whole = model.init(ctx);
  const parts = structuredClone(whole);
  model.advance(whole, 1000, ctx);
  model.advance(parts, 1, ctx);
  model.advance(parts, 364, ctx);
  const copy = structuredClone(parts);
  model.advance(copy, 635, ctx);
  assert.deepEqual(copy, whole);
});

Deno.test("done() says diverged when a temperature is no number", () => {
  const state = climate({});
  assert.equal(model.done(state), undefined);
  state.surface.fill(NaN);
  assert.match(model.done(state)!, /^diverged: /);
});

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

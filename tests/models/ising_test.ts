/** The Ising model against Onsager, Yang and an exact enumeration; its error bars against the spread of many runs. */
import assert from "node:assert/strict";
import * as model from "../../jobs/models/ising.ts";
import { bareContext, bareRun } from "./bare.ts";

interface Averages {
  readonly energy: number;
  readonly energy_error: number;
  readonly magnetisation: number;
  readonly magnetisation_error: number;
  readonly specific_heat: number;
}

const CRITICAL = 2 / Math.log(1 + Math.SQRT2);

function averages(temperature: number, size: number, sweeps: number, seed = 1): Averages {
  const parameters = { temperature, size, warmup: 500 };
  const { state, ctx } = bareRun(model, 500 + sweeps, parameters, seed);
  return model.result(state as ReturnType<typeof model.init>, ctx as never);
}

function assertWithin(sigmas: number, found: number, error: number, exact: number): void {
  const distance = (found - exact) / error;
  assert.ok(
    Math.abs(distance) < sigmas,
    `${found} ± ${error} is ${distance.toFixed(1)} sigma from ${exact}`,
  );
}

for (const temperature of [1.8, 2, 2.1]) {
  Deno.test(`magnetisation at T = ${temperature} is that of Yang (1952)`, () => {
    const exact = (1 - Math.sinh(2 / temperature) ** -4) ** (1 / 8);
    const { magnetisation, magnetisation_error } = averages(temperature, 64, 4000);
    assertWithin(3.5, magnetisation, magnetisation_error, exact);
    assert.ok(magnetisation_error < 0.003 * exact);
  });
}

for (const temperature of [1.8, 2, 2.6, 3]) {
  Deno.test(`energy at T = ${temperature} is that of Onsager (1944)`, () => {
    const { energy, energy_error } = averages(temperature, 64, 4000);
    assertWithin(3.5, energy, energy_error, onsagerEnergy(temperature));
    assert.ok(energy_error < 0.003);
  });
}

Deno.test("onsagerEnergy() is -√2 at the critical temperature and -2 in the cold", () => {
  assert.ok(Math.abs(onsagerEnergy(CRITICAL * (1 + 1e-9)) + Math.SQRT2) < 1e-6);
  assert.ok(Math.abs(onsagerEnergy(0.5) + 2) < 1e-5);
});

for (const temperature of [1.5, CRITICAL, 5]) {
  Deno.test(`4 × 4 spins at T = ${temperature.toFixed(2)} agree with the sum over all 65536 states`, () => {
    const exact = enumerate(temperature, 4);
    const found = averages(temperature, 4, 100_000);
    assertWithin(3.5, found.energy, found.energy_error, exact.energy);
    assertWithin(3.5, found.magnetisation, found.magnetisation_error, exact.magnetisation);
    assert.ok(Math.abs(found.specific_heat / exact.specificHeat - 1) < 0.03);
  });
}

Deno.test("standard errors are as large as the spread over seeds", () => {
  const exact = enumerate(CRITICAL, 4).magnetisation;
  let squares = 0;
  const seeds = 40;
  for (let seed = 1; seed <= seeds; seed++) {
    const { magnetisation, magnetisation_error } = averages(CRITICAL, 4, 4096, seed);
    squares += ((magnetisation - exact) / magnetisation_error) ** 2 / seeds;
  }
  assert.ok(squares > 0.4 && squares < 1.4, `mean square of deviation / error is ${squares}`);
});

Deno.test("advance() gives the same bits however the sweeps are split", () => {
  const [whole, parts] = [1, 1].map((seed) => bareContext(model, { size: 16, warmup: 10 }, seed));
  const [a, b] = [model.init(whole!), model.init(parts!)];
  model.advance(a, 100, whole!);
  for (const sweeps of [1, 9, 40, 50]) model.advance(b, sweeps, parts!);
  assert.deepEqual(a, b);
});

Deno.test("result() without a sweep after the warm-up has no error bars, and init() refuses an odd size", () => {
  const { state, ctx } = bareRun(model, 10, { size: 8, warmup: 10 });
  const result = model.result(state as ReturnType<typeof model.init>, ctx as never);
  assert.equal(result.sweeps, 0);
  assert.ok(Number.isNaN(result.energy_error));
  assert.throws(() => model.init(bareContext(model, { size: 9 })), /size is 9/);
});

/** Energy per spin of the infinite lattice, Onsager (1944); the elliptic integral by the arithmetic-geometric mean. */
function onsagerEnergy(temperature: number): number {
  const k2 = 2 / temperature;
  const modulus = (2 * Math.sinh(k2)) / Math.cosh(k2) ** 2;
  let [a, b] = [1, Math.sqrt(1 - modulus ** 2)];
  while (Math.abs(a - b) > 1e-15) [a, b] = [(a + b) / 2, Math.sqrt(a * b)];
  return -(1 + (2 * Math.tanh(k2) ** 2 - 1) / a) / Math.tanh(k2);
}

/** Exact averages per spin of a small periodic lattice. */
function enumerate(temperature: number, size: number) {
  const count = size * size;
  let [weights, energy, energy2, magnetisation] = [0, 0, 0, 0];
  for (let state = 0; state < 2 ** count; state++) {
    const spin = (x: number, y: number) => (state >> ((y % size) * size + (x % size))) & 1 ? 1 : -1;
    let [e, m] = [0, 0];
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        e -= spin(x, y) * (spin(x + 1, y) + spin(x, y + 1));
        m += spin(x, y);
      }
    }
    const weight = Math.exp(-(e + 2 * count) / temperature);
    weights += weight;
    energy += weight * e;
    energy2 += weight * e * e;
    magnetisation += weight * Math.abs(m);
  }
  const mean = energy / weights;
  return {
    energy: mean / count,
    magnetisation: magnetisation / weights / count,
    specificHeat: (energy2 / weights - mean ** 2) / count / temperature ** 2,
  };
}

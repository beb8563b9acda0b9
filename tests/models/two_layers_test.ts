/** The two-layer model against its exact solution, and its weather against Hasselmann's. */
import assert from "node:assert/strict";
import * as fit from "../../jobs/models/two_layers_fit.ts";
import * as layers from "../../jobs/models/two_layers.ts";
import { bareContext, bareRun } from "./bare.ts";

const YEARS = 100;

Deno.test("the two layers warm as the exact solution does", () => {
  const [f, l, g, c, d] = [3.93, 1.16, 0.73, 7.3, 106];
  // Geoffroy et al. (2013), eq. 7 to 12: two exponentials, by the eigenvalues of the two layers.
  const b = (l + g) / c + g / d;
  const root = Math.sqrt(b * b - 4 * l * g / (c * d));
  const [fast, slow] = [(b + root) / 2, (b - root) / 2];
  const share = (f / c - slow * f / l) / (fast - slow) * (l / f);
  const exact = (t: number) =>
    f / l * (1 - share * Math.exp(-fast * t) - (1 - share) * Math.exp(-slow * t));
  for (const years of [5, 20, YEARS]) {
    const { state } = bareRun<ReturnType<typeof layers.init>>(layers, 12 * years, {});
    const wanted = exact(years);
    assert.ok(Math.abs(state.surface / wanted - 1) < 1e-2, `${years}: ${state.surface}, ${wanted}`);
  }
  assert.equal(layers.result(layers.init(), bareContext(layers)).sensitivity, f / l);
});

Deno.test("the weather makes the variance of a red noise", () => {
  const over = { forcing: 0, exchange: 0, weather: 3 };
  const context = bareContext(layers, over);
  const state = layers.init();
  // T(k+1) = r T(k) + w: the variance is that of w over 1 − r².
  const memory = 1 - 1.16 / 12 / 7.3;
  const wanted = (3 / 12 / 7.3) ** 2 / (1 - memory ** 2);
  let sum = 0;
  const months = 200_000;
  for (let month = 0; month < months; month++) {
    layers.step(state, context);
    sum += state.surface ** 2;
  }
  assert.ok(Math.abs(sum / months / wanted - 1) < 0.1, `${sum / months}, ${wanted}`);
});

Deno.test("the misfit is least where the record of temperatures was made", () => {
  const misfit = (over: Record<string, number>) => {
    const { state } = bareRun<ReturnType<typeof fit.init>>(fit, 1200, over);
    return fit.result(state).misfit;
  };
  const truth = { feedback: 1.3, exchange: 0.6, surface_heat: 8.2 };
  // What is left is that of steps of a month.
  assert.ok(misfit(truth) < 0.006, `${misfit(truth)}`);
  for (const [name, value] of Object.entries(truth)) {
    for (const factor of [0.9, 1.1]) {
      assert.ok(misfit({ ...truth, [name]: value * factor }) > 0.01, `${name} × ${factor}`);
    }
  }
});

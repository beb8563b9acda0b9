/** Runs a model in a plain loop, with no simrun around it: what the tests of the shipped models stand on. */
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { Context, ModelModule, ParameterRules, Random } from "../../src/job/model.ts";

/** A context with the model's defaults under the given parameters, and a generator with a seed. */
export function bareContext(
  model: { readonly params?: ParameterRules },
  parameters: { readonly [name: string]: number } = {},
  seed = 1,
  log: (text: string) => void = () => {},
  // deno-lint-ignore no-explicit-any -- each model narrows the parameters to its own
): Context<any> {
  const defaults = Object.entries(model.params ?? {}).map(([name, rule]) => [name, rule.default]);
  return {
    params: { ...Object.fromEntries(defaults), ...parameters },
    rng: bareRandom(seed),
    step: 0,
    steps: 0,
    inputs: {},
    needs: {},
    job: "bare",
    run: "bare",
    log,
  };
}

/** Computes `steps` steps from the start. */
export function bareRun<S>(
  model: ModelModule<S>,
  steps: number,
  parameters?: { readonly [name: string]: number },
  seed?: number,
): { readonly state: S; readonly ctx: Context } {
  const ctx = bareContext(model, parameters, seed);
  const state = model.init!(ctx);
  if (model.advance) model.advance(state, steps, ctx);
  else for (let i = 0; i < steps; i++) model.step!(state, ctx);
  return { state, ctx };
}

function bareRandom(seed: number): Random {
  const generator = xoroshiro128plus(seed);
  const int32 = () => generator.next();
  const uniform = () => ((int32() >>> 6) + (int32() >>> 5) * 2 ** -27) * 2 ** -26;
  return {
    int32,
    uniform,
    below: (below) => Math.floor(uniform() * below),
    normal: (mean = 0, deviation = 1) =>
      mean +
      deviation * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/** The baseline of a step: the model in a plain loop, as one writes it who has no simrun. Prints time and result. */
const [path, stepsText, given] = Deno.args;
const { init, step, result } = await import(path);
const ctx = { params: JSON.parse(given) };
const state = init(ctx);
const ms = loop(state, ctx, Number(stepsText));
console.log(JSON.stringify({ ms, result: result(state) }));

// A function of its own: V8 makes slower code of a loop at the top level of a module.
function loop(state, ctx, steps) {
  const begin = performance.now();
  for (let i = 0; i < steps; i++) step(state, ctx);
  return performance.now() - begin;
}

/** The baseline of a step: the model in a plain loop, as one writes it who has no simrun. Prints time and result. */
const [path, steps, given] = Deno.args;
const model = await import(path);
const ctx = { params: JSON.parse(given) };
const state = model.init(ctx);
const begin = performance.now();
for (let i = 0; i < Number(steps); i++) model.step(state, ctx);
const ms = performance.now() - begin;
console.log(JSON.stringify({ ms, result: model.result(state) }));

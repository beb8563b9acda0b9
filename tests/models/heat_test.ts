/** The WebAssembly heat equation against its analytic decay, and its binary against its source. */
import assert from "node:assert/strict";
import { loadWasm, type WasmRun, type WasmState } from "../../src/worker/wasm.ts";
import { bareContext } from "./bare.ts";

const FOLDER = new URL("../../jobs/models/", import.meta.url);
const COMPILER = "clang-14";
const CELLS = 256;

const model = loadWasm(Deno.readFileSync(new URL("heat.wasm", FOLDER)), "heat.wasm");

function start(parameters: { readonly [name: string]: number } = {}) {
  const ctx = bareContext(model, parameters);
  const run = model.instantiate();
  return { run, ctx, state: run.init(ctx) };
}

function amplitude({ run, ctx, state }: ReturnType<typeof start>): number {
  return run.measure!(state, ctx).amplitude!;
}

Deno.test("heat.wasm offers its parameters with defaults and its measurements", () => {
  assert.deepEqual(model.params, {
    diffusivity: { type: "number", default: 1.11e-4 },
    length: { type: "number", default: 1 },
    mode: { type: "number", default: 1 },
    dt: { type: "number", default: 1 },
  });
  assert.deepEqual(model.measurements, ["time", "amplitude"]);
});

for (const mode of [1, 2, 7, 40]) {
  Deno.test(`mode ${mode} decays by the exact factor of the Crank-Nicolson scheme in every step`, () => {
    const rod = start({ mode, dt: 0.3 });
    const { diffusivity, length, dt } = rod.ctx.params;
    const r = (diffusivity * dt * CELLS ** 2) / (2 * length ** 2);
    const curvature = 4 * r * Math.sin((mode * Math.PI) / (2 * CELLS)) ** 2;
    const steps = 60;
    rod.run.advance(rod.state, steps, rod.ctx);
    const exact = ((1 - curvature) / (1 + curvature)) ** steps;
    assert.ok(Math.abs(amplitude(rod) / exact - 1) < 1e-9, `${amplitude(rod)}, not ${exact}`);
  });
}

Deno.test("the decay is exp(-diffusivity (mode π / length)² t), to second order in the time step", () => {
  const error = (dt: number) => {
    const rod = start({ mode: 2, length: 0.5, dt });
    rod.run.advance(rod.state, 64 / dt, rod.ctx);
    const rate = rod.ctx.params.diffusivity * (2 * Math.PI / 0.5) ** 2;
    assert.equal(rod.run.measure!(rod.state, rod.ctx).time, 64);
    return amplitude(rod) / Math.exp(-rate * 64) - 1;
  };
  const grid = error(0.125); // what is left is the grid's
  const [coarse, fine] = [error(8) - grid, error(4) - grid];
  assert.ok(Math.abs(grid) < 3e-4, `${grid}`);
  assert.ok(
    coarse / fine > 3.8 && coarse / fine < 4.2,
    `error falls by ${coarse / fine}, not by 4`,
  );
});

Deno.test("done() ends the run when the rod is cold, and when it diverges", () => {
  const rod = start({ dt: 100 });
  assert.equal(rod.run.done!(rod.state, rod.ctx), undefined);
  rod.run.advance(rod.state, 1000, rod.ctx);
  assert.equal(rod.run.done!(rod.state, rod.ctx), "converged");
  const hot = start({ diffusivity: -1e-3 });
  hot.run.advance(hot.state, 100, hot.ctx);
  assert.equal(hot.run.done!(hot.state, hot.ctx), "diverged");
});

Deno.test("restore() goes on with the same bits, in any split of the steps", () => {
  const whole = start({ mode: 3 });
  whole.run.advance(whole.state, 1000, whole.ctx);
  const first = start({ mode: 3 });
  first.run.advance(first.state, 123, first.ctx);
  const saved = structuredClone(first.state);
  first.run.advance(first.state, 50, first.ctx); // must not touch what was saved
  const second: WasmRun = model.instantiate();
  const state: WasmState = second.restore(saved, first.ctx);
  second.advance(state, 877, first.ctx);
  assert.deepEqual(state, whole.state);
  assert.deepEqual(second.measure!(state, first.ctx), whole.run.measure!(whole.state, whole.ctx));
});

Deno.test({
  name: "heat.c compiles to the very bytes of heat.wasm, by the command at its head",
  ignore: !await canRun(COMPILER) || !await canRun("wasm-ld-14"),
  async fn() {
    const source = await Deno.readTextFile(new URL("heat.c", FOLDER));
    const command = source.match(/^ \* +(clang-14 .*)$/m)?.[1]?.split(" ") ?? [];
    const built = await Deno.makeTempFile({ suffix: ".wasm" });
    try {
      const args = command.slice(1).map((arg) => (arg === "heat.wasm" ? built : arg));
      const output = await new Deno.Command(COMPILER, { args, cwd: FOLDER }).output();
      assert.equal(new TextDecoder().decode(output.stderr), "");
      const shipped = await Deno.readFile(new URL("heat.wasm", FOLDER));
      assert.deepEqual(await Deno.readFile(built), shipped);
    } finally {
      await Deno.remove(built);
    }
  },
});

async function canRun(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

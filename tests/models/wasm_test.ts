/** The loader of WebAssembly models: what it keeps, what it restores, and what it refuses with which words. */
import assert from "node:assert/strict";
import { Fault } from "../../src/job/fault.ts";
import { loadWasm } from "../../src/worker/wasm.ts";
import { readOutline } from "../../src/worker/wasm_binary.ts";
import { bareContext } from "./bare.ts";
import { float64, type FunctionParts, type ModuleParts, OP, wasmModule } from "./wasm_module.ts";

const INIT: FunctionParts = { name: "init" };
const ADVANCE: FunctionParts = { name: "advance", takes: ["i32"] };
const ADD_STEPS_TO_GLOBAL_0 = [OP.globalGet, 0, OP.localGet, 0, OP.i32Add, OP.globalSet, 0];

function load(parts: ModuleParts) {
  return loadWasm(wasmModule({ functions: [INIT, ADVANCE], ...parts }), "test.wasm");
}

function assertRefused(parts: ModuleParts, message: RegExp, hint: RegExp): void {
  assert.throws(() => load(parts), (error) => {
    assert.ok(error instanceof Fault, String(error));
    assert.equal(error.code, "model");
    assert.match(error.message, message);
    assert.match(error.hint ?? "", hint);
    return true;
  });
}

Deno.test("loadWasm() keeps mutable globals that the module does not export", () => {
  const model = load({
    functions: [
      INIT,
      {
        ...ADVANCE,
        body: [
          ...ADD_STEPS_TO_GLOBAL_0,
          ...[OP.globalGet, 1, OP.localGet, 0, OP.i64ExtendI32, OP.i64Add, OP.globalSet, 1],
        ],
      },
      { name: "get_steps", gives: ["i32"], body: [OP.globalGet, 0] },
      { name: "get_long", gives: ["f64"], body: [OP.globalGet, 1, OP.f64ConvertI64] },
    ],
    globals: [
      { type: "i32", mutable: true, value: [OP.i32Const, 5] },
      { type: "i64", mutable: true, value: [OP.i64Const, 7] },
      { type: "f64", mutable: false, value: [OP.f64Const, ...float64(0.5)] },
      { type: "f64", mutable: true, value: [OP.f64Const, ...float64(-0)], name: "shown" },
    ],
  });
  const ctx = bareContext(model);
  const first = model.instantiate();
  const state = first.init(ctx);
  assert.deepEqual(state.globals, [5, 7n, -0]);
  first.advance(state, 10, ctx);
  assert.deepEqual(state.globals, [15, 17n, -0]);

  const second = model.instantiate();
  const restored = second.restore(structuredClone(state), ctx);
  assert.deepEqual(second.measure!(restored, ctx), { steps: 15, long: 17 });
  second.advance(restored, 1, ctx);
  assert.deepEqual(restored.globals, [16, 18n, -0]);
  assert.deepEqual(first.measure!(state, ctx), { steps: 15, long: 17 }, "runs share nothing");
});

Deno.test("loadWasm() follows a memory that grows while it computes, and restores its size", () => {
  const model = load({
    functions: [
      INIT,
      {
        ...ADVANCE,
        body: [
          ...[OP.i32Const, 1, OP.memoryGrow, 0, OP.drop],
          // The last 8 bytes of the second page.
          ...[OP.i32Const, 0xf8, 0xff, 0x07, OP.localGet, 0, OP.f64ConvertI32, OP.f64Store, 3, 0],
        ],
      },
      {
        name: "get_last",
        gives: ["f64"],
        body: [OP.i32Const, 0xf8, 0xff, 0x07, OP.f64Load, 3, 0],
      },
    ],
  });
  const ctx = bareContext(model);
  const first = model.instantiate();
  const state = first.init(ctx);
  assert.equal(state.memory.length, 65536);
  first.advance(state, 42, ctx);
  assert.equal(state.memory.length, 2 * 65536);
  const second = model.instantiate();
  const restored = second.restore(structuredClone(state), ctx);
  assert.deepEqual(second.measure!(restored, ctx), { last: 42 });
  second.advance(restored, 1, ctx);
  assert.equal(restored.memory.length, 3 * 65536);
});

Deno.test("advance() hands on more steps than an i32 holds, in parts", () => {
  const model = load({
    functions: [
      INIT,
      {
        ...ADVANCE,
        body: [OP.globalGet, 0, OP.localGet, 0, OP.f64ConvertI32, OP.f64Add, OP.globalSet, 0],
      },
    ],
    globals: [{ type: "f64", mutable: true, value: [OP.f64Const, ...float64(0)] }],
  });
  const ctx = bareContext(model);
  const run = model.instantiate();
  const state = run.init(ctx);
  run.advance(state, 5_000_000_000, ctx);
  assert.deepEqual(state.globals, [5_000_000_000]);
});

Deno.test("a setter makes a parameter: required without a getter, typed by what it takes", () => {
  const model = load({
    functions: [
      INIT,
      ADVANCE,
      { name: "set_a", takes: ["f64"], body: [OP.localGet, 0, OP.globalSet, 0] },
      { name: "set_b", takes: ["i32"] },
      { name: "get_b", gives: ["i32"], body: [OP.i32Const, 3] },
      { name: "set_c", takes: ["i64"], body: [OP.localGet, 0, OP.globalSet, 1] },
      { name: "get_d", gives: ["f64"], body: [OP.globalGet, 0] },
    ],
    globals: [
      { type: "f64", mutable: true, value: [OP.f64Const, ...float64(0)] },
      { type: "i64", mutable: true, value: [OP.i64Const, 0] },
    ],
  });
  assert.deepEqual(model.params, {
    a: { type: "number" },
    b: { type: "integer", min: -(2 ** 31), max: 2 ** 31 - 1, default: 3 },
    c: { type: "integer" },
  });
  assert.deepEqual(model.measurements, ["d"]);
  const ctx = bareContext(model, { a: 2.5, c: 12 });
  const run = model.instantiate();
  const state = run.init(ctx);
  assert.deepEqual(state.globals, [2.5, 12n]);
  assert.deepEqual(run.measure!(state, ctx), { d: 2.5 });
});

Deno.test("simrun.random is the run's generator and simrun.log its log", () => {
  const lines: string[] = [];
  const model = load({
    imports: [
      { module: "simrun", name: "random", gives: ["f64"] },
      { module: "simrun", name: "log", takes: ["i32", "i32"] },
    ],
    functions: [
      {
        ...INIT,
        body: [
          ...[
            OP.i32Const,
            8,
            OP.f64Const,
            ...new TextEncoder().encode("Grüße!"),
            OP.f64Store,
            3,
            0,
          ],
          ...[OP.i32Const, 8, OP.i32Const, 8, OP.call, 1],
        ],
      },
      { ...ADVANCE, body: [OP.i32Const, 0, OP.call, 0, OP.f64Store, 3, 0] },
      { name: "get_drawn", gives: ["f64"], body: [OP.i32Const, 0, OP.f64Load, 3, 0] },
    ],
  });
  const ctx = bareContext(model, {}, 9, (line) => lines.push(line));
  const run = model.instantiate();
  const state = run.init(ctx);
  assert.deepEqual(lines, ["Grüße!"]);
  run.advance(state, 1, ctx);
  assert.deepEqual(run.measure!(state, ctx), { drawn: bareContext(model, {}, 9).rng.uniform() });
});

Deno.test("restore() refuses a state of another module", () => {
  const model = load({});
  const ctx = bareContext(model);
  const memory = new Uint8Array(65536);
  assert.throws(
    () => model.instantiate().restore({ memory, globals: [1] }, ctx),
    /another module/,
  );
});

Deno.test("a run has no measure() and no done() where the module has nothing to say", () => {
  const run = load({}).instantiate();
  assert.equal(run.measure, undefined);
  assert.equal(run.done, undefined);
});

Deno.test("done() refuses an answer that is not 0, 1 or 2", () => {
  const done = { name: "done", gives: ["i32"], body: [OP.i32Const, 3] } as const;
  const model = load({ functions: [INIT, ADVANCE, done] });
  const ctx = bareContext(model);
  const run = model.instantiate();
  const state = run.init(ctx);
  assert.throws(() => run.done!(state, ctx), /done\(\) gave 3/);
});

Deno.test("loadWasm() refuses what is no module", () => {
  for (const bytes of [new Uint8Array(), new TextEncoder().encode("#!/bin/sh\n")]) {
    assert.throws(() => loadWasm(bytes, "test.wasm"), /test\.wasm is not a usable WebAssembly/);
  }
  const cut = wasmModule({ functions: [INIT, ADVANCE] }).slice(0, -3);
  assert.throws(() => loadWasm(cut, "test.wasm"), Fault);
});

Deno.test("loadWasm() names an import that it does not give, and says what to do", () => {
  const imported = (module: string, name: string) => ({ imports: [{ module, name }] });
  assertRefused(imported("env", "sin"), /imports env\.sin, a function/, /compile sin into/);
  assertRefused(imported("env", "abort"), /imports env\.abort/, /--use abort=/);
  assertRefused(imported("env", "seed"), /imports env\.seed/, /import simrun\.random/);
  const wasi = imported("wasi_snapshot_preview1", "fd_write");
  assertRefused(wasi, /fd_write/, /no operating system/);
  const memory = {
    imports: [{ module: "env", name: "memory", memory: true }],
    memories: [],
  } as const;
  assertRefused(memory, /env\.memory, a memory/, /no --import-memory/);
  assertRefused(
    { imports: [{ module: "simrun", name: "random", gives: ["f32"] }] },
    /simrun\.random as \(\) -> \(f32\)/,
    /\(\) -> \(f64\)/,
  );
});

Deno.test("loadWasm() refuses a module without the functions of a model, or with others of that name", () => {
  assertRefused({ functions: [INIT] }, /exports no function advance/, /advance \(i32\) -> \(\)/);
  assertRefused({ functions: [ADVANCE] }, /exports no function init/, /init \(\) -> \(\)/);
  const wide: FunctionParts = { ...ADVANCE, takes: ["i64"] };
  assertRefused({ functions: [INIT, wide] }, /advance is \(i64\) -> \(\)/, /\(i32\)/);
  const setter: FunctionParts = { name: "set_x", takes: ["f64", "f64"] };
  assertRefused({ functions: [INIT, ADVANCE, setter] }, /set_x is \(f64, f64\)/, /one number/);
  const getter: FunctionParts = { name: "get_x" };
  assertRefused({ functions: [INIT, ADVANCE, getter] }, /get_x is \(\) -> \(\)/, /one number/);
});

Deno.test("loadWasm() refuses a state that it could not keep", () => {
  assertRefused({ memoryName: undefined }, /exports no memory/, /"memory"/);
  assertRefused({ memoryName: "ram" }, /exports no memory/, /"memory"/);
  assertRefused({ memories: [[3, 1, 2]] }, /shared between threads/, /without threads/);
  const reference = { type: "funcref", mutable: true, value: [0xd0, 0x70] } as const;
  assertRefused({ globals: [reference] }, /mutable global that is not a number/, /linear memory/);
});

Deno.test("loadWasm() says when the module traps at its start", () => {
  const bytes = wasmModule({
    functions: [INIT, ADVANCE, { name: "get_x", gives: ["f64"], body: [OP.unreachable] }],
  });
  const model = loadWasm(bytes, "test.wasm"); // a measurement is not asked for at the start
  const ctx = bareContext(model);
  const run = model.instantiate();
  const state = run.init(ctx);
  assert.throws(() => run.measure!(state, ctx), WebAssembly.RuntimeError);
});

Deno.test("readOutline() reads every global's first value over to its end", () => {
  const { mutableGlobals } = readOutline(wasmModule({
    functions: [INIT, ADVANCE],
    globals: [
      { type: "i32", mutable: true, value: [OP.i32Const, 0x8b, 0x0b] },
      { type: "f32", mutable: true, value: [OP.f32Const, 0x0b, 0x0b, 0x0b, 0x0b] },
      { type: "i64", mutable: false, value: [OP.i64Const, 0x0b] },
      { type: "f64", mutable: true, value: [OP.f64Const, ...float64(1e-300)] },
    ],
  }));
  assert.deepEqual(mutableGlobals, [
    { index: 0, type: "i32" },
    { index: 1, type: "f32" },
    { index: 3, type: "f64" },
  ]);
});

/**
 * WebAssembly models: checks that a module keeps the convention of `docs/models.md` and
 * makes a model of it whose state is its linear memory and all of its mutable globals.
 */
import { Fault } from "../job/fault.ts";
import type { Context, Ending, ModelModule, ParameterRule, ParameterRules } from "../job/model.ts";
import {
  exportGlobals,
  type FunctionType,
  globalExportName,
  type Imported,
  type Outline,
  readOutline,
  type ValueType,
} from "./wasm_binary.ts";

/** What a checkpoint holds of an instance. `memory` is a view of the living memory, never a copy. */
export interface WasmState {
  memory: Uint8Array;
  /** In the order of their index in the module. */
  globals: (number | bigint)[];
}

/** One run's own instance of a module, with the functions of a model module. */
export interface WasmRun extends Omit<ModelModule<WasmState>, "params" | "step" | "result"> {
  init(ctx: Context): WasmState;
  advance(state: WasmState, n: number, ctx: Context): void;
  measure(state: WasmState, ctx: Context): { readonly [name: string]: number };
  done(state: WasmState, ctx: Context): Ending | undefined;
  /** Goes on from a saved state in a new instance; the state given back replaces `saved`. */
  restore(saved: WasmState, ctx: Context): WasmState;
}

export interface WasmModel {
  /** One rule for every `set_<name>`; the default is what `get_<name>` of a new instance says. */
  readonly params: ParameterRules;
  /** Every `get_<name>` that is not a parameter's. */
  readonly measurements: readonly string[];
  /** A run of its own; nothing is shared with other runs. */
  instantiate(): WasmRun;
}

const ADVANCE_MAX = 2 ** 31 - 1;
const PAGE_BYTES = 65536;

const NUMBERS: readonly ValueType[] = ["i32", "i64", "f32", "f64"];
const PROVIDED: { readonly [name: string]: FunctionType } = {
  random: { takes: [], gives: ["f64"] },
  log: { takes: ["i32", "i32"], gives: [] },
};

type Call = (...values: (number | bigint)[]) => number | bigint | undefined;

/** Compiles and checks a module; `name` is what faults call it. */
export function loadWasm(bytes: Uint8Array, name: string): WasmModel {
  const outline = checkedOutline(bytes, name);
  const module = new WebAssembly.Module(exportGlobals(bytes, outline));
  const setters = prefixed(outline, "set_");
  const getters = prefixed(outline, "get_");
  const parts: Parts = {
    module,
    globals: outline.mutableGlobals.map(({ index }) => globalExportName(index)),
    setters,
    measurements: [...getters.keys()].filter((getter) => !setters.has(getter)),
  };
  const fresh = new Instance(parts, name);
  const rules = [...setters].map(([parameter, type]): [string, ParameterRule] => [
    parameter,
    parameterRule(type.takes[0]!, getters.has(parameter) ? fresh.get(parameter) : NaN),
  ]);
  return {
    params: Object.fromEntries(rules),
    measurements: parts.measurements,
    instantiate: () => newRun(parts, name),
  };
}

interface Parts {
  readonly module: WebAssembly.Module;
  /** Export names of the mutable globals. */
  readonly globals: readonly string[];
  readonly setters: ReadonlyMap<string, FunctionType>;
  readonly measurements: readonly string[];
}

function newRun(parts: Parts, name: string): WasmRun {
  let instance: Instance;
  return {
    init(ctx) {
      instance = new Instance(parts, name, ctx);
      instance.call("_initialize");
      for (const [parameter, type] of parts.setters) {
        const value = (ctx.params as { readonly [name: string]: unknown })[parameter];
        if (value === undefined) continue;
        instance.call(
          `set_${parameter}`,
          type.takes[0] === "i64" ? BigInt(value as number) : value as number,
        );
      }
      instance.call("init");
      return instance.keep({ memory: new Uint8Array(), globals: [] });
    },
    advance(state, n, ctx) {
      instance.context = ctx;
      for (let left = n; left > 0; left -= ADVANCE_MAX) {
        instance.call("advance", Math.min(left, ADVANCE_MAX));
      }
      instance.keep(state);
    },
    measure(state, ctx) {
      instance.context = ctx;
      const row = parts.measurements.map((measurement) => [measurement, instance.get(measurement)]);
      instance.keep(state);
      return Object.fromEntries(row);
    },
    done(state, ctx) {
      instance.context = ctx;
      const answer = instance.call("done") ?? 0;
      instance.keep(state);
      if (answer === 0) return undefined;
      if (answer === 1) return "converged";
      if (answer === 2) return "diverged";
      throw new Error(`done() gave ${answer}; expected 0 to go on, 1 converged or 2 diverged`);
    },
    restore(saved, ctx) {
      instance = new Instance(parts, name, ctx);
      instance.load(saved);
      return instance.keep({ memory: new Uint8Array(), globals: [] });
    },
  };
}

/** A living instance and its access by name. */
class Instance {
  context: Context | undefined;
  readonly #exports: WebAssembly.Exports;
  readonly #memory: WebAssembly.Memory;
  readonly #globals: readonly WebAssembly.Global[];

  constructor({ module, globals }: Parts, name: string, context?: Context) {
    this.context = context;
    this.#exports = this.#instantiate(module, name);
    this.#memory = this.#exports.memory as WebAssembly.Memory;
    this.#globals = globals.map((global) => this.#exports[global] as WebAssembly.Global);
  }

  /** Calls an export; one that is not there does nothing. */
  call(name: string, ...values: (number | bigint)[]): number | bigint | undefined {
    return (this.#exports[name] as Call | undefined)?.(...values);
  }

  get(name: string): number {
    return Number(this.call(`get_${name}`));
  }

  /** Brings `state` up to date: memory that grew has another buffer, and globals are values. */
  keep(state: WasmState): WasmState {
    if (state.memory.buffer !== this.#memory.buffer) {
      state.memory = new Uint8Array(this.#memory.buffer);
    }
    for (let i = 0; i < this.#globals.length; i++) state.globals[i] = this.#globals[i]!.value;
    return state;
  }

  load(saved: WasmState): void {
    const missing = saved.memory.length - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(missing / PAGE_BYTES);
    if (missing < 0 || saved.globals.length !== this.#globals.length) {
      throw new Error("the saved state is of another module: its memory or globals do not fit");
    }
    new Uint8Array(this.#memory.buffer).set(saved.memory);
    for (let i = 0; i < this.#globals.length; i++) this.#globals[i]!.value = saved.globals[i]!;
  }

  #instantiate(module: WebAssembly.Module, name: string): WebAssembly.Exports {
    const random = () => {
      if (this.context === undefined) throw new Error("simrun.random was called before init()");
      return this.context.rng.uniform();
    };
    const log = (pointer: number, length: number) => {
      const bytes = new Uint8Array(this.#memory.buffer, pointer >>> 0, length >>> 0);
      this.context?.log(new TextDecoder().decode(bytes));
    };
    try {
      return new WebAssembly.Instance(module, { simrun: { random, log } }).exports;
    } catch (cause) {
      throw new Fault("model", `${name} does not start: ${(cause as Error).message}`, { cause });
    }
  }
}

function checkedOutline(bytes: Uint8Array, name: string): Outline {
  let outline: Outline;
  try {
    new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    outline = readOutline(bytes);
  } catch (cause) {
    const detail = (cause as Error).message.replace(/^WebAssembly\.Module\(\): /, "");
    throw new Fault("model", `${name} is not a usable WebAssembly module: ${detail}`, { cause });
  }
  for (const imported of outline.imports) checkImport(imported, name);
  checkMemory(outline, name);
  for (const { type } of outline.mutableGlobals) {
    if (type !== "other") continue;
    throw new Fault(
      "model",
      `${name} has a mutable global that is not a number, which no checkpoint can hold`,
      {
        hint:
          "Keep vectors and references in the linear memory or in a table that does not change.",
      },
    );
  }
  checkFunction(outline, name, "init", { takes: [], gives: [] });
  checkFunction(outline, name, "advance", { takes: ["i32"], gives: [] });
  for (const optional of ["_initialize", "done"]) {
    if (!outline.exports.has(optional)) continue;
    checkFunction(outline, name, optional, {
      takes: [],
      gives: optional === "done" ? ["i32"] : [],
    });
  }
  for (const [parameter, { takes, gives }] of prefixed(outline, "set_")) {
    if (takes.length === 1 && NUMBERS.includes(takes[0]!) && gives.length === 0) continue;
    throw new Fault("model", `${name}: set_${parameter} is ${signature({ takes, gives })}`, {
      hint: "A parameter's setter takes one number and gives nothing: (f64) -> ().",
    });
  }
  for (const [getter, { takes, gives }] of prefixed(outline, "get_")) {
    if (takes.length === 0 && gives.length === 1 && NUMBERS.includes(gives[0]!)) continue;
    throw new Fault("model", `${name}: get_${getter} is ${signature({ takes, gives })}`, {
      hint: "A getter takes nothing and gives one number: () -> (f64).",
    });
  }
  return outline;
}

function checkImport({ module, name: wanted, kind, type }: Imported, name: string): void {
  const provided = module === "simrun" ? PROVIDED[wanted] : undefined;
  if (kind === "function" && provided !== undefined) {
    if (signature(type!) === signature(provided)) return;
    throw new Fault("model", `${name} imports ${module}.${wanted} as ${signature(type!)}`, {
      hint: `simrun gives ${module}.${wanted} as ${signature(provided)}.`,
    });
  }
  throw new Fault(
    "model",
    `${name} imports ${module}.${wanted}, a ${kind} that simrun does not give it`,
    {
      hint: importHint(module, wanted, kind),
    },
  );
}

function importHint(module: string, wanted: string, kind: Imported["kind"]): string {
  if (kind === "memory") return "Define and export the memory in the module: no --import-memory.";
  if (module.startsWith("wasi")) {
    return "A model has no operating system: build without one, for example with " +
      "clang --target=wasm32 -nostdlib, or for Rust's wasm32-unknown-unknown.";
  }
  if (wanted === "abort") {
    return "Compile AssemblyScript with --use abort= (nothing after the sign).";
  }
  if (wanted === "seed") return "Math.random() cannot be repeated: import simrun.random() instead.";
  return "A model may import simrun.random and simrun.log only; " +
    `compile ${wanted} into the module, from a library or your own source.`;
}

function checkMemory({ exports, memories }: Outline, name: string): void {
  const memory = memories[0];
  if (memory === undefined || exports.get("memory")?.kind !== "memory" || memories.length > 1) {
    const found = memories.length > 1 ? `has ${memories.length} memories` : "exports no memory";
    throw new Fault("model", `${name} ${found}; the state of a run is its one memory`, {
      hint: 'Export one memory under the name "memory", as compilers do unless told otherwise.',
    });
  }
  if (memory.shared || memory.wide) {
    const kind = memory.shared ? "shared between threads" : "addressed by 64 bits";
    throw new Fault("model", `${name} has a memory that is ${kind}`, {
      hint: "Build for plain wasm32 without threads.",
    });
  }
}

function checkFunction(outline: Outline, name: string, wanted: string, type: FunctionType): void {
  const found = outline.exports.get(wanted);
  const has = found?.kind === "function" ? outline.functions[found.index] : undefined;
  if (has !== undefined && signature(has) === signature(type)) return;
  const message = has === undefined
    ? `${name} exports no function ${wanted}`
    : `${name}: ${wanted} is ${signature(has)}`;
  throw new Fault("model", message, { hint: `A model exports ${wanted} ${signature(type)}.` });
}

/** The exported functions whose names start so, by the rest of their names. */
function prefixed(outline: Outline, prefix: string): ReadonlyMap<string, FunctionType> {
  const found = new Map<string, FunctionType>();
  for (const [name, { kind, index }] of outline.exports) {
    if (kind !== "function" || !name.startsWith(prefix) || name === prefix) continue;
    found.set(name.slice(prefix.length), outline.functions[index]!);
  }
  return found;
}

function parameterRule(type: ValueType, value: number): ParameterRule {
  const rule: ParameterRule = type === "i32"
    ? { type: "integer", min: -(2 ** 31), max: 2 ** 31 - 1 }
    : { type: type === "i64" ? "integer" : "number" };
  return Number.isNaN(value) ? rule : { ...rule, default: value };
}

function signature({ takes, gives }: FunctionType): string {
  return `(${takes.join(", ")}) -> (${gives.join(", ")})`;
}

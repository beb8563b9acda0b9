/**
 * WebAssembly models: makes a model of a module that keeps the convention of `docs/models.md`.
 * The state of a run is the linear memory of its instance and all of its mutable globals.
 */
import { Fault } from "../job/fault.ts";
import type { BranchParent, Context, Ending, ParameterRule, ParameterRules } from "../job/model.ts";
import {
  exportGlobals,
  type FunctionType,
  globalExportName,
  type ValueType,
} from "./wasm_binary.ts";
import { checkContract, exportedFunctions } from "./wasm_contract.ts";

/** What a checkpoint holds of an instance. `memory` is a view of the living memory, never a copy. */
export interface WasmState {
  memory: Uint8Array;
  /** In the order of their index in the module. */
  globals: (number | bigint)[];
}

/** One run's own instance of a module, with the functions of a model module. */
export interface WasmRun {
  init(ctx: Context): WasmState;
  advance(state: WasmState, n: number, ctx: Context): void;
  /** Absent without a `get_<name>`. */
  readonly measure?: (state: WasmState, ctx: Context) => { readonly [name: string]: number };
  /** Absent where the module exports no `done`. */
  readonly done?: (state: WasmState, ctx: Context) => Ending | undefined;
  /** Goes on from a saved state in a new instance; the state given back replaces `saved`. */
  restore(saved: WasmState, ctx: Context): WasmState;
  /** Fits the state of another run to the parameters of this one. */
  branch(state: WasmState, ctx: Context, parent: BranchParent): void;
}

export interface WasmModel {
  /** One rule for every `set_<name>`; the default is what `get_<name>` of a new instance says. */
  readonly params: ParameterRules;
  /** Every `get_<name>` that is not a parameter's. */
  readonly measurements: readonly string[];
  /** Whether it can fit the state of another run to other parameters. */
  readonly canBranch: boolean;
  /** A run of its own; nothing is shared with other runs. */
  instantiate(): WasmRun;
}

const ADVANCE_MAX = 2 ** 31 - 1;
const PAGE_BYTES = 65536;

type Call = (...values: (number | bigint)[]) => number | bigint | undefined;

/** Compiles and checks a module; `name` is what faults call it. */
export function loadWasm(bytes: Uint8Array, name: string): WasmModel {
  const outline = checkContract(bytes, name);
  const module = new WebAssembly.Module(exportGlobals(bytes, outline));
  const setters = exportedFunctions(outline, "set_");
  const getters = exportedFunctions(outline, "get_");
  const parts: Parts = {
    module,
    globals: outline.mutableGlobals.map(({ index }) => globalExportName(index)),
    setters,
    measurements: [...getters.keys()].filter((getter) => !setters.has(getter)),
    hasDone: outline.exports.has("done"),
    hasBranch: outline.exports.has("branch"),
  };
  const fresh = new Instance(parts, name);
  const rules = [...setters].map(([parameter, type]): [string, ParameterRule] => [
    parameter,
    parameterRule(type.takes[0]!, getters.has(parameter) ? fresh.get(parameter) : NaN),
  ]);
  return {
    params: Object.fromEntries(rules),
    measurements: parts.measurements,
    canBranch: parts.hasBranch,
    instantiate: () => newRun(parts, name),
  };
}

interface Parts {
  readonly module: WebAssembly.Module;
  /** Export names of the mutable globals. */
  readonly globals: readonly string[];
  readonly setters: ReadonlyMap<string, FunctionType>;
  readonly measurements: readonly string[];
  readonly hasDone: boolean;
  readonly hasBranch: boolean;
}

function newRun(parts: Parts, name: string): WasmRun {
  let instance: Instance;
  const begin = (ctx: Context) => instance = new Instance(parts, name, ctx);
  const setParameter = (parameter: string, { params }: Context) => {
    const value = params[parameter];
    const [type] = parts.setters.get(parameter)!.takes;
    if (value !== undefined) {
      instance.call(`set_${parameter}`, type === "i64" ? BigInt(value) : value);
    }
  };
  const measure: WasmRun["measure"] = (state, ctx) => {
    instance.context = ctx;
    const row = parts.measurements.map((measurement) => [measurement, instance.get(measurement)]);
    instance.keep(state);
    return Object.fromEntries(row);
  };
  const done: WasmRun["done"] = (state, ctx) => {
    instance.context = ctx;
    const answer = instance.call("done");
    instance.keep(state);
    if (answer === 0) return undefined;
    if (answer === 1) return "converged";
    if (answer === 2) return "diverged";
    throw new Error(`done() gave ${answer}; expected 0 to go on, 1 converged or 2 diverged`);
  };
  return {
    init(ctx) {
      begin(ctx).call("_initialize");
      for (const parameter of parts.setters.keys()) setParameter(parameter, ctx);
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
    restore(saved, ctx) {
      begin(ctx).load(saved);
      return instance.keep({ memory: new Uint8Array(), globals: [] });
    },
    branch(state, ctx, { parameters }) {
      // What is the same may have changed in the memory since: it may be where a quantity began.
      const changed = [...parts.setters.keys()].filter((parameter) =>
        !Object.is(ctx.params[parameter], parameters[parameter])
      );
      if (changed.length > 0 && !parts.hasBranch) throw new Error(noBranchWords(name, changed));
      for (const parameter of changed) setParameter(parameter, ctx);
      instance.call("branch");
      instance.keep(state);
    },
    ...(parts.measurements.length > 0 ? { measure } : {}),
    ...(parts.hasDone ? { done } : {}),
  };
}

/** What `init` has made of a parameter nobody else can make anew. */
function noBranchWords(name: string, changed: readonly string[]): string {
  return `${name} exports no branch, and ${changed.join(", ")} ` +
    `${
      changed.length === 1 ? "is" : "are"
    } not what the state was computed with: export branch () -> (), ` +
    "which is called after the setters of what changed, in place of init";
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

function parameterRule(type: ValueType, value: number): ParameterRule {
  const rule: ParameterRule = type === "i32"
    ? { type: "integer", min: -(2 ** 31), max: 2 ** 31 - 1 }
    : { type: type === "i64" ? "integer" : "number" };
  return Number.isNaN(value) ? rule : { ...rule, default: value };
}

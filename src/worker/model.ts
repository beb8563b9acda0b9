/** Loads a model, a module or WebAssembly, and gives both one shape for the run loop. Runs in the sandbox. */
import type { ModelModule, ParameterRules } from "../job/model.ts";
import { loadWasm } from "./wasm.ts";

/** A model ready to be stepped. Exactly one of `step` and `advance` is there. */
export interface LoadedModel {
  readonly url: string;
  readonly params: ParameterRules | undefined;
  readonly exports: readonly string[];
  /** What one run uses; WebAssembly gets memory of its own each time. */
  instantiate(): Instance;
}

export interface Instance extends ModelModule {
  /** Makes a saved state the live one; for a module the saved state is the live one already. */
  restore?(saved: unknown, ctx: never): unknown;
}

const FUNCTIONS = ["init", "branch", "step", "advance", "measure", "done", "result"] as const;

/** Throws what the module throws, or an Error that says what is missing. */
export async function loadModel(url: string): Promise<LoadedModel> {
  return url.endsWith(".wasm") ? loadWasmModel(url) : await loadModule(url);
}

async function loadModule(url: string): Promise<LoadedModel> {
  const module = await import(url) as Record<string, unknown>;
  const exports = Object.keys(module);
  for (const name of FUNCTIONS) {
    if (module[name] !== undefined && typeof module[name] !== "function") {
      throw new Error(`exports \`${name}\`, which is not a function`);
    }
  }
  if (module.step === undefined && module.advance === undefined) {
    const found = exports.length === 0 ? "exports nothing" : `exports only ${exports.join(", ")}`;
    throw new Error(`${found}; a model exports \`step(state, ctx)\` or \`advance(state, n, ctx)\``);
  }
  if (module.params !== undefined && !isRecordOfRecords(module.params)) {
    throw new Error("exports `params` that is not an object of parameter rules by name");
  }
  const model = module as ModelModule;
  return { url, params: model.params, exports, instantiate: () => model };
}

function loadWasmModel(url: string): LoadedModel {
  const path = decodeURIComponent(new URL(url).pathname);
  const model = loadWasm(Deno.readFileSync(path), path.slice(path.lastIndexOf("/") + 1));
  return {
    url,
    params: model.params,
    exports: ["advance", ...model.canBranch ? ["branch"] : [], ...model.measurements],
    instantiate: () => model.instantiate() as Instance,
  };
}

function isRecordOfRecords(value: unknown): value is ParameterRules {
  return typeof value === "object" && value !== null &&
    Object.values(value).every((rule) => typeof rule === "object" && rule !== null);
}

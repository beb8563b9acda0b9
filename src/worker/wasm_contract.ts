/** What simrun asks of a WebAssembly model: its imports, its memory, its functions and their types. */
import { Fault } from "../job/fault.ts";
import {
  type FunctionType,
  type Imported,
  type Outline,
  readOutline,
  type ValueType,
} from "./wasm_binary.ts";

const PROVIDED: { readonly [name: string]: FunctionType } = {
  random: { takes: [], gives: ["f64"] },
  log: { takes: ["i32", "i32"], gives: [] },
};

/** Reads a module's outline; throws a Fault that says how it breaks the convention of models. */
export function checkContract(bytes: Uint8Array, name: string): Outline {
  const outline = outlineOf(bytes, name);
  for (const imported of outline.imports) checkImport(imported, name);
  checkMemory(outline, name);
  if (outline.mutableGlobals.some(({ type }) => type === "other")) {
    const what = "a mutable global that is not a number, which no checkpoint can hold";
    const hint =
      "Keep vectors in the linear memory, and references in a table that stays the same.";
    throw new Fault("model", `${name} has ${what}`, { hint });
  }
  checkFunction(outline, name, "init", { takes: [], gives: [] });
  checkFunction(outline, name, "advance", { takes: ["i32"], gives: [] });
  if (outline.exports.has("done")) {
    checkFunction(outline, name, "done", { takes: [], gives: ["i32"] });
  }
  for (const optional of ["_initialize", "branch"]) {
    if (!outline.exports.has(optional)) continue;
    checkFunction(outline, name, optional, { takes: [], gives: [] });
  }
  for (const [parameter, type] of exportedFunctions(outline, "set_")) {
    if (type.gives.length === 0 && isOneNumber(type.takes)) continue;
    throw new Fault("model", `${name}: set_${parameter} is ${signature(type)}`, {
      hint: "A parameter's setter takes one number and gives nothing: (f64) -> ().",
    });
  }
  for (const [getter, type] of exportedFunctions(outline, "get_")) {
    if (type.takes.length === 0 && isOneNumber(type.gives)) continue;
    throw new Fault("model", `${name}: get_${getter} is ${signature(type)}`, {
      hint: "A getter takes nothing and gives one number: () -> (f64).",
    });
  }
  return outline;
}

function outlineOf(bytes: Uint8Array, name: string): Outline {
  try {
    new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    return readOutline(bytes);
  } catch (cause) {
    const detail = (cause as Error).message.replace(/^WebAssembly\.Module\(\): /, "");
    throw new Fault("model", `${name} is not a usable WebAssembly module: ${detail}`, { cause });
  }
}

function checkImport({ module, name: wanted, kind, type }: Imported, name: string): void {
  const provided = module === "simrun" ? PROVIDED[wanted] : undefined;
  if (type === undefined || provided === undefined) {
    const what = `${module}.${wanted}, a ${kind} that simrun does not give it`;
    const hint = importHint(module, wanted, kind);
    throw new Fault("model", `${name} imports ${what}`, { hint });
  }
  if (signature(type) !== signature(provided)) {
    throw new Fault("model", `${name} imports ${module}.${wanted} as ${signature(type)}`, {
      hint: `simrun gives ${module}.${wanted} as ${signature(provided)}.`,
    });
  }
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
export function exportedFunctions(
  outline: Outline,
  prefix: string,
): ReadonlyMap<string, FunctionType> {
  const found = new Map<string, FunctionType>();
  for (const [name, { kind, index }] of outline.exports) {
    if (kind !== "function" || !name.startsWith(prefix) || name === prefix) continue;
    found.set(name.slice(prefix.length), outline.functions[index]!);
  }
  return found;
}

function isOneNumber(types: readonly ValueType[]): boolean {
  return types.length === 1 && types[0] !== "other";
}

function signature({ takes, gives }: FunctionType): string {
  return `(${takes.join(", ")}) -> (${gives.join(", ")})`;
}

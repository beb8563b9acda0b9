/** Puts small WebAssembly modules together byte by byte, for the tests of the loader. */

export const TYPE = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, funcref: 0x70 } as const;
export type TypeName = keyof typeof TYPE;

/** Instructions that the tests use. */
export const OP = {
  unreachable: 0x00,
  call: 0x10,
  drop: 0x1a,
  localGet: 0x20,
  globalGet: 0x23,
  globalSet: 0x24,
  f64Store: 0x39,
  f64Load: 0x2b,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32Add: 0x6a,
  i64Add: 0x7c,
  f64Add: 0xa0,
  i64ExtendI32: 0xac,
  f64ConvertI32: 0xb7,
  f64ConvertI64: 0xb9,
  end: 0x0b,
} as const;

export interface FunctionParts {
  readonly name?: string;
  readonly takes?: readonly TypeName[];
  readonly gives?: readonly TypeName[];
  readonly body?: readonly number[];
}

export interface ModuleParts {
  /** Functions unless `memory` is set; they come first in the numbering. */
  readonly imports?:
    readonly (FunctionParts & { readonly module: string; readonly memory?: true })[];
  readonly functions?: readonly FunctionParts[];
  /** Raw limits: flags, minimum, perhaps maximum. One page unless given. */
  readonly memories?: readonly (readonly number[])[];
  readonly memoryName?: string | undefined;
  readonly globals?: readonly {
    readonly type: TypeName;
    readonly mutable: boolean;
    readonly value: readonly number[];
    readonly name?: string;
  }[];
}

export function wasmModule(parts: ModuleParts): Uint8Array {
  const { imports = [], functions = [], memories = [[0, 1]], globals = [] } = parts;
  const memoryName = "memoryName" in parts ? parts.memoryName : "memory";
  const importedFunctions = imports.filter(({ memory }) => memory === undefined);
  const types = [...importedFunctions, ...functions].map(({ takes = [], gives = [] }) => [
    0x60,
    ...list(takes.map((type) => [TYPE[type]])),
    ...list(gives.map((type) => [TYPE[type]])),
  ]);
  let imported = 0;
  const importEntries = imports.map(({ module, name = "", memory }) => [
    ...text(module),
    ...text(name),
    ...(memory ? [2, 0, 1] : [0, imported++]),
  ]);
  const exports = [
    ...(memoryName === undefined ? [] : [[...text(memoryName), 2, 0]]),
    ...functions.flatMap(({ name }, i) =>
      name === undefined ? [] : [[...text(name), 0, imported + i]]
    ),
    ...globals.flatMap(({ name }, i) => name === undefined ? [] : [[...text(name), 3, i]]),
  ];
  return Uint8Array.of(
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(0, [...text("note"), 1, 2, 3]),
    ...section(1, list(types)),
    ...section(2, list(importEntries)),
    ...section(3, list(functions.map((_, i) => [imported + i]))),
    ...section(5, list(memories)),
    ...section(
      6,
      list(
        globals.map(({ type, mutable, value }) => [TYPE[type], mutable ? 1 : 0, ...value, OP.end]),
      ),
    ),
    ...section(7, list(exports)),
    ...section(10, list(functions.map(({ body = [] }) => sized([0, ...body, OP.end])))),
  );
}

/** The bytes of a float64, little-endian. */
export function float64(value: number): number[] {
  return [...new Uint8Array(Float64Array.of(value).buffer)];
}

function section(id: number, content: readonly number[]): number[] {
  return content.length === 1 && content[0] === 0 ? [] : [id, ...sized(content)];
}

function list(items: readonly (readonly number[])[]): number[] {
  return [items.length, ...items.flat()];
}

function text(value: string): number[] {
  return sized([...new TextEncoder().encode(value)]);
}

function sized(content: readonly number[]): number[] {
  return [(content.length & 0x7f) | 0x80, content.length >> 7, ...content];
}

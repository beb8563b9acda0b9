/**
 * Reads the outline of a WebAssembly binary: what it imports, exports and keeps in globals,
 * and makes a copy that exports every mutable global. Never compiles or runs it.
 */

export type ValueType = "i32" | "i64" | "f32" | "f64" | "other";

export interface FunctionType {
  readonly takes: readonly ValueType[];
  readonly gives: readonly ValueType[];
}

export interface Imported {
  readonly module: string;
  readonly name: string;
  readonly kind: ExternKind;
  /** Of a function. */
  readonly type?: FunctionType;
}

export interface MutableGlobal {
  readonly index: number;
  readonly type: ValueType;
}

export interface Outline {
  readonly imports: readonly Imported[];
  readonly exports: ReadonlyMap<string, { readonly kind: ExternKind; readonly index: number }>;
  /** By index; imported ones first. */
  readonly functions: readonly FunctionType[];
  readonly memories: readonly { readonly shared: boolean; readonly wide: boolean }[];
  /** Defined in the module; imported ones are not the module's own. */
  readonly mutableGlobals: readonly MutableGlobal[];
}

const EXTERN_KINDS = ["function", "table", "memory", "global", "tag"] as const;
export type ExternKind = (typeof EXTERN_KINDS)[number];

/** Section numbers of the binary format. */
const SECTION = { type: 1, import: 2, function: 3, memory: 5, global: 6, export: 7 } as const;
const HEADER_BYTES = 8;
/** Sections in front of which the exports stand: start, elements, data count, code, data. */
const AFTER_EXPORTS: ReadonlySet<number> = new Set([8, 9, 12, 10, 11]);

/** The name under which {@linkcode exportGlobals} exports a global. */
export function globalExportName(index: number): string {
  return `simrun.global.${index}`;
}

/** `bytes` is a valid module: the engine has compiled it before. */
export function readOutline(bytes: Uint8Array): Outline {
  const types: FunctionType[] = [];
  const imports: Imported[] = [];
  const exports = new Map<string, { kind: ExternKind; index: number }>();
  const functions: FunctionType[] = [];
  const memories: { shared: boolean; wide: boolean }[] = [];
  const mutableGlobals: MutableGlobal[] = [];
  let globals = 0;

  for (const { id, start, end } of sections(bytes)) {
    const reader = new Reader(bytes, start);
    const count = id === 0 ? 0 : reader.unsigned();
    switch (id) {
      case SECTION.type:
        for (let i = 0; i < count; i++) types.push(reader.functionType());
        break;
      case SECTION.import:
        for (let i = 0; i < count; i++) {
          const [module, name] = [reader.name(), reader.name()];
          const kind = EXTERN_KINDS[reader.byte()]!;
          if (kind === "function") {
            const type = types[reader.unsigned()]!;
            functions.push(type);
            imports.push({ module, name, kind, type });
            continue;
          }
          imports.push({ module, name, kind });
          if (kind === "memory") memories.push(reader.limits());
          else if (kind === "global") globals++, reader.valueType(), reader.byte();
          else if (kind === "table") reader.valueType(), reader.limits();
          else reader.byte(), reader.unsigned();
        }
        break;
      case SECTION.function:
        for (let i = 0; i < count; i++) functions.push(types[reader.unsigned()]!);
        break;
      case SECTION.memory:
        for (let i = 0; i < count; i++) memories.push(reader.limits());
        break;
      case SECTION.global:
        for (let i = 0; i < count; i++, globals++) {
          const type = reader.valueType();
          if (reader.byte() === 1) mutableGlobals.push({ index: globals, type });
          reader.skipConstant();
        }
        break;
      case SECTION.export:
        for (let i = 0; i < count; i++) {
          const name = reader.name();
          const kind = EXTERN_KINDS[reader.byte()]!;
          exports.set(name, { kind, index: reader.unsigned() });
        }
    }
    if (reader.at > end) throw new RangeError(`section ${id} is longer than it says`);
  }
  return { imports, exports, functions, memories, mutableGlobals };
}

/** The same module with one more export for every mutable global, so that all of its state can be read and set. */
export function exportGlobals(bytes: Uint8Array, outline: Outline): Uint8Array<ArrayBuffer> {
  const added = outline.mutableGlobals.map(({ index }) => {
    const name = new TextEncoder().encode(globalExportName(index));
    return [...leb(name.length), ...name, EXTERN_KINDS.indexOf("global"), ...leb(index)];
  });
  const all = [...sections(bytes)];
  const old = all.find(({ id }) => id === SECTION.export);
  const from = old?.from ?? all.find(({ id }) => AFTER_EXPORTS.has(id))?.from ?? bytes.length;
  let kept: Uint8Array = new Uint8Array();
  if (old !== undefined) {
    const reader = new Reader(bytes, old.start);
    reader.unsigned();
    kept = bytes.subarray(reader.at, old.end);
  }
  const count = leb(outline.exports.size + added.length);
  const entries = added.flat();
  const size = leb(count.length + kept.length + entries.length);
  return concatenate([
    bytes.subarray(0, from),
    [SECTION.export, ...size, ...count],
    kept,
    entries,
    bytes.subarray(old?.end ?? from),
  ]);
}

interface Section {
  readonly id: number;
  /** Of the section's number, of its content, and after it. */
  readonly from: number;
  readonly start: number;
  readonly end: number;
}

function* sections(bytes: Uint8Array): Generator<Section> {
  for (let from = HEADER_BYTES; from < bytes.length;) {
    const reader = new Reader(bytes, from);
    const id = reader.byte();
    const size = reader.unsigned();
    yield { id, from, start: reader.at, end: reader.at + size };
    from = reader.at + size;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new RangeError("the module ends in the middle of a section");
    return byte;
  }

  /** Unsigned LEB128. */
  unsigned(): number {
    let value = 0;
    for (let factor = 1;; factor *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  name(): string {
    const length = this.unsigned();
    this.at += length;
    return new TextDecoder().decode(this.#bytes.subarray(this.at - length, this.at));
  }

  valueType(): ValueType {
    switch (this.byte()) {
      case 0x7f:
        return "i32";
      case 0x7e:
        return "i64";
      case 0x7d:
        return "f32";
      case 0x7c:
        return "f64";
      case 0x63: // (ref null heaptype)
      case 0x64: // (ref heaptype)
        this.unsigned();
        return "other";
      default:
        return "other";
    }
  }

  functionType(): FunctionType {
    const form = this.byte();
    if (form !== 0x60) throw new RangeError("the module uses garbage-collected types");
    return { takes: this.#valueTypes(), gives: this.#valueTypes() };
  }

  #valueTypes(): readonly ValueType[] {
    return Array.from({ length: this.unsigned() }, () => this.valueType());
  }

  limits(): { shared: boolean; wide: boolean } {
    const flags = this.byte();
    this.unsigned();
    if (flags & 1) this.unsigned();
    return { shared: (flags & 2) !== 0, wide: (flags & 4) !== 0 };
  }

  /** Steps over the expression that gives a global its first value. */
  skipConstant(): void {
    for (;;) {
      switch (this.byte()) {
        case 0x0b: // end
          return;
        case 0x41: // i32.const
        case 0x42: // i64.const
        case 0x23: // global.get
        case 0xd0: // ref.null
        case 0xd2: // ref.func
          this.unsigned();
          break;
        case 0x43: // f32.const
          this.at += 4;
          break;
        case 0x44: // f64.const
          this.at += 8;
          break;
        case 0xfd: // v128.const
          this.unsigned();
          this.at += 16;
      }
    }
  }
}

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  return [...bytes, value];
}

function concatenate(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

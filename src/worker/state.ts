/** Takes a model's state apart into plain JSON and arrays of bytes, and puts it together again, bit for bit. */
import type { TypedArray } from "../job/model.ts";
import { decodePlain, encodePlain, isMarked } from "../job/plain.ts";
import { type Dtype, DTYPE_BYTES, type Tensor } from "../job/snapshot.ts";

const ARRAY_TYPES: { readonly [name: string]: { readonly dtype: Dtype; readonly make: Maker } } = {
  Float64Array: { dtype: "F64", make: (b, o, n) => new Float64Array(b, o, n) },
  Float32Array: { dtype: "F32", make: (b, o, n) => new Float32Array(b, o, n) },
  Int8Array: { dtype: "I8", make: (b, o, n) => new Int8Array(b, o, n) },
  Uint8Array: { dtype: "U8", make: (b, o, n) => new Uint8Array(b, o, n) },
  Uint8ClampedArray: { dtype: "U8", make: (b, o, n) => new Uint8ClampedArray(b, o, n) },
  Int16Array: { dtype: "I16", make: (b, o, n) => new Int16Array(b, o, n) },
  Uint16Array: { dtype: "U16", make: (b, o, n) => new Uint16Array(b, o, n) },
  Int32Array: { dtype: "I32", make: (b, o, n) => new Int32Array(b, o, n) },
  Uint32Array: { dtype: "U32", make: (b, o, n) => new Uint32Array(b, o, n) },
  BigInt64Array: { dtype: "I64", make: (b, o, n) => new BigInt64Array(b, o, n) },
  BigUint64Array: { dtype: "U64", make: (b, o, n) => new BigUint64Array(b, o, n) },
};
type Maker = (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray;

/** A plain array of at least this many numbers is kept as a tensor: exact, and much faster than JSON. */
const NUMBERS_AS_TENSOR = 32;
const DEPTH_MAX = 200;

/** Something in a state that a checkpoint cannot keep. The message names the place in the state. */
export class BadState extends Error {
  override readonly name = "BadState";
}

/** A state taken apart; the arrays are still the model's own memory, nothing is copied yet. */
export interface Parts {
  readonly plain: unknown;
  readonly arrays: readonly StateArray[];
  /** Bytes that all arrays need, each starting at a multiple of 8. */
  readonly bytes: number;
}

export interface StateArray {
  readonly name: string;
  readonly dtype: Dtype;
  readonly length: number;
  readonly offset: number;
  readonly source: Uint8Array;
}

/** Takes a state apart. Throws {@linkcode BadState} for what a checkpoint cannot keep. */
export function takeApart(state: unknown): Parts {
  const taking = new Taking();
  const plain = taking.value(state, "", 0);
  return { plain, arrays: taking.arrays(), bytes: taking.bytes };
}

/** Where they are in that buffer. */
export function placesOf({ arrays }: Parts): Omit<StateArray, "source">[] {
  return arrays.map(({ source: _, ...place }) => place);
}

/** Copies the arrays into one buffer; `into` holds at least `parts.bytes`. */
export function copyArrays(parts: Parts, into: Uint8Array): void {
  for (const array of parts.arrays) into.set(array.source, array.offset);
}

/** Rebuilds a state from its plain part and its tensors; every array gets memory of its own. */
export function putTogether(plain: unknown, tensors: readonly Tensor[]): unknown {
  const buffers = new Map<string, ArrayBuffer>();
  for (const tensor of tensors) {
    const copy = new ArrayBuffer(tensor.length * DTYPE_BYTES[tensor.dtype]);
    new Uint8Array(copy).set(tensor.bytes);
    buffers.set(tensor.name, copy);
  }
  return restore(plain, buffers);
}

class Taking {
  bytes = 0;
  readonly #arrays: StateArray[] = [];
  readonly #seen = new Map<object, string>();
  readonly #views = new Map<ArrayBufferLike, string>();
  readonly #names = new Set<string>();

  arrays(): readonly StateArray[] {
    return this.#arrays;
  }

  value(value: unknown, path: string, depth: number): unknown {
    switch (typeof value) {
      case "number":
      case "bigint":
      case "undefined":
        return encodePlain(value);
      case "string":
      case "boolean":
        return value;
      case "function":
        throw bad(path, "a function", "keep the data it works on");
      case "symbol":
        throw bad(path, "a symbol", "keep a string");
      case "object":
        return value === null ? null : this.#object(value, path, depth);
    }
  }

  #object(value: object, path: string, depth: number): unknown {
    if (depth > DEPTH_MAX) throw bad(path, `nested deeper than ${DEPTH_MAX} levels`, "flatten it");
    const before = this.#seen.get(value);
    if (before !== undefined) {
      throw new BadState(
        `${place(path)} is the same object as ${place(before)}; ` +
          "a checkpoint would make two of it: keep it once, or copy it",
      );
    }
    this.#seen.set(value, path);
    if (ArrayBuffer.isView(value)) return this.#array(value, path);
    if (Array.isArray(value)) return this.#list(value, path, depth);
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) throw badClass(path, value);
    const fields: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) {
      fields.push([key, this.value(item, path === "" ? key : `${path}.${key}`, depth + 1)]);
    }
    if (Object.getOwnPropertySymbols(value).length > 0) {
      throw bad(path, "an object with a symbol as a key", "use a string");
    }
    const record = Object.fromEntries(fields);
    if (prototype === null) return { $bare: record };
    return isMarked(value) ? { $object: record } : record;
  }

  #list(value: readonly unknown[], path: string, depth: number): unknown {
    if (value.length >= NUMBERS_AS_TENSOR && areNumbers(value)) {
      const numbers = Float64Array.from(value);
      return { $tensor: this.#keep(path, "F64", numbers), as: "Array" };
    }
    const list: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      if (!(i in value)) return this.#sparse(value, path, depth, list);
      list.push(this.value(value[i], path === "" ? String(i) : `${path}.${i}`, depth + 1));
    }
    return list;
  }

  /** A list with holes, e.g. `new Array(100)` before it is filled; `head` was taken already. */
  #sparse(value: readonly unknown[], path: string, depth: number, head: unknown[]): unknown {
    const items: [string, unknown][] = head.map((item, i) => [String(i), item]);
    for (let i = head.length; i < value.length; i++) {
      if (!(i in value)) continue;
      items.push([String(i), this.value(value[i], `${path}.${i}`, depth + 1)]);
    }
    return { $sparse: value.length, items: Object.fromEntries(items) };
  }

  #array(value: ArrayBufferView, path: string): unknown {
    const as = value.constructor.name;
    const type = ARRAY_TYPES[as];
    if (type === undefined) throw badClass(path, value);
    const { buffer, byteOffset } = value;
    const other = this.#views.get(buffer);
    if (other !== undefined) {
      throw new BadState(
        `${place(path)} and ${place(other)} are views of one buffer; ` +
          "a checkpoint would part them: keep one array and make the views in step()",
      );
    }
    this.#views.set(buffer, path);
    const bytes = new Uint8Array(buffer, byteOffset, value.byteLength);
    return { $tensor: this.#keep(path, type.dtype, bytes), as };
  }

  #keep(path: string, dtype: Dtype, data: ArrayBufferView): string {
    const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    // A key with a dot in it may spell the path of another array; names must differ all the same.
    let name = path === "" ? "state" : path;
    while (this.#names.has(name)) name += "'";
    this.#names.add(name);
    const length = source.length / DTYPE_BYTES[dtype];
    this.#arrays.push({ name, dtype, length, offset: this.bytes, source });
    this.bytes += (source.length + 7) & ~7;
    return name;
  }
}

function restore(value: unknown, buffers: ReadonlyMap<string, ArrayBuffer>): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => restore(item, buffers));
  const record = value as Readonly<Record<string, unknown>>;
  if (!isMarked(value)) return restoreFields(record, buffers);
  if (typeof record.$tensor === "string") return restoreArray(record.$tensor, record.as, buffers);
  if ("$object" in record) return restoreFields(record.$object as typeof record, buffers);
  if ("$bare" in record) {
    const fields = Object.entries(record.$bare as typeof record);
    const bare = Object.create(null) as Record<string, unknown>;
    for (const [key, item] of fields) bare[key] = restore(item, buffers);
    return bare;
  }
  if (typeof record.$sparse === "number") {
    const list: unknown[] = new Array(record.$sparse);
    return Object.assign(list, restoreFields(record.items as typeof record, buffers));
  }
  return decodePlain(value);
}

function restoreFields(
  record: Readonly<Record<string, unknown>>,
  buffers: ReadonlyMap<string, ArrayBuffer>,
): unknown {
  return Object.fromEntries(
    Object.entries(record).map(([key, item]) => [key, restore(item, buffers)]),
  );
}

function restoreArray(
  name: string,
  as: unknown,
  buffers: ReadonlyMap<string, ArrayBuffer>,
): unknown {
  const buffer = buffers.get(name);
  if (buffer === undefined) throw new BadState(`the checkpoint has no array ${name}`);
  if (as === "Array") return Array.from(new Float64Array(buffer));
  const type = ARRAY_TYPES[String(as)];
  if (type === undefined) throw new BadState(`the checkpoint has an array of unknown type ${as}`);
  return type.make(buffer, 0, buffer.byteLength / DTYPE_BYTES[type.dtype]);
}

/** Not `every`, which passes over holes. */
function areNumbers(list: readonly unknown[]): list is readonly number[] {
  for (let i = 0; i < list.length; i++) if (typeof list[i] !== "number") return false;
  return true;
}

function place(path: string): string {
  return path === "" ? "the state" : `state.${path}`;
}

function bad(path: string, what: string, instead: string): BadState {
  return new BadState(`${place(path)} is ${what}, which a checkpoint cannot keep: ${instead}`);
}

function badClass(path: string, value: object): BadState {
  const name = value.constructor?.name || "object of an unknown class";
  if (value instanceof Promise) return bad(path, "a promise", "await it in init()");
  return bad(
    path,
    `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`,
    "use numbers, strings, booleans, plain objects, arrays and typed arrays",
  );
}

/** Taking states apart and putting them together: bit for bit, or refused with the place in the state. */
import assert from "node:assert/strict";
import type { Tensor } from "../../src/job/snapshot.ts";
import {
  BadState,
  copyArrays,
  type Parts,
  putTogether,
  takeApart,
} from "../../src/worker/state.ts";
import { forSeeds, type Seeded } from "../helpers/seeded.ts";

Deno.test("putTogether() inverts takeApart() bit for bit for random states", () => {
  forSeeds(400, (random) => {
    const state = randomFields(random, 0);
    assertSame(roundTrip(state), state, "state");
  });
});

Deno.test("putTogether() keeps the payload of every NaN in a Float64Array", () => {
  const bits = new BigUint64Array([
    0x7ff8000000000000n,
    0x7ff8deadbeefcafen,
    0xfff0000000000001n,
    0x8000000000000000n,
  ]);
  const back = roundTrip({ T: new Float64Array(bits.buffer) }) as { T: Float64Array };
  assert.deepEqual(new BigUint64Array(back.T.buffer), bits);
});

Deno.test("putTogether() gives every array memory of its own", () => {
  const back = roundTrip({ a: new Int8Array(4), b: new Int8Array(4) }) as Record<string, Int8Array>;
  assert.notEqual(back.a!.buffer, back.b!.buffer);
  assert.equal(back.a!.buffer.byteLength, 4);
});

Deno.test("takeApart() keeps a view of a part of a buffer, and only that part", () => {
  const parts = takeApart({ tail: new Float64Array([1, 2, 3, 4]).subarray(2) });
  assert.equal(parts.bytes, 16);
  const back = roundTrip({ tail: new Float64Array([1, 2, 3, 4]).subarray(2) });
  assert.deepEqual(back, { tail: new Float64Array([3, 4]) });
});

Deno.test("takeApart() copies nothing: the arrays are the model's own memory", () => {
  const T = new Float64Array(3);
  const parts = takeApart({ T });
  T[1] = 7;
  const [tensor] = tensorsOf(parts);
  assert.equal(new Float64Array(tensor!.bytes.slice().buffer)[1], 7);
});

Deno.test("takeApart() starts every array at a multiple of 8 bytes", () => {
  const parts = takeApart({ a: new Uint8Array(3), b: new Float64Array(2), c: new Int16Array(1) });
  assert.deepEqual(parts.arrays.map(({ offset }) => offset), [0, 8, 24]);
  assert.equal(parts.bytes, 32);
});

Deno.test("takeApart() gives arrays different names where keys with dots spell the same path", () => {
  const state = { "a.b": new Float64Array([1]), a: { b: new Float64Array([2]) } };
  const names = takeApart(state).arrays.map(({ name }) => name);
  assert.equal(new Set(names).size, 2);
  assert.deepEqual(roundTrip(state), state);
});

Deno.test("takeApart() keeps keys that look like its own marks", () => {
  const state = {
    a: { $tensor: "T", as: "Float64Array" },
    b: { $number: "NaN" },
    c: { $object: { $object: 1 } },
    d: { $sparse: 3, items: {} },
    e: { $bare: {} },
    T: new Float64Array([1]),
  };
  assert.deepEqual(roundTrip(state), state);
});

Deno.test("takeApart() keeps an own key __proto__ as a key", () => {
  const state = JSON.parse('{"inner":{"__proto__":{"x":1},"y":2}}');
  const back = roundTrip(state) as { inner: object };
  assert.deepEqual(Object.keys(back.inner), ["__proto__", "y"]);
  assert.equal(Object.getPrototypeOf(back.inner), Object.prototype);
});

Deno.test("takeApart() keeps objects without a prototype as such", () => {
  const bare = Object.assign(Object.create(null), { $a: -0, constructor: new Int8Array([1]) });
  bare["__proto__"] = 5;
  const back = roundTrip({ bare }) as { bare: object };
  assert.equal(Object.getPrototypeOf(back.bare), null);
  assert.deepEqual(Object.keys(back.bare), ["$a", "constructor", "__proto__"]);
  assertSame(back.bare, bare, "bare");
});

Deno.test("takeApart() keeps the holes of a list that is not filled yet", () => {
  const history: number[] = new Array(100);
  history[40] = 4;
  const back = roundTrip({ history, gap: [1, , undefined, 3] }) as Record<string, unknown[]>;
  assert.equal(back.history!.length, 100);
  assert.deepEqual(Object.keys(back.history!), ["40"]);
  assert.deepEqual(Object.keys(back.gap!), ["0", "2", "3"]);
});

Deno.test("takeApart() keeps long lists of numbers exactly, -0 and NaN included", () => {
  const list = Array.from({ length: 50 }, (_, i) => i === 7 ? -0 : i === 8 ? NaN : i / 3);
  const back = roundTrip({ list }) as { list: number[] };
  assert.ok(Array.isArray(back.list));
  assertSame(back.list, list, "list");
});

Deno.test("takeApart() keeps strings with lone surrogates, quotes and line ends", () => {
  const state = { text: '\ud800 "\\\u2028\n\0', "\udfff": 1 };
  assertSame(roundTrip(state), state, "state");
});

const REFUSED: readonly [what: string, state: () => unknown, words: RegExp][] = [
  ["a function", () => ({ f: () => 1 }), /^state\.f is a function, .*keep the data it works on$/],
  ["a symbol", () => ({ s: Symbol("x") }), /^state\.s is a symbol, .*keep a string$/],
  [
    "a symbol as a key",
    () => ({ a: { [Symbol("k")]: 1 } }),
    /^state\.a is an object with a symbol/,
  ],
  [
    "a promise",
    () => ({ p: Promise.resolve(1) }),
    /^state\.p is a promise, .*await it in init\(\)$/,
  ],
  ["a Map", () => ({ cells: new Map() }), /^state\.cells is a Map, /],
  ["a Date", () => ({ at: [new Date(0)] }), /^state\.at\.0 is a Date, /],
  ["an instance of a class", () => ({ grid: { u: new Grid() } }), /^state\.grid\.u is a Grid, /],
  ["a DataView", () => ({ v: new DataView(new ArrayBuffer(8)) }), /^state\.v is a DataView, /],
  ["an ArrayBuffer", () => ({ b: new ArrayBuffer(8) }), /^state\.b is an ArrayBuffer, /],
  ["the same object twice", () => {
    const shared = { x: 1 };
    return { a: shared, b: [shared] };
  }, /^state\.b\.0 is the same object as state\.a; /],
  ["the same array twice", () => {
    const T = new Float64Array(2);
    return { T, old: T };
  }, /^state\.old is the same object as state\.T; /],
  ["a circle", () => {
    const state: Record<string, unknown> = {};
    state.self = state;
    return state;
  }, /^state\.self is the same object as the state; /],
  ["two views of one buffer", () => {
    const buffer = new ArrayBuffer(32);
    return { u: new Float64Array(buffer, 0, 2), v: new Float64Array(buffer, 16, 2) };
  }, /^state\.v and state\.u are views of one buffer; /],
  ["a state without end", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 300; i++) deep = { deep };
    return deep;
  }, /nested deeper than 200 levels/],
];

class Grid {
  cells = [1];
}

for (const [what, state, words] of REFUSED) {
  Deno.test(`takeApart() refuses ${what} and says where it is`, () => {
    assert.throws(() => takeApart(state()), (error) => {
      assert.ok(error instanceof BadState);
      assert.match(error.message, words);
      return true;
    });
  });
}

Deno.test("putTogether() refuses a plain part whose array is missing", () => {
  const parts = takeApart({ T: new Float64Array(3) });
  assert.throws(() => putTogether(parts.plain, []), /the checkpoint has no array T/);
});

/** As a checkpoint does it: the plain part as JSON, the arrays as bytes of one buffer. */
function roundTrip(state: unknown): unknown {
  const parts = takeApart(state);
  const plain = JSON.parse(JSON.stringify(parts.plain));
  return putTogether(plain, tensorsOf(parts));
}

function tensorsOf(parts: Parts): Tensor[] {
  const bytes = new Uint8Array(new SharedArrayBuffer(Math.max(8, parts.bytes)));
  copyArrays(parts, bytes);
  return parts.arrays.map(({ name, dtype, length, offset, source }) => ({
    name,
    dtype,
    length,
    bytes: bytes.subarray(offset, offset + source.length) as Uint8Array,
  }));
}

const KEYS = ["T", "a.b", "$number", "$tensor", "__proto__", "", "0", "as", "ä\n", "constructor"];
const NUMBERS = [0, -0, NaN, Infinity, -Infinity, 5e-324, 1e308, 0.1, 2 ** 53, -1];
const ARRAYS = [
  Float64Array,
  Float32Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
];

function randomFields(random: Seeded, depth: number): object {
  const fields: [string, unknown][] = [];
  for (let i = random.below(5); i > 0; i--) {
    fields.push([random.pick(KEYS), randomValue(random, depth + 1)]);
  }
  return Object.fromEntries(fields);
}

function randomValue(random: Seeded, depth: number): unknown {
  switch (random.below(depth > 5 ? 6 : 9)) {
    case 0:
      return random.pick(NUMBERS);
    case 1:
      return random.pick(["", "text", "$", "\ud800", true, false, null, undefined]);
    case 2:
      return random.pick([0n, -(2n ** 63n), 2n ** 64n - 1n, 10n ** 40n]);
    case 3:
    case 4:
      return randomArray(random);
    case 5:
      return Array.from({ length: 28 + random.below(8) }, () => random.pick(NUMBERS));
    case 6:
      return Array.from({ length: random.below(4) }, () => randomValue(random, depth + 1));
    default:
      return randomFields(random, depth);
  }
}

function randomArray(random: Seeded): unknown {
  const Type = random.pick(ARRAYS);
  const bytes = new Uint8Array(Type.BYTES_PER_ELEMENT * random.below(9));
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(256);
  return new Type(bytes.buffer);
}

/** Equal to the last bit, prototypes and the order of keys included. */
function assertSame(found: unknown, wanted: unknown, at: string): void {
  if (typeof wanted !== "object" || wanted === null) {
    return assert.ok(Object.is(found, wanted), `${at}: ${String(found)}, not ${String(wanted)}`);
  }
  assert.ok(typeof found === "object" && found !== null, `${at} is ${typeof found}`);
  assert.equal(Object.getPrototypeOf(found), Object.getPrototypeOf(wanted), `prototype of ${at}`);
  if (ArrayBuffer.isView(wanted)) {
    return assert.deepEqual(bytesOf(found as ArrayBufferView), bytesOf(wanted), at);
  }
  assert.deepEqual(Object.keys(found), Object.keys(wanted), `keys of ${at}`);
  for (const key of Object.keys(wanted)) {
    assertSame(
      (found as Record<string, unknown>)[key],
      (wanted as Record<string, unknown>)[key],
      `${at}.${key}`,
    );
  }
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

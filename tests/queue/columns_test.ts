/** What a row a run is kept in: the same as plain lists and maps would hold, whatever comes in. */
import assert from "node:assert/strict";
import { Column, PIECE_ROWS } from "../../src/queue/column.ts";
import { DigestColumn } from "../../src/queue/digest_column.ts";
import { Distinct } from "../../src/queue/distinct.ts";
import { Places } from "../../src/queue/places.ts";
import { RunIds } from "../../src/queue/run_ids.ts";
import { randomNumbers } from "../helpers/program.ts";
import { seedOf } from "../helpers/torture.ts";

Deno.test("a column holds any number, and 0 where none was set", () => {
  const column = new Column();
  const numbers = [0, 1, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 0.05, -1, NaN];
  for (const last of [15, 16, 100, PIECE_ROWS - 1, PIECE_ROWS, 5 * PIECE_ROWS + 7]) {
    for (const number of numbers) {
      column.set(last, number);
      assert.ok(Object.is(column.get(last), number), `${number} in row ${last}`);
      column.set(last, 0);
      assert.equal(column.get(last), 0);
    }
  }
  // A wider number beside them changes none of the others.
  const among = new Column();
  for (let row = 0; row < 300; row++) among.set(row, row % 256);
  among.set(300, 1e6);
  among.set(301, 0.5);
  for (let row = 0; row < 300; row++) assert.equal(among.get(row), row % 256);
  assert.equal(among.get(2 * PIECE_ROWS), 0);
});

Deno.test("a column of digests gives each text back, a digest or not", () => {
  const column = new DigestColumn();
  const texts = [
    "0123456789abcdef",
    "fedcba9876543210",
    "0000000000000000",
    "ffffffffffffffff",
    "00000000ffffffff",
    "0123456789ABCDEF",
    "0123456789abcdeg",
    "0123456789abcdef+0123456789abcdef",
    "climate",
    "0001",
    "",
    "ä",
  ];
  texts.forEach((text, row) => column.set(row, text));
  texts.forEach((text, row) => column.set(row + PIECE_ROWS, text));
  texts.forEach((text, row) => {
    assert.equal(column.get(row), text);
    assert.equal(column.get(row + PIECE_ROWS), text);
    for (const other of texts) assert.equal(column.is(row, other), other === text);
  });
  assert.equal(column.get(PIECE_ROWS - 1), "");
  for (const text of texts) {
    column.set(0, text);
    assert.equal(column.get(0), text);
  }
});

Deno.test("runs are found by their ids as in a map", () => {
  const seed = seedOf();
  const random = randomNumbers(seed);
  const ids = new RunIds();
  const rows = new Map<string, number>();
  const digits = (count: number) =>
    Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join("");
  for (let i = 0; i < 20_000; i++) {
    // Some are met again, some are numbered, some are no digests; some differ in one half only.
    const kind = random();
    const id = kind < 0.5
      ? digits(16)
      : kind < 0.6
      ? Math.floor(random() * 500).toString(16).padStart(16, "0")
      : kind < 0.7
      ? `0123456700000${digits(3)}`
      : kind < 0.8
      ? `run-${Math.floor(random() * 3000)}`
      : [...rows.keys()][Math.floor(random() * Math.min(rows.size, 50))] ?? digits(16);
    assert.equal(ids.find(id), rows.get(id), `seed ${seed}: ${id}`);
    if (rows.has(id)) continue;
    rows.set(id, ids.add(id));
  }
  assert.equal(ids.size, rows.size);
  for (const [id, row] of rows) {
    assert.equal(ids.find(id), row, `seed ${seed}: ${id}`);
    assert.equal(ids.at(row), id, `seed ${seed}`);
  }
});

Deno.test("a place is given back as it was, and all runs of a line have the same", () => {
  const places = new Places();
  const line = { segment: 2, offset: 5e9, bytes: 70_000, seq: 12, shard: "3-of-8" };
  const numbers = [places.numberOf(line), places.numberOf(line), places.numberOf(undefined)];
  assert.deepEqual(numbers, [1, 1, 0]);
  const { shard: _, ...inOne } = { ...line, offset: 0, segment: 0 };
  assert.equal(places.numberOf(inOne), 2);
  assert.deepEqual([0, 1, 2].map((number) => places.at(number)), [undefined, line, inOne]);
});

Deno.test("values that are the same have the same number", () => {
  const values = new Distinct<string>();
  assert.deepEqual(["a", "b", "a", undefined, "b"].map((one) => values.numberOf(one)), [
    1,
    2,
    1,
    0,
    2,
  ]);
  assert.deepEqual([0, 1, 2].map((number) => values.at(number)), [undefined, "a", "b"]);
});

/** Parquet and CSV as DuckDB reads them: every value, every type, whatever a model comes up with. */
import assert from "node:assert/strict";
import { parquetPieces } from "../../src/report/parquet.ts";
import { csvLines } from "../../src/report/result_table.ts";
import { storedType } from "../../src/report/stored_type.ts";
import { duckdb, isWithoutDuckdb } from "../helpers/duckdb.ts";
import { inFolder } from "../helpers/folder.ts";

const gaps = [undefined, null];
const COLUMNS: { readonly [name: string]: readonly unknown[] } = {
  whole: [1, -7, 2 ** 53 - 1, ...gaps, 0],
  big: [1n, 2n ** 63n - 1n, -(2n ** 63n), ...gaps, 5],
  float: [0.1, NaN, -Infinity, ...gaps, -0],
  truth: [true, false, true, ...gaps, false],
  text: ['a,"b"\nc', "Ω 日本 🙂", "", ...gaps, "NaN"],
  nested: [[1, 2.5], { a: { b: "x" } }, [], ...gaps, [NaN]],
  mixed: [1, "one", true, ...gaps, 0.5],
  none: [undefined, undefined, undefined, undefined, undefined, undefined],
  "odd name.é": [1, 2, 3, 4, 5, 6],
};
const NAMES = Object.keys(COLUMNS);
const ROWS = [...COLUMNS.whole!.keys()].map((i) => NAMES.map((name) => COLUMNS[name]![i]));

const stored = NAMES.map((name) => ({ name, type: storedType(COLUMNS[name]!) }));

async function write(
  path: string,
  columns: typeof stored,
  rows: Iterable<readonly unknown[]>,
  rowsMax = 1 << 16,
): Promise<void> {
  using file = await Deno.create(path);
  for await (const piece of parquetPieces(columns, rows, { rowsMax, charactersMax: 1 << 20 })) {
    await file.write(piece);
  }
}

Deno.test("storedType() is the narrowest that loses nothing", () => {
  assert.deepEqual(stored.map(({ type }) => type), [
    "INT64",
    "INT64",
    "DOUBLE",
    "BOOLEAN",
    "STRING",
    "STRING",
    "STRING",
    "STRING",
    "INT64",
  ]);
  assert.equal(storedType([1, 2 ** 53]), "DOUBLE");
  assert.equal(storedType([1, -0]), "DOUBLE");
  assert.equal(storedType([0.5, 2n ** 53n + 1n]), "STRING");
  assert.equal(storedType([1, 2n ** 64n]), "STRING");
  assert.equal(storedType([1, true]), "STRING");
});

Deno.test("parquetPieces() is read by DuckDB with every value and type (needs DuckDB)", {
  ignore: isWithoutDuckdb,
}, async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/t.parquet`;
    await write(file, stored, ROWS, 4);
    const empty = `${folder}/empty.parquet`;
    await write(empty, stored, []);
    const [types, rows, groups, signs, nothing] = await duckdb([
      `describe select * from '${file}'`,
      `select * from '${file}'`,
      `select num_rows, num_row_groups, created_by from parquet_file_metadata('${file}')`,
      `select signbit("float") as minus from '${file}' where "float" = 0`,
      `describe select * from '${empty}'`,
    ]);
    const described = types!.map(({ column_name, column_type }) => [column_name, column_type]);
    assert.deepEqual(described, [
      ["whole", "BIGINT"],
      ["big", "BIGINT"],
      ["float", "DOUBLE"],
      ["truth", "BOOLEAN"],
      ...["text", "nested", "mixed", "none"].map((name) => [name, "VARCHAR"]),
      ["odd name.é", "BIGINT"],
    ]);
    assert.deepEqual(
      nothing!.map(({ column_name, column_type }) => [column_name, column_type]),
      described,
    );
    const column = (name: string) => rows!.map((row) => row[name]);
    assert.deepEqual(column("whole"), ["1", "-7", String(2 ** 53 - 1), null, null, "0"]);
    assert.deepEqual(column("big"), [
      "1",
      String(2n ** 63n - 1n),
      String(-(2n ** 63n)),
      null,
      null,
      "5",
    ]);
    assert.deepEqual(column("float"), [0.1, "NaN", "-Infinity", null, null, 0]);
    assert.equal(signs![0]!.minus, true, "a negative zero keeps its sign");
    assert.deepEqual(column("truth"), [true, false, true, null, null, false]);
    assert.deepEqual(column("text"), ['a,"b"\nc', "Ω 日本 🙂", "", null, null, "NaN"]);
    assert.deepEqual(column("nested").map((text) => text && JSON.parse(String(text))), [
      [1, 2.5],
      { a: { b: "x" } },
      [],
      null,
      null,
      [{ $number: "NaN" }],
    ]);
    assert.deepEqual(column("mixed"), ["1", "one", "true", null, null, "0.5"]);
    assert.deepEqual(column("none"), [null, null, null, null, null, null]);
    assert.match(
      JSON.stringify(groups),
      /"num_rows":"6","num_row_groups":"2","created_by":"simrun /,
    );
  });
});

Deno.test("parquetPieces() closes a row group when its text has grown", async () => {
  let groups = 0;
  const rows = Array.from({ length: 100 }, () => ["x".repeat(1000)]);
  const columns = [{ name: "text", type: "STRING" as const }];
  for await (const _ of parquetPieces(columns, rows, { rowsMax: 1000, charactersMax: 10_000 })) {
    groups++;
  }
  assert.equal(groups, 11, "ten groups and the footer");
});

Deno.test("csvLines() is read by DuckDB with every value (needs DuckDB)", {
  ignore: isWithoutDuckdb,
}, async () => {
  await inFolder(async (folder) => {
    const names = ["whole", "float", "truth", "text", "mixed"];
    const rows = ROWS.map((row) => names.map((name) => row[NAMES.indexOf(name)]));
    const file = `${folder}/t.csv`;
    await Deno.writeTextFile(file, [...csvLines({ columns: names, rows })].join(""));
    const [types, read] = await duckdb([
      `describe select * from read_csv('${file}')`,
      `select * from read_csv('${file}')`,
    ]);
    assert.deepEqual(types!.map(({ column_type }) => column_type), [
      "BIGINT",
      "DOUBLE",
      "BOOLEAN",
      "VARCHAR",
      "VARCHAR",
    ]);
    assert.deepEqual(read!.map((row) => row.float), [0.1, "NaN", "-Infinity", null, null, 0]);
    assert.deepEqual(read!.slice(0, 2).map((row) => row.text), ['a,"b"\nc', "Ω 日本 🙂"]);
    assert.deepEqual(read!.map((row) => row.mixed), ["1", "one", "true", null, null, "0.5"]);
  });
});

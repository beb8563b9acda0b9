/** Files that `simrun results -o` writes for other programs, opened by these: DuckDB and NumPy. */
import assert from "node:assert/strict";
import { EXIT } from "../../src/job/fault.ts";
import { duckdb, isWithoutDuckdb } from "../helpers/duckdb.ts";
import { run, works } from "../store/fixtures.ts";
import { withTree } from "./result_tree.ts";

const isWithoutNumpy = !await works("python3", "-c", "import numpy");

Deno.test(
  "simrun results -o r.parquet and r.csv are the results to DuckDB, and --series the series (needs DuckDB)",
  {
    ignore: isWithoutDuckdb,
  },
  async () => {
    await withTree(async (ask, cwd) => {
      for (const name of ["r.parquet", "r.csv"]) await ask("-o", name);
      for (const name of ["s.parquet", "s.csv"]) await ask("--series", "-o", name);
      const results = JSON.parse((await ask("--json")).out) as {
        run: string;
        parameters: Record<string, unknown>;
        result: Record<string, unknown>;
      }[];
      const fields =
        `run, co2, scheme, mean, "deep.text" as text, "deep.warm" as warm, list, whole`;
      const [parquet, csv, types, series, seriesCsv, joined] = await duckdb([
        `select ${fields} from '${cwd}/r.parquet'`,
        `select ${fields} from '${cwd}/r.csv'`,
        `describe select ${fields} from '${cwd}/r.parquet'`,
        `select * from '${cwd}/s.parquet'`,
        `select * from '${cwd}/s.csv'`,
        `select count(*) as n from '${cwd}/r.parquet' r join '${cwd}/s.parquet' s using (run) ` +
        "where s.step = 4 and s.x = r.co2 * 4",
      ]);
      const isNan = (value: unknown) => typeof value === "object" && value !== null;
      assert.deepEqual(
        parquet,
        results.map(({ run, parameters, result }) => ({
          run,
          co2: String(parameters.co2),
          scheme: parameters.scheme,
          mean: isNan(result.mean) ? "NaN" : result.mean,
          text: (result.deep as { text: string }).text,
          warm: (result.deep as { warm: boolean }).warm,
          list: JSON.stringify(result.list),
          whole: String(result.whole),
        })),
      );
      assert.deepEqual(csv, parquet);
      assert.deepEqual(types!.map(({ column_type }) => column_type), [
        "VARCHAR",
        "BIGINT",
        "VARCHAR",
        "DOUBLE",
        "VARCHAR",
        "BOOLEAN",
        "VARCHAR",
        "BIGINT",
      ]);
      assert.deepEqual(Object.keys(series![0]!), ["job", "run", "co2", "scheme", "step", "x"]);
      assert.equal(series!.length, 8 * 3);
      assert.deepEqual(
        series!.map((row) => [row.run, row.step, row.x]),
        seriesCsv!.map((row) => [row.run, row.step, Number(row.x)]),
      );
      assert.deepEqual(joined, [{ n: "8" }]);
    });
  },
);

Deno.test("simrun results --series joins the chosen runs' series, and tells what it cannot do", async () => {
  await withTree(async (ask) => {
    const csv = await ask(
      "--series",
      "--where",
      "scheme == rk4",
      "--sort",
      "-co2",
      "--limit",
      "2",
      "--columns",
      "co2,step,x",
    );
    assert.equal(csv.out, "co2,step,x\r\n4,0,0\r\n4,2,8\r\n4,4,16\r\n3,0,0\r\n3,2,6\r\n3,4,12\r\n");
    const json = JSON.parse((await ask("--series", "--json", "--limit", "1")).out);
    assert.deepEqual(Object.keys(json[2]), ["job", "run", "co2", "scheme", "step", "x"]);
    const table: readonly (readonly [args: readonly string[], said: RegExp])[] = [
      [["--series", "--columns", "stepp"], /no column "stepp"\.\n.*Did you mean step\?/],
      [["--series", "-o", "s.npy"], /A series cannot be written as npy/],
      [["--format", "parquet"], /needs a file to write to\.\n.*-o results\.parquet/],
      [["--format", "npy"], /needs a file.*\n.*-o arrays\//],
      [["--columns", "co2", "-o", "x.npy"], /no arrays of numbers/],
      [["-o", "x.npy"], /2 arrays: list, field\.\n.*--columns list/],
      [["-o", "x.npy", "--columns", "field"], /another shape in each run/],
    ];
    for (const [args, said] of table) {
      const { code, out, err } = await ask(...args);
      assert.match(err, said, args.join(" "));
      assert.deepEqual([code, out], [EXIT.usage.status, ""], args.join(" "));
    }
  });
});

Deno.test(
  "simrun results -o arrays/ and .safetensors are the arrays to NumPy, row by row (needs python3 with numpy)",
  {
    ignore: isWithoutNumpy,
  },
  async () => {
    await withTree(async (ask, cwd) => {
      assert.match((await ask("-o", "arrays/")).err, /Wrote 10 files of 8 rows to arrays\/\./);
      assert.match((await ask("-o", "arrays/")).err, /is there already/);
      await ask("-o", "all.safetensors");
      await ask("-o", "list.npy", "--columns", "list", "--sort", "-co2", "--limit", "3");
      const program = `
import csv, json, struct, sys, numpy as np
root = sys.argv[1]
rows = list(csv.DictReader(open(root + '/arrays/index.csv', newline='')))
stacked = np.load(root + '/arrays/list.npy')
assert stacked.shape == (8, 2) and stacked.dtype == np.float64
assert 'list' not in rows[0] and 'field' not in rows[0]
for row, one in zip(rows, stacked):
    assert one.tolist() == [float(row['co2']), 0.5]
    field = np.load(f"{root}/arrays/field/{row['job']}_{row['run']}.npy")
    assert field.tolist() == ([1/3] * 4000 if row['co2'] == '1' else [])
assert np.load(root + '/list.npy').tolist() == [[4, 0.5], [4, 0.5], [3, 0.5]]

data = open(root + '/all.safetensors', 'rb').read()
n = struct.unpack('<Q', data[:8])[0]
header = json.loads(data[8:8 + n])
runs = json.loads(header.pop('__metadata__')['runs'])
assert runs == [f"{row['job']}/{row['run']}" for row in rows] and n % 8 == 0
def tensor(name):
    begin, end = header[name]['data_offsets']
    return np.frombuffer(data[8 + n + begin:8 + n + end], '<f8').reshape(header[name]['shape'])
assert tensor('list').tolist() == stacked.tolist()
assert tensor('co2').tolist() == [float(row['co2']) for row in rows]
assert tensor('field/' + runs[0]).shape == (4000,)
assert 'scheme' not in header and np.isnan(tensor('mean')[-1])
print('ok')`;
      assert.equal((await run("python3", "-c", program, cwd)).trim(), "ok");
    });
  },
);

/** `simrun results`: which rows and columns, in which format, and files that are whole or not there. */
import assert from "node:assert/strict";
import { writeWhole } from "../../src/cli/result_output.ts";
import { EXIT } from "../../src/job/fault.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { withTree } from "./result_tree.ts";

Deno.test("simrun results chooses rows and columns, sorts and limits; every mistake has its sentence", async () => {
  await withTree(async (ask) => {
    const lines = async (...args: string[]) =>
      (await ask("--format", "csv", ...args)).out.split("\r\n");
    assert.deepEqual(
      await lines("--columns", "co2,deep.text,mean", "--where", "scheme == rk4", "--sort", "-mean"),
      [
        "co2,deep.text,mean",
        '3,"a ""b"",rk4",4',
        '2,"a ""b"",rk4",2.6666666666666665',
        '1,"a ""b"",rk4",1.3333333333333333',
        '4,"a ""b"",rk4",NaN',
        "",
      ],
    );
    assert.deepEqual(await lines("--columns", "co2", "--sort=-scheme,-co2", "--limit", "2"), [
      "co2",
      "4",
      "3",
      "",
    ]);
    const table = await ask("--columns", "co2,took,list", "--limit", "1");
    assert.match(table.out, /^co2 +took +list\n +1 +[\d.]+ ms +\[1, 0\.5\]\n$/);
    const jsonl = await ask("--format", "jsonl", "--limit", "2");
    const rows = jsonl.out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(rows.map((row) => [row.parameters.co2, row.attempts]), [[1, 1], [1, 1]]);
    assert.equal(rows[0].result.field.length, 4000, "a result that is a file is read");
    const flat = await ask("--json", "--columns", "co2,mean", "--where", "mean == NaN");
    assert.deepEqual(JSON.parse(flat.out)[0], { co2: 4, mean: { $number: "NaN" } });

    const table2: readonly (readonly [args: readonly string[], said: RegExp])[] = [
      [["--columns", "co2,men"], /no column "men"\.\n +Did you mean mean\?/],
      [["--columns", "text"], /Did you mean deep\.text\?/],
      [["--sort", "-meen"], /--sort: there is no column "meen"/],
      [
        ["--where", "co2 > 2 and schem == rk4"],
        /\n( +)co2 > 2 and schem == rk4\n\1 {12}\^{5}\n +Did you mean scheme\?/,
      ],
      [["--where", "co2 > many"], /"many" is neither a column nor a number/],
      [["--format", "xlsx"], /--format takes table, csv/],
      [["-o", "x.xlsx"], /"x\.xlsx" does not tell in which format/],
      [["-o", "x.csv", "--format", "json"], /--format json contradicts -o x\.csv/],
      [["-o", "no/x.csv"], /There is no folder no to write into/],
      [["-o", "simruns"], /does not tell/],
      [["-o", "simruns", "--format", "csv"], /simruns is a folder/],
      [["--limit", "few"], /--limit takes a whole number/],
    ];
    for (const [args, said] of table2) {
      const { code, out, err } = await ask(...args);
      assert.match(err, said, args.join(" "));
      assert.deepEqual([code, out], [EXIT.usage.status, ""], args.join(" "));
    }
    const none = await ask("--where", "co2 > 99");
    assert.deepEqual([none.code, none.out], [0, ""]);
    assert.match(none.err, /No row fulfils --where/);
  });
});

Deno.test("simrun results -o writes by the file's name, overwrites only with --force, in folders that are there", async () => {
  await withTree(async (ask, cwd) => {
    assert.match((await ask("-o", "r.csv")).err, /^Wrote 8 rows to r\.csv\.$/m);
    const csv = await Deno.readTextFile(`${cwd}/r.csv`);
    assert.equal(csv, (await ask("--format", "csv")).out);
    const again = await ask("-o", "r.csv", "--limit", "1");
    assert.equal(again.code, EXIT.usage.status);
    assert.match(again.err, /r\.csv is there already\.\n.*--force/);
    assert.equal(await Deno.readTextFile(`${cwd}/r.csv`), csv);
    assert.equal((await ask("-o", "r.csv", "--limit", "1", "--force")).code, 0);
    assert.equal((await Deno.readTextFile(`${cwd}/r.csv`)).split("\r\n").length, 3);
    await ask("-o", "r.jsonl");
    assert.equal((await Deno.readTextFile(`${cwd}/r.jsonl`)).trim().split("\n").length, 8);
    await ask("-o", "r.txt");
    assert.equal(await Deno.readTextFile(`${cwd}/r.txt`), (await ask()).out);
    const names = [...Deno.readDirSync(cwd)].map(({ name }) => name).toSorted();
    assert.deepEqual(names, ["a.yaml", "m.js", "r.csv", "r.jsonl", "r.txt", "simruns"]);
  });
});

Deno.test("writeWhole() leaves the older file, and nothing beside it, when the new one breaks off", async () => {
  await inFolder(async (folder) => {
    const path = await place(folder, "r.csv", "older");
    async function* broken() {
      yield new Uint8Array(1 << 16);
      await Promise.resolve();
      throw new Error("no more rows");
    }
    await assert.rejects(writeWhole(path, broken()), /r\.csv/);
    assert.equal(await Deno.readTextFile(path), "older");
    await writeWhole(path, [new TextEncoder().encode("new"), new TextEncoder().encode("er")]);
    assert.equal(await Deno.readTextFile(path), "newer");
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["r.csv"]);
  });
});

Deno.test("simrun results says when the file of a result is lost, and prints the others", async () => {
  await withTree(async (ask, cwd) => {
    const files: string[] = [];
    const walk = (folder: string) => {
      for (const { name, isDirectory } of Deno.readDirSync(folder)) {
        if (isDirectory) walk(`${folder}/${name}`);
        else if (name === "result.json") files.push(`${folder}/${name}`);
      }
    };
    walk(`${cwd}/simruns`);
    assert.equal(files.length, 2);
    await Deno.remove(files[0]!);
    await Deno.writeTextFile(files[1]!, (await Deno.readTextFile(files[1]!)).replace("33", "34"));
    const { code, out, err } = await ask("--json");
    assert.equal(code, 0);
    assert.match(err, /The file with the result of a\/\w+ is lost\. Type simrun verify/);
    assert.match(err, /The file with the result of a\/\w+ is damaged/);
    assert.equal(JSON.parse(out).length, 8);
  });
});

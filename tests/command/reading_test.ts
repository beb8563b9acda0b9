/** What is read from a command's output and files, and what placeholders become. */
import { LastWords } from "../../src/command/last_words.ts";
import assert from "node:assert/strict";
import { harvest, NoResult, PrintedResults } from "../../src/command/harvest.ts";
import { rowFinder, splitRow } from "../../src/command/measure.ts";
import { parseNumber } from "../../src/command/number.ts";
import { LineReader, OutputLog } from "../../src/command/output.ts";
import { judge } from "../../src/command/verdict.ts";
import type { CommandResults } from "../../src/job/command.ts";
import { commandText } from "../../src/report/command_text.ts";
import { fillPlaceholders, findPlaceholders, valueText } from "../../src/job/placeholder.ts";

const DOLLAR = ["${", "}"] as const;

Deno.test("findPlaceholders() finds names, and leaves all else as it is", () => {
  const filled = (text: string, marks: readonly [string, string] = DOLLAR) =>
    fillPlaceholders(findPlaceholders(text, marks), (name) => `<${name}>`);
  for (
    const [text, expected] of [
      ["", ""],
      ["plain $x {y}", "plain $x {y}"],
      ["${x}", "<x>"],
      ["a${x}b${y.z-1}c", "a<x>b<y.z-1>c"],
      ["${ x }", "<x>"],
      ["$${x} and ${x}", "${x} and <x>"],
      ["${x", "${x"],
      ["${1x} ${} ${a b} ${x}", "${1x} ${} ${a b} <x>"],
      ["${${x}}", "${<x>}"],
    ] as const
  ) assert.equal(filled(text), expected, text);
  assert.equal(filled("variable T equal <<T>> ${T}", ["<<", ">>"]), "variable T equal <T> ${T}");
  assert.equal(filled("a <<<T>> b", ["<<", ">>"]), "a <<<T>> b");
});

Deno.test("valueText() writes values as programs read them", () => {
  for (
    const [value, text] of [
      [0.1, "0.1"],
      [1e-7, "1e-7"],
      [-0, "-0"],
      [NaN, "NaN"],
      [true, "true"],
      [null, "null"],
      ["a b", "a b"],
      [[1, "x"], '[1,"x"]'],
    ] as const
  ) assert.equal(valueText(value), text);
});

Deno.test("commandText() shows a command as somebody would type it", () => {
  const model = {
    kind: "command",
    path: "a",
    templates: [],
    env: {},
    pass: [],
    graceMs: 0,
  } as const;
  const command = ["python3", { file: "/x/simulate.py" }, "--name=${co2}", "two words", "it's", ""];
  assert.equal(
    commandText({ ...model, command }),
    "python3 simulate.py --name=${co2} 'two words' 'it'\\''s' ''",
  );
  assert.equal(commandText({ ...model, command: ["/bin/sh"], shell: "a | b" }), "a | b");
  assert.equal(commandText({ kind: "module", path: "a.ts" }), "");
});

Deno.test("parseNumber() reads numbers of C, Fortran and people, and nothing else", () => {
  for (
    const [text, value] of [
      ["1", 1],
      [" -2.5e-3 ", -0.0025],
      ["1.0D+03", 1000],
      [".5", 0.5],
      ["3.", 3],
      ["nan", NaN],
      ["-Infinity", -Infinity],
      ["INF", Infinity],
      ["", undefined],
      ["1,5", undefined],
      ["0x10", undefined],
      ["1 2", undefined],
      ["true", undefined],
    ] as const
  ) assert.ok(Object.is(parseNumber(text), value), text);
});

Deno.test("LineReader gives whole lines, whatever the pieces", () => {
  const bytes = new TextEncoder().encode("one\r\ntwo ä\n\rthree\rfour\nlast");
  for (let size = 1; size <= bytes.length; size++) {
    const lines: string[] = [];
    const reader = new LineReader((line) => lines.push(line));
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
    reader.end();
    assert.deepEqual(lines, ["one", "two ä", "", "three", "four", "last"], `pieces of ${size}`);
  }
});

Deno.test("OutputLog keeps a beginning, says that there was more, and remembers the last words", () => {
  const log = new OutputLog(10);
  log.push("12345678");
  assert.equal(log.take(), "12345678");
  log.push("9abcdef\n");
  log.push("the last words\n\n");
  assert.equal(log.take().length, 3);
  log.push("the very l");
  log.push("ast ones\n");
  assert.equal(log.words.last, "the very last ones");
});

Deno.test("LastWords finds the line that says what went wrong, near the end", () => {
  const wordsOf = (...lines: string[]) => {
    const words = new LastWords();
    for (const line of lines) words.push(`${line}\n`);
    return words.telling;
  };
  const cases: readonly (readonly [lines: readonly string[], telling: string | undefined])[] = [
    [
      [
        "Setting up Verlet run ...",
        "ERROR: Unknown pair style lj/cat (src/force.cpp:275)",
        "Last command: pair_style lj/cat 2.5",
        "",
        "application called MPI_Abort(MPI_COMM_WORLD, 1) - process 0",
      ],
      "ERROR: Unknown pair style lj/cat (src/force.cpp:275)",
    ],
    [
      [
        "Traceback (most recent call last):",
        '  File "simulate.py", line 3, in <module>',
        "    mesh = open(name)",
        "FileNotFoundError: [Errno 2] No such file or directory: 'mesh.msh'",
      ],
      "FileNotFoundError: [Errno 2] No such file or directory: 'mesh.msh'",
    ],
    [
      [
        "At line 5 of file read.f90 (unit = 10)",
        "Fortran runtime error: End of file",
        "",
        "Error termination. Backtrace:",
        "#0  0x7f in ???",
      ],
      "Fortran runtime error: End of file",
    ],
    [["ERROR on proc 0: Out of range", "bye"], "ERROR on proc 0: Out of range"],
    [["step 1 error: 0.5", "step 2 error: 1e-3", "residual error = 3e-4"], undefined],
    [["/bin/sh: 1: solve: not found", "that was it"], "/bin/sh: 1: solve: not found"],
    [["all went well", "100 %"], undefined],
    [["progress 1\rprogress 2\rError: at the end of a bar"], "Error: at the end of a bar"],
    [[`Error: ${"x".repeat(500)}`], `Error: ${"x".repeat(293)}`],
    // Of long ago, and overcome since.
    [["Error: no licence, waiting", ...Array(100).fill("step")], undefined],
  ];
  for (const [lines, telling] of cases) {
    assert.equal(wordsOf(...lines), telling, lines.join("\n"));
  }
});

Deno.test("rowFinder() finds rows of a table under its head, until something else stands there", () => {
  const find = rowFinder({ kind: "table", head: "Step" });
  const rows = [
    "LAMMPS (2022)",
    "Step Temp E_pair",
    "0 1.44 -6.7",
    "  500   0.73 -5.6 ",
    "Loop time of 1.2",
    "1000 0.7 -5.5",
    "Step Temp E_pair Press",
    "1000 0.7 -5.5 nan",
  ].map(find).filter((row) => row !== undefined);
  assert.deepEqual(rows, [
    { step: 0, values: { Temp: 1.44, E_pair: -6.7 } },
    { step: 500, values: { Temp: 0.73, E_pair: -5.6 } },
    { step: 1000, values: { Temp: 0.7, E_pair: -5.5, Press: NaN } },
  ]);
});

Deno.test("rowFinder() takes named groups, and what is no number for NaN", () => {
  const find = rowFinder({
    kind: "pattern",
    pattern: "it (?<step>\\d+) r=(?<r>\\S+)( c=(?<c>\\S+))?",
  });
  assert.deepEqual(find("it 7 r=1e-3 c=2"), { step: 7, values: { r: 1e-3, c: 2 } });
  assert.deepEqual(find("it 8 r=*****"), { step: 8, values: { r: NaN, c: NaN } });
  assert.equal(find("nothing"), undefined);
});

Deno.test("splitRow() splits at commas, semicolons, tabs or blanks", () => {
  assert.deepEqual(splitRow(' a, "b c" ,d'), ["a", "b c", "d"]);
  assert.deepEqual(splitRow("1;2"), ["1", "2"]);
  assert.deepEqual(splitRow("1\t2"), ["1", "2"]);
  assert.deepEqual(splitRow("  1   2 "), ["1", "2"]);
});

const FILES: { readonly [name: string]: string } = {
  "a.json": '{"e": {"total": -1.5, "list": [1, 2]}, "bad": NaN, "far": -Infinity, "text": "NaN"}',
  "a.csv": "t,x\n0,1\n1,2.5\n\n",
  "a.dat": "# t x\n0 1\n1 4\n",
  "a.txt": "x = 1\nx = 2\n",
  "empty.json": "",
  "torn.json": '{"a": ',
  "head.csv": "t,x\n",
};

function harvested(results: CommandResults, printedLines: readonly string[] = []): unknown {
  const printed = new PrintedResults(results);
  for (const line of printedLines) printed.line(line);
  return harvest(results, printed, (file) => {
    const text = FILES[file];
    if (text === undefined) throw new NoResult(`it left no file ${file}`);
    return text;
  });
}

Deno.test("harvest() takes whole files and single values", () => {
  assert.deepEqual(harvested({ kind: "file", file: "a.json" }), {
    e: { total: -1.5, list: [1, 2] },
    bad: NaN,
    far: -Infinity,
    text: "NaN",
  });
  assert.deepEqual(harvested({ kind: "file", file: "a.csv" }), { t: 1, x: 2.5 });
  assert.deepEqual(harvested({ kind: "file", file: "a.dat" }), { t: 1, x: 4 });
  assert.equal(harvested({ kind: "file", file: "a.txt" }), "x = 1\nx = 2");
  const fields = {
    printed: { pattern: "e=(\\S+)" },
    found: { file: "a.txt", pattern: "^x = (.*)$" },
    column: { file: "a.csv", column: "x" },
    at: { file: "a.json", at: "e.list.1" },
  };
  assert.deepEqual(harvested({ kind: "fields", fields }, ["e=1", "e=2 "]), {
    printed: 2,
    found: 2,
    column: 2.5,
    at: 2,
  });
});

Deno.test("harvest() says what is not there, or is no number", () => {
  for (
    const [field, words] of [
      [{ pattern: "e=(.*)" }, /printed no line for the result "r": nothing matches e=/],
      [{ file: "a.txt", pattern: "y = (.*)" }, /a\.txt has nothing for the result "r"/],
      [{ file: "none.txt", pattern: "x" }, /it left no file none\.txt/],
      [{ file: "a.csv", column: "y" }, /a\.csv has no column "y"; it has t, x/],
      [{ file: "head.csv", column: "x" }, /head\.csv has no row/],
      [{ file: "a.json", at: "e.none" }, /a\.json has no "e\.none"/],
      [{ file: "empty.json", at: "e" }, /empty\.json is empty/],
      [{ file: "torn.json", at: "e" }, /torn\.json is no JSON/],
      [{ file: "a.txt", pattern: "(x) =" }, /the result "r" is "x" in a\.txt, not a number/],
    ] as const
  ) {
    assert.throws(() => harvested({ kind: "fields", fields: { r: field } }), (error) => {
      assert.ok(error instanceof NoResult);
      assert.match(error.message, words);
      return true;
    });
  }
});

Deno.test("judge() tells done, failed and passing ends apart", () => {
  const well = { status: 0, signal: null };
  const kindOf = (
    model: Parameters<typeof judge>[0],
    end: Parameters<typeof judge>[1],
    isFound = false,
  ) => judge(model, end, () => isFound, { last: "last words", telling: undefined }).kind;
  assert.equal(kindOf({}, well), "done");
  assert.equal(kindOf({}, { status: 1, signal: null }), "failed");
  assert.equal(kindOf({}, { status: 143, signal: "SIGTERM" }), "failed");
  assert.equal(kindOf({}, { status: 137, signal: "SIGKILL" }), "killed");
  assert.equal(kindOf({ done: { exit: [0, 3] } }, { status: 3, signal: null }, true), "done");
  // Exit 0 does not mean finished, and a pattern alone does not excuse a crash.
  assert.equal(kindOf({ done: { pattern: "x" } }, well, false), "failed");
  assert.equal(kindOf({ done: { pattern: "x" } }, { status: 1, signal: null }, true), "failed");
  assert.equal(
    kindOf({ transient: { exit: [75] } }, { status: 75, signal: null }, true),
    "transient",
  );
  assert.equal(
    kindOf({ transient: { pattern: "licence" } }, { status: 1, signal: null }, true),
    "transient",
  );
  assert.equal(kindOf({ failed: { pattern: "ERROR" } }, well, true), "failed");
  // Exit 0 alone says nothing of a server that was down; its own word for done says that it came back.
  const down = { transient: { pattern: "server is down" } };
  assert.equal(kindOf(down, well, true), "transient");
  assert.equal(kindOf({ ...down, done: { pattern: "finished" } }, well, true), "done");
  const unfinished = { status: 1, signal: null };
  assert.equal(kindOf({ ...down, done: { pattern: "finished" } }, unfinished, true), "transient");
  assert.equal(
    kindOf({ ...down, done: { pattern: "x" }, failed: { pattern: "y" } }, well, true),
    "failed",
  );
  const words = { last: "cannot open mesh", telling: undefined };
  const verdict = judge({}, { status: 2, signal: null }, () => true, words);
  assert.deepEqual(verdict, {
    kind: "failed",
    why: "it ended with status 2; its last words: cannot open mesh",
  });
});

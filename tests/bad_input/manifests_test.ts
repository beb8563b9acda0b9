/** Files that are no manifests, or wrong ones: through the command line, as a user meets them. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { attack, placeAll } from "./attack.ts";

const JOB = "model: m.ts\nsteps: 5\n";

/** A file, and the first line that is said of it. */
const WRONG: Record<string, readonly [text: string, said: string]> = {
  tab: [
    `id: a\n${JOB}parameters:\n\ta: 1\n`,
    "5:1: error: A tab stands where the line is indented",
  ],
  twice: [
    `id: a\n${JOB}steps: 6\n`,
    '4:1: error: Key "steps" stands twice in the same mapping, first in line 3',
  ],
  bomb: [
    ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"].concat(
      Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}*a${i}]`),
    ).join("\n"),
    "5:9: error: With its aliases written out the document has more than 1,000,000 values",
  ],
  deep: [
    `id: a\nparameters: {a: ${"[".repeat(10_000)}${"]".repeat(10_000)}}\n`,
    "2:116: error: Lists and mappings are nested more than 100 deep",
  ],
  empty: ["", "1:1: error: The file is empty: it holds no job"],
  words: ["hello\n", '1:1: error: "manifest" must be a job or a list of jobs, but is "hello"'],
  open: [
    `id: a\nmodel: "m.ts\nsteps: 5\n`,
    "4:1: error: A quotation mark further up is not closed",
  ],
  unknown: [`id: a\n${JOB}stepz: 5\n`, '4:1: error: Unknown key "stepz"'],
  type: [
    `id: b\nmodel: [1]\nsteps: 5\n`,
    '2:8: error: "model" must be the path of a file, but is a list',
  ],
  negative: [
    "id: c\nmodel: m.ts\nsteps: -5\n",
    '3:8: error: "steps" must be a whole number, at least 1, but is -5',
  ],
  fraction: [
    "id: d\nmodel: m.ts\nsteps: 1.5\n",
    '3:8: error: "steps" must be a whole number, at least 1, but is 1.5',
  ],
  path: [
    `id: ../../etc/passwd\n${JOB}`,
    '1:5: error: "../../etc/passwd" cannot be the id of a job',
  ],
  absolute: [`id: /a\n${JOB}`, '1:5: error: "/a" cannot be the id of a job'],
  nul: [`id: "a\\0"\n${JOB}`, '1:5: error: "a\\u0000" cannot be the id of a job'],
  points: [
    `id: e\n${JOB}sweep: {a: []}\n`,
    "4:12: error: The sweep has no points: here stands an empty list",
  ],
  many: [
    `id: f\n${JOB}sweep: {a: {from: 0, to: 1, count: 1e9}}\n`,
    "4:1: error: The sweep has 1,000,000,000 points; more than 5,000,000 must be asked for",
  ],
  prototype: [
    `id: g\n${JOB}parameters: {__proto__: 1}\n`,
    '4:14: error: "__proto__" cannot be a key',
  ],
};

Deno.test("every mistake of many files is told at once, with file, line and column", async () => {
  await inFolder(async (folder) => {
    const names = Object.keys(WRONG);
    await placeAll(folder, {
      "m.ts": "export function step() {}",
      ...Object.fromEntries(names.map((name) => [`${name}.yaml`, WRONG[name]![0]])),
    });
    const { status, stderr, stdout } = await attack(folder, [
      "run",
      ...names.map((n) => `${n}.yaml`),
    ]);
    assert.equal(status, 2);
    assert.equal(stdout, "");
    const heads = stderr.split("\n").filter((line) => /^\w+\.yaml:\d+:\d+: error:/.test(line));
    for (const name of names) {
      const expected = `${name}.yaml:${WRONG[name]![1]}`;
      assert.ok(heads.includes(expected), `${expected}\nis not among\n${heads.join("\n")}`);
    }
    assert.match(stderr, /mistakes; nothing was run\.\n$/);
    await assert.rejects(Deno.stat(`${folder}/simruns`), Deno.errors.NotFound);
  });
});

Deno.test("an id that two jobs have is told, in one file and across files", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, {
      "1.yaml": `- {id: a, ${FLOW}}\n- {id: a, ${FLOW}}\n`,
      "2.yaml": `{id: A, ${FLOW}}`,
    });
    const { status, stderr } = await attack(folder, ["1.yaml", "2.yaml"]);
    assert.equal(status, 2);
    assert.match(stderr, /^1\.yaml:2:8: error: Job id "a" is used twice, first at 1\.yaml:1:8$/m);
    assert.match(
      stderr,
      /^2\.yaml:1:6: error: Job id "A" differs only in case from "a" at 1\.yaml:1:8$/m,
    );
  });
});
const FLOW = "model: m.ts, steps: 5";

Deno.test("files that are no text or no manifest at all are refused by name", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/none`);
    await Deno.writeFile(
      `${folder}/latin.yaml`,
      new Uint8Array([0x69, 0x64, 0x3a, 0x20, 0xe9, 0x0a]),
    );
    await Deno.writeFile(`${folder}/huge.yaml`, new Uint8Array(50 << 20).fill(0x23));
    for (
      const [args, said] of [
        [["latin.yaml"], "latin.yaml is not UTF-8 at byte 4, in line 1."],
        [["huge.yaml"], "huge.yaml: The file is 50.0 MiB large, but a manifest may have 16 MiB."],
        [["none"], "none holds no .yaml or .yml files."],
        [["./latin.yml"], "There is no ./latin.yml."],
        [["*.json"], "*.json matches no manifest."],
        [["run"], "simrun run needs FILES."],
      ] as const
    ) {
      const { status, stderr } = await attack(folder, args);
      assert.equal(status, 2, said);
      assert.equal(stderr.split("\n")[0], `error: ${said}`);
      assert.match(stderr, /\n {7}\S/, `${said} goes with what to do`);
    }
  });
});

Deno.test("a manifest comes from stdin, and stdin that is empty is an empty manifest", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, { "m.ts": "export function step() {}\nexport const result = () => 1;" });
    const ran = await attack(folder, ["-"], { stdin: `id: a\n${JOB}` });
    assert.equal(ran.status, 0, ran.stderr);
    const empty = await attack(folder, ["-"]);
    assert.equal(empty.status, 2);
    assert.match(empty.stderr, /^stdin:1:1: error: The file is empty: it holds no job\n/);
  });
});

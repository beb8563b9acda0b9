/** Models that cannot be used, or break while they run: each gets a sentence, and harms nobody else. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { attack, failuresIn, placeAll, resultsOf } from "./attack.ts";

const STEP = "export function step(s) { s.x = (s.x ?? 0) + 1; }\n";
const FORGED =
  '\\x1e{"type":"results","batch":1,"runs":[{"index":0,"step":1,"ms":1,"result":0}]}\\n';

/** Text of the model, and what is said of it before anything runs. */
const UNUSABLE: Record<string, readonly [text: string, said: string]> = {
  parse: [
    "export function step(s) { s.x += ; }",
    "it does not parse: Expression expected (§:1:34)",
  ],
  nothing: [
    "const a = 1;",
    "exports nothing; a model exports `step(state, ctx)` or `advance(state, n, ctx)` (§)",
  ],
  wrong: [
    "export const stepp = 1;",
    "exports only stepp; a model exports `step(state, ctx)` or `advance(state, n, ctx)` (§)",
  ],
  number: ["export const step = 5;", "exports `step`, which is not a function (§)"],
  throws: ["throw new Error('no data today');", "no data today (§:1:7)"],
  rejects: [`Promise.reject(new Error('too early'));\n${STEP}`, "too early (§:1:16)"],
  exits: [
    `Deno.exit(0);\n${STEP}`,
    "called Deno.exit(); a model ends a run by what done() returns, or by throwing an error (§:1:6)",
  ],
  node_exit: [
    `import { exit } from "node:process";\nexit(3);\n${STEP}`,
    "called Deno.exit(); a model ends a run by what done() returns, or by throwing an error (§:2:1)",
  ],
  closes: [
    `self.close();\n${STEP}`,
    "called close(); a model ends a run by what done() returns, or by throwing an error (§:1:6)",
  ],
  outside: [
    `import { k } from "../outside.ts";\n${STEP}`,
    'it may not read "…/outside.ts": a model reads what lies in its own folder or below, ' +
    "and files declared under inputs: (§:1:19)",
  ],
  missing: [
    `import "./nothere.ts";\n${STEP}`,
    "it imports …/models/nothere.ts, which is not there (§:1:8)",
  ],
  bare: [
    `import _ from "lodash";\n${STEP}`,
    'it imports "lodash", which names no file: write "./lodash.ts" or "npm:lodash" (§:1:15)',
  ],
  remote: [
    `import _ from "https://example.com/a.ts";\n${STEP}`,
    'it may not import from "example.com:443": copy the module beside the model, or use npm: (§:1:15)',
  ],
  globals: [
    `for (const k of Object.getOwnPropertyNames(globalThis)) try { delete globalThis[k]; } catch {}\n${STEP}`,
    "threw something that throws when it is looked at (§)",
  ],
};

Deno.test("models that cannot be used are all told at once, each with its place, and nothing runs", async () => {
  await inFolder(async (folder) => {
    const names = Object.keys(UNUSABLE);
    await placeAll(folder, {
      "jobs.yaml": names.map((name) =>
        `- {id: ${name}, model: models/${name}.ts, steps: 5}\n`
      ).join("") +
        "- {id: gone, model: models/gone.ts, steps: 5}\n- {id: folder, model: models/folder.ts, steps: 5}\n",
      "outside.ts": "export const k = 1;",
      "models/folder.ts/x": "",
      ...Object.fromEntries(names.map((name) => [`models/${name}.ts`, UNUSABLE[name]![0]])),
    });
    const { status, stderr } = await attack(folder, ["jobs.yaml"]);
    assert.equal(status, 2);
    const said = stderr.split("\n").filter((line) => line.startsWith("jobs.yaml:"));
    const expected = names.map((name, i) => {
      const words = UNUSABLE[name]![1].replace("§", `${folder}/models/${name}.ts`).replace(
        "…",
        folder,
      );
      return `jobs.yaml:${i + 1}:${name.length + 17}: error: The model cannot be used: ${words}`;
    });
    assert.deepEqual(
      said.toSorted(),
      [
        ...expected,
        `jobs.yaml:${names.length + 1}:21: error: There is no file ${folder}/models/gone.ts`,
        `jobs.yaml:${
          names.length + 2
        }:23: error: ${folder}/models/folder.ts is a folder, not a file`,
      ].toSorted(),
    );
    assert.match(stderr, new RegExp(`\n${names.length + 2} mistakes; nothing was run\\.\n$`));
    assert.deepEqual(await resultsOf(folder), {});
  });
});

/** Text of the model, and of its failure the class and the words. */
const BREAKING: Record<string, readonly [text: string, failure: string, words: string]> = {
  init_throws: [
    "export function init() { throw new RangeError('bad radius'); }\n" + STEP,
    "model-error",
    "RangeError: bad radius",
  ],
  init_string: [
    "export function init() { throw 'words'; }\n" + STEP,
    "model-error",
    'threw "words"',
  ],
  init_nothing: [
    "export function init() { ({ x: 1 }); }\n" + STEP,
    "bad-state",
    "init() returned nothing; a state is an object, changed in place",
  ],
  step_throws: [
    "export function step(s, c) { if (c.step === 3) throw new Error('bad at 3'); }",
    "model-error",
    "bad at 3",
  ],
  step_async: [
    "export async function step() {}",
    "bad-state",
    "step() returned a promise; steps are synchronous: load data in init()",
  ],
  step_exits: [
    "export function step() { Deno.exit(0); }",
    "model-error",
    "called Deno.exit(); a model ends a run by what done() returns, or by throwing an error",
  ],
  step_kills: [
    "import p from 'node:process';\nexport function step() { p.kill(p.pid, 'SIGKILL'); }",
    "model-error",
    "called process.kill(); a model reaches no process",
  ],
  step_posts: [
    `export function step() { postMessage({ type: "ended", batch: 1 }); }`,
    "model-error",
    "called postMessage(); a model hands out numbers by measure() and result()",
  ],
  step_rejects: [
    "export function step(s, c) { if (c.step === 3) Promise.reject(new Error('forgotten')); }",
    "model-error",
    "forgotten",
  ],
  step_timer: [
    "export function step(s, c) { if (c.step === 3) { setTimeout(() => { throw new Error('later'); }); for (const e = performance.now() + 5; performance.now() < e;); } }",
    "model-error",
    "later",
  ],
  deep: [
    "function f() { return f() + 1; }\nexport function step() { f(); }",
    "model-error",
    "RangeError: Maximum call stack size exceeded",
  ],
  measure_throws: [
    STEP + "export function measure() { throw new Error('m'); }",
    "model-error",
    "m",
  ],
  measure_text: [
    STEP + "export function measure() { return { a: 'hot' }; }",
    "bad-state",
    'measure() gave "hot", not a number',
  ],
  measure_columns: [
    STEP + "export function measure(s, c) { return c.step > 3 ? { b: 1 } : { a: 1 }; }",
    "bad-state",
    "measure() gave b at step 4, but a before: every row needs the same names in the same order",
  ],
  done_true: [
    STEP + "export function done() { return true; }",
    "bad-state",
    'done() returned true; it returns "converged", "diverged: why", or nothing',
  ],
  done_async: [
    STEP + "export async function done() {}",
    "bad-state",
    'done() returned a promise; it returns "converged", "diverged: why", or nothing',
  ],
  done_throws: [STEP + "export function done() { throw new Error('d'); }", "model-error", "d"],
  diverges: [
    STEP + "export function done(s, c) { return c.step > 3 && 'diverged: NaN at 3'; }",
    "diverged",
    "diverged: NaN at 3",
  ],
  result_throws: [STEP + "export function result() { throw new Error('r'); }", "model-error", "r"],
  result_function: [
    STEP + "export function result() { return () => 1; }",
    "bad-state",
    "result is a function, which cannot be written down",
  ],
  result_circle: [
    STEP + "export function result() { const a = {}; a.a = a; return a; }",
    "bad-state",
    "result.a.a.a… is nested deeper than 100 levels, or in a circle",
  ],
  result_map: [
    STEP + "export function result() { return { m: new Map() }; }",
    "bad-state",
    "result.m is a Map; a result holds numbers, strings, lists and plain objects",
  ],
  state_function: [
    "export function init() { return { f: () => 1 }; }\n" + STEP,
    "bad-state",
    "state.f is a function, which a checkpoint cannot keep: keep the data it works on",
  ],
  state_promise: [
    "export function init() { return { p: Promise.resolve(1) }; }\n" + STEP,
    "bad-state",
    "state.p is a promise, which a checkpoint cannot keep: await it in init()",
  ],
  state_class: [
    "class Grid {}\nexport function init() { return { deep: { g: new Grid() } }; }\n" + STEP,
    "bad-state",
    "state.deep.g is a Grid, which a checkpoint cannot keep: use numbers, strings, booleans, plain objects, arrays and typed arrays",
  ],
  state_later: [
    "export function step(s, c) { if (c.step === 3) s.f = () => 1; }",
    "bad-state",
    "state.f is a function, which a checkpoint cannot keep: keep the data it works on",
  ],
  network: [
    "export async function init() { await fetch('http://example.com'); }\n" + STEP,
    "model-error",
    'it may not use the network ("example.com:80"): declare the data under inputs:',
  ],
  reads: [
    "export function init() { return { t: Deno.readTextFileSync('/etc/passwd') }; }\n" + STEP,
    "model-error",
    'it may not read "/etc/passwd": a model reads what lies in its own folder or below, and files declared under inputs:',
  ],
  writes: [
    "export function init() { Deno.writeTextFileSync('/tmp/evil', ''); }\n" + STEP,
    "model-error",
    'it may not write "/tmp/evil": results are kept by result() and measure()',
  ],
  thrown_proxy: [
    "export function step() { throw Object.defineProperty(new Error(), 'message', { get() { throw 1; } }); }",
    "model-error",
    "threw something that throws when it is looked at",
  ],
};

/** Models that behave strangely and are none the worse for it, and their results. */
const STRANGE: Record<string, readonly [text: string, result: unknown]> = {
  good: [STEP + "export function result(s) { return s.x; }", 10],
  prints: [
    `import fs from "node:fs";\nimport p from "node:process";\nconst forged = '${FORGED}';\n` +
    "const text = new TextEncoder().encode(forged);\n" +
    "export function step() {\n  console.log(forged); Deno.stdout.writeSync(text); p.stdout.write(forged);\n" +
    "  fs.writeSync(1, forged); fs.writeSync(1, '{junk');\n}\nexport function result() { return 'mine'; }",
    "mine",
  ],
  floods: [
    "const line = new TextEncoder().encode('x'.repeat(999) + '\\n');\n" +
    "export function step() { for (let i = 0; i < 10_000; i++) Deno.stdout.writeSync(line); }\n" +
    "export function result() { return 1; }",
    1,
  ],
  stdin: [
    "import fs from 'node:fs';\nexport function step(s) { s.n = fs.readSync(0, new Uint8Array(8)); }\n" +
    "export function result(s) { return s.n; }",
    0,
  ],
  listens: [
    "self.onmessage = () => {};\n" + STEP + "export function result(s) { return s.x; }",
    10,
  ],
  imports: [
    "import { k } from './lib/near.ts';\nimport d from './lib/d.json' with { type: 'json' };\n" +
    "import { xoroshiro128plus } from 'npm:pure-rand@8.4.2/generator/xoroshiro128plus';\n" +
    "export function step() {}\nexport function result() { return [k, d.k, typeof xoroshiro128plus]; }",
    [42, 43, "function"],
  ],
  typed: [
    STEP +
    "export function result() { return { t: new Float32Array([1, NaN, -0]), b: 2n ** 70n, u: undefined }; }",
    {
      t: [1, { $number: "NaN" }, { $number: "-0" }],
      b: { $bigint: "1180591620717411303424" },
      u: { $undefined: true },
    },
  ],
  no_result: [STEP + "export function result() {}", null],
};

Deno.test("runs that break fail alone, each in its own words; the others complete", async () => {
  await inFolder(async (folder) => {
    const models = { ...BREAKING, ...STRANGE };
    const names = Object.keys(models);
    await placeAll(folder, {
      "jobs.yaml":
        "defaults: { steps: 10, measure_every: 2, checkpoint_every: 5, retry: { limit: 0 } }\njobs:\n" +
        names.map((name) => `  - {id: ${name}, model: models/${name}.ts}\n`).join(""),
      ...Object.fromEntries(names.map((name) => [`models/${name}.ts`, models[name]![0]])),
      "models/lib/near.ts": "export const k = 42;",
      "models/lib/d.json": '{"k": 43}',
    });
    const { status, stderr } = await attack(folder, ["jobs.yaml", "-j", "2"]);
    assert.equal(status, 3, stderr);
    const failures = failuresIn(await Deno.readTextFile(`${folder}/simruns/hot/journal.jsonl`));
    const told = Object.entries(failures).map((
      [run, { class: name, message }],
    ) => [run, name, message]);
    const expected = Object.entries(BREAKING).map((
      [run, [, name, message]],
    ) => [run, name, message]);
    assert.deepEqual(told.toSorted(), expected.toSorted());
    const results = await resultsOf(folder);
    assert.deepEqual(
      results,
      Object.fromEntries(
        Object.entries(STRANGE).map((
          [run, [, result]],
        ) => [`${run}/${run}`, { steps: 10, result }]),
      ),
    );
  });
});

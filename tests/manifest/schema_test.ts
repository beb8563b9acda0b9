/** The JSON Schema judges manifests as the checks do. */
import assert from "node:assert/strict";
import { Ajv2020 } from "npm:ajv@8.17.1/dist/2020.js";
import { parse } from "yaml";
import { JOB_FIELDS } from "../../src/manifest/job_fields.ts";
import { manifestSchema } from "../../src/manifest/schema.ts";
import { jobWith, mistakes } from "./read.ts";

const ajv = new Ajv2020({ allowUnionTypes: true, strictRequired: false, strictTypes: false });
const validate = ajv.compile(manifestSchema());

/** Commands as the schema can tell them from right ones. */
const BAD_COMMANDS = [
  "{ command: ls }",
  "{ command: [] }",
  "{ command: [[ls]] }",
  "{ command: [ls], env: { a-b: c } }",
  "{ command: [ls], pass: everything }",
  "{ command: [ls], results: [a] }",
  "{ command: [ls], done: { exit: 256 } }",
  "{ command: [ls], grace: soon }",
  "{ command: [ls], cpus: 4 }",
];

const COMMANDS = [
  "{ command: [ls, -l, 3.0, true] }",
  "{ shell: ls -l | wc }",
  '{ command: [./a.py, "${x}"], templates: [./b.in, { file: c.in, as: d/e.in, marks: ["<<", ">>"] }] }',
  "{ command: [ls], env: { A: 1, B_2: text }, pass: [file, environment], grace: 10s }",
  "{ command: [ls], progress: '(.*)', measure: { table: Step, file: log.txt }, results: out.json }",
  "{ command: [ls], results: { a: 'a=(.*)', b: { file: b.csv, column: b }, c: { file: c.json, at: x.0 } } }",
  "{ command: [ls], done: Ready, transient: { exit: [75, 76] }, failed: { file: core, pattern: x } }",
  "{ command: [ls], restart: [ls], checkpoint: '*.rst', progress: '(a)', keep: [] }",
  "{ command: [ls], restart: [ls], checkpoint: { files: [a, b/**], step: 'a(.*)', settled: 1s }, keep: ['*.raw'] }",
];

const BAD_PLECS = [
  "{ plecs: ./a.slx }",
  "{ plecs: 5 }",
  "{ url: http://localhost:1080 }",
  "{ plecs: ./a.plecs, url: localhost }",
  "{ plecs: ./a.plecs, url: 'http://me:secret@localhost' }",
  "{ plecs: ./a.plecs, protocol: soap }",
  "{ plecs: ./a.plecs, signals: [a b] }",
  "{ plecs: ./a.plecs, solver: [1] }",
  "{ plecs: ./a.plecs, results: { x: 1 } }",
  "{ plecs: ./a.plecs, results: { x: { of: mean } } }",
  "{ plecs: ./a.plecs, results: { x: { signal: 0 } } }",
  "{ plecs: ./a.plecs, results: { x: { signal: 1, of: median } } }",
  "{ plecs: ./a.plecs, results: { x: { signal: 1, from: early } } }",
  "{ plecs: ./a.plecs, measure: 1 }",
  "{ plecs: ./a.plecs, waveforms: 5 }",
  "{ plecs: ./a.plecs, batch: 0 }",
  "{ plecs: ./a.plecs, segments: 1.5 }",
  "{ plecs: ./a.plecs, wait: long }",
  "{ plecs: ./a.plecs, callback: 'system(1)' }",
];

const PLECS = [
  "{ plecs: ./a.plecs }",
  "{ plecs: /x/ü b.plecs, url: 'http://127.0.0.1:1080/RPC2', protocol: xml, batch: 4, wait: 0s }",
  "{ plecs: ./a.plecs, signals: [v, i], results: { a: { signal: v }, b: { signal: 2, of: rms, from: 1e-3, to: 2 } } }",
  "{ plecs: ./a.plecs, solver: { TimeSpan: 0.1, MaxStep: auto }, segments: 10, measure: 1e3 }",
  "{ plecs: ./a.plecs, solver:, signals:, waveforms: true }",
];

const VALID = [
  ...[...COMMANDS, ...PLECS].map((model) => `{ id: a, model: ${model} }`),
  "defaults: { model: { command: [ls] } }\njobs: [{ id: a }, { id: b, steps: 6 }]",
  jobWith(""),
  `[{ id: a, model: m.ts, steps: 1 }, { id: b, model: m.wasm, steps: "1e6" }]`,
  "jobs: [{ id: a, model: /x/m.mjs, steps: 1_000_000 }]",
  "defaults: { model: m.ts, steps: 5 }\njobs: [{ id: a }, { id: b, steps: 6 }]",
  "defaults:\njobs: [{ id: a, model: m.ts, steps: 1 }]",
  ...[
    "description: text",
    "priority: high",
    "priority: background",
    "priority: 3",
    "parameters:",
    "parameters: { x: 1, y: [a, { b: null }], c-d.e: true }",
    "seed: 0",
    "checkpoint_every: 1000",
    "checkpoint_every: 1_000",
    "checkpoint_every: 1h30m",
    "checkpoint_every: off",
    "checkpoint_every: auto",
    "checkpoint: { every: auto }",
    "checkpoint: { every: 01:30:00, keep: 1 }",
    "checkpoint: { keep: 10 }\ncheckpoint_every: 5m",
    "measure_every: 10",
    "inputs: { a: ./b.csv }",
    "hang_after: 90",
    "hang_after: 1.5",
    "hang_after: 500ms",
    "retry: { limit: 0 }",
    "retry: { limit: 1, backoff: 0s, backoff_max: 0 }",
    "retry: { backoff: 2, backoff_max: 1h }",
    "timeout: 2h",
    "timeout: 90",
    "timeout: off",
    ...["fail", "warn", "ignore"].map((word) => `on_nan: ${word}`),
    "needs:",
    "needs: []",
    "needs: other",
    "needs: [other, climate_2030]",
    "needs: { job: other, if: any }",
    "sweep: { x: [1] }\nneeds: [other, { job: climate, match: point, if: completed }]",
    "sweep: { x: [1, two] }",
    "sweep: { x: { from: 0, to: 1, count: 11 }, y: { from: 0, to: 1, step: 0.1 } }",
    "sweep: { x: { from: 1, to: 10, count: 5, spacing: log } }",
    "sweep: { grid: { x: [1] }, zip: { y: [1, 2], z: [3, 4] }, points: [{ w: 1 }] }",
    "sweep: [{ x: 1 }, { x: 2 }]",
    "sweep: { repeat: 5 }",
    "sweep: { repeat: [1, 2], sample: { from: 0, to: 1, count: 3 } }",
    "sweep: { grid: { x: [1] }, repeat: 1_000 }",
    "sweep: { sample: { count: 256, over: { x: { uniform: [0, 1] } } }, repeat: 5 }",
    "sweep: { sample: { method: lhs, seed: 0, count: 1, over: { x: { log_uniform: [0.1, 1] } } } }",
    "sweep: { sample: { count: 1e3, over: { x: { normal: { mean: 0, sd: 1, min: -1 } } } } }",
    "sweep: { sample: { count: 5, over: { x: { integer: [1, 6] }, y: { choice: [a, 1] } } } }",
  ].map(jobWith),
];

const INVALID = [
  ...BAD_PLECS.map((model) => `id: a\nmodel: ${model}`),
  "[]",
  "text",
  "jobs: []",
  "jobs: { id: a }",
  "defaults: { steps: 1 }",
  "jobs: [{ id: a, steps: 1 }]",
  "defaults: { model: m.ts }\njobs: [{ id: a }]",
  "defaults: { id: b }\njobs: [{ id: a, model: m.ts, steps: 1 }]",
  "jobs: [{ id: a, model: m.ts, steps: 1 }]\nsteps: 1",
  "model: m.ts\nsteps: 1",
  "id: a\nsteps: 1",
  "id: a\nmodel: m.ts",
  ...["5", "../x", "a b", '""', "[a]", "x".repeat(101)].map((id) =>
    `id: ${id}\nmodel: m.ts\nsteps: 1`
  ),
  ...["m.py", "~/m.ts", "http://x/m.ts", '""', "{}", ...BAD_COMMANDS].map((
    model,
  ) => `id: a\nmodel: ${model}\nsteps: 1`),
  ...["0", "-1", "1.5", '"1.5"', "many", "true", "[1]", "1e300"].map((steps) =>
    `id: a\nmodel: m.ts\nsteps: ${steps}`
  ),
  ...[
    "stepz: 1",
    "description: 5",
    "priority: urgent",
    "priority: 4",
    "priority: 1.5",
    "parameters: [1]",
    "parameters: { 1x: 1 }",
    "seed: -1",
    "checkpoint_every: never",
    "checkpoint_every: automatic",
    "checkpoint_every: 0",
    "checkpoint_every: 5 minutes",
    "checkpoint: 5",
    "checkpoint: { keep: 0 }",
    "checkpoint: { every: 5 }\ncheckpoint_every: 5",
    "measure_every: 0",
    "inputs: { a: 5 }",
    "inputs: [a]",
    "hang_after: 0",
    "hang_after: soon",
    "retry: 3",
    "retry: { limit: -1 }",
    "retry: { limit: 1, backoff: -1 }",
    "retry: { backoff: soon }",
    "retry: { backoff_max: off }",
    "backoff: 5s",
    "timeout: 0",
    "timeout: never",
    "timeout: [1h]",
    "on_nan: stop",
    "on_nan: true",
    "on_nan:",
    "needs: 5",
    "needs: a, b",
    "needs: ../x",
    "needs: [[other]]",
    "needs: [5]",
    "needs: { match: all }",
    "needs: [{ job: other, match: points }]",
    "needs: [{ job: other, if: failed }]",
    "needs: { job: other, when: any }",
    "needs: { job: [other] }",
    "sweep:",
    "sweep: {}",
    "sweep: []",
    "sweep: all",
    "sweep: { x: 5 }",
    "sweep: { x: [] }",
    "sweep: { x: { from: 0, to: 1 } }",
    "sweep: { x: { from: 0, count: 5 } }",
    "sweep: { x: { from: 0, to: 1, count: 2, step: 1 } }",
    "sweep: { x: { from: 0, to: 1, step: 1, spacing: log } }",
    "sweep: { x: { from: 0, to: 1, count: 2, spacing: cubic } }",
    "sweep: { x: { from: 0, to: a, count: 2 } }",
    "sweep: { grid: [1, 2] }",
    "sweep: { grid: { x: [1] }, y: [2] }",
    "sweep: { points: [] }",
    "sweep: [{}]",
    "sweep: [1]",
    "sweep: { repeat: 0 }",
    "sweep: { repeat: }",
    "sweep: { x: [1], repeat: 5 }",
    "sweep: { sample: 5 }",
    "sweep: { sample: { count: 5 } }",
    "sweep: { sample: { over: { x: { uniform: [0, 1] } } } }",
    "sweep: { sample: { count: 0, over: { x: { uniform: [0, 1] } } } }",
    "sweep: { sample: { count: 5, method: best, over: { x: { uniform: [0, 1] } } } }",
    ...[
      "[0, 1]",
      "{}",
      "{ gaussian: [0, 1] }",
      "{ uniform: [0] }",
      "{ uniform: [0, 1], choice: [1] }",
      "{ uniform: { from: 0, to: 1 } }",
      "{ log_uniform: [0, 1] }",
      "{ normal: { mean: 0 } }",
      "{ normal: { mean: 0, sd: 0 } }",
      "{ integer: [1, 2.5] }",
      "{ choice: [] }",
      "{ choice: [a, a] }",
    ].map((one) => `sweep: { sample: { count: 5, over: { x: ${one} } } }`),
    "sweep: { sample: { count: 5, over: { repeat: { uniform: [0, 1] } } } }",
  ].map(jobWith),
];

Deno.test("manifestSchema() accepts what readManifests() accepts", () => {
  for (const text of VALID) {
    assert.deepEqual(mistakes(text), [], text);
    assert.ok(validate(parse(text)), `${text}\n${JSON.stringify(validate.errors)}`);
  }
});

Deno.test("manifestSchema() refuses what readManifests() refuses", () => {
  for (const text of INVALID) {
    assert.notDeepEqual(mistakes(text), [], text);
    assert.equal(validate(parse(text)), false, text);
  }
});

Deno.test("manifestSchema() describes every key, and its examples are valid", () => {
  for (const [name, field] of Object.entries(JOB_FIELDS)) {
    assert.match(field.about, /^[A-Z].*\.$/, name);
    const examples = "examples" in field ? field.examples : [];
    for (const example of examples) {
      const led = name === "until" ? ledBy(example) : {};
      const job = { id: "a", model: "m.ts", steps: 10_000, ...led, [name]: example };
      assert.deepEqual(mistakes(JSON.stringify(job)), [], `${name}: ${JSON.stringify(example)}`);
      assert.ok(validate(job), `${name}: ${JSON.stringify(example)}`);
    }
  }
});

/** What a rule to stop by can be for. */
function ledBy(until: unknown): object {
  return Object.hasOwn(until as object, "standard_error")
    ? { sweep: { repeat: 100 } }
    : { optimize: { metric: "loss", budget: 9, over: { x: { uniform: [0, 1] } } } };
}

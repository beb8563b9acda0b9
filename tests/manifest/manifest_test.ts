/** Manifests to jobs: forms, defaults, ids, and all mistakes at once. */
import assert from "node:assert/strict";
import { readManifests } from "../../src/manifest/manifest.ts";
import { jobWith, mistakes, onlyJob, read, source } from "./read.ts";

Deno.test("readManifests() reads the founding example as it is meant", () => {
  const { jobs, diagnostics } = read(`
jobs:
  - id: climate_2030
    model: ../models/energy_balance.ts
    priority: high
    steps: 1_000_000
    checkpoint_every: 10000
    parameters: { co2: 450 }
  - id: sensitivity
    model: ../models/energy_balance.ts
    steps: 100000
    sweep:
      co2: [280, 420, 560]
      albedo: { from: 0.28, to: 0.34, count: 7 }
    retry: { limit: 3 }
`);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(jobs[0], {
    id: "climate_2030",
    model: { kind: "module", path: "/home/ada/models/energy_balance.ts" },
    steps: 1_000_000,
    parameters: { co2: 450 },
    priority: 1,
    seed: 0,
    checkpoint: { every: { kind: "steps", steps: 10_000 }, keep: 3 },
    inputs: {},
    hangMs: 300_000,
    retries: 3,
  });
  assert.deepEqual(jobs[1]?.sweep, {
    parts: [
      { kind: "axis", name: "co2", axis: { kind: "list", values: [280, 420, 560] } },
      {
        kind: "axis",
        name: "albedo",
        axis: { kind: "range", from: 0.28, to: 0.34, count: 7, spacing: "linear" },
      },
    ],
  });
});

Deno.test("readManifests() takes one job, a list, several documents, BOM and CRLF", () => {
  const job = (id: string) => `{ id: ${id}, model: m.wasm, steps: 1 }`;
  const ids = (text: string) => {
    const { jobs, diagnostics } = read(text);
    assert.deepEqual(diagnostics, []);
    return jobs.map(({ id }) => id);
  };
  assert.deepEqual(ids(job("a")), ["a"]);
  assert.deepEqual(ids(`- ${job("a")}\n- ${job("b")}`), ["a", "b"]);
  assert.deepEqual(ids(`# head\n---\n${job("a")}\n---\n# nothing\n---\njobs: [${job("b")}]`), [
    "a",
    "b",
  ]);
  assert.deepEqual(ids("\ufeffid: a\r\nmodel: m.js\r\nsteps: 1\r\n"), ["a"]);
  assert.deepEqual(ids('{"id": "a", "model": "m.mjs", "steps": 1}'), ["a"]);
});

Deno.test("readManifests() reads every key of a job", () => {
  const job = onlyJob(jobWith(`
description: A note.
priority: background
seed: 7
checkpoint: { every: 1h30m, keep: 5 }
measure_every: 1e3
inputs: { sun: data/sun.csv, abs: /data/x.bin }
hang_after: 90
retry: { limit: 0 }
parameters:
  text: "1_000"
  list: [1, [2, three]]
  map: { deep: { x: .inf } }
  none: null`));
  assert.deepEqual(job, {
    id: "a",
    model: { kind: "module", path: "/home/ada/jobs/m.ts" },
    steps: 10,
    parameters: {
      text: "1_000",
      list: [1, [2, "three"]],
      map: { deep: { x: Infinity } },
      none: null,
    },
    priority: 3,
    seed: 7,
    checkpoint: { every: { kind: "time", everyMs: 5_400_000 }, keep: 5 },
    measureEverySteps: 1000,
    inputs: { sun: "/home/ada/jobs/data/sun.csv", abs: "/data/x.bin" },
    hangMs: 90_000,
    retries: 0,
  });
});

Deno.test("readManifests() takes a number of steps however it is written", () => {
  for (const written of ["1000000", "1_000_000", "1e6", '"1_000_000"', "'1e6'", "1000000.0"]) {
    assert.equal(onlyJob(`{id: a, model: m.ts, steps: ${written}}`).steps, 1_000_000, written);
  }
  for (const written of ["-5", "0", "1.5", "1e400", "2e16", "many", "true", "", "[1]", ".nan"]) {
    assert.equal(mistakes(`id: a\nmodel: m.ts\nsteps: ${written}`).length, 1, written);
  }
});

Deno.test("readManifests() merges defaults under each job, key by key where that is meant", () => {
  const { jobs, diagnostics } = read(`
defaults:
  model: m.ts
  steps: 5
  parameters: { x: 1, y: 2 }
  checkpoint: { every: 10, keep: 7 }
jobs:
  - id: a
  - { id: b, steps: 6, parameters: { y: 3 }, checkpoint_every: off }
  - { id: c, sweep: { x: [8, 9] }, checkpoint: { keep: 1 } }
  - { id: d, parameters: }
`);
  assert.deepEqual(diagnostics, []);
  const view = jobs.map(({ steps, parameters, checkpoint }) => ({ steps, parameters, checkpoint }));
  const every = { kind: "steps", steps: 10 };
  assert.deepEqual(view, [
    { steps: 5, parameters: { x: 1, y: 2 }, checkpoint: { every, keep: 7 } },
    { steps: 6, parameters: { x: 1, y: 3 }, checkpoint: { every: { kind: "off" }, keep: 7 } },
    { steps: 5, parameters: { y: 2 }, checkpoint: { every, keep: 1 } },
    { steps: 5, parameters: { x: 1, y: 2 }, checkpoint: { every, keep: 7 } },
  ]);
});

Deno.test("readManifests() merges << with own keys first, and follows aliases", () => {
  const { jobs, diagnostics } = read(`
- &base { id: a, model: m.ts, steps: 1, parameters: &p { x: 1 } }
- { <<: *base, id: b, steps: 2 }
- { <<: [{ id: c, steps: 3 }, *base], parameters: *p }
`);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(jobs.map(({ id, steps, parameters }) => [id, steps, parameters]), [
    ["a", 1, { x: 1 }],
    ["b", 2, { x: 1 }],
    ["c", 3, { x: 1 }],
  ]);
});

Deno.test("readManifests() reports all mistakes of all files at once, each once", () => {
  const sources = [
    source("defaults: { steps: -1, stepz: 2 }\njobs:\n  - {id: a, model: m.py}\n  - {id: b}\n"),
    source("id: a\nmodel: m.ts\nsteps: 1.5\nprioriti: high\n", "jobs/b.yaml"),
  ];
  const { jobs, diagnostics } = readManifests(sources);
  assert.deepEqual(jobs, []);
  assert.deepEqual(
    diagnostics.map(({ place, message }) => `${place?.path}:${place?.line} ${message}`),
    [
      'jobs/a.yaml:1 "steps" must be a whole number, at least 1, but is -1',
      'jobs/a.yaml:1 Unknown key "stepz"',
      'jobs/a.yaml:3 The model "m.py" is neither a module nor WebAssembly',
      'jobs/a.yaml:4 Job "b" has no "model"',
      'jobs/b.yaml:1 Job id "a" is used twice, first at jobs/a.yaml:3:10',
      'jobs/b.yaml:3 "steps" must be a whole number, at least 1, but is 1.5',
      'jobs/b.yaml:4 Unknown key "prioriti"',
    ],
  );
});

Deno.test("readManifests() names the word that was meant", () => {
  const hintOf = (line: string) => mistakes(jobWith(line))[0]?.split(" | ")[1];
  assert.equal(hintOf("prioritty: high"), 'Did you mean "priority"?');
  assert.equal(hintOf("priority: hihg"), 'Did you mean "high"?');
  assert.equal(hintOf("params: { x: 1 }"), 'Write "parameters".');
  assert.equal(hintOf("checkpoint: { evry: 5 }"), 'Did you mean "every"?');
  assert.equal(hintOf("Checkpoint-Every: 5"), 'Did you mean "checkpoint_every"?');
  assert.match(hintOf("zzzzzz: 5") ?? "", /^Known here: id, /);
  assert.equal(mistakes("job: []")[0]?.split(" | ")[1], 'Did you mean "jobs"?');
});

Deno.test("readManifests() says what this version does not offer", () => {
  for (
    const line of [
      "order: longest-first",
    ]
  ) {
    const [mistake, ...more] = mistakes(jobWith(line));
    assert.match(mistake ?? "", /not-offered .* is not offered by this version \| ./, line);
    assert.deepEqual(more, []);
  }
});

Deno.test("readManifests() refuses hostile ids and paths", () => {
  const ids = [
    "../../etc",
    "/etc",
    "a/b",
    '"a\\0b"',
    "x".repeat(101),
    '""',
    ".a",
    '"а"',
    "~",
    '" a"',
  ];
  for (const id of ids) {
    assert.equal(mistakes(`id: ${id}\nmodel: m.ts\nsteps: 1`).length, 1, id);
  }
  for (
    const model of ["~/m.ts", "https://x.org/m.ts", '"m\\0.ts"', '""', "m", "m.TS", ".", "[a]"]
  ) {
    assert.equal(mistakes(`id: a\nmodel: ${model}\nsteps: 1`).length, 1, model);
  }
  assert.equal(onlyJob(`{id: ${"x".repeat(100)}, model: m.ts, steps: 1}`).id.length, 100);
});

Deno.test("readManifests() refuses an id twice, in one file, across files, and but for case", () => {
  const job = (id: string) => `- {id: ${id}, model: m.ts, steps: 1}\n`;
  assert.match(mistakes(job("a") + job("a"))[0] ?? "", /^2:8 .*twice, first at jobs\/a\.yaml:1:8/);
  assert.match(mistakes(job("Ab") + job("aB"))[0] ?? "", /only in case from "Ab" at jobs/);
  const across = readManifests([source(job("a")), source(job("a"), "b.yaml")]);
  assert.equal(across.diagnostics[0]?.place?.path, "b.yaml");
  assert.equal(across.jobs.length, 1);
});

Deno.test("readManifests() refuses two keys that exclude each other", () => {
  assert.match(
    mistakes(jobWith("checkpoint_every: 5\ncheckpoint: { every: 5 }"))[0] ?? "",
    /^4:1 conflict/,
  );
  assert.match(
    mistakes(jobWith("parameters: { x: 1 }\nsweep: { x: [1, 2] }"))[0] ?? "",
    /^4:18 conflict "x" stands in both/,
  );
});

Deno.test("readManifests() has a sentence for a file without jobs", () => {
  for (const text of ["", "\n\n", "# nothing\n", "---\n---\n", "\t\n", "\ufeff"]) {
    assert.match(mistakes(text)[0] ?? "", /empty The file is empty/, JSON.stringify(text));
  }
  assert.match(mistakes("jobs: []")[0] ?? "", /empty The list of jobs is empty/);
  assert.match(mistakes("jobs:")[0] ?? "", /"jobs" must be a list of jobs, but is nothing/);
  assert.match(mistakes("defaults: { steps: 1 }")[0] ?? "", /"defaults" stands without "jobs"/);
  assert.match(mistakes("just words")[0] ?? "", /must be a job or a list of jobs/);
  assert.match(mistakes("a: 1")[0] ?? "", /neither a job nor a list of jobs/);
});

Deno.test("readManifests() says in plain words what is wrong with the YAML", () => {
  const cases: readonly [string, RegExp][] = [
    ["id: a\n\tmodel: m.ts\n", /^2:1 yaml A tab stands where/],
    ["id: a\n model: m.ts\n", /^[12]:\d+ yaml /],
    ["id: a: b\n", /^1:\d+ yaml A second mapping begins/],
    ["id: [a\nmodel: m.ts", /^2:1 yaml A "\[" further up is not closed/],
    ["id: a\nsteps: 1}\n--- }\n", /yaml This closes or divides nothing/],
    ["jobs: - id: a", /yaml A list begins on the same line as its key/],
    ["- id: a\n  model: b\n steps: 1", /^3:\d yaml This stands neither in the list/],
    ['id: "a\n', /yaml A quotation mark further up is not closed/],
    ["id: *nobody\nmodel: m.ts\nsteps: 1", /^1:5 yaml \*nobody names nothing above it/],
    ["id: &a [*a]\nmodel: m.ts\nsteps: 1", /yaml \*a stands within itself/],
    ["id: !secret a\nmodel: m.ts\nsteps: 1", /yaml The tag "!secret" means nothing here/],
    ["id: a\nid: b\nmodel: m.ts\nsteps: 1", /^2:1 duplicate-key Key "id" stands twice/],
    ["? [a]\n: 1\n", /yaml A key must be a word, not a list/],
    ["%YAML 1.1\n---\nid: a\nmodel: m.ts\nsteps: 1", /YAML 1\.2, and this document declares 1\.1/],
    ["<<: 5\nid: a\nmodel: m.ts\nsteps: 1", /yaml "<<" merges mappings only/],
    ["id: @a\n", /yaml .*begin/i],
  ];
  for (const [text, expected] of cases) {
    assert.match(mistakes(text).join("\n"), new RegExp(expected, "m"), text);
  }
});

Deno.test("readManifests() reads the good documents beside one with a mistake in its YAML", () => {
  const job = (id: string, more = "") => `{ id: ${id}, model: m.ts, steps: 1 }${more}\n---\n`;
  const { jobs, diagnostics } = read(job("a") + "x: y: z\n---\n" + job("b") + job("c", " }"));
  assert.deepEqual(jobs.map(({ id }) => id), ["a", "b"]);
  assert.deepEqual(diagnostics.map(({ place }) => place?.line), [3, 7]);
  const broken = "a: b: c\n".repeat(30) + "---\n";
  assert.equal(mistakes(broken + broken).length, 40);
});

Deno.test("locate() finds the place of any part of a job, also one that came from the defaults", () => {
  const { locate } = read(`defaults: { parameters: { x: 1 } }
jobs:
  - id: a
    model: m.ts
    steps: 1
    sweep:
      grid: { y: [3, 4] }
      points: [{ z: 5 }, { z: 6 }]
`);
  const at = (...path: (string | number)[]) => {
    const place = locate("a", path);
    return `${place?.line}:${place?.column}`;
  };
  assert.equal(at(), "3:9");
  assert.equal(at("model"), "4:12");
  assert.equal(at("parameters", "x"), "1:30");
  assert.equal(at("sweep", "y"), "7:18");
  assert.equal(at("sweep", "y", 1), "7:22");
  assert.equal(at("sweep", "z", 1), "8:31");
  assert.equal(at("seed"), "3:9");
  assert.equal(locate("nobody", []), undefined);
});

/** PLECS models in manifests: what they become, and what is said about mistakes. */
import assert from "node:assert/strict";
import {
  DEFAULT_PLECS_BATCH,
  DEFAULT_PLECS_WAIT_MS,
  type PlecsModel,
} from "../../src/job/plecs.ts";
import { mistakes, read } from "./read.ts";

function jobOf(model: string, rest = "") {
  const { jobs, diagnostics } = read(`id: a\nmodel: ${model}\n${rest}`);
  assert.deepEqual(diagnostics, []);
  return jobs[0]!;
}

function mistakesOf(model: string, rest = ""): string[] {
  return mistakes(`id: a\nmodel: ${model}\n${rest}`);
}

Deno.test("a PLECS model needs its file alone; steps are its segments, and only these keep checkpoints", () => {
  const { model, steps, checkpoint, hangMs } = jobOf("{ plecs: ./a.plecs }");
  assert.deepEqual(model, {
    kind: "plecs",
    path: (model as PlecsModel).path,
    url: "http://localhost:1080",
    protocol: "auto",
    signals: [],
    solver: {},
    waveforms: false,
    batch: DEFAULT_PLECS_BATCH,
    segments: 1,
    waitMs: DEFAULT_PLECS_WAIT_MS,
  });
  assert.match(model.path, /^\/.*\/a\.plecs$/);
  assert.deepEqual([steps, checkpoint.every, hangMs], [
    1,
    { kind: "off" },
    Number.MAX_SAFE_INTEGER,
  ]);
  const long = jobOf("{ plecs: ./a.plecs, segments: 10, solver: { TimeSpan: 1 } }");
  assert.deepEqual([long.steps, long.checkpoint.every], [10, { kind: "auto" }]);
});

Deno.test("signals are settled by their names", () => {
  const results = "results: { x: { signal: i, of: pp, from: 1 }, y: { signal: 7 } }";
  const { model } = jobOf(`{ plecs: ./a.plecs, signals: [v, i], ${results} }`);
  assert.deepEqual((model as PlecsModel).results, {
    x: { signal: 2, of: "pp", from: 1 },
    y: { signal: 7, of: "last" },
  });
});

Deno.test("each mistake has its sentence, and what to write instead", () => {
  const cases: [string, string, RegExp][] = [
    ["{ plecs: ./a.slx }", "", /must be the path of a \.plecs file/],
    ["{ plecs: ./a.plecs, port: 1080 }", "", /Unknown key "port".*Write "url: http/],
    ["{ plecs: ./a.plecs, ModelVars: {} }", "", /Write "parameters, a key of the job"/],
    ["{ plecs: ./a.plecs, callback: x }", "", /"callback" is not offered.*code that PLECS runs/],
    [
      "{ plecs: ./a.plecs, url: localhost:1080 }",
      "",
      /must be an address.*For example http:\/\/localhost:1080/,
    ],
    ["{ plecs: ./a.plecs, url: https://x }", "", /must be an address/],
    [
      "{ plecs: ./a.plecs, signals: [Vout], results: { x: { signal: Vuot } } }",
      "",
      /no signal "Vuot".*Did you mean "Vout"/,
    ],
    [
      "{ plecs: ./a.plecs, results: { x: { signal: Vout } } }",
      "",
      /no signal "Vout".*signals: \[Vout, …\]/,
    ],
    ["{ plecs: ./a.plecs, results: { x: { signal: 1, of: ripple } } }", "", /Write pp/],
    ["{ plecs: ./a.plecs, results: { x: { of: pp } } }", "", /has no "signal"/],
    [
      "{ plecs: ./a.plecs, results: { x: { signal: 1, from: 2, to: 1 } } }",
      "",
      /ends before it begins/,
    ],
    ["{ plecs: ./a.plecs, signals: [a, a] }", "", /"a" is taken already/],
    ["{ plecs: ./a.plecs, signals: [time] }", "", /"time" is taken already/],
    ["{ plecs: ./a.plecs, signals: [y2] }", "", /"y2" is taken already/],
    [
      "{ plecs: ./a.plecs, solver: { TimeSpam: 1 } }",
      "",
      /no option "TimeSpam".*Did you mean "TimeSpan"/,
    ],
    [
      "{ plecs: ./a.plecs, solver: { Timeout: 5 } }",
      "",
      /"Timeout" is set by simrun.*timeout: in the job/,
    ],
    ["{ plecs: ./a.plecs, solver: { InitialSystemState: {} } }", "", /segments: 10/],
    ["{ plecs: ./a.plecs, segments: 5 }", "", /without "solver.TimeSpan"/],
    [
      "{ plecs: ./a.plecs, segments: 5, solver: { TimeSpan: -1 } }",
      "",
      /without "solver.TimeSpan"/,
    ],
    [
      "{ plecs: ./a.plecs, segments: 5, solver: { TimeSpan: 1 }, waveforms: true }",
      "",
      /exclude each other/,
    ],
    ["{ plecs: ./a.plecs }", "steps: 5", /"steps" does not go with a PLECS model.*segments:/],
    ["{ plecs: ./a.plecs }", "measure_every: 5", /measure: 500 in the model/],
    ["{ plecs: ./a.plecs }", "hang_after: 5", /Write timeout:/],
  ];
  for (const [model, rest, words] of cases) {
    const [mistake = "", ...more] = mistakesOf(model, rest);
    assert.match(mistake, words, model + rest);
    assert.deepEqual(more, []);
  }
});

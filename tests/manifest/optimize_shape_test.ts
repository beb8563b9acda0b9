/** `optimize` and `until` in a manifest: what they become, and what is said of mistakes. */
import assert from "node:assert/strict";
import { readManifests } from "../../src/manifest/manifest.ts";
import { mistakes, onlyJob, source } from "./read.ts";

const HEAD = "id: a\nmodel: m.ts\nsteps: 1\n";

function told(text: string): string[] {
  return mistakes(HEAD + text);
}

Deno.test("optimize becomes a search, with what is not said filled in", () => {
  const { sweep, until } = onlyJob(
    `${HEAD}optimize: { metric: loss, budget: 200, over: { x: { uniform: [-5, 5] }, n: { integer: [1, 9] } } }`,
  );
  assert.deepEqual(sweep, {
    parts: [{
      kind: "search",
      method: "bayesian",
      metric: "loss",
      goal: "minimize",
      count: 200,
      seed: 0,
      parallel: 4,
      over: [
        { name: "x", distribution: { kind: "uniform", min: -5, max: 5 } },
        { name: "n", distribution: { kind: "integer", min: 1, max: 9 } },
      ],
    }],
  });
  assert.equal(until, undefined);
  const other = onlyJob(
    `${HEAD}optimize: { metric: fit.rms, goal: maximize, budget: 1e3, method: cma-es, parallel: 8, seed: 3, ` +
      `over: { rate: { log_uniform: [1e-5, 1] } } }\nuntil: { above: 3, no_improvement: 50, at_least: 20 }`,
  );
  const search = other.sweep!.parts[0]!;
  assert.ok(search.kind === "search");
  assert.deepEqual([search.goal, search.count, search.method, search.parallel, search.seed], [
    "maximize",
    1000,
    "cma-es",
    8,
    3,
  ]);
  assert.deepEqual(other.until, { metric: "fit.rms", above: 3, noImprovement: 50, atLeast: 20 });
});

Deno.test("until of a sweep names its number, and a standard error is a number or a share of the mean", () => {
  const until = (text: string) => onlyJob(`${HEAD}sweep: { repeat: 100 }\nuntil: ${text}`).until;
  assert.deepEqual(until("{ metric: mean, standard_error: 0.01 }"), {
    metric: "mean",
    standardError: { value: 0.01, isRelative: false },
    atLeast: 30,
  });
  assert.deepEqual(until("{ metric: mean, standard_error: 1%, at_least: 100 }"), {
    metric: "mean",
    standardError: { value: 0.01, isRelative: true },
    atLeast: 100,
  });
  assert.deepEqual(until("{ metric: mean, above: 3 }"), { metric: "mean", above: 3, atLeast: 1 });
});

const OVER = "over: { x: { uniform: [0, 1] } }";
const MISTAKES: readonly (readonly [text: string, told: RegExp])[] = [
  [
    `optimize: { metric: loss, budget: 9, method: baysian, ${OVER} }`,
    /^4:46 value "optimize\.method" must be bayesian, .* but is .*baysian.* \| Did you mean "bayesian"\?/,
  ],
  [
    `optimize: { metric: loss, budget: 9, method: simplex, ${OVER} }`,
    /^4:46 value .* \| Write nelder-mead\./,
  ],
  [`optimize: { metric: loss, budget: 0, ${OVER} }`, /^4:35 value "optimize\.budget" must be .* 1/],
  [`optimize: { metric: loss, budget: 9, over: {} }`, /^4:44 value "optimize\.over" must be/],
  [
    `optimize: { metric: loss, budget: 9 }`,
    /^4:11 missing-key "optimize" has no "over" \| For example/,
  ],
  [`optimize: { budget: 9, ${OVER} }`, /^4:11 missing-key "optimize" has no "metric"/],
  [`optimize: { metric: loss, ${OVER} }`, /^4:11 missing-key "optimize" has no "budget"/],
  [`optimize: 200`, /^4:11 value "optimize" must be a mapping with "metric", "budget" and "over"/],
  [
    `optimize: { metric: loss, budget: 9, over: { x: { unifrom: [0, 1] } } }`,
    /^4:51 unknown-key Unknown key "unifrom" in "optimize\.over\.x" \| Did you mean "uniform"\?/,
  ],
  [
    `optimize: { metric: loss, budget: 9, over: { trial: { uniform: [0, 1] } } }`,
    /^4:46 .*"trial"/,
  ],
  [
    `optimize: { metric: loss, budget: 2000, ${OVER} }`,
    /^4:35 value The method bayesian takes at most 1,000 runs \| Write method: cma-es/,
  ],
  [
    `optimize: { metric: loss, budget: 9, trials: 3, ${OVER} }`,
    /^4:38 unknown-key .* \| Write "budget"\./,
  ],
  [
    `optimize: { metric: loss, budget: 9, ${OVER} }\nsweep: { y: [1, 2] }`,
    /^4:1 conflict "optimize" and "sweep" stand in one job \| A search proposes/,
  ],
  [
    `parameters: { x: 3 }\noptimize: { metric: loss, budget: 9, ${OVER} }`,
    /^4:18 conflict "x" stands in both "parameters" and "optimize"/,
  ],
  [`until: { below: 1 }`, /^4:1 conflict "until" stands in a job of one run/],
  [`sweep: { repeat: 9 }\nuntil: { below: 1 }`, /^5:1 conflict "until" has no "metric"/],
  [`sweep: { repeat: 9 }\nuntil: { metric: m }`, /^5:1 conflict "until" says no reason to stop/],
  [
    `sweep: { repeat: 9 }\nuntil: { metric: m, no_improvement: 3 }`,
    /^5:21 conflict "no_improvement" stands without "optimize"/,
  ],
  [
    `sweep: { x: [1, 2] }\nuntil: { metric: m, standard_error: 3 }`,
    /^5:21 conflict "standard_error" stands beside a sweep without "sample" and "repeat"/,
  ],
  [
    `optimize: { metric: loss, budget: 9, ${OVER} }\nuntil: { standard_error: 3 }`,
    /^5:10 conflict The runs of a search are chosen/,
  ],
  [
    `optimize: { metric: loss, budget: 9, ${OVER} }\nuntil: { above: 3 }`,
    /^5:10 conflict "above" stands in a search whose goal is to minimize \| Write below/,
  ],
  [
    `optimize: { metric: loss, budget: 9, ${OVER} }\nuntil: { metric: other, below: 3 }`,
    /^5:10 conflict "until" goes by another metric than "optimize"/,
  ],
  [
    `sweep: { repeat: 9 }\nuntil: { metric: m, standard_error: 0 }`,
    /^5:37 value "until\.standard_error"/,
  ],
  [
    `sweep: { repeat: 9 }\nuntil: { metric: m, belo: 1 }`,
    /^5:21 unknown-key .* \| Did you mean "below"\?/,
  ],
];

for (const [text, expected] of MISTAKES) {
  Deno.test(`refused, with its place and what to write: ${text.split("\n").join("; ")}`, () => {
    const [first, ...others] = told(text);
    assert.match(first ?? "", expected);
    assert.deepEqual(others, []);
  });
}

Deno.test("defaults give a job the parameters that it does not search", () => {
  const text = JSON.stringify({
    defaults: { model: "m.ts", steps: 1, parameters: { x: 3, y: 4 } },
    jobs: [{ id: "a", optimize: { metric: "l", budget: 3, over: { x: { uniform: [0, 1] } } } }],
  });
  const { jobs, diagnostics } = readManifests([source(text)]);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(jobs[0]!.parameters, { y: 4 });
});

Deno.test("a search cannot be matched point by point", () => {
  const search = { metric: "l", budget: 3, over: { x: { uniform: [0, 1] } } };
  const jobs = [
    { id: "fit", model: "m.ts", steps: 1, optimize: search },
    {
      id: "after",
      model: "m.ts",
      steps: 1,
      sweep: { x: [1] },
      needs: [{ job: "fit", match: "point" }],
    },
  ];
  assert.match(mistakes(JSON.stringify(jobs)).join(), /needs .*"fit" is a search, whose points/);
});

/** The keys that say how long a run may take, how often it is tried, and what NaN means. */
import assert from "node:assert/strict";
import { DEFAULT_BACKOFF } from "../../src/job/job.ts";
import { jobWith, mistakes, onlyJob, read } from "./read.ts";

const keys = (lines: string) => {
  const { retries, backoff, timeoutMs, onNan } = onlyJob(jobWith(lines));
  return { retries, backoff, timeoutMs, onNan };
};

Deno.test("readManifests() leaves absent what a job does not say, as in trees of older versions", () => {
  const job = onlyJob(jobWith("retry: { limit: 2 }\ntimeout: off"));
  for (const field of ["backoff", "timeoutMs", "onNan", "needs"]) {
    assert.equal(Object.hasOwn(job, field), false, field);
  }
  assert.equal(job.retries, 2);
});

Deno.test("readManifests() reads timeout as a duration, as seconds, or off", () => {
  for (
    const [written, ms] of [
      ["2h", 7_200_000],
      ["90", 90_000],
      ["0.5", 500],
      ["1h30m", 5_400_000],
      ["2-00:00:00", 172_800_000],
      ["off", undefined],
    ] as const
  ) assert.equal(keys(`timeout: ${written}`).timeoutMs, ms, written);
});

Deno.test("readManifests() says what timeout must be", () => {
  const off = "must be a duration or off, but is VALUE | Write off for no time limit.";
  const duration = "must be a duration, but is VALUE | " +
    "Write for example 90s, 5m, 1h30m, 500ms, 2d or 01:30:00.";
  for (
    const [written, expected] of [
      ["0", off],
      ["none", off],
      ["never", off],
      ["false", off],
      ["0s", "must be longer than nothing, but is VALUE"],
      ["-1", "must be longer than nothing, but is VALUE"],
      ["soon", duration],
      ["2 hours", duration],
      ["[2h]", duration.replace("VALUE", "a list")],
      ["", duration.replace("VALUE", "nothing")],
      [".inf", "is longer than can be counted"],
      [".nan", duration],
    ] as const
  ) {
    const value = /^[a-z0-9]/.test(written) && !/^(0|false)$/.test(written)
      ? `"${written}"`
      : written;
    assert.deepEqual(mistakes(jobWith(`timeout: ${written}`)), [
      `4:10 value "timeout" ${expected.replace("VALUE", value)}`,
    ]);
  }
});

Deno.test("readManifests() reads the waits of retry; what is not said gives way to what is", () => {
  const waits = (retry: string) => keys(`retry: { ${retry} }`).backoff;
  assert.equal(waits("limit: 3"), undefined);
  assert.deepEqual(waits("backoff: 5s"), DEFAULT_BACKOFF);
  assert.deepEqual(waits("backoff: 0s"), { firstMs: 0, mostMs: 300_000 });
  assert.deepEqual(waits("backoff: 0"), { firstMs: 0, mostMs: 300_000 });
  assert.deepEqual(waits("backoff: 10m"), { firstMs: 600_000, mostMs: 600_000 });
  assert.deepEqual(waits("backoff_max: 1s"), { firstMs: 1000, mostMs: 1000 });
  assert.deepEqual(waits("backoff_max: 0s"), { firstMs: 0, mostMs: 0 });
  assert.deepEqual(waits("backoff_max: 1h"), { firstMs: 5000, mostMs: 3_600_000 });
  assert.deepEqual(waits("backoff: 2, backoff_max: 1m"), { firstMs: 2000, mostMs: 60_000 });
  assert.deepEqual(waits("backoff: 1m, backoff_max: 1m"), { firstMs: 60_000, mostMs: 60_000 });
});

Deno.test("readManifests() says what is wrong with retry", () => {
  const example = "Write for example 90s, 5m, 1h30m, 500ms, 2d or 01:30:00.";
  for (
    const [retry, expected] of [
      ["{ backoff: -1 }", '4:19 value "retry.backoff" must not be negative, but is -1'],
      [
        "{ backoff: off }",
        `4:19 value "retry.backoff" must be a duration, but is "off" | ${example}`,
      ],
      [
        "{ backoff_max: soon }",
        `4:23 value "retry.backoff_max" must be a duration, but is "soon" | ${example}`,
      ],
      [
        "{ backoff_max: 5s, backoff: 10s }",
        '4:36 conflict "retry.backoff" is longer than "retry.backoff_max" | ' +
        "The first wait is backoff, each further one twice as long, none beyond backoff_max.",
      ],
      [
        "3",
        '4:8 value "retry" must be a mapping with "limit", "backoff" or "backoff_max", but is 3 | ' +
        "For example retry: { limit: … }.",
      ],
      ["{ delay: 5s }", '4:10 unknown-key Unknown key "delay" in "retry" | Write "backoff".'],
      [
        "{ backof: 5s }",
        '4:10 unknown-key Unknown key "backof" in "retry" | Did you mean "backoff"?',
      ],
    ] as const
  ) assert.deepEqual(mistakes(jobWith(`retry: ${retry}`)), [expected]);
});

Deno.test("readManifests() says where backoff belongs, and knows the words of others", () => {
  for (
    const [word, meant] of [
      ["backoff", "retry: { backoff: 5s }"],
      ["backoff_max", "retry: { backoff_max: 5m }"],
      ["retries", "retry: { limit: 3 }"],
      ["walltime", "timeout"],
      ["time_limit", "timeout"],
      ["nan", "on_nan"],
      ["nan_policy", "on_nan"],
    ]
  ) {
    assert.deepEqual(mistakes(jobWith(`${word}: 5s`)), [
      `4:1 unknown-key Unknown key "${word}" | Write "${meant}".`,
    ]);
  }
  assert.match(mistakes(jobWith("timeot: 5s"))[0]!, /Did you mean "timeout"\?/);
  assert.match(mistakes(jobWith("on_NaN: fail"))[0]!, /Did you mean "on_nan"\?/);
});

Deno.test("readManifests() takes three words for on_nan", () => {
  for (const word of ["fail", "warn", "ignore"]) assert.equal(keys(`on_nan: ${word}`).onNan, word);
  const must = '4:9 value "on_nan" must be fail, warn or ignore, but is';
  for (
    const [written, expected] of [
      ["stop", `${must} "stop" | Write fail.`],
      ["off", `${must} "off" | Write ignore.`],
      ["true", `${must} true | Write fail.`],
      ["wran", `${must} "wran" | Did you mean "warn"?`],
      ["Fail", `${must} "Fail" | Did you mean "fail"?`],
      ["constructor", `${must} "constructor"`],
      ["5", `${must} 5`],
    ] as const
  ) assert.deepEqual(mistakes(jobWith(`on_nan: ${written}`)), [expected]);
});

Deno.test("readManifests() merges retry under each job key by key, and timeout: off undoes a default", () => {
  const { jobs, diagnostics } = read(`
defaults:
  model: m.ts
  steps: 1
  timeout: 2h
  on_nan: fail
  retry: { limit: 7, backoff: 1m }
jobs:
  - id: a
  - { id: b, timeout: off, on_nan: warn, retry: { backoff_max: 2m } }
  - { id: c, timeout: 1s, retry: { limit: 0, backoff: 0s } }
`);
  assert.deepEqual(diagnostics, []);
  const view = jobs.map(({ retries, backoff, timeoutMs, onNan }) => ({
    retries,
    backoff,
    timeoutMs,
    onNan,
  }));
  const minute = 60_000;
  assert.deepEqual(view, [
    {
      retries: 7,
      backoff: { firstMs: minute, mostMs: 5 * minute },
      timeoutMs: 120 * minute,
      onNan: "fail",
    },
    {
      retries: 7,
      backoff: { firstMs: minute, mostMs: 2 * minute },
      timeoutMs: undefined,
      onNan: "warn",
    },
    { retries: 0, backoff: { firstMs: 0, mostMs: 5 * minute }, timeoutMs: 1000, onNan: "fail" },
  ]);
});

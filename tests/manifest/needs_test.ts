/** Needs: every way to write them, and what is refused over all jobs of all files. */
import assert from "node:assert/strict";
import { readManifests } from "../../src/manifest/manifest.ts";
import { jobWith, mistakes, onlyJob, read, source } from "./read.ts";

/** A list of jobs, one a line: `job("a", "needs: b")`. */
const job = (id: string, more = "") => `- { id: ${id}, model: m.ts, steps: 1, ${more} }\n`;

/** A need in the words of `Job`, all its runs and completed unless told otherwise. */
const need = (id: string, over = {}) => ({ job: id, runs: "all", accept: "completed", ...over });

function needsOf(lines: string) {
  const { needs } = onlyJob(jobWith(lines));
  return needs;
}

/** What is said of several files, each with its place. */
function across(...texts: readonly string[]): string[] {
  const sources = texts.map((text, i) => source(text, `jobs/${i + 1}.yaml`));
  return readManifests(sources).diagnostics.map(({ place, severity, message, hint }) =>
    `${place?.path}:${place?.line}:${place?.column} ${severity} ${message} | ${hint}`
  );
}

Deno.test("readManifests() takes needs as an id, a mapping, and a list of both", () => {
  assert.deepEqual(needsOf("needs: climate"), [need("climate")]);
  assert.deepEqual(needsOf('needs: "2030"'), [need("2030")]);
  assert.deepEqual(needsOf("needs: [climate, mesh]"), [need("climate"), need("mesh")]);
  assert.deepEqual(needsOf("needs:\n  - climate\n  - { job: mesh, if: any }"), [
    need("climate"),
    need("mesh", { accept: "any" }),
  ]);
  assert.deepEqual(needsOf("sweep: { x: [1] }\nneeds: { job: climate, match: point }"), [
    need("climate", { runs: "same-point" }),
  ]);
  assert.deepEqual(needsOf("needs: { job: climate, match: all, if: completed }"), [
    need("climate"),
  ]);
});

Deno.test("readManifests() leaves needs absent where there are none", () => {
  for (const line of ["", "needs:", "needs: []", "needs: null"]) {
    assert.equal(Object.hasOwn(onlyJob(jobWith(line)), "needs"), false, line);
  }
});

Deno.test("readManifests() says at its place what is wrong with a need", () => {
  const wrong: readonly (readonly [string, string])[] = [
    [
      "needs: 5",
      '4:8 value "needs" must be text, but is 5 | Quote it: "5".',
    ],
    [
      "needs: [b, [c]]",
      '4:12 value "needs[1]" must be the id of a job or { job, match, if }, but is a list',
    ],
    [
      "needs: b, c",
      '4:8 job-id "b, c" cannot be the id of a job | For several jobs write needs: [b, c].',
    ],
    [
      "needs: b c",
      '4:8 job-id "b c" cannot be the id of a job | For several jobs write needs: [b, c].',
    ],
    [
      "needs: clim*",
      '4:8 job-id "clim*" cannot be the id of a job | An id begins with a letter or digit and ' +
      "has only A-Z, a-z, 0-9, dots, dashes and _.",
    ],
    [
      "needs: [{ match: all }]",
      '4:9 missing-key "needs[0]" has no "job" | For example { job: climate }.',
    ],
    [
      "needs: { job: }",
      '4:15 value "needs.job" must be text, but is nothing',
    ],
    [
      "needs: { job: b, match: points }",
      '4:25 value "needs.match" must be all or point, but is "points" | Did you mean "point"?',
    ],
    [
      "needs: { job: b, match: same }",
      '4:25 value "needs.match" must be all or point, but is "same" | Write point.',
    ],
    [
      "needs: [b, { job: c, if: always }]",
      '4:26 value "needs[1].if" must be completed or any, but is "always" | Write any.',
    ],
    [
      "needs: { job: b, if: failed }",
      '4:22 value "needs.if" must be completed or any, but is "failed"',
    ],
    [
      "needs: { id: b }",
      '4:8 missing-key "needs" has no "job" | For example { job: climate }.',
    ],
    [
      "needs: { job: b, wehn: any }",
      '4:18 unknown-key Unknown key "wehn" in "needs" | Known here: job, match, if.',
    ],
    [
      "needs: { job: b, when: any }",
      '4:18 unknown-key Unknown key "when" in "needs" | Write "if".',
    ],
    [
      "needs: [b, { job: c }, c]",
      '4:24 conflict "c" stands twice in "needs" | Remove one of them.',
    ],
  ];
  for (const [line, expected] of wrong) {
    const told = mistakes(jobWith(line));
    assert.ok(told.includes(expected), `${line}\n${told.join("\n")}`);
    assert.deepEqual(read(jobWith(line)).jobs, [], line);
  }
});

Deno.test("readManifests() knows the words of others for needs", () => {
  for (const word of ["depends_on", "depends", "dependencies", "after", "requires", "need"]) {
    assert.deepEqual(mistakes(jobWith(`${word}: b`)), [
      `4:1 unknown-key Unknown key "${word}" | Write "needs".`,
    ]);
  }
  assert.match(mistakes(jobWith("nedes: b"))[0]!, /Did you mean "needs"\?/);
});

Deno.test("readManifests() refuses a job that needs itself, at that need", () => {
  assert.deepEqual(mistakes(job("a", "needs: a")), [
    '1:42 needs Job "a" needs itself | It would never begin. Remove it.',
  ]);
  assert.deepEqual(mistakes(job("b") + job("a", "needs: [b, { job: a, if: any }]")), [
    '2:53 needs Job "a" needs itself | It would never begin. Remove it.',
  ]);
});

Deno.test("readManifests() names the whole circle, at the need that closes it", () => {
  const hint = "None of them would ever begin. Remove one of these needs.";
  assert.deepEqual(mistakes(job("a", "needs: b") + job("b", "needs: [a]")), [
    `2:43 needs Jobs need each other in a circle: a → b → a | ${hint}`,
  ]);
  const five = job("d", "needs: e") + job("b", "needs: c") + job("a", "needs: [x, b]") +
    job("e", "needs: a") + job("c", "needs: { job: d, if: any }") + job("x") +
    job("free", "needs: [x, a]");
  assert.deepEqual(mistakes(five), [
    `5:49 needs Jobs need each other in a circle: d → e → a → b → c → d | ${hint}`,
  ]);
  // The others of the circle have no mistake of their own; nothing runs as long as there is one.
  assert.deepEqual(read(five).jobs.map(({ id }) => id), ["d", "b", "a", "e", "x", "free"]);
});

Deno.test("readManifests() finds a circle over several documents and files, each told in its file", () => {
  const told = across(
    `# one\n${job("a", "needs: b")}`,
    `${job("b", "needs: c")}---\njobs:\n${job("c", "needs: a").replace(/^/, "  ")}`,
    job("alone", "needs: alone"),
  );
  assert.deepEqual(told, [
    "jobs/2.yaml:4:44 error Jobs need each other in a circle: a → b → c → a | " +
    "None of them would ever begin. Remove one of these needs.",
    'jobs/3.yaml:1:46 error Job "alone" needs itself | It would never begin. Remove it.',
  ]);
});

Deno.test("readManifests() finds a circle beside other mistakes, also through the job that has them", () => {
  const told = mistakes(job("a", "needs: b, priority: urgent") + job("b", "needs: a"));
  assert.equal(told.length, 2);
  assert.match(told[0]!, /^1:55 value "priority" must be/);
  assert.match(told[1]!, /^2:42 needs .* a → b → a /);
});

Deno.test("readManifests() names beginning and end of a circle that is too long for a sentence", () => {
  const size = 2000;
  const text = Array.from({ length: size }, (_, i) => job(`j${i}`, `needs: j${(i + 1) % size}`));
  const [told, ...more] = mistakes(text.join(""));
  assert.deepEqual(more, []);
  assert.match(told!, /j0 → j1 → j2 → … 1,996 others … → j1999 → j0 \| None of them/);
  const long = (name: string) => name + "x".repeat(98);
  const three = ["a", "b", "c"].map((name, i) => job(long(name), `needs: ${long("bca"[i]!)}`));
  assert.match(mistakes(three.join(""))[0]!, /circle: a(x+) → bx+ → cx+ → ax+ \|/);
});

Deno.test("readManifests() shares needs by defaults; a job that is needed says it needs nothing", () => {
  const defaults = "defaults: { model: m.ts, steps: 1, needs: [mesh] }\njobs:\n";
  const { jobs, diagnostics } = read(`${defaults}
  - { id: mesh, needs: [] }
  - { id: a }
  - { id: b, needs: a }
  - { id: c, needs: }
`);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(jobs.map(({ needs }) => needs), [
    undefined,
    [need("mesh")],
    [need("a")],
    undefined,
  ]);
  assert.deepEqual(mistakes(`${defaults}  - id: mesh\n  - id: a\n`), [
    '1:44 needs Job "mesh" needs itself | ' +
    'It comes from the defaults: give job "mesh" needs of its own, or needs: [].',
  ]);
  assert.deepEqual(mistakes("defaults: { needs: [5] }\njobs:\n" + job("a") + job("b")), [
    '1:21 value "needs[0]" must be text, but is 5 | Quote it: "5".',
  ]);
});

Deno.test("readManifests() refuses to match points where there is nothing to match", () => {
  const point = "needs: [{ job: a, match: point }]";
  const a = job("a", "parameters: { dt: 0.1 }, sweep: { co2: [1, 2], year: [1] }");
  assert.deepEqual(mistakes(a + job("b", point)), [
    '2:60 needs Job "b" has no sweep, and so no points to match | ' +
    'Without match each run needs all runs of "a".',
  ]);
  assert.deepEqual(mistakes(a + job("b", `sweep: { albedo: [1] }, ${point}`)), [
    '2:84 needs Jobs "b" and "a" sweep no common parameter to match their points by | ' +
    'Without match each run needs all runs of "a".',
  ]);
  // Fixed in both, it tells no run from another.
  const fixed = `parameters: { dt: 0.1 }, sweep: { albedo: [1] }, ${point}`;
  assert.match(mistakes(a + job("b", fixed))[0]!, /no common parameter/);
  const other = `parameters: { dt: 0.2 }, sweep: { co2: [1] }, ${point}`;
  assert.deepEqual(mistakes(a + job("b", other)), [
    '2:106 needs Jobs "b" and "a" have no runs with the same parameters: ' +
    '"dt" is another in each | Without match each run needs all runs of "a".',
  ]);
  for (
    const [sweep, why] of [
      ["sweep: { albedo: [1], co2: [1, 2] }", "swept in both"],
      ["parameters: { dt: 1e-1 }, sweep: { co2: [1, 2] }", "the same fixed in both"],
      ["sweep: [{ year: 1 }]", "a list of points"],
      ["sweep: { zip: { y: [1], co2: [1] } }", "a zip"],
      ["sweep: { dt: [0.1, 0.2] }", "swept here, fixed there"],
      ["parameters: { co2: 2 }, sweep: { albedo: [1] }", "fixed here, swept there"],
    ]
  ) assert.deepEqual(mistakes(a + job("b", `${sweep}, ${point}`)), [], why);
  // A job of the tree is met at planning.
  assert.deepEqual(mistakes(job("b", `sweep: { x: [1] }, ${point}`)), []);
  assert.match(mistakes(job("b", point))[0]!, /"b" has no sweep/);
});

Deno.test("readManifests() takes a need of a job that is not there, and names one that was perhaps meant", () => {
  const told = across(
    job("climate") + job("plot", "needs: [climte, mesh]"),
    job("more", "needs: Climate"),
  );
  assert.deepEqual(told, [
    'jobs/1.yaml:2:46 warning There is no job "climte" in these manifests | ' +
    'Did you mean "climate"?',
    'jobs/2.yaml:1:45 warning There is no job "Climate" in these manifests | ' +
    'Did you mean "climate"?',
  ]);
  const { jobs } = read(job("climate") + job("plot", "needs: climte"));
  assert.deepEqual(jobs.map(({ id }) => id), ["climate", "plot"]);
});

Deno.test("readManifests() takes neither another number nor the job itself for a slip of the pen", () => {
  const run = job("run_1") + job("run_2", "needs: run_3") + job("spinup", "needs: spinups") +
    job("a", "needs: b") + job("sun") + job("c", "needs: run");
  assert.deepEqual(mistakes(run), []);
});

Deno.test("readManifests() checks the needs of 10,000 jobs in a moment, also where all are unknown", () => {
  const jobs = Array.from(
    { length: 10_000 },
    (_, i) => job(`job_${i}`, `needs: [jbo_${i}, x${i}]`),
  );
  const began = performance.now();
  assert.equal(read(jobs.join("")).jobs.length, 10_000);
  // Reading alone takes about a second; comparing all with all takes a minute or more.
  assert.ok(performance.now() - began < 30_000);
});

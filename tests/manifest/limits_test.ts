/** T26 and T27: texts made to cost time and memory, and random damage. */
import assert from "node:assert/strict";
import { checkLimits, LIMITS } from "../../src/manifest/limits.ts";
import { readManifests } from "../../src/manifest/manifest.ts";
import { renderDiagnostics } from "../../src/manifest/render.ts";
import { jobWith, mistakes, onlyJob, source } from "./read.ts";

const numbered = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => line(index)).join("\n");

/** Each level names the one below it nine times. */
const laughs = (levels: number) =>
  `a0: &a0 [x, x]\n${numbered(levels, (i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`)}`;

const BOMBS: { readonly [name: string]: () => string } = {
  "billion laughs in lists": () => laughs(40),
  "billion laughs in mappings": () =>
    `a0: &a0 {x: 1}\n${numbered(40, (i) => `a${i + 1}: &a${i + 1} {p: *a${i}, q: *a${i}}`)}`,
  "billion laughs in merge keys": () =>
    `a0: &a0 {x: 1}\n${
      numbered(40, (i) => `a${i + 1}: &a${i + 1} {<<: [${`*a${i},`.repeat(9)}], y${i}: 1}`)
    }`,
  "a large list named many times": () => `a: &a [${"x,".repeat(5000)}]\nb: [${"*a,".repeat(5000)}]`,
  "a large mapping merged many times": () =>
    `a: &a {${numbered(1000, (i) => `k${i}: 1,`)}}\n${numbered(2000, (i) => `b${i}: {<<: *a}`)}`,
  "a chain of aliases": () =>
    `a0: &a0 [1]\n${numbered(4000, (i) => `a${i + 1}: &a${i + 1} [*a${i}]`)}`,
  "an anchor within itself": () => "id: &a [*a, *a, {b: *a}]",
  "lists 10,000 deep": () => "[".repeat(10_000),
  "closed lists 10,000 deep": () => "[".repeat(10_000) + "]".repeat(10_000),
  "lists a million deep": () => "[".repeat(1_000_000),
  "mappings 10,000 deep": () => "{a: ".repeat(10_000),
  "lists over lines, 10,000 deep": () => "[\n".repeat(10_000),
  "dashes 10,000 deep": () => "- ".repeat(10_000) + "a",
  "question marks 10,000 deep": () => "? ".repeat(10_000) + "a",
  "indentation 2,000 deep": () => numbered(2000, (i) => " ".repeat(i) + "a:"),
  "depth behind an open quote": () => `x: a "\n${"[a,".repeat(100_000)}`,
  "a million numbers": () => `x: [${"1,".repeat(1_000_000)}]`,
  "a million documents": () => "---\n".repeat(1_000_000),
  "a million comments": () => "# x\n".repeat(1_000_000),
  "a hundred thousand tags": () => "!a ".repeat(100_000),
  "a hundred thousand anchors": () => "&a ".repeat(100_000),
  "a hundred thousand brackets too many": () => "}".repeat(100_000),
  "a million wrong escapes": () => `a: "${"\\x".repeat(1_000_000)}"`,
  "nine thousand wrong escapes": () => `a: "${"\\q".repeat(9000)}"`,
  "ten thousand wrong lines": () => "a b: c: d\n".repeat(10_000),
  "defaults merged under many jobs": () =>
    `defaults: {model: m.ts, steps: 1, sweep: [${"{x: 1, y: 2},".repeat(500)}]}\njobs:\n${
      numbered(2000, (i) => `- {id: a${i}}`)
    }`,
  "50 MB": () => "x".repeat(50_000_000),
};

function timeToRead(text: string): number {
  const start = performance.now();
  readManifests([source(text)]);
  return performance.now() - start;
}

// The yardstick is a harmless manifest of 3,000 jobs (300 kB) read by the same machine at the same
// moment. Unbounded, the cheapest of these bombs would take ten times as long, and most for ever.
Deno.test("readManifests() refuses each bomb in the time that 3,000 good jobs take", async (test) => {
  const good = numbered(
    3000,
    (i) => `- { id: a${i}, model: m.ts, steps: 5, parameters: { x: ${i} } }`,
  );
  const yardstickMs = Math.max(timeToRead(good), timeToRead(good));
  for (const [name, make] of Object.entries(BOMBS)) {
    await test.step(name, () => {
      const text = make();
      const start = performance.now();
      const { jobs, diagnostics } = readManifests([source(text)]);
      const ms = performance.now() - start;
      if (name !== "defaults merged under many jobs") assert.deepEqual(jobs, []);
      assert.ok(diagnostics.length > 0);
      assert.ok(ms < 2 * yardstickMs, `${ms} ms, where 3,000 jobs take ${yardstickMs} ms`);
      assert.ok(renderDiagnostics(diagnostics, [source(text)]).length < 50_000);
    });
  }
});

Deno.test("checkLimits() leaves alone what only looks deep", () => {
  const comment = "# half open: [0, 1)\n".repeat(1000);
  assert.equal(checkLimits(comment), undefined);
  assert.equal(checkLimits("- [a, [b]]\n".repeat(1000)), undefined);
  assert.equal(checkLimits("- a[0\n".repeat(1000)), undefined);
  assert.equal(checkLimits("- -1\n- - 1\n".repeat(1000)), undefined);
});

Deno.test("readManifests() takes long text, and lists and nesting up to the limits", () => {
  onlyJob(jobWith(`description: ${"word ".repeat(100_000)}`));
  const values = Array.from({ length: 20_000 }, (_, i) => i);
  const { sweep } = onlyJob(jobWith(`sweep: { x: [${values}] }`));
  assert.equal(sweep?.parts.length, 1);
  const nested = (depth: number) =>
    jobWith(`parameters: { x: ${"[".repeat(depth)}${"]".repeat(depth)} }`);
  onlyJob(nested(LIMITS.depth - 2));
  assert.match(mistakes(nested(LIMITS.depth + 1))[0] ?? "", /limit .* nested more than 100 deep/);
});

const SEEDS = [
  `jobs:
  - id: climate_2030
    model: ../models/energy_balance.ts
    priority: high
    steps: 1_000_000            # a comment
    checkpoint_every: 10000
    parameters: { co2: 450, name: "a \\"b\\" 'c'", list: [1, 2.5, -.inf] }
`,
  `  - id: sensitivity
    model: ../models/energy_balance.ts
    steps: 1e5
    sweep:
      co2: [280, 420, 560]
      albedo: { from: 0.28, to: 0.34, count: 7 }
    retry: { limit: 3 }
`,
  `defaults: &d
  model: m.wasm
  steps: 5
  checkpoint: { every: 1h30m, keep: 2 }
jobs:
- { <<: *d, id: a, sweep: { grid: { x: [1] }, zip: { y: [1, 2], z: [3, 4] } } }
`,
  `- id: b
  description: |
    several
    lines
  inputs: { data: ./x.csv }
  sweep:
    - { x: 1 }
    - { x: 2, y: !!str 3 }
---
id: c
model: /m.mjs
steps: "1_000"
hang_after: 01:30:00
measure_every: 10
`,
];
const FRAGMENTS = [
  "\t",
  "\n",
  "\r\n",
  "\u0000",
  "\ufeff",
  "😀",
  "\ud800",
  ": ",
  "- ",
  "? ",
  "[",
  "]",
  "{",
  "}",
  ",",
  "&a ",
  "*a",
  "*d",
  "!!int ",
  "!x ",
  "<<: ",
  '"',
  "'",
  "|",
  ">",
  "#",
  "%",
  "@",
  "`",
  "---\n",
  "...\n",
  "%YAML 1.1\n---\n",
  "__proto__: ",
  "constructor: ",
  "null",
  ".nan",
  "010",
  "1e999",
  "99999999999999999999",
  "~",
  "  ",
  "jobs:",
  "defaults:",
  "id: ",
  "sweep: ",
  "grid: ",
  "zip: ",
  "points: ",
  "from: ",
  "count: 1e9",
  "step: 1e-9",
  "step: 0",
  "x".repeat(200),
];

/** A small seeded generator (mulberry32), so that a failure can be seen again. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function mutate(text: string, random: (below: number) => number): string {
  const at = random(text.length + 1);
  const length = random(random(4) === 0 ? 60 : 5);
  switch (random(5)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at) + FRAGMENTS[random(FRAGMENTS.length)] + text.slice(at);
    case 2:
      return text.slice(0, at) + FRAGMENTS[random(FRAGMENTS.length)] + text.slice(at + length);
    case 3: {
      const from = random(text.length);
      return text.slice(0, at) + text.slice(from, from + length) + text.slice(at);
    }
    default: {
      const lines = text.split("\n");
      const line = random(lines.length);
      const indent = " ".repeat(random(8));
      lines[line] = indent + lines[line]!.trimStart();
      return lines.join("\n");
    }
  }
}

Deno.test("readManifests() answers 10,000 random mutations with jobs or diagnostics, never an exception", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 10_000; seed++) {
    const random = randomFrom(seed);
    let text = SEEDS[seed % SEEDS.length]!;
    for (let n = random(6); n >= 0; n--) text = mutate(text, random);
    try {
      const manifest = source(text);
      const { jobs, diagnostics } = readManifests([manifest]);
      assert.ok(jobs.length + diagnostics.length > 0);
      const lines = text.split("\n").length;
      for (const { code, place, message } of diagnostics) {
        seen.add(code);
        const { line = 0, column = 0 } = place ?? {};
        const isPlaced = line >= 1 && line <= lines && column >= 1;
        if (!isPlaced || message.length > 2000) assert.fail(`${line}:${column} ${message}`);
      }
      if (seed % 50 === 0) renderDiagnostics(diagnostics, [manifest]);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${JSON.stringify(text)}`, { cause });
    }
  }
  // The damage must reach far, not only the YAML parser.
  for (const code of ["yaml", "value", "unknown-key", "missing-key", "sweep", "duplicate-id"]) {
    assert.ok(seen.has(code), `no mutation led to ${code}`);
  }
});

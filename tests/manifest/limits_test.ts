/** T27: what is only long or deep is read up to the limits, and random damage. The bombs are in `bombs_test.ts`. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { checkLimits, LIMITS } from "../../src/manifest/limits.ts";
import { readManifests } from "../../src/manifest/manifest.ts";
import { renderDiagnostics } from "../../src/manifest/render.ts";
import { checkParameters } from "../../src/manifest/parameters.ts";
import { parseDocuments } from "../../src/manifest/yaml_parser.ts";
import type { ParameterRules } from "../../src/job/model.ts";
import { runId } from "../../src/plan/digest.ts";
import { countPoints, pointAt } from "../../src/plan/sweep.ts";
import { attack } from "../bad_input/attack.ts";
import { inFolder } from "../helpers/folder.ts";
import type { Seeded } from "../helpers/seeded.ts";
import { cases, seeded, seedOf } from "../helpers/torture.ts";
import { unsafeIn } from "../hostile/evil_text.ts";
import { jobWith, mistakes, onlyJob, source } from "./read.ts";

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

function mutate(text: string, random: Seeded): string {
  const at = random.below(text.length + 1);
  const length = random.below(random.below(4) === 0 ? 60 : 5);
  switch (random.below(5)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at) + FRAGMENTS[random.below(FRAGMENTS.length)] + text.slice(at);
    case 2:
      return text.slice(0, at) + FRAGMENTS[random.below(FRAGMENTS.length)] +
        text.slice(at + length);
    case 3: {
      const from = random.below(text.length);
      return text.slice(0, at) + text.slice(from, from + length) + text.slice(at);
    }
    default: {
      const lines = text.split("\n");
      const line = random.below(lines.length);
      const indent = " ".repeat(random.below(8));
      lines[line] = indent + lines[line]!.trimStart();
      return lines.join("\n");
    }
  }
}

/** Whatever can stand in the place of a value, of whatever was meant there. */
const ODD_VALUES = [
  "null",
  "",
  "~",
  "true",
  "no",
  "0",
  "-1",
  "1.5",
  "010",
  "1e400",
  "9007199254740993",
  ".inf",
  ".nan",
  '"1_000"',
  "[]",
  "{}",
  "[[[]]]",
  "{ a: { b: { c: 1 } } }",
  "[1, two, null]",
  "{ from: 0, to: 1, count: 1e12 }",
  "{ from: 1, to: 0, step: 1e-300 }",
  "{ from: -1, to: 1, count: 3, spacing: log }",
  '"\\u202e\\u001b[31m"',
  "../../etc/passwd",
  "2026-01-02",
  "1:30",
  "<<",
  "*nobody",
  "!!binary x",
  "!!timestamp 2001-01-01",
  "!!set { a, b }",
  "!!omap [a: 1]",
];

const ODD_KEYS = ["__proto__", "constructor", "<<", "id", "sweep", "", "a b", "grid", "é", "-"];

/** Mutates what a manifest means: values exchanged, keys renamed, moved, doubled or gone, lists for mappings. */
function mutateStructure(value: unknown, random: Seeded): unknown {
  if (random.below(12) === 0) return new Written(random.pick(ODD_VALUES));
  if (Array.isArray(value)) {
    const items = value.map((item) => random.below(3) === 0 ? mutateStructure(item, random) : item);
    const at = random.below(items.length + 1);
    switch (random.below(8)) {
      case 0:
        return items.toSpliced(at, 1);
      case 1:
        return [...items, ...items];
      case 2:
        return Object.fromEntries(items.map((item, index) => [`k${index}`, item]));
      default:
        return items;
    }
  }
  if (typeof value !== "object" || value === null || value instanceof Written) return value;
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [
    random.below(25) === 0 ? random.pick(ODD_KEYS) : key,
    random.below(3) === 0 ? mutateStructure(item, random) : item,
  ]);
  const at = random.below(entries.length + 1);
  switch (random.below(8)) {
    case 0:
      return new Entries(entries.toSpliced(at, 1));
    case 1:
      return new Entries([...entries, ...entries.slice(at, at + 1)]);
    case 2:
      return entries.map(([, item]) => item);
    case 3:
      return new Entries(entries.toSpliced(at, 0, [random.pick(ODD_KEYS), new Entries(entries)]));
    default:
      return new Entries(entries);
  }
}

/** YAML as it is written, where no value would do. */
class Written {
  constructor(readonly text: string) {}
}

/** A mapping in which a key may stand twice. */
class Entries {
  constructor(readonly entries: readonly (readonly [string, unknown])[]) {}
}

function flow(value: unknown): string {
  if (value instanceof Written) return value.text;
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (value instanceof Entries) {
    return `{ ${value.entries.map(([key, item]) => `${word(key)}: ${flow(item)}`).join(", ")} }`;
  }
  if (typeof value === "object" && value !== null) return flow(new Entries(Object.entries(value)));
  return word(String(value));
}

function word(text: string): string {
  return /^[\w.+-]+$/.test(text) ? text : JSON.stringify(text);
}

/** Manifests that are shipped, and those of this file, as text and as what they mean. */
const TEXTS = [...SEEDS, ...shippedManifests()];
const MEANINGS = TEXTS.flatMap((text) =>
  [...parseDocuments(text)].filter(({ errors }) => errors.length === 0)
    .map(({ document }) => document.toJS() as unknown)
);

function shippedManifests(): string[] {
  const root = new URL("../../", import.meta.url);
  const folders = [
    "jobs/",
    ...[...Deno.readDirSync(new URL("templates/", root))]
      .filter(({ isDirectory }) => isDirectory).map(({ name }) => `templates/${name}/`),
  ];
  return folders.flatMap((folder) =>
    [...Deno.readDirSync(new URL(folder, root))].filter(({ name }) => name.endsWith(".yaml"))
      .map(({ name }) => Deno.readTextFileSync(new URL(`${folder}${name}`, root)))
  );
}

const MUTATIONS = cases({ short: 10_000, long: 200_000 });
const SEED = seedOf();

/** Every second one of the text, every second one of what it means. */
function mutation(number: number): string {
  const random = seeded(SEED + number);
  if (number % 2 === 0) {
    let text = random.pick(TEXTS);
    for (let n = random.below(6); n >= 0; n--) text = mutate(text, random);
    return text;
  }
  let meaning = random.pick(MEANINGS);
  for (let n = random.below(3); n >= 0; n--) meaning = mutateStructure(meaning, random);
  return flow(meaning);
}

const RULES: ParameterRules = { co2: { default: 1, min: 0 }, x: { type: "integer" } };

Deno.test(`readManifests() answers ${MUTATIONS} random mutations with a plan or diagnostics, never an exception`, () => {
  const seen = new Set<string>();
  let good = 0;
  for (let number = 0; number < MUTATIONS; number++) {
    const text = mutation(number);
    try {
      const manifest = source(text);
      const { jobs, diagnostics, locate } = readManifests([manifest]);
      assert.ok(jobs.length + diagnostics.length > 0);
      const lines = text.split("\n").length;
      for (const { code, place, message } of diagnostics) {
        seen.add(code);
        const { line = 0, column = 0 } = place ?? {};
        const isPlaced = line >= 1 && line <= lines && column >= 1;
        if (!isPlaced || message.length > 600) assert.fail(`${line}:${column} ${message}`);
      }
      const shown = number % 50 === 0 ? renderDiagnostics(diagnostics, [manifest]) : "";
      assert.equal(unsafeIn(shown), undefined);
      if (diagnostics.length > 0) continue;
      good++;
      for (const job of jobs) {
        checkParameters(job, RULES, locate);
        const count = countPoints(job.sweep);
        assert.ok(Number.isSafeInteger(count) && count >= 1);
        for (const index of [0, count >> 1, count - 1]) {
          assert.match(runId(job, pointAt(job.sweep, index)), /^[A-Za-z0-9][A-Za-z0-9._-]*$/);
        }
      }
    } catch (cause) {
      throw new Error(`SIMRUN_SEED=${SEED}, mutation ${number}: ${JSON.stringify(text)}`, {
        cause,
      });
    }
  }
  // The damage must reach far, not only the YAML parser, and leave some of them whole.
  const codes = ["yaml", "value", "unknown-key", "missing-key", "sweep", "duplicate-id", "job-id"];
  for (const code of codes) assert.ok(seen.has(code), `no mutation led to ${code}`);
  assert.ok(good > MUTATIONS / 100, `${good} plans`);
});

Deno.test("simrun tells of mutations in its own words, and runs nothing", async () => {
  await inFolder(async (folder) => {
    const count = cases({ short: 12, long: 100 });
    for (let number = 0; number < count; number++) {
      const name = `${number}.yaml`;
      await Deno.writeTextFile(join(folder, name), mutation(number));
      const { status, stderr } = await attack(folder, ["validate", "--syntax", name]);
      const about = `SIMRUN_SEED=${SEED}, mutation ${number}: ${stderr}`;
      assert.ok(status === 0 || status === 2, about);
      assert.doesNotMatch(stderr, /Uncaught|TypeError|RangeError|itself failed/, about);
      assert.equal(unsafeIn(stderr), undefined, about);
    }
  });
});

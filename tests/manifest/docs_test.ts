/** docs/manifest.md, docs/sampling.md and docs/search.md: their examples are valid, and tables say what the code does. */
import assert from "node:assert/strict";
import { DEFAULT_BACKOFF, DEFAULT_RETRIES } from "../../src/job/job.ts";
import { SAMPLE_METHODS, SEARCH_METHODS } from "../../src/job/sweep.ts";
import { JOB_FIELDS } from "../../src/manifest/job_fields.ts";
import { LIMITS } from "../../src/manifest/limits.ts";
import { DEFAULT_MAX_POINTS } from "../../src/manifest/manifest.ts";
import { readPlainScalar } from "../../src/manifest/scalar.ts";
import type { JsonSchema } from "../../src/manifest/shape.ts";
import { SAMPLE_DIMENSIONS } from "../../src/plan/sample.ts";
import { countPoints } from "../../src/plan/sweep.ts";
import { jobWith, mistakes, read } from "./read.ts";

const DOCS = await Deno.readTextFile(new URL("../../docs/manifest.md", import.meta.url));
const SAMPLING = await Deno.readTextFile(new URL("../../docs/sampling.md", import.meta.url));
const SEARCH = await Deno.readTextFile(new URL("../../docs/search.md", import.meta.url));
const EXAMPLES = [...(DOCS + SAMPLING + SEARCH).matchAll(/^```yaml\n([^]*?)^```$/gm)].map((
  [, text],
) => text!);

/** The rows of the table that follows a heading cell. */
function rows(head: string, from = DOCS): string[][] {
  const table = from.slice(from.indexOf(`| ${head} |`)).split("\n\n")[0]!.trimEnd();
  return table.split("\n").slice(2).map((row) => row.split("|").slice(1, -1).map((s) => s.trim()));
}

const codes = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

Deno.test("docs/manifest.md has examples without a mistake", () => {
  assert.ok(EXAMPLES.length >= 6);
  for (const example of EXAMPLES) assert.deepEqual(mistakes(example), [], example);
});

Deno.test("docs/manifest.md counts the runs of its sweeps right", () => {
  let counted = 0;
  for (const example of EXAMPLES) {
    const said = /= (\d+) runs/.exec(example)?.[1];
    if (said === undefined) continue;
    assert.equal(countPoints(read(example).jobs[0]?.sweep), Number(said));
    counted++;
  }
  assert.ok(counted >= 2);
});

Deno.test("docs/manifest.md has every key of a job, each once, with its default", () => {
  const documented = rows("key").map(([key]) => codes(key!)[0]!);
  assert.deepEqual(documented.toSorted(), Object.keys(JOB_FIELDS).toSorted());
  for (const [key, , absent] of rows("key")) {
    const field = JOB_FIELDS[codes(key!)[0] as keyof typeof JOB_FIELDS];
    if ("default" in field) assert.equal(absent!.replaceAll("`", ""), String(field.default));
  }
});

Deno.test("docs/manifest.md tells what each surprising word is", () => {
  let checked = 0;
  for (const [written, meaning] of rows("written")) {
    for (const word of codes(written!)) {
      const { value, doubt } = readPlainScalar(word);
      checked++;
      if (meaning === "refused") assert.ok(doubt !== undefined, word);
      else {
        assert.equal(doubt, undefined, word);
        assert.deepEqual(
          mistakes(jobWith(`parameters: { x: ${word.replace(",", "")} }`)),
          [],
          word,
        );
      }
      const type = value === null ? "null" : typeof value;
      if (meaning === "a number" || meaning === "numbers") assert.equal(type, "number", word);
      if (meaning === "a truth value") assert.equal(type, "boolean", word);
      if (meaning === "null") assert.equal(type, "null", word);
      if (meaning === "text") assert.equal(type, "string", word);
    }
  }
  assert.ok(checked > 30);
});

Deno.test("docs/manifest.md tells what each word is as a parameter, as an id and as steps", () => {
  let checked = 0;
  for (const [words, parameter, id, steps] of rows("word")) {
    for (const word of codes(words!)) {
      const [job] = read(jobWith(`parameters:\n  x: ${word}`)).jobs;
      const value = job?.parameters.x;
      const kind = job === undefined ? "refused" : value === null ? "null" : KINDS[typeof value];
      assert.equal(kind, parameter, `${word} as a parameter`);
      const named = read(`id: ${word}\nmodel: m.ts\nsteps: 1`).jobs[0]?.id;
      assert.equal(named === undefined ? "refused" : "taken", id, `${word} as an id`);
      const counted = read(`id: a\nmodel: m.ts\nsteps: ${word}`).jobs[0]?.steps;
      assert.equal(counted === undefined ? "refused" : "a count", steps, `${word} as steps`);
      checked++;
    }
  }
  assert.ok(checked >= 27);
});

const KINDS: { readonly [type: string]: string } = {
  number: "a number",
  string: "text",
  boolean: "a truth value",
};

Deno.test("docs/manifest.md names the limits that hold", () => {
  const limits = new Map(rows("of a file").map(([what, most]) => [what, most]));
  const number = (text: string | undefined) => Number(text?.replaceAll(",", ""));
  assert.deepEqual([...limits.values()].slice(1).map(number), [
    LIMITS.depth,
    LIMITS.marks,
    LIMITS.references,
    LIMITS.escapes,
    LIMITS.documents,
    LIMITS.nodes,
  ]);
  assert.equal(limits.get("bytes"), `${LIMITS.bytes / 2 ** 20} MiB`);
  assert.ok(
    DOCS.includes(`more than ${DEFAULT_MAX_POINTS.toLocaleString("en")} must be asked for`),
  );
});

Deno.test("docs/manifest.md has every key of a need and of retry, with its default", () => {
  const keys = rows("in a need").map(([key, , absent]) =>
    `${bare(key!)}: ${absent === "required" ? "b" : bare(absent!)}`
  );
  assert.equal(keys.length, 3);
  const spelt = read(jobWith(`needs: { ${keys.join(", ")} }`)).jobs[0]?.needs;
  assert.deepEqual(spelt, read(jobWith("needs: b")).jobs[0]?.needs);
  const [, , retry] = rows("key").find(([key]) => key === "`retry`")!;
  const { retries, backoff } = read(jobWith(`retry: ${bare(retry!)}`)).jobs[0]!;
  assert.deepEqual({ retries, backoff }, { retries: DEFAULT_RETRIES, backoff: DEFAULT_BACKOFF });
});

const bare = (cell: string) => cell.replaceAll("`", "");

Deno.test("docs/manifest.md refuses what it says is refused of needs", () => {
  const jobs = (...more: readonly string[]) =>
    more.map((keys, i) => `- { id: job${i}, model: m.ts, steps: 1, ${keys} }\n`).join("");
  for (
    const text of [
      jobs("needs: job0"),
      jobs("needs: job1", "needs: job0"),
      jobs("needs: [job1, job1]", ""),
      jobs("needs: { job: job1, match: point }", "sweep: { x: [1] }"),
      jobs("sweep: { x: [1] }, needs: { job: job1, match: point }", "sweep: { y: [1] }"),
    ]
  ) assert.equal(mistakes(text).length, 1, text);
});

Deno.test("docs/manifest.md has every key of a sample with its default, and every distribution", () => {
  const keys = rows("in a sample").filter(([, , absent]) => absent !== "required")
    .map(([key, , absent]) => `${bare(key!)}: ${bare(absent!)}`);
  assert.deepEqual(keys, ["method: sobol", "seed: 0"]);
  const sweep = (more: string, over: string) =>
    read(jobWith(`sweep: { sample: { count: 2, ${more} over: { x: ${over} } } }`)).jobs[0]?.sweep;
  const drawn = rows("distribution").map(([one]) => bare(one!));
  assert.equal(drawn.length, 5);
  for (const one of drawn) {
    assert.notEqual(sweep("", one), undefined, one);
    assert.deepEqual(sweep(`${keys.join(", ")},`, one), sweep("", one));
  }
  for (const method of SAMPLE_METHODS) {
    const row = SAMPLING.split("\n").find((line) => line.startsWith(`| \`${method}\` |`))!;
    const most = /at most (\d+)/.exec(row)?.[1] ?? 2 ** 20;
    assert.equal(Number(most), SAMPLE_DIMENSIONS[method], method);
  }
});

Deno.test("the founding example of the design is valid", () => {
  const lines = mistakes(`jobs:
  - { id: a, model: ../m.ts, steps: 100000, timeout: 2h, needs: [b], retry: { limit: 3, backoff: 5s } }`);
  assert.deepEqual(lines, []);
});

Deno.test("docs/search.md has every key of optimize and until, with its default, and every method", () => {
  const keysOf = (shape: { readonly schema: JsonSchema }) =>
    shape.schema.properties as { readonly [key: string]: { readonly default?: unknown } };
  const optimize = keysOf(JOB_FIELDS.optimize.shape);
  const told = rows("in `optimize`", SEARCH);
  assert.deepEqual(
    told.map(([key]) => codes(key!)[0]!).toSorted(),
    Object.keys(optimize).toSorted(),
  );
  for (const [key, , absent] of told) {
    const usual = optimize[codes(key!)[0]!]!.default;
    assert.equal(absent!.replaceAll("`", ""), usual === undefined ? "required" : String(usual));
  }
  const rules = rows("in `until`", SEARCH).flatMap(([keys]) => codes(keys!));
  assert.deepEqual(rules.toSorted(), Object.keys(keysOf(JOB_FIELDS.until.shape)).toSorted());
  const methods = rows("method", SEARCH).flatMap(([keys]) => codes(keys!));
  assert.deepEqual(methods.toSorted(), [...SEARCH_METHODS].toSorted());
});

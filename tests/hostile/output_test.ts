/** T34: what a model or a name says reaches no terminal raw, splits no record, and stays itself in data. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { Layout } from "../../src/store/layout.ts";
import { readJournal } from "../../src/store/journal_read.ts";
import { inFolder } from "../helpers/folder.ts";
import { isTorture } from "../helpers/torture.ts";
import { attack, endOf, placeAll, startAttack, type Told } from "../bad_input/attack.ts";
import { escaped, EVIL, parseCsv, unsafeIn, withoutPainting } from "./evil_text.ts";

const TEXT = JSON.stringify(EVIL);
/** Names of files can hold all but these two. */
const EVIL_NAME = EVIL.replaceAll("/", "").replaceAll("\0", "");
/** The manifest refuses control characters in a model's path; the rest is a name like others. */
// deno-lint-ignore no-control-regex -- they are what is left out
const EVIL_PATH = EVIL_NAME.replace(/[\x00-\x1f\x7f-\x9f]/g, "");

/** Every way by which a model gets a text out, one model each. */
const MODELS: Record<string, string> = {
  logs: `export function init(ctx) {
  ctx.log(EVIL);
  console.log(EVIL, { a: EVIL });
  Deno.stdout.writeSync(new TextEncoder().encode(EVIL));
  Deno.stderr.writeSync(new Uint8Array([0x1b, 0x5b, 0x32, 0x4a, 0xff, 0xfe, 0x9b]));
  ctx.log("x".repeat(10_000_000) + EVIL);
  return { x: 0 };
}
export function step(s) { s.x += 1; }`,
  throws: "export function step() { throw new Error(EVIL); }",
  throws_much: "export function step() { throw new Error('y'.repeat(10_000_000) + EVIL); }",
  throws_text: "export function step() { throw EVIL; }",
  throws_name: "export function step() { throw Object.assign(new Error('m'), { name: EVIL }); }",
  diverges: "export function step() {}\nexport const done = () => 'diverged: ' + EVIL;",
  converges: "export function step() {}\nexport const done = () => 'converged: ' + EVIL;",
  results: "export function step() {}\n" +
    "export const result = () => ({ ['k' + EVIL]: EVIL, deep: { [EVIL]: [EVIL] }, formula: '=1+1' });",
  result_of_much: "export function step() {}\nexport const result = () => EVIL.repeat(200_000);",
  measures: "export function step() {}\nexport const measure = () => ({ ['m' + EVIL]: 1 });",
  measures_text: "export function step() {}\nexport const measure = () => ({ a: EVIL });",
  states: "export const init = () => ({ [EVIL]: new Float64Array(40), t: EVIL });\n" +
    "export function step() {}",
  state_wrong: "export const init = () => ({ [EVIL]: () => 1 });\nexport function step() {}",
};

const PLACES = ["pipe", "terminal"] as const;

/** A manifest of a hostile name with parameters that its model refuses in hostile words. */
const WRONG_NAME = `${EVIL_NAME}.yaml`;

const PARAMS =
  "export const params = { text: { default: 'a' }, n: { default: 1, max: 5, unit: EVIL, about: EVIL }, " +
  "c: { default: 'a', choices: ['a', EVIL] } };\n";

function filesOf(): Record<string, string> {
  const jobs = Object.keys(MODELS).map((name) =>
    `  - { id: ${name}, model: "models/${name}.ts" }\n`
  );
  return {
    "jobs.yaml":
      `defaults: { steps: 4, measure_every: 2, checkpoint_every: 2, retry: { limit: 0 } }\n` +
      `jobs:\n${jobs.join("")}` +
      `  - { id: swept, model: ${escaped(`${EVIL_PATH}.ts`)}, description: ${escaped(EVIL)}, ` +
      `sweep: { text: [b, ${escaped(EVIL)}, "=cmd()"] } }\n`,
    [WRONG_NAME]: `- { id: a, model: ${escaped(`${EVIL_PATH}.ts`)}, steps: 1, ` +
      `parameters: { n: 99, c: zzz, text: 5 } }\n` +
      `- { id: b, model: models/unusable.ts, steps: 1, ${escaped(EVIL)}: 1 }\n` +
      `- { id: c, model: models/unusable.ts, steps: ${escaped(EVIL)} }\n`,
    "models/unusable.ts": `throw new Error(${TEXT});\n`,
    "picture.yaml":
      "{ id: seen, model: models/seen.ts, steps: 40, retry: { limit: 0 }, sweep: { bad: [1, 0] } }",
    "models/seen.ts": `export function step(_, c) { if (c.params.bad) throw new Error(${TEXT}); ` +
      "for (const end = performance.now() + 50; performance.now() < end;); }\n",
    [`${EVIL_PATH}.ts`]: `const EVIL = ${TEXT};\n${PARAMS}export function step() {}\n` +
      "export const measure = () => ({ m: 1 });\nexport const result = (_, c) => c.params.text;\n",
    ...Object.fromEntries(
      Object.entries(MODELS).map((
        [name, text],
      ) => [`models/${name}.ts`, `const EVIL = ${TEXT};\n${text}\n`]),
    ),
  };
}

/** Commands that look at what is there; those in JSON say nothing else. */
const LOOKS: readonly (readonly string[])[] = [
  ["status"],
  ["status", "--all"],
  ["status", "failed", "--all"],
  ["stats", "--by", "job"],
  ["stats", "--by", "model"],
  ["stats", "--by", "tree"],
  ["stats", EVIL],
  ["stats", "--since", EVIL],
  ["metrics"],
  ["metrics", "--listen", EVIL],
  ["traces", "--since", EVIL],
  ["results"],
  ["results", "--all"],
  ["results", "--format", "csv"],
  ["series", "swept"],
  ["series", "measures"],
  ["checkpoints"],
  ["verify"],
  ["run", "-n", "jobs.yaml"],
  ["validate", "--syntax", "jobs.yaml"],
  ...Object.keys(MODELS).flatMap((name) => [["explain", name], ["logs", name]]),
  ["explain", EVIL],
  ["logs", EVIL],
  ["status", EVIL],
  [EVIL],
  ["results", `--${EVIL}`],
  ["checkpoints", "export", "states", "-o", `out${EVIL_NAME}/`],
];

/** Of them those whose stdout is data, which reaches files and pipes as it is. */
const DATA = /^(logs|series|metrics)|csv/;

const JSONS: readonly (readonly string[])[] = [
  ["status", "--all", "--json"],
  ["stats", "--json"],
  ["results", "--json"],
  ["series", "swept", "--format", "json"],
  ["series", "measures", "--format", "json"],
  ["checkpoints", "--json"],
  ["verify", "--json"],
  ["validate", "--syntax", "jobs.yaml", "--json"],
  ["run", "-n", "jobs.yaml", "--json"],
  ...Object.keys(MODELS).flatMap((name) => [
    ["explain", name, "--json"],
    ["logs", name, "--json"],
  ]),
];

Deno.test("hostile text of every source is harmless in every command, on a terminal and in a pipe", async (test) => {
  await inFolder(async (folder) => {
    await placeAll(folder, filesOf());
    // The tree's own name is hostile, too.
    const env = { SIMRUN_TREE: EVIL_NAME };
    const look = async (args: readonly string[], where: (typeof PLACES)[number]) => {
      const told = where === "pipe"
        ? await attack(folder, args, { env })
        : await onTerminal(folder, args, env);
      const isData = where === "pipe" && DATA.test(args.join(" "));
      const shown = told.stderr + (isData ? "" : told.stdout);
      assert.equal(unsafeIn(shown), undefined, `simrun ${JSON.stringify(args)} in a ${where}`);
      // Results are data, as long as the model made them; a table is for people.
      const isWhole = args[0] === "results" && /csv|json/.test(args.join(" "));
      const most = isWhole ? 40_000_000 : 4_000_000;
      assert.ok(shown.length < most, `${shown.length} characters: ${args}`);
      // A line of its own is only for what is data, and for a log, which indents it.
      if (!DATA.test(args.join(" "))) assert.doesNotMatch(shown, /^FORGED/m, String(args));
      return told;
    };
    await test.step("run", async () => {
      const ran = await look(["jobs.yaml"], "pipe");
      assert.equal(ran.status, 3, ran.stderr);
      // What is shown to be typed can be: the shell reads the tree's name back.
      const again = await onTerminal(folder, ["run", "jobs.yaml", "--tree", "second"], {});
      assert.equal(unsafeIn(withoutPainting(again.stdout)), undefined);
    });
    await test.step("the journal has a line for each event", async () => {
      const layout = new Layout(join(folder, EVIL_NAME));
      const { bad, entries, tornBytes } = readJournal(layout, () => {});
      const lines = (await Deno.readTextFile(layout.journal)).trimEnd().split("\n").length;
      assert.deepEqual({ bad, tornBytes, entries }, { bad: [], tornBytes: 0, entries: lines });
    });
    await test.step("looking", async () => {
      for (const args of LOOKS) {
        // A terminal shows both streams, and is what can be harmed.
        for (const where of isTorture ? PLACES : PLACES.slice(1)) {
          const told = await look(args, where);
          if (args[1] !== "export") continue;
          assert.equal(told.status, 0, told.stdout + told.stderr);
          await Deno.remove(join(folder, args.at(-1)!), { recursive: true });
        }
      }
    });
    await test.step("mistakes", async () => {
      for (const command of [["run"], ["validate"], ["validate", "--json"]]) {
        for (const where of PLACES) {
          const { status, stdout, stderr } = await look([...command, WRONG_NAME], where);
          assert.equal(status, 2, stderr);
          if (where === "pipe" && command.includes("--json")) {
            assert.ok(JSON.parse(stdout).diagnostics.length >= 3, stdout);
          }
        }
      }
    });
    await test.step("a picture", async () => {
      const env = { TERM: "xterm-256color", NO_COLOR: "" };
      const { stdout } = await onTerminal(folder, ["picture.yaml", "--tree", "picture"], env);
      assert.ok(stdout.includes("\x1b[?2026h"), "it was painted");
      assert.match(stdout, /the model threw an error/);
      assert.equal(unsafeIn(withoutPainting(stdout)), undefined);
    });
    await test.step("JSON", async () => {
      for (const args of isTorture ? JSONS : JSONS.slice(0, 12)) {
        const { stdout } = await look(args, "pipe");
        assert.equal(unsafeIn(stdout), undefined, String(args));
        const piped = JSON.parse(stdout);
        const typed = JSON.parse((await look([...args, "-q"], "terminal")).stdout);
        assert.deepEqual(Object.keys(typed), Object.keys(piped));
      }
      const results = JSON.parse((await look(["results", "--json"], "pipe")).stdout);
      const found = results.find(({ job }: { job: string }) => job === "results");
      assert.equal(found.result[`k${EVIL}`], EVIL, "to a program it is what it was");
    });
    await test.step("CSV", async () => {
      const { stdout } = await look(["results", "--format", "csv"], "pipe");
      const [head, ...rows] = parseCsv(stdout);
      for (const row of rows) assert.equal(row.length, head!.length);
      assert.ok(head!.includes(`k${EVIL}`));
      const texts = rows.filter(([job]) => job === "swept").map((row) =>
        row[head!.indexOf("result")]
      );
      // Exact, also what is a formula to a spreadsheet: `simrun help results` says so.
      assert.deepEqual(texts, ["b", EVIL, "=cmd()"]);
      const { stdout: help } = await attack(folder, ["help", "results"]);
      assert.match(help, /begins with = is a formula to a spreadsheet/);
      const series = parseCsv((await look(["series", "swept"], "pipe")).stdout);
      assert.deepEqual([...new Set(series.map((row) => row.length))], [5]);
    });
  });
});

async function onTerminal(
  folder: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Told> {
  const through = [
    "bash",
    "-c",
    'printf -v line "%q " "$@"; exec script -qec "$line" /dev/null',
    "-",
  ];
  // `script` gives the line to $SHELL, and only bash reads the quotes that bash has written.
  const terminal = { SHELL: "bash", TERM: "dumb", LC_ALL: "C.UTF-8", COLUMNS: "100", ...env };
  return await endOf(startAttack(folder, args, { env: terminal }, through), folder);
}

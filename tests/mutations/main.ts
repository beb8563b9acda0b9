/**
 * Breaks the code on purpose, one way at a time, in a copy, and sees whether the tests notice:
 * `deno run -A tests/mutations/main.ts [WORDS…]` tries those that have one of the words. Ends with a table; status 1
 * when a mutation lives.
 */
import { fileURLToPath } from "node:url";
import { type Mutation, MUTATIONS } from "./mutations.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COPIED = ["deno.json", "deno.lock", "main.ts", "mod.ts", "src", "jobs", "templates", "tests"];

const TEST_MS_MAX = 300_000;

/** Answers the seconds it took to be caught; undefined when no test failed, or none came to an end. */
async function isCaught(mutation: Mutation, copy: string): Promise<number | undefined> {
  const path = `${copy}/${mutation.file}`;
  const text = await Deno.readTextFile(path);
  if (text.split(mutation.find).length !== 2) {
    throw new Error(`${mutation.file} does not hold once: ${mutation.find}`);
  }
  await Deno.writeTextFile(path, text.replace(mutation.find, () => mutation.replace));
  const begin = performance.now();
  const signal = AbortSignal.timeout(TEST_MS_MAX);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", "--quiet", "--fail-fast", ...mutation.test],
    cwd: copy,
    stdin: "null",
    stdout: "null",
    stderr: "null",
    signal,
  }).spawn();
  const { success } = await child.status;
  await Deno.writeTextFile(path, text);
  // It may only have been slow.
  return success || signal.aborted ? undefined : (performance.now() - begin) / 1000;
}

const words = Deno.args;
const chosen = MUTATIONS.filter(({ breaks, rule, file }) =>
  words.length === 0 || words.some((word) => `${rule} ${breaks} ${file}`.includes(word))
);
const copy = await Deno.makeTempDir({ prefix: "simrun-mutations-" });
let alive = 0;
try {
  const copied = await new Deno.Command("cp", {
    args: ["-r", ...COPIED.map((name) => ROOT + name), copy],
  }).output();
  if (!copied.success) throw new Error("the project could not be copied");
  console.log("| broken on purpose | rule | caught by | after |\n| --- | --- | --- | --- |");
  for (const mutation of chosen) {
    const seconds = await isCaught(mutation, copy);
    if (seconds === undefined) alive++;
    const after = seconds === undefined ? "**not caught**" : `${seconds.toFixed(0)} s`;
    console.log(`| ${mutation.breaks} | ${mutation.rule} | \`${mutation.test[0]}\` | ${after} |`);
  }
} finally {
  await Deno.remove(copy, { recursive: true });
}
console.log(`\n${chosen.length - alive} of ${chosen.length} caught`);
if (alive > 0) Deno.exit(1);

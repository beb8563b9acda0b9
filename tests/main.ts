/**
 * Runs the tests, folder by folder in two lanes: most tests wait for processes more than they compute, and what
 * changes the environment of its process must not share it with another. `deno task test [FOLDER OR FILE ...]`
 */
import { resolve } from "node:path";
import { fromFileUrl } from "./helpers/program.ts";

const ROOT = fromFileUrl(new URL(".", import.meta.url));
const LANES = 2;
/** They take minutes: begun first, so that no lane is left with one of them at the end. */
const LONGEST = ["faults", "simulation", "survival", "hostile", "trees"];
/** What a test imports, directly or through its neighbours, when it has a longer version. */
const TORTURE = "helpers/torture.ts";

/** What one call of the tests is given: a folder, or some files. */
type Unit = readonly string[];

interface Ended {
  readonly unit: Unit;
  readonly isPassed: boolean;
  readonly output: string;
}

const asked = Deno.args.map((path): Unit => [resolve(path)]);
const whole = unitsOf(ROOT);
const isTorture = Deno.env.get("SIMRUN_TORTURE") === "1";
const units = asked.length > 0 ? asked : isTorture ? whole.flatMap(withLongVersion) : whole;
const rest = units.values();
const all: Ended[] = [];
await Promise.all(Array.from({ length: LANES }, async () => {
  for (const unit of rest) {
    const ended = await run(unit);
    all.push(ended);
    await Deno.stdout.write(new TextEncoder().encode(ended.output));
  }
}));

const failed = all.filter(({ isPassed }) => !isPassed);
for (const { unit, output } of failed) console.log(`\nFailed: ${unit.join(" ")}\n${output}`);
const [passed, broken, skipped] = ["passed", "failed", "ignored"].map((what) =>
  all.reduce((sum, { output }) => sum + countOf(output, what), 0)
);
// A folder whose tests cannot even be loaded has no count of its own.
const told = Math.max(broken!, failed.length);
console.log(`\n${passed} passed, ${told} failed, ${skipped} skipped`);
Deno.exit(failed.length === 0 && passed! > 0 ? 0 : 1);

/** Folders with tests in them, and the tests that lie beside them. */
function unitsOf(root: string): Unit[] {
  const entries = [...Deno.readDirSync(root)];
  const folders = entries
    .filter(({ name, isDirectory }) => isDirectory && holdsTests(`${root}/${name}`))
    .map(({ name }) => name)
    .toSorted((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const files = entries.filter(({ name }) => name.endsWith("_test.ts")).map(({ name }) => name);
  return [...folders, ...files.toSorted()].map((name) => [resolve(root, name)]);
}

/** Of the long version's units those files that are any longer in it: the rest is tested at every change. */
function withLongVersion([path]: Unit): Unit[] {
  const files = Deno.statSync(path!).isDirectory
    ? [...Deno.readDirSync(path!)].map(({ name }) => `${path}/${name}`)
    : [path!];
  const long = files.filter((file) => file.endsWith("_test.ts") && reachesTorture(file));
  return long.length === 0 ? [] : [long.toSorted()];
}

function reachesTorture(file: string, seen: Set<string> = new Set()): boolean {
  if (seen.has(file)) return false;
  seen.add(file);
  const text = Deno.readTextFileSync(file);
  return [...text.matchAll(/^(?:import|export|\}) [^;]*?from "(\.[^"]+)"/gm)].some(([, name]) => {
    const target = resolve(file, "..", name!);
    if (target.endsWith(TORTURE)) return true;
    // The program itself is the same; and what a test writes into a file imports what is not here.
    return target.startsWith(ROOT) && isFile(target) && reachesTorture(target, seen);
  });
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function holdsTests(folder: string): boolean {
  return [...Deno.readDirSync(folder)].some(({ name }) => name.endsWith("_test.ts"));
}

function rank(name: string): number {
  const at = LONGEST.indexOf(name);
  return at === -1 ? LONGEST.length : at;
}

async function run(unit: Unit): Promise<Ended> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", "--no-check", ...unit],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const output = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("");
  return { unit, isPassed: success, output };
}

/** The last line of a call of the tests counts them: `ok | 12 passed (3 steps) | 0 failed | 1 ignored (2s)`. */
function countOf(output: string, what: string): number {
  // deno-lint-ignore no-control-regex -- colours
  const plain = output.replace(/\x1b\[[0-9;]*m/g, "");
  const line = plain.split("\n").findLast((one) => /^(ok|FAILED) \| \d+ passed/.test(one)) ?? "";
  return Number(new RegExp(`(\\d+) ${what}`).exec(line)?.[1] ?? 0);
}

/** Words of the command line to commands, flags and values. */
import assert from "node:assert/strict";
import { COMMANDS, findCommand } from "../../src/cli/commands.ts";
import { parseArguments } from "../../src/cli/parse.ts";
import { routeArguments } from "../../src/cli/route.ts";
import { Fault } from "../../src/job/fault.ts";

const NAMES = COMMANDS.map(({ name }) => name);
const route = (...words: string[]) => routeArguments(words, NAMES, (path) => path === "climate");
const parse = (name: string, ...words: string[]) => parseArguments(findCommand(name)!, words);

async function faultOf(work: () => unknown): Promise<Fault> {
  try {
    await work();
  } catch (error) {
    assert.ok(error instanceof Fault, String(error));
    assert.equal(error.exitStatus, 2);
    return error;
  }
  throw new assert.AssertionError({ message: "no fault was thrown" });
}

Deno.test("routeArguments() takes what is no command for a manifest to run", () => {
  const runs: readonly (readonly string[])[] = [
    ["jobs/a.yaml"],
    ["jobs/"],
    ["*.yaml"],
    ["-n", "a.yaml"],
    ["-j", "4", "a.yaml"],
    ["climate"],
  ];
  for (const words of runs) {
    assert.deepEqual(route(...words), { kind: "command", command: "run", words });
  }
});

Deno.test("routeArguments() lets global flags stand before the command", () => {
  assert.deepEqual(route("--tree", "t", "--json", "status", "-w"), {
    kind: "command",
    command: "status",
    words: ["--tree", "t", "--json", "-w"],
  });
  assert.deepEqual(route("-q", "a.yaml"), {
    kind: "command",
    command: "run",
    words: ["-q", "a.yaml"],
  });
});

Deno.test("routeArguments() knows plan, help and version", () => {
  assert.deepEqual(route("plan", "a.yaml"), {
    kind: "command",
    command: "run",
    words: ["--dry-run", "a.yaml"],
  });
  assert.deepEqual(route(), { kind: "help", command: undefined });
  assert.deepEqual(route("help", "status"), { kind: "help", command: "status" });
  assert.deepEqual(route("results", "x", "-h"), { kind: "help", command: "results" });
  assert.deepEqual(route("run", "--", "-h").kind, "command");
  assert.deepEqual(route("--version"), { kind: "version" });
});

Deno.test("routeArguments() takes a bare word that is no file for a misspelt command", async () => {
  assert.equal((await faultOf(() => route("stauts"))).hint, "Did you mean simrun status?");
  assert.equal((await faultOf(() => route("resum"))).hint, "Did you mean simrun resume?");
  assert.match((await faultOf(() => route("xyzzy"))).hint!, /--help/);
  assert.match((await faultOf(() => route("help", "toString"))).message, /neither a command/);
  assert.match((await faultOf(() => route("constructor"))).message, /neither a command/);
});

Deno.test("parseArguments() reads flags in every way of writing them", async () => {
  for (const words of [["-j", "-1"], ["-j-1"], ["-j=-1"], ["--slots", "-1"], ["--slots=-1"]]) {
    const { flags, args } = await parse("run", ...words, "a.yaml", "-nq");
    assert.equal(flags.slots, "-1", words.join(" "));
    assert.equal(flags.dryRun, true);
    assert.equal(flags.quiet, true);
    assert.equal(flags.json, false);
    assert.deepEqual(args, ["a.yaml"]);
  }
  const { flags } = await parse(
    "run",
    "--no-cache",
    "--max-points",
    "1e6",
    "--max-fails=1_000",
    "a",
  );
  assert.equal(flags.noCache, true);
  assert.equal(flags.maxPoints, 1_000_000);
  assert.equal(flags.maxFails, 1000);
});

Deno.test("parseArguments() takes what follows -- for arguments", async () => {
  assert.deepEqual((await parse("run", "--", "-odd.yaml", "--json")).args, ["-odd.yaml", "--json"]);
});

Deno.test("parseArguments() refuses unknown flags and names the nearest one", async () => {
  const hints: readonly (readonly [string, string, RegExp])[] = [
    ["run", "--dry-rum", /Did you mean --dry-run\?/],
    ["run", "--dryrun", /Did you mean --dry-run\?/],
    ["status", "--wacth", /Did you mean --watch\?/],
    ["status", "--jsn", /Did you mean --json\?/],
    ["status", "--zzzzzzzz", /simrun status --help/],
    ["status", "-x", /simrun status --help/],
    ["status", "--x", /simrun status --help/],
    ["status", "-9", /simrun status --help/],
    ["status", "--no-json", /./],
    ["status", "--constructor", /./],
  ];
  for (const [command, word, hint] of hints) {
    const fault = await faultOf(() => parse(command, word));
    assert.match(fault.message, new RegExp(`has no flag ${word}`));
    assert.match(fault.hint!, hint);
  }
});

Deno.test("parseArguments() says what a flag takes", async () => {
  const message = async (...words: string[]) =>
    (await faultOf(() => parse("run", ...words, "a.yaml"))).message;
  assert.match(await message("--rerun", "chnged"), /takes changed, cancelled or all, not "chnged"/);
  assert.match(await message("--max-fails", "0"), /takes a whole number from 1 on, not "0"/);
  assert.match(await message("--max-fails", "2.5"), /whole number/);
  assert.match(await message("--tree", "a", "--tree", "b"), /--tree is given twice/);
  assert.match((await faultOf(() => parse("run", "a.yaml", "--tree"))).message, /needs a value/);
});

Deno.test("parseArguments() takes values with dashes for some flags, and says how to write one that is a flag", async () => {
  const value = async (...words: string[]) => (await parse("submit", "a", ...words)).flags.sbatch;
  assert.equal(await value("--sbatch", "--qos=long"), "--qos=long");
  assert.equal(await value("--sbatch", "--partition=a --qos=long"), "--partition=a --qos=long");
  assert.equal(await value("--sbatch=--partition=a"), "--partition=a");
  const fault = await faultOf(() => parse("submit", "a", "--sbatch", "--partition=a"));
  assert.match(fault.message, /--sbatch needs a value/);
  assert.match(fault.hint!, /written --sbatch=VALUE/);
});

Deno.test("parseArguments() counts arguments", async () => {
  assert.match((await faultOf(() => parse("explain"))).message, /needs a RUN/);
  assert.match((await faultOf(() => parse("explain", "a", "b"))).message, /"b" is one too many/);
  assert.match((await faultOf(() => parse("doctor", "a"))).message, /takes no arguments/);
});

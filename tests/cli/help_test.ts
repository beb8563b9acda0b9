/** Help, completions and the table of exit statuses agree with the table of commands. */
import assert from "node:assert/strict";
import { GLOBAL_FLAGS } from "../../src/cli/command.ts";
import { COMMANDS, findCommand } from "../../src/cli/commands.ts";
import { completionScript } from "../../src/cli/completions.ts";
import { commandHelp, rootHelp } from "../../src/cli/help.ts";
import { parseArguments } from "../../src/cli/parse.ts";
import { routeArguments } from "../../src/cli/route.ts";
import { EXIT } from "../../src/job/fault.ts";
import { VERSION } from "../../src/job/version.ts";
import { VISIBLE_STATES } from "../../src/report/selector.ts";
import { paintFor } from "../../src/screen/paint.ts";

const PLAIN = paintFor(false);

Deno.test("VERSION is the one of deno.json", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assert.equal(VERSION, config.version);
});

Deno.test("rootHelp() names every command and every exit status, in 100 columns", () => {
  const lines = rootHelp(COMMANDS, PLAIN);
  const text = lines.join("\n");
  for (const { name, brief } of COMMANDS) assert.ok(text.includes(brief), name);
  for (const { meaning } of Object.values(EXIT)) assert.ok(text.includes(meaning), meaning);
  for (const line of lines) assert.ok(line.length <= 100, line);
});

Deno.test("commandHelp() fits 110 columns and its examples are valid commands", async () => {
  const names = COMMANDS.map(({ name }) => name);
  for (const command of COMMANDS) {
    for (const line of commandHelp(command, PLAIN)) assert.ok(line.length <= 110, line);
    assert.ok(command.examples.length > 0, command.name);
    for (const { line } of command.examples) {
      if (!line.startsWith("simrun ")) continue;
      const words = line.split(/\s+[>|]\s/)[0]!.split(/\s+/).slice(1)
        .map((word) => word.replace(/^'|'$/g, ""));
      const route = routeArguments(words, names, () => false);
      assert.equal(route.kind, "command", line);
      if (route.kind === "command") {
        const meant = COMMANDS.find(({ name }) => name === route.command)!;
        assert.equal(meant.name, command.name, line);
        await parseArguments(meant, route.words);
      }
    }
  }
});

Deno.test("commandHelp() names templates that there are", async () => {
  const index = new URL("../../templates/templates.json", import.meta.url);
  const templates = Object.keys(JSON.parse(await Deno.readTextFile(index)));
  const named = COMMANDS.flatMap(({ examples }) => examples)
    .flatMap(({ line }) => /^simrun init (\S+)/.exec(line)?.[1] ?? []);
  assert.ok(named.length > 0);
  for (const name of named) assert.ok(templates.includes(name), name);
});

Deno.test("flags have one letter each and none that a global flag or help has", () => {
  for (const { name, flags } of COMMANDS) {
    const letters = Object.values({ ...GLOBAL_FLAGS, ...flags })
      .flatMap((flag) => "letter" in flag ? [flag.letter] : []);
    assert.equal(new Set(letters).size, letters.length, name);
    assert.ok(!(letters as string[]).includes("h"), name);
    for (const flag of Object.keys(flags)) assert.ok(!(flag in GLOBAL_FLAGS), `${name} ${flag}`);
  }
});

Deno.test("completionScript() is accepted by the shells that are installed", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = completionScript(shell, COMMANDS);
    for (const { name } of COMMANDS) assert.ok(script.includes(name));
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, script);
    try {
      const { code, stderr } = await new Deno.Command(shell, { args: ["-n", file] }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    } finally {
      await Deno.remove(file);
    }
  }
  assert.throws(() => completionScript("tcsh", COMMANDS), /not for "tcsh"/);
});

Deno.test("completionScript() for bash completes commands, flags and values", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, completionScript("bash", COMMANDS));
  const complete = async (...words: string[]): Promise<string[]> => {
    const script = `source ${file}; COMP_WORDS=(${words.map((w) => `'${w}'`).join(" ")}); ` +
      `COMP_CWORD=${words.length - 1}; _simrun; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await new Deno.Command("bash", { args: ["--norc", "-c", script] }).output();
    return new TextDecoder().decode(stdout).trim().split("\n");
  };
  assert.deepEqual(await complete("simrun", "sta"), ["status", "stats"]);
  assert.deepEqual(await complete("simrun", "status", "--wa"), ["--watch"]);
  assert.deepEqual(await complete("simrun", "results", "--format", ""), [
    "table",
    "csv",
    "json",
    "jsonl",
    "parquet",
    "npy",
    "safetensors",
  ]);
  assert.deepEqual(await complete("simrun", "status", "inter"), ["interrupted"]);
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/trees`);
  await Deno.writeTextFile(`${folder}/trees.yaml`, "");
  assert.deepEqual(await complete("simrun", "stats", `${folder}/t`), [`${folder}/trees`]);
  await Deno.remove(folder, { recursive: true });
  await Deno.remove(file);
});

Deno.test("simrun status completes, and its help names, every state that a run may have", () => {
  const { args, about } = findCommand("status")!;
  assert.deepEqual(args.complete, [...VISIBLE_STATES, "all"]);
  assert.ok(
    about!.replaceAll("\n", " ").includes(`one of ${[...VISIBLE_STATES, "all"].join(", ")}.`),
  );
});

Deno.test("the table of exit statuses in the README is the one of the code", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url))
    .catch(() => undefined);
  if (readme === undefined) return;
  const rows = [...readme.matchAll(/^\|\s*`?(\d+)`?\s*\|\s*(.+?)\s*\|\s*$/gm)]
    .map(([, status, meaning]) => [Number(status), meaning!.replace(/[`.]/g, "").trim()]);
  const table = Object.values(EXIT).map(({ status, meaning }) => [status, meaning]);
  for (const row of table) {
    assert.ok(
      rows.some(([status, meaning]) => status === row[0] && meaning === row[1]),
      `README has no row | ${row[0]} | ${row[1]} |`,
    );
  }
});

/**
 * What the README and docs/results.md show is run as it stands: its files are written to a folder, its commands typed there,
 * and their output compared, times aside. The library's example runs too; tables agree with the code.
 */
import assert from "node:assert/strict";
import { dirname, join, resolve } from "node:path";
import { EXIT } from "../src/job/fault.ts";
import { OWN_VALUES } from "../src/job/command.ts";
import { VERSION } from "../src/job/version.ts";
import { commandSchema } from "../src/manifest/command_shape.ts";
import { inFolder, place } from "./helpers/folder.ts";
import { until } from "./helpers/processes.ts";
import { fromFileUrl, simrun, withFolder } from "./helpers/program.ts";
import { mistakes } from "./manifest/read.ts";

const ROOT = fromFileUrl(new URL("..", import.meta.url));
const README = Deno.readTextFileSync(join(ROOT, "README.md"));

interface Block {
  readonly language: string;
  readonly options: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Fenced blocks; words after the language are options, `name=value` or a bare name. */
function blocks(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1]!,
    options: Object.fromEntries(
      match[2]!.trim().split(/\s+/).map((word) => {
        const [name, ...value] = word.split("=");
        return [name, value.join("=")];
      }),
    ),
    text: match[3]!,
  }));
}

/** Times differ from machine to machine, and a plan that is short there says none; all else must be as printed. */
function withoutTimes(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(/^It takes .*$/m, "").replace(
    /\b[\d.]+ (ms|s|min)\b/g,
    "TIME",
  ).replace(
    / +/g,
    " ",
  ).trim();
}

/** Writes a document's files to a folder, types its commands there, and compares what they print. */
async function play(folder: string, markdown: string): Promise<void> {
  for (const { language, options, text } of blocks(markdown)) {
    if (options.file !== undefined) {
      const path = join(folder, options.file);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    if (language !== "console") continue;
    if (options.edit !== undefined) {
      const [from, to] = options.edit.replaceAll("~", " ").split("=>");
      const path = join(folder, "spring.yaml");
      const before = await Deno.readTextFile(path);
      assert.ok(before.includes(from!), `the edit ${options.edit} finds nothing`);
      await Deno.writeTextFile(path, before.replace(from!, to!));
    }
    for (const part of text.split(/^\$ simrun /m).slice(1)) {
      const [command, ...lines] = part.split("\n");
      const { stdout, stderr } = await simrun(wordsOf(command!), { cwd: folder });
      const shown = stdout === "" && lines.join("").trim() !== "" ? stderr : stdout;
      assert.equal(withoutTimes(shown), withoutTimes(lines.join("\n")), `simrun ${command}`);
    }
  }
}

/** As a shell takes them, with single quotes. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
}

for (
  const document of [
    "README.md",
    "docs/results.md",
    "docs/commands.md",
    "docs/branching.md",
    "docs/reports.md",
    "docs/shards.md",
  ]
) {
  Deno.test(`${document}: the example gives what it says`, () =>
    withFolder((folder) => play(folder, Deno.readTextFileSync(join(ROOT, document)))));
}

const COMMANDS = Deno.readTextFileSync(join(ROOT, "docs/commands.md"));

Deno.test("docs/commands.md has manifests without a mistake", () => {
  const manifests = blocks(COMMANDS).filter(({ language }) => language === "yaml");
  assert.ok(manifests.length >= 5);
  for (const { text } of manifests) assert.deepEqual(mistakes(text), [], text);
});

Deno.test("docs/commands.md has every key of a command, and all of simrun's own values", () => {
  const table = COMMANDS.slice(COMMANDS.indexOf("| key of `model` |")).split("\n\n")[0]!;
  const keys = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key!);
  const { properties = {} } = commandSchema as { readonly properties?: object };
  assert.deepEqual(keys.toSorted(), Object.keys(properties).toSorted());
  for (const name of OWN_VALUES) assert.ok(COMMANDS.includes(`\`${name}\``), name);
  const templates = JSON.parse(Deno.readTextFileSync(join(ROOT, "templates/templates.json")));
  for (const [, name] of COMMANDS.matchAll(/simrun init (\w+)/g)) assert.ok(name! in templates);
});

Deno.test("the example of needed jobs in docs/models.md runs, and hands on what it says", async () => {
  await withFolder(async (folder) => {
    const text = Deno.readTextFileSync(join(ROOT, "docs/models.md"));
    const files = blocks(text).filter(({ options }) => options.file !== undefined);
    assert.equal(files.length, 3);
    for (const { options, text } of files) await place(folder, options.file!, text);
    const ran = await simrun(["relax.yaml", "-j", "1"], { cwd: folder });
    assert.equal(ran.status, 0, ran.stderr);
    const { stdout } = await simrun(["results", "--json"], { cwd: folder });
    const rows = JSON.parse(stdout) as { job: string; result: Record<string, number> }[];
    const after = (from: number, to: number, steps: number) => to + (from - to) * 0.98 ** steps;
    const warmer = [280, 290].map((t) => after(after(250, t, 1000), t + 4, 100));
    const found = rows.filter(({ job }) => job === "warmer").map(({ result }) => result.t!);
    found.forEach((t, i) => assert.ok(Math.abs(t - warmer[i]!) < 1e-6, `${t} and ${warmer[i]}`));
    const mean = rows.find(({ job }) => job === "mean")!.result.mean!;
    assert.equal(mean, (found[0]! + found[1]!) / 2);
  });
});

Deno.test("README library example runs", async () => {
  await withFolder(async (folder) => {
    for (const { options, text } of blocks(README)) {
      if (options.file === undefined) continue;
      const path = join(folder, options.file);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeTextFile(path, text);
    }
    const [example] = blocks(README).filter(({ options }) => options.run !== undefined);
    const code = example!.text.replace("./mod.ts", new URL("../mod.ts", import.meta.url).href);
    await Deno.writeTextFile(join(folder, "example.ts"), code);
    const { stdout, stderr, code: status } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--config", join(ROOT, "deno.json"), "example.ts"],
      cwd: folder,
    }).output();
    const output = new TextDecoder().decode(stdout);
    assert.equal(status, 0, new TextDecoder().decode(stderr));
    assert.match(output, /run\.checkpointed/);
    assert.match(output, /^1 0 \[/m);
    assert.match(output, /sim_123/);
  });
});

Deno.test("the batch script of simrun init slurm hands on the signal, saves, and requeues itself", async () => {
  await inFolder(async (folder) => {
    const script = Deno.readTextFileSync(join(ROOT, "templates/slurm/shards.sh"))
      .replace("\nsimrun ", `\n"${Deno.execPath()}" run -A "${join(ROOT, "main.ts")}" `)
      .replace("scontrol requeue", "echo requeued");
    await place(folder, "job.sh", script);
    await place(folder, "slow.js", SLOW_MODEL);
    await place(folder, "walk.yaml", "{ id: walk, model: ./slow.js, steps: 1000000 }\n");
    const job = new Deno.Command("bash", {
      args: ["job.sh"],
      cwd: folder,
      env: {
        SLURM_SUBMIT_DIR: folder,
        SLURM_ARRAY_JOB_ID: "7",
        SLURM_ARRAY_TASK_ID: "1",
        SLURM_ARRAY_TASK_COUNT: "1",
      },
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const journal = join(folder, "simruns/shards/1-of-1/hot/journal.jsonl");
    const isRunning = async () =>
      (await Deno.readTextFile(journal).catch(() => "")).includes("runs.started");
    await until(isRunning, "the run has started");
    job.kill("SIGUSR2");
    const { stdout } = await job.output();
    assert.equal(new TextDecoder().decode(stdout), "requeued 7_1\n");
    assert.match(await Deno.readTextFile(journal), /"cause":"stopped"/);
  });
});

/** A step takes a few milliseconds: the run is never done before it is stopped. */
const SLOW_MODEL = `
export function init() { return { x: 0 }; }
export function step(s) { for (let i = 0; i < 3e5; i++) s.x += Math.sin(i); }
`;

Deno.test("README table of exit statuses is the table in the code", () => {
  const rows = [...README.matchAll(/^\| (\d+) \| (.+) \|$/gm)].map(([, status, meaning]) =>
    `${status} ${meaning}`
  );
  assert.deepEqual(rows, Object.values(EXIT).map(({ status, meaning }) => `${status} ${meaning}`));
});

Deno.test("documents link to files that are there", () => {
  const documents = [
    "README.md",
    ...Deno.readDirSync(join(ROOT, "docs")).map((e) => `docs/${e.name}`),
  ];
  for (const document of documents) {
    const text = Deno.readTextFileSync(join(ROOT, document));
    for (const [, target] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      const path = resolve(ROOT, dirname(document), target!);
      assert.ok(Deno.statSync(path), `${document} links to ${target}`);
    }
  }
});

Deno.test("version is the same in deno.json, the changelog and the code", () => {
  const config = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));
  assert.equal(config.version, VERSION);
  assert.match(
    Deno.readTextFileSync(join(ROOT, "CHANGELOG.md")),
    new RegExp(`^## ${VERSION}$`, "m"),
  );
});

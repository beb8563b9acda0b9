/** A template of `simrun init`, written to a folder and run there by the real program, as its user does. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { isAlive, sleep, slotsOf, until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";
import { keptResults } from "../helpers/real_run.ts";

/** Python as Debian ships it stands before others, which may lack numpy. */
const ENV = { PATH: `/usr/bin:/bin:${Deno.env.get("PATH") ?? ""}` };

export interface Row {
  readonly parameters: { readonly [name: string]: number };
  readonly result: { readonly [name: string]: number };
}

/** How a test is defined that needs a program: left out where it is missing, but not where all tests must run. */
export function needing(words: readonly [string, ...string[]], package_: string) {
  const isThere = Deno.env.get("CI") === "true" || works(words);
  return {
    ignore: !isThere,
    named: (name: string) => isThere ? name : `${name} (left out: needs ${package_})`,
  };
}

function works([program, ...args]: readonly [string, ...string[]]): boolean {
  try {
    const options = { args, env: ENV, stdin: "null", stdout: "null", stderr: "null" } as const;
    return new Deno.Command(program, options).outputSync().success;
  } catch {
    return false;
  }
}

export class Study {
  readonly folder: string;
  readonly manifest: string;

  private constructor(folder: string, manifest: string) {
    this.folder = folder;
    this.manifest = manifest;
  }

  /** With parts of its manifest exchanged, to make it shorter. */
  static async begin(
    folder: string,
    template: string,
    edits: { readonly [from: string]: string } = {},
  ): Promise<Study> {
    const { status, stdout, stderr } = await simrun(["init", template, "my_study"], {
      cwd: folder,
    });
    assert.equal(status, 0, stderr);
    const manifest = join(folder, stdout.split("\n").find((line) => line.endsWith(".yaml"))!);
    let text = await Deno.readTextFile(manifest);
    for (const [from, to] of Object.entries(edits)) {
      assert.ok(text.includes(from), `${template} has no ${from}`);
      text = text.replace(from, to);
    }
    await Deno.writeTextFile(manifest, text);
    return new Study(join(folder, "my_study"), manifest);
  }

  tree(name = "simruns"): string {
    return join(this.folder, name);
  }

  /** Runs it to its end, which must be a good one. Answers what it said. */
  async run(tree = this.tree(), ...flags: readonly string[]): Promise<string> {
    const args = ["run", this.manifest, "--tree", tree, ...flags];
    const { status, stderr } = await simrun(args, { env: ENV });
    assert.equal(status, 0, stderr);
    return stderr;
  }

  async rows(tree = this.tree()): Promise<readonly Row[]> {
    const { stdout } = await simrun(["results", "--json", "--tree", tree]);
    return JSON.parse(stdout);
  }

  /** The log of the only run. */
  async log(tree: string): Promise<string> {
    const [run] = namesBelow(join(tree, "recent")).map((name) => name.split("/files/")[0]!);
    return (await simrun(["logs", run!, "--tree", tree])).stdout;
  }

  /** What every tree must be in the end: nothing left to do, nothing wrong, nothing of the work left lying about. */
  async assertFinished(tree = this.tree()): Promise<void> {
    assert.match(await this.run(tree), /^Nothing to do: (all \d+ runs are|the run is) done\.$/m);
    const { status, stdout, stderr } = await simrun(["verify", "--tree", tree]);
    assert.equal(status, 0, stdout + stderr);
    assert.deepEqual(namesBelow(join(tree, "hot/work")), []);
  }

  /** Runs until something new is saved, and then ends simrun in a way; resumes; so many times. Answers what the last one said. */
  async interrupt(
    tree: string,
    times: number,
    end: (simrun: Deno.ChildProcess) => Promise<void>,
  ): Promise<string> {
    const words = ["--tree", tree, "-j", "1"];
    const env = { env: ENV };
    for (let i = 0; i < times; i++) {
      const before = checkpointsIn(tree);
      const args = i === 0 ? ["run", this.manifest, ...words] : ["resume", ...words];
      const running = startSimrun(args, env);
      const isSaved = () => checkpointsIn(tree).some((line) => !before.includes(line));
      await until(isSaved, "a checkpoint is saved", 60_000);
      await end(running);
    }
    const { status, stderr } = await simrun(["resume", ...words], env);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /goes on at step [1-9]/);
    assert.doesNotMatch(stderr, /tried again|begins anew/);
    return stderr;
  }
}

/** Lines of the journal: a checkpoint counts when it stands there. */
function checkpointsIn(tree: string): string[] {
  try {
    const journal = Deno.readTextFileSync(join(tree, "hot/journal.jsonl"));
    return journal.split("\n").filter((line) => line.includes('"type":"run.checkpointed"'));
  } catch {
    return [];
  }
}

/** As when the power fails for simrun and its slots; the program they had started works on. */
export async function killAll(running: Deno.ChildProcess): Promise<void> {
  const all = [...slotsOf(running.pid), running.pid];
  assert.ok(all.length > 1, "it has a slot");
  // In one go: whoever is killed first must not be able to end the others.
  for (const pid of all) Deno.kill(pid, "SIGSTOP");
  for (const pid of all) Deno.kill(pid, "SIGKILL");
  await running.status;
  while (all.some(isAlive)) await sleep(10);
}

/** Results, series and files of every run, to the byte. */
export async function everything(tree: string): Promise<unknown> {
  const files = Object.fromEntries(
    namesBelow(join(tree, "recent")).filter((name) => name.includes("/files/")).map((name) => {
      const bytes = Deno.readFileSync(join(tree, "recent", name));
      // A sum and not the bytes: a difference is told in a line.
      return [name, `${bytes.length} bytes, ${crc32(bytes).toString(16)}`];
    }),
  );
  assert.ok(Object.keys(files).length > 0, "files were kept");
  return { results: await keptResults(tree), files };
}

/** Plain files, with their folders. */
export function namesBelow(folder: string, prefix = ""): string[] {
  try {
    return [...Deno.readDirSync(join(folder, prefix))].flatMap(({ name, isDirectory }) => {
      const path = prefix === "" ? name : `${prefix}/${name}`;
      return isDirectory ? namesBelow(folder, path) : [path];
    }).sort();
  } catch {
    return [];
  }
}

/** Within a share of what is expected. */
export function assertNear(found: number, expected: number, share: number, what: string): void {
  const words = `${what}: ${found} is not within ${share * 100} % of ${expected}`;
  assert.ok(Math.abs(found - expected) <= share * Math.abs(expected), words);
}

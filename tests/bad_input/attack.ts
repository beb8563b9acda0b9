/** Runs the real program on what it was never meant to get, and asserts what must hold whatever that is. */
import assert from "node:assert/strict";
import { place } from "../helpers/folder.ts";
import { until } from "../helpers/processes.ts";
import { fromFileUrl } from "../helpers/program.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));
/** Inherited by every process that an attack starts, so that none can hide. */
const MARK = "SIMRUN_TEST_ATTACK";

export interface Told {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface AttackOptions {
  /** Bytes on stdin; nothing unless given. */
  readonly stdin?: string;
  readonly env?: Record<string, string>;
}

/** Runs simrun in a folder to its end: no stack trace, no bug told, no process and no temporary left. */
export async function attack(
  folder: string,
  args: readonly string[],
  options: AttackOptions = {},
): Promise<Told> {
  const child = startAttack(folder, args, options);
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin)).catch(() => {});
    await writer.close().catch(() => {});
  }
  return await endOf(child, folder);
}

/** Starts simrun, perhaps `through` another command, and lets it run; {@linkcode endOf} waits for it. */
export function startAttack(
  folder: string,
  args: readonly string[],
  options: AttackOptions = {},
  through: readonly string[] = [],
): Deno.ChildProcess {
  const program = [Deno.execPath(), "run", "-A", "--quiet", "--no-check", MAIN];
  const [command, ...words] = [...through, ...program, ...args];
  return new Deno.Command(command!, {
    cwd: folder,
    args: words,
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", SIMRUN_TREE: "", CI: "", [MARK]: folder, ...options.env },
  }).spawn();
}

export async function endOf(child: Deno.ChildProcess, folder: string): Promise<Told> {
  const [{ code }, stdout, stderr] = await Promise.all([
    child.status,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  assert.doesNotMatch(stderr, /^ {4}at |Stack backtrace|simrun itself failed/m);
  await noneLeft(folder);
  assert.deepEqual(temporariesBelow(folder), []);
  return { status: code, stdout, stderr };
}

/** Waits until every process of the attacks in a folder is gone: slots need a moment to notice. */
export async function noneLeft(folder: string): Promise<void> {
  await until(() => processesOf(folder).length === 0, `the processes of ${folder} are gone`, 3000);
}

/** Processes that an attack has started and that still live. */
export function processesOf(folder: string): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const environment = Deno.readTextFileSync(`/proc/${name}/environ`);
      if (environment.split("\0").includes(`${MARK}=${folder}`)) found.push(Number(name));
    } catch {
      // It has ended meanwhile, or is a zombie.
    }
  }
  return found;
}

export async function placeAll(folder: string, files: Record<string, string>): Promise<void> {
  for (const name in files) await place(folder, name, files[name]!);
}

/** Results by job and run, without what depends on the clock. */
export async function resultsOf(
  folder: string,
  tree = "simruns",
): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await attack(folder, ["results", "--json", "--tree", tree]);
  assert.notEqual(stdout, "", stderr);
  const rows = JSON.parse(stdout) as { job: string; run: string; steps: number; result: unknown }[];
  return Object.fromEntries(
    rows.map(({ job, run, steps, result }) => [`${job}/${run}`, { steps, result }]),
  );
}

/** The failures in a journal by run. */
export function failuresIn(journal: string): Record<string, { class: string; message: string }> {
  const entries = journal.trim().split("\n").map((line) => JSON.parse(line));
  return Object.fromEntries(
    entries.filter(({ type }) => type === "run.failed").map(({ run, failure }) => [run, failure]),
  );
}

function temporariesBelow(folder: string): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (name.startsWith(".tmp-")) found.push(name);
    if (isDirectory) found.push(...temporariesBelow(`${folder}/${name}`));
  }
  return found;
}

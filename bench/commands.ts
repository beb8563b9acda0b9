/** Runs the real program and the baselines as commands, and times them from outside. */
import { fileURLToPath } from "node:url";
import type { CompletedRun, RunEvent } from "../src/job/event.ts";
import { readJournal } from "../src/store/journal.ts";
import { openTree } from "../src/store/tree.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

/** Almost everything here takes seconds. */
const LIMIT_MS = 300_000;

export interface Finished {
  readonly wallMs: number;
  /** Wall clock at the moment before the command was started. */
  readonly startedAt: number;
  readonly stdout: string;
  /** Most memory its process ever held; 0 unless asked for. */
  readonly peakBytes: number;
  /** What it computed, in all its threads, up to a twentieth of a second before its end; 0 unless memory was asked for. */
  readonly cpuMs: number;
}

/** simrun as a user calls it from source. */
export function simrun(
  args: readonly string[],
  watchMemory = false,
  limitMs = LIMIT_MS,
): Promise<Finished> {
  return command(Deno.execPath(), ["run", "-A", MAIN, ...args], { watchMemory, limitMs });
}

export function denoRun(args: readonly string[], watchMemory = false): Promise<Finished> {
  return command(Deno.execPath(), ["run", "-A", ...args], { watchMemory });
}

/** Runs a command to its end; one that fails fails the bench. */
export async function command(
  name: string,
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly watchMemory?: boolean;
    readonly limitMs?: number;
  },
): Promise<Finished> {
  const startedAt = Date.now();
  const begin = performance.now();
  const child = new Deno.Command(name, {
    args: [...args],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let peakBytes = 0;
  let cpuMs = 0;
  const look = (): void => {
    cpuMs = Math.max(cpuMs, processorMs(child.pid));
    peakBytes = Math.max(peakBytes, peakMemory(child.pid));
  };
  const looking = options.watchMemory === true ? setInterval(look, 50) : undefined;
  // A baseline that hangs must not take the bench with it.
  const tooLong = setTimeout(() => child.kill("SIGKILL"), options.limitMs ?? LIMIT_MS);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(tooLong);
  const wallMs = performance.now() - begin;
  clearInterval(looking);
  if (code !== 0) {
    const said = new TextDecoder().decode(stderr);
    throw new Error(`${name} ${args.join(" ")} ended with ${code}:\n${said}`);
  }
  return { wallMs, startedAt, stdout: new TextDecoder().decode(stdout), peakBytes, cpuMs };
}

/** simrun at one run of the field model, killed after so long: its tree, and when that was. */
export async function killedSimrun(
  folder: string,
  { job, args, afterMs }: {
    readonly job: object;
    readonly args: readonly string[];
    /** Since its first checkpoint was journalled. */
    readonly afterMs: number;
  },
): Promise<{ readonly tree: string; readonly killedAt: number }> {
  const tree = `${folder}/${crypto.randomUUID()}`;
  const model = modelPath("field.ts");
  const manifest = await writeManifest(folder, { id: "field", model, ...job });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, "run", manifest, "--tree", tree, "-j", "1", "-q", ...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let hasEnded = false;
  void child.status.then(() => hasEnded = true);
  const isSaved = async () =>
    (await Deno.readTextFile(`${tree}/hot/journal.jsonl`).catch(() => ""))
      .includes('"type":"run.checkpointed"');
  while (!hasEnded && !await isSaved()) await new Promise((done) => setTimeout(done, 20));
  await new Promise((done) => setTimeout(done, afterMs));
  const killedAt = Date.now();
  child.kill("SIGKILL");
  await child.status;
  // Its slots finish the write in hand; what is told after this is not in the journal.
  await new Promise((done) => setTimeout(done, 500));
  return { tree, killedAt };
}

/** The kernel's own record of the most memory a process held. */
function peakMemory(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0; // It has ended.
  }
}

/** Ticks of a hundredth of a second, in its own code and in the kernel. */
function processorMs(pid: number): number {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return 0;
  }
}

/** A folder for manifests and trees that is gone afterwards. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "simrun-bench-" });
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A model that lies beside this file, as a path for a manifest. */
export function modelPath(name: string): string {
  return fileURLToPath(new URL(`./models/${name}`, import.meta.url));
}

export function baselinePath(name: string): string {
  return fileURLToPath(new URL(`./baselines/${name}`, import.meta.url));
}

/** Manifests may be JSON: it is YAML. */
export async function writeManifest(folder: string, job: object): Promise<string> {
  const path = `${folder}/${crypto.randomUUID()}.yaml`;
  await Deno.writeTextFile(path, JSON.stringify(job));
  return path;
}

export async function eventsOf(root: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  readJournal(await openTree(root, "read"), (event) => events.push(event));
  return events;
}

/** The only completed run of a tree. */
export function completedRun(events: readonly RunEvent[]): CompletedRun {
  for (const event of events) if (event.type === "runs.completed") return event.runs[0]!;
  throw new Error("the run did not complete");
}

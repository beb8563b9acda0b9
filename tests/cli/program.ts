/** Runs the real program as a process, for tests. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}

export function programCommand(args: readonly string[], options: RunOptions = {}): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--quiet", "--unstable-worker-options", MAIN, ...args],
    env: { SIMRUN_TREE: "", CI: "", GITHUB_STEP_SUMMARY: "", ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

export async function simrun(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { code, stdout, stderr } = await programCommand(args, options).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

/** A folder with files, gone after the test. */
export async function withFolder(
  files: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "simrun-cli-" });
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text);
    }
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Counts up; throws at step 3 where `bad` is 1. Logs a line with an escape in it. */
export const COUNTER = `
export const params = { by: { default: 1 }, bad: { default: 0 } };
export function init(ctx) { ctx.log("hello \\u001b[31mred"); return { x: 0 }; }
export function step(state, ctx) {
  if (ctx.params.bad === 1 && ctx.step === 3) throw new Error("x went bad");
  state.x += ctx.params.by;
}
export function result(state) { return { x: state.x, nested: { nan: NaN } }; }
`;

/** Runs the real program as a process, for tests. */
import { fileURLToPath } from "node:url";

export const fromFileUrl = fileURLToPath;
const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

export interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment of the test. */
  readonly env?: Record<string, string>;
}

function commandOf(args: readonly string[], { cwd = Deno.cwd(), env }: RunOptions): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    cwd,
    args: ["run", "-A", "--quiet", "--no-check", MAIN, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", ...env },
  });
}

/** Runs simrun to its end. */
export async function simrun(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const { code, stdout, stderr } = await commandOf(args, options).output();
  const decoder = new TextDecoder();
  return { status: code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Starts simrun; its output goes nowhere unless it is asked for. */
export function startSimrun(
  args: readonly string[],
  options: Pick<Deno.CommandOptions, "stdout" | "stderr" | "env"> = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", MAIN, ...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    ...options,
  }).spawn();
}

/** A folder that is gone afterwards, unless the test failed. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "simrun-test-" });
  await use(folder);
  await Deno.remove(folder, { recursive: true });
}

/** Seeded numbers in [0, 1): mulberry32, enough to choose moments. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

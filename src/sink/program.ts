/** A program that is given something on its stdin, and must end well and in time. */
import { NotDelivered } from "./sink.ts";

export interface Program {
  readonly command: readonly string[];
  readonly folder?: string;
  readonly environment?: { readonly [name: string]: string };
  readonly input: string;
}

const SAID_CHARACTERS_MAX = 200;

/** Throws a {@linkcode NotDelivered}. What it started ends with it. */
export async function runProgram(
  { command, folder, environment = {}, input }: Program,
  signal: AbortSignal,
): Promise<void> {
  const [program, ...args] = command;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program!, {
      args,
      ...(folder !== undefined && { cwd: folder }),
      env: { ...environment },
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
      detached: true,
    }).spawn();
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such program"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new NotDelivered(`${program} cannot be started: ${why}`);
  }
  const kill = () => killGroup(child.pid);
  signal.addEventListener("abort", kill);
  try {
    const [said, status] = await Promise.all([
      lastWords(child.stderr),
      child.status,
      feed(child.stdin, input),
    ]);
    if (status.success) return;
    if (signal.aborted) throw new NotDelivered(`${program} has not ended in time, and was killed`);
    const how = status.signal === null
      ? `ended with status ${status.code}`
      : `was ended by ${status.signal}`;
    throw new NotDelivered(`${program} ${how}${said === "" ? "" : `: ${said}`}`);
  } finally {
    signal.removeEventListener("abort", kill);
    killGroup(child.pid);
  }
}

async function feed(stdin: WritableStream<Uint8Array>, input: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  } catch {
    // It need not read what it is given.
  }
}

async function lastWords(stderr: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stderr) {
    text = (text + decoder.decode(chunk, { stream: true })).slice(-4 * SAID_CHARACTERS_MAX);
  }
  return text.trim().split("\n").at(-1)!.slice(0, SAID_CHARACTERS_MAX);
}

function killGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left.
  }
}

/**
 * Closes what the permissions of a thread leave open: ways to end it, to speak in its name, to print.
 * What a model prints goes to its run's log; the rest is refused in words that name the call.
 */

type Print = (text: string) => void;

const EXITS = "a model ends a run by what done() returns, or by throwing an error";
const PROCESSES = "a model reaches no process";
const FOLDER = "the process and its folder are shared with other runs";
const THREADS = "a model computes in one thread; more slots compute more runs at a time";
const MESSAGES = "a model hands out numbers by measure() and result()";

/** To be called before the model's first line runs. */
export function closeSandbox(print: Print): void {
  const printValues = (...values: unknown[]) =>
    print(values.map((v) => typeof v === "string" ? v : Deno.inspect(v)).join(" "));
  for (const name of ["log", "info", "warn", "error", "debug", "trace", "table", "dir"] as const) {
    console[name] = printValues;
  }
  const { write, writeSync } = sink(print);
  for (const name of ["stdout", "stderr"]) replace(Deno, name, { write, writeSync });
  refuse(Deno, "exit", "Deno.exit", EXITS);
  refuse(Deno, "kill", "Deno.kill", PROCESSES);
  refuse(Deno, "chdir", "Deno.chdir", FOLDER);
  refuse(globalThis, "close", "close", EXITS);
  refuse(globalThis, "Worker", "new Worker", THREADS);
  refuse(globalThis, "postMessage", "postMessage", MESSAGES);
  // It writes to the disk without asking for permission.
  replace(globalThis, "caches", undefined);
  // The thread's own lock would be within reach.
  replace(navigator, "locks", undefined);
  replace(Deno, (Deno as unknown as { internal: symbol }).internal, undefined);
}

/** The same for `node:process`, which takes 10 ms to load: called when nobody waits for it. */
export async function closeProcess(print: Print): Promise<void> {
  const { default: process } = await import("node:process");
  const { writeSync } = sink(print);
  const write = (chunk: string | Uint8Array) => {
    writeSync(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
    return true;
  };
  for (const name of ["stdout", "stderr"]) replace(process, name, { write, isTTY: false });
  refuse(process, "kill", "process.kill", PROCESSES);
}

function sink(print: Print) {
  const decoder = new TextDecoder();
  const writeSync = (bytes: Uint8Array): number => {
    // A line of the log ends by itself.
    print(decoder.decode(bytes).replace(/\n$/, ""));
    return bytes.length;
  };
  return { writeSync, write: (bytes: Uint8Array) => Promise.resolve(writeSync(bytes)) };
}

function refuse(owner: object, name: string, call: string, instead: string): void {
  replace(owner, name, () => {
    throw new Error(`called ${call}(); ${instead}`);
  });
}

function replace(owner: object, name: string | symbol, value: unknown): void {
  Object.defineProperty(owner, name, { value, writable: true, configurable: true });
}

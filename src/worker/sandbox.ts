/**
 * Closes what the permissions of a thread leave open: ways to end it, to speak in its name, to print.
 * What a model prints goes to its run's log; the rest is refused in words that name the call.
 */
import process from "node:process";

/** To be called before the model's first line runs. */
export function closeSandbox(print: (text: string) => void): void {
  redirectOutput(print);
  const exits = "a model ends a run by what done() returns, or by throwing an error";
  const others = "a model reaches no process";
  refuse(Deno, "Deno", ["exit"], exits);
  refuse(Deno, "Deno", ["kill"], others);
  refuse(process, "process", ["exit", "reallyExit", "abort"], exits);
  refuse(process, "process", ["kill"], others);
  refuse(globalThis, "", ["close"], exits);
  refuse(globalThis, "", ["postMessage"], "a model hands out numbers by measure() and result()");
}

function refuse(owner: object, path: string, names: readonly string[], instead: string): void {
  for (const name of names) {
    const call = path === "" ? name : `${path}.${name}`;
    replace(owner, name, () => {
      throw new Error(`called ${call}(); ${instead}`);
    });
  }
}

function redirectOutput(print: (text: string) => void): void {
  const printValues = (...values: unknown[]) =>
    print(values.map((v) => typeof v === "string" ? v : Deno.inspect(v)).join(" "));
  for (const name of ["log", "info", "warn", "error", "debug", "trace", "table", "dir"] as const) {
    console[name] = printValues;
  }
  const decoder = new TextDecoder();
  const write = (chunk: unknown) => {
    const text = ArrayBuffer.isView(chunk) ? decoder.decode(chunk) : String(chunk);
    // A log has lines of its own.
    print(text.endsWith("\n") ? text.slice(0, -1) : text);
    return true;
  };
  const writeSync = (bytes: Uint8Array) => (write(bytes), bytes.length);
  const sink = { writeSync, write: (bytes: Uint8Array) => Promise.resolve(writeSync(bytes)) };
  for (const name of ["stdout", "stderr"]) {
    replace(Deno, name, sink);
    replace(process, name, { write, isTTY: false });
  }
}

function replace(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, writable: true, configurable: true });
}

/** What is known of the terminal: its size, whether it can repaint, show colour and more than ASCII. The edge is here. */
import { Fault } from "../job/fault.ts";
import type { Glyphs } from "./bar.ts";

/** One of the two streams out of the program. */
export interface Stream {
  /** Writes all of it, now. A reader that went away is not an error of ours: see {@linkcode OutputClosed}. */
  write(text: string): void;
  /** A person reads it on a terminal. */
  readonly isTerminal: boolean;
  readonly color: boolean;
  readonly glyphs: Glyphs;
  /** Lines can be painted over: a terminal that understands how, and no CI. */
  readonly canRepaint: boolean;
  /** Asked anew each time: windows are resized. */
  size(): { readonly columns: number; readonly rows: number };
}

/** Thrown by `write` when the reader of stdout is gone, as after `simrun results | head`. */
export class OutputClosed extends Error {}

export type Environment = (name: string) => string | undefined;

/** The stream as the process has it. stderr swallows a reader that went away: talk is no reason to stop a campaign. */
export function processStream(name: "stdout" | "stderr", env: Environment): Stream {
  const target = Deno[name];
  const encoder = new TextEncoder();
  const isTerminal = target.isTerminal();
  return {
    ...terminalTraits(isTerminal, env),
    isTerminal,
    write(text) {
      try {
        writeAll(target, encoder.encode(text));
      } catch (error) {
        if (name === "stderr") return;
        if (error instanceof Deno.errors.BrokenPipe) throw new OutputClosed();
        throw outputFault(error);
      }
    },
    size: () => consoleSize(env),
  };
}

/** Pure: what the environment says of the terminal. */
export function terminalTraits(
  isTerminal: boolean,
  env: Environment,
): Pick<Stream, "color" | "glyphs" | "canRepaint"> {
  const dumb = (env("TERM") ?? "") === "" || env("TERM") === "dumb";
  const forced = env("FORCE_COLOR") ?? env("CLICOLOR_FORCE");
  const refused = (env("NO_COLOR") ?? "") !== "";
  const locale = env("LC_ALL") || env("LC_CTYPE") || env("LANG") || "";
  return {
    color: !refused &&
      (isTerminal && !dumb || (forced !== undefined && forced !== "" && forced !== "0")),
    // A file or pipe is taken for UTF-8; a terminal only when it says so.
    glyphs: !isTerminal || /utf-?8/i.test(locale) ? "unicode" : "ascii",
    canRepaint: isTerminal && !dumb && (env("CI") ?? "") === "",
  };
}

function outputFault(error: unknown): Fault {
  const reason = error instanceof Error ? error.message : String(error);
  // No space, no quota left.
  const isFull = /os error (28|122)\b/.test(reason);
  const why = isFull ? "the disk is full" : reason;
  return new Fault(isFull ? "no-space" : "io", `The output cannot be written: ${why}.`, {
    hint: "Give it another place, and type the same again; the tree is as it was.",
    cause: error,
  });
}

function writeAll(target: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    try {
      written += target.writeSync(bytes.subarray(written));
    } catch (error) {
      // A pipe set to non-blocking by whoever shares it: wait until its reader has caught up.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function consoleSize(env: Environment): { readonly columns: number; readonly rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    if (columns > 0 && rows > 0) return { columns, rows };
  } catch {
    // Not a terminal: what the environment says, or the classic size.
  }
  return { columns: Number(env("COLUMNS")) || 80, rows: Number(env("LINES")) || 24 };
}

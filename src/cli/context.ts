/** What a command is handed of the world: streams, clocks, environment. Made once, in `app.ts`. */
import { absolutePath } from "../job/path.ts";
import { type Paint, paintFor } from "../screen/paint.ts";
import { safeJson, safeLines } from "../screen/safe_text.ts";
import type { Environment, Stream } from "../screen/terminal.ts";

export interface CliContext {
  readonly cwd: string;
  readonly env: Environment;
  /** Data only. */
  readonly stdout: Stream;
  /** Talk: progress, notes, errors. */
  readonly stderr: Stream;
  readonly now: () => Date;
  /** A clock that never goes back. */
  readonly clockMs: () => number;
}

/** Flags that every command has. */
export interface GlobalFlags {
  readonly tree?: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
}

/** The tree that is meant: `--tree`, `SIMRUN_TREE`, or `./simruns`; absolute. */
export function treeRoot(context: CliContext, flags: GlobalFlags): string {
  return absolutePath(context.cwd, flags.tree || context.env("SIMRUN_TREE") || "simruns");
}

export function printLines(stream: Stream, lines: readonly string[]): void {
  if (lines.length > 0) stream.write(lines.join("\n") + "\n");
}

export function printJson(stream: Stream, value: unknown): void {
  stream.write(safeJson(value, 2) + "\n");
}

/** Data goes to files and pipes as it is, to a terminal without what would move its cursor or recolour it. */
export function dataText(stream: Stream, text: string): string {
  return stream.isTerminal ? safeLines(text) : text;
}

/** Talk to the person, unless `--quiet`. */
export function say(context: CliContext, flags: GlobalFlags, ...lines: string[]): void {
  if (!flags.quiet) printLines(context.stderr, lines);
}

export function paintOf(stream: Stream): Paint {
  return paintFor(stream.color);
}

/** Width to fit tables into; undefined where nobody looks at a terminal. */
export function columnsOf(stream: Stream): number | undefined {
  return stream.isTerminal ? stream.size().columns : undefined;
}

/** Errors as the user reads them: one sentence, what to do next, and the exit status. The only place for either. */
import { EXIT, Fault } from "../job/fault.ts";
import type { Paint } from "../screen/paint.ts";
import { safeLines, safeText } from "../screen/safe_text.ts";

export interface FaultReport {
  readonly lines: readonly string[];
  readonly exitStatus: number;
}

/** `debug` shows where in simrun it happened. */
export function reportFault(error: unknown, debug: boolean, paint: Paint): FaultReport {
  const fault = error instanceof Fault ? error : undefined;
  const lines = fault === undefined
    ? [`${paint.bad("error:")} simrun itself failed: ${safeText(messageOf(error))}`]
    : [`${paint.bad("error:")} ${sentence(safeText(fault.message))}`];
  const hint = fault === undefined
    ? debug ? undefined : "This is a mistake in simrun; with --debug it shows where."
    : fault.hint;
  if (hint !== undefined) {
    lines.push(...safeLines(hint).split("\n").map((line) => `       ${line}`));
  }
  if (debug) lines.push(...stackOf(error).map((line) => paint.faint(line)));
  return { lines, exitStatus: fault?.exitStatus ?? EXIT.internal.status };
}

/** Whoever wrote it with or without a full stop: the reader sees one. */
function sentence(text: string): string {
  return /[.!?:)"]$/.test(text) ? text : `${text}.`;
}

function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}

function stackOf(error: unknown): string[] {
  const lines: string[] = [];
  for (let at: unknown = error; at instanceof Error && lines.length < 60; at = at.cause) {
    if (lines.length > 0) lines.push("caused by:");
    lines.push(...safeLines(at.stack ?? String(at)).split("\n"));
  }
  return lines;
}

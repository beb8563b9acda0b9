/** How each sink of a tree is: told of everything, waiting, or set up so that it cannot be told. Tells nobody anything. */
import type { SinkSpec } from "../job/sink.ts";
import { formatMoment, formatNumberOf } from "../report/format.ts";
import type { Layout } from "../store/layout.ts";
import { readSinkState } from "./cursor.ts";
import { sendmailProgram } from "./email.ts";
import { readSecret } from "./secret.ts";
import { readSinks } from "./sink_list.ts";

export interface SinkHealth {
  readonly name: string;
  /** What is wrong; undefined when nothing is. */
  readonly trouble: string | undefined;
  /** How far it was told. */
  readonly text: string;
}

export function lookAtSinks(layout: Layout): SinkHealth[] {
  return readSinks(layout).map((spec) => {
    const state = readSinkState(layout, spec.name);
    const { delivered, failing, lost = 0, lastLoss } = state ?? {};
    const isToldNothing = spec.kind === "metrics" || spec.kind === "traces";
    const text = isToldNothing
      ? "is kept while a simrun works"
      : delivered === undefined
      ? "was told of nothing yet"
      : `was told last of what happened at ${momentOf(delivered.at)}`;
    const losses = lost === 0 ? "" : `${formatNumberOf(lost, "event")} given up, last: ${lastLoss}`;
    const waiting = failing &&
      `is not told since ${momentOf(failing.since)}: ${failing.message}; simrun notify tries again`;
    const trouble = mistakeOf(spec) ?? waiting ?? (losses === "" ? undefined : losses);
    return { name: spec.name, trouble, text };
  });
}

/** What can be seen to be wrong without telling anybody. */
export function mistakeOf(spec: SinkSpec): string | undefined {
  try {
    switch (spec.kind) {
      case "slack":
        readSecret(spec.url);
        return undefined;
      case "webhook":
        if (typeof spec.url !== "string") readSecret(spec.url);
        if (spec.secret !== undefined) readSecret(spec.secret);
        return undefined;
      case "email":
        sendmailProgram();
        return undefined;
      case "module":
        return isFile(spec.path) ? undefined : `there is no file ${spec.path}`;
      case "command": {
        const [program] = spec.command;
        const isPath = program!.includes("/");
        return isPath && !isFile(program!) ? `there is no file ${program}` : undefined;
      }
      case "log":
      case "metrics":
      case "traces":
        return undefined;
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function momentOf(iso: string): string {
  const now = new Date();
  return formatMoment(iso, now.getTime(), -now.getTimezoneOffset());
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

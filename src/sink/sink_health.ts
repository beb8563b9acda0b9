/** How each sink of a tree is: told of everything, waiting, or set up so that it cannot be told. Tells nobody anything. */
import { dirname, join } from "node:path";
import type { SinkSpec } from "../job/sink.ts";
import { formatMoment, formatNumberOf } from "../report/format.ts";
import type { Layout } from "../store/layout.ts";
import { collectorOf } from "../traces/collector.ts";
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
        return mistakeOfProgram(sendmailProgram());
      case "module":
        return isFile(spec.path) ? undefined : `there is no file ${spec.path}`;
      case "command":
        return mistakeOfProgram(spec.command[0]!);
      case "metrics":
        return spec.file === undefined || isFolder(dirname(spec.file))
          ? undefined
          : `there is no folder ${dirname(spec.file)}`;
      case "traces":
        if (Deno.build.standalone) return "the executable cannot send traces";
        collectorOf((name) => Deno.env.get(name));
        return undefined;
      case "log":
        return undefined;
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Others put it into a sentence of their own.
    return message.replace(/\.$/, "");
  }
}

function momentOf(iso: string): string {
  const now = new Date();
  return formatMoment(iso, now.getTime(), -now.getTimezoneOffset());
}

function mistakeOfProgram(program: string): string | undefined {
  if (program.includes("/")) return isFile(program) ? undefined : `there is no file ${program}`;
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  const isThere = folders.some((folder) => isFile(join(folder === "" ? "." : folder, program)));
  return isThere ? undefined : `there is no program ${program} in PATH`;
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

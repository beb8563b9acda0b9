/** How a command's end counts: complete, failed, or failed for a passing reason. Pure. */
import type { CommandModel, EndCondition } from "../job/command.ts";
import type { LastWords } from "./last_words.ts";
import type { ProgramEnd } from "./program.ts";

export interface CommandEnd extends ProgramEnd {
  /** Others that it had started were still alive, and were killed. */
  readonly hasLeftOthers?: boolean;
}

export type Verdict =
  | { readonly kind: "done" }
  | { readonly kind: "failed" | "transient" | "killed"; readonly why: string };

/** Whether a condition's pattern or file is there. */
export type Found = (condition: EndCondition) => boolean;

export function judge(
  model: Pick<CommandModel, "done" | "transient" | "failed">,
  end: CommandEnd,
  found: Found,
  words: Pick<LastWords, "last" | "telling">,
): Verdict {
  const { done, transient, failed } = model;
  const how = end.signal === null
    ? `it ended with status ${end.status}`
    : `it ended by ${end.signal}`;
  const said = saidText(words);
  const holds = (condition: EndCondition | undefined): condition is EndCondition =>
    condition !== undefined && (condition.exit?.includes(end.status) ?? true) && found(condition);
  // Who says what done is, and nothing of its status, still means a program that ends well.
  const isEndedWell = (done?.exit ?? [0]).includes(end.status) && end.signal === null;
  // What it complained of on the way has passed by itself.
  const isDone = done !== undefined && isEndedWell && found(done);
  if (!isDone && holds(transient)) return { kind: "transient", why: `${how}, which passes${said}` };
  if (holds(failed)) {
    const why = `${how}: ${conditionWords(failed)}${said} (model.failed)`;
    return { kind: "failed", why };
  }
  if (end.signal === "SIGKILL") {
    const why = "it was killed (SIGKILL): by the system for want of memory, or by somebody";
    return { kind: "killed", why };
  }
  if (!isEndedWell) return { kind: "failed", why: how + said };
  if (done === undefined || isDone) return { kind: "done" };
  const why = `${how}, but is not done: ${missingWords(done)}${said} (model.done)`;
  return { kind: "failed", why };
}

function saidText({ telling, last }: Pick<LastWords, "last" | "telling">): string {
  if (telling !== undefined) return `; it said: ${telling}`;
  return last === "" ? "" : `; its last words: ${last}`;
}

function conditionWords({ pattern, file }: EndCondition): string {
  if (pattern !== undefined) return `${file ?? "what it printed"} matches ${pattern}`;
  return file === undefined ? "its manifest says so" : `there is a file ${file}`;
}

function missingWords({ pattern, file }: EndCondition): string {
  if (pattern !== undefined) return `nothing in ${file ?? "what it printed"} matches ${pattern}`;
  return `there is no file ${file}`;
}
